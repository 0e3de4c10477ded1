"""One run from configuration to folder: train, evaluate, save, stop when asked, go on later."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from tqdm import tqdm

from gan.data.dataset import DataSet
from gan.datasets import DATA
from gan.errors import ConfigError, LostProcessError, TrainingError
from gan.networks import NETWORKS, rescaled
from gan.runs import figures, measures
from gan.runs.config import Config, recorded
from gan.runs.folder import RunFolder
from gan.runs.plugins import load_plugins
from gan.runs.signals import Stop, stop_signals
from gan.runs.tensorboard import Board
from gan.training.devices import Devices, join, planned
from gan.training.loop import Step, Training, train

PICTURE_POINTS = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        training: The run's state.
        data: What it learned.
        finished: Whether all steps are done; else it was interrupted.
        metrics: Its evaluations.
    """

    training: Training
    data: DataSet
    finished: bool
    metrics: list[dict[str, Any]]


def run(
    config: Config, /, *, resume: bool = False, position: int = 0, stop_file: Path | None = None
) -> Outcome:
    """Train as configured, writing the run's folder on the way.

    An interrupt (Ctrl-C, or a termination signal) ends the run after the current step, with a
    checkpoint.

    Args:
        config: What to do.
        resume: Go on with the run in the folder, exactly.
        position: Line of the terminal that the progress bar is on, from 0.
        stop_file: A file that asks the run to stop once it is there.

    Returns:
        How the run ended.

    Raises:
        ConfigError: If the device is not there, or networks and data do not fit.
        MisfitError: If recipe and networks do not fit.
        RunError: If the folder cannot be used, or a file cannot be written.
        MnistError: If the digits cannot be had.
        TrainingError: If a loss is not finite, or another process of the run is gone; the
            checkpoint of the last finite update is kept.
    """
    torch.set_num_threads(config.threads)
    training, data = made(config)
    _require_launcher(config)
    folder = RunFolder(config.folder)
    before = 0.0
    if training.devices.rank == 0:
        folder.go_on(config.record()) if resume else folder.begin(config.record())
    training.devices = join(training.devices, strategy=config.strategy, precision=config.precision)
    if resume and folder.checkpoint_path.exists():
        before = folder.load(training)
    first = training.devices.rank == 0
    board = Board(folder.path, training.step) if config.tensorboard and first else None
    session = _Session(config, data, training, folder, board, time.monotonic() - before)
    with stop_signals(file=stop_file) as stop, session.progress(position) as progress:
        session.go(stop, progress)
    return Outcome(training, data, training.step == config.steps, folder.metrics())


def made(config: Config, /) -> tuple[Training, DataSet]:
    """The run at its start, and what it is to learn.

    Args:
        config: What to do.

    Returns:
        Both; other processes of the run are not there yet.

    Raises:
        ConfigError: If the device is not there, or networks and data do not fit.
        MisfitError: If recipe and networks do not fit.
        MnistError: If the digits cannot be had.
    """
    load_plugins(config.plugin)  # here, too: the process may be another
    if config.tensorboard:
        Board.require()
    devices = planned(config.torch_device(), config.devices)
    data = DATA[config.data](config.data_dir)
    name = config.networks or data.networks
    networks = NETWORKS[name]
    if not networks.fits(data.shape):
        fitting = ", ".join(k for k, pair in NETWORKS.items() if pair.fits(data.shape))
        raise ConfigError(
            f"--networks {name} is for {networks.of}, but points of {config.data} have the shape "
            f"{data.shape}; for those there are: {fitting}"
        )
    rng = torch.Generator(devices.device).manual_seed(config.seed)
    made_for_1 = networks.generator(rng, data.shape), networks.critic(rng, data.shape)
    players = rescaled(*made_for_1, data.unit)
    return Training.start(
        *players, config.recipe_settings, steps=config.steps, rng=rng, devices=devices
    ), data


def restored(path: Path, /, *, data_dir: Path | None = None) -> Outcome:
    """The run in a folder as its checkpoint left it, to look at and to sample from.

    Args:
        path: The run's folder.
        data_dir: Folder of the MNIST files.

    Returns:
        The run.

    Raises:
        RunError: If the folder holds no run, or a damaged one.
        ConfigError: If the run's names are not known here.
        MnistError: If the digits cannot be had.
    """
    folder = RunFolder(path)
    record = {**folder.config(), "device": "cpu", "devices": 1}
    config = recorded(record, out=path, data_dir=data_dir)
    training, data = made(config)
    folder.load(training, elsewhere=True)
    return Outcome(training, data, training.step == config.steps, folder.metrics())


def _require_launcher(config: Config) -> None:
    """Several processes are started by the same command again: it must be that of a run."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = spec.name if spec is not None else Path(sys.argv[0]).stem
    if (
        config.devices > 1
        and "LOCAL_RANK" not in os.environ
        and name not in ("gan", "gan.__main__")
    ):
        raise ConfigError(
            "--devices starts its processes by the command `gan train`; from Python, start them "
            "by torchrun, which sets LOCAL_RANK"
        )


@dataclass(slots=True)
class _Session:
    """A run under way, in one of its processes."""

    config: Config
    data: DataSet
    training: Training
    folder: RunFolder
    board: Board | None
    started: float

    @property
    def devices(self) -> Devices:
        """The run's processes; the first alone measures and writes."""
        return self.training.devices

    def progress(self, position: int) -> "tqdm[NoReturn]":
        """The bar over all steps."""
        return tqdm(
            desc=f"{self.config.recipe} on {self.config.data}",
            total=self.config.steps,
            initial=self.training.step,
            unit="step",
            position=position,
            dynamic_ncols=True,
            mininterval=0.5,
            disable=self.devices.rank > 0,
        )

    def go(self, stop: Stop, progress: "tqdm[NoReturn]") -> None:
        """Train to the end, or until asked to stop."""
        n = self.config.evaluation_size or self.data.evaluation_size
        first = self.devices.rank == 0
        floor = measures.floor(self.data, n, self.seeded(0)) if first else 0.0
        shown: dict[str, str] = {}
        try:
            for step in train(self.training, real=self.data.sample):
                progress.update()
                if first and self.config.evaluates_at(step.number):
                    shown = {"exact": f"{self.evaluate(step, n, floor):.4f}"}
                if step.number % 10 == 0:
                    progress.set_postfix({**_shown(step), **shown}, refresh=False)
                if self.devices.agreed(stop.asked):
                    reason = stop.reason or "another process was interrupted"
                    progress.write(f"{reason}: stopping", file=sys.stderr)
                    break
        except LostProcessError as error:
            # All processes hold the same state: whoever is left writes it.
            self.folder.save(self.training, seconds=self.seconds())
            raise TrainingError(
                f"training stopped after step {self.training.step}: {error}. "
                f"The state after that step is in {self.folder.checkpoint_path}"
            ) from error
        except TrainingError as error:
            self.save()
            raise TrainingError(
                f"training stopped after step {self.training.step}: {error}. "
                f"The state after that step is in {self.folder.checkpoint_path}"
            ) from error
        # Not after a KeyboardInterrupt: it may have come in the middle of a step.
        self.save()
        if first:
            self.folder.animate()

    def evaluate(self, step: Step, n: int, floor: float) -> float:
        """Measure, and write what was found; the exact EMD."""
        found = measures.measured(self.training, self.data, n, self.seeded(1, step.number))
        line = {
            "step": step.number,
            "seconds": round(self.seconds(), 3),
            **found.record(),
            "floor": floor,
            "learning_rate": step.learning_rate,
            "noise": step.noise,
        }
        self.folder.add_metrics(line)
        if self.board is not None:
            self.board.add(line)
        self.save()  # before the picture, which a user's data may not be made for
        rng = self.seeded(2)
        real = self.data.sample(PICTURE_POINTS, rng)
        generated = measures.averaged_samples(self.training, PICTURE_POINTS, rng)
        self.folder.save_frame(
            step.number,
            lambda path: figures.save_samples(path, real, generated, f"step {step.number}"),
        )
        return found.live.exact

    def save(self) -> None:
        """The checkpoint: all processes hold the same state, and the first writes it."""
        if self.devices.rank == 0:
            self.folder.save(self.training, seconds=self.seconds())

    def seconds(self) -> float:
        """Since the start, without the time that the run was interrupted."""
        return time.monotonic() - self.started

    def seeded(self, *purpose: int) -> torch.Generator:
        """A source of randomness that does not touch the training's own."""
        return measures.seeded(self.training.rng.device, self.config.seed, *purpose)


def _shown(step: Step) -> dict[str, str]:
    """What the progress bar says of a step."""
    noise = {"noise": f"{step.noise:.3f}"} if step.noise else {}
    return {"gap": f"{step.gap:.4f}", **noise}


__all__ = ["Config", "ConfigError", "Outcome", "TrainingError", "made", "restored", "run"]

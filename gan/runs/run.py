"""One run from configuration to folder: train, evaluate, save, stop on request, resume."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from tqdm import tqdm

from gan.data.dataset import DataSet
from gan.datasets import load_data_set
from gan.errors import ConfigError, GanError, LostProcessError, TrainingError
from gan.networks import NETWORKS, rescaled
from gan.runs import figures, run_metrics
from gan.runs.config import Config, config_from_record
from gan.runs.contract import require_network_types, require_networks, require_sampler
from gan.runs.folder import RunFolder
from gan.runs.lock import locked
from gan.runs.plugins import load_plugins, plugin_error
from gan.runs.signals import StopRequest, stop_signals
from gan.runs.tensorboard import TensorBoardWriter
from gan.training.devices import Devices, launch, planned_devices
from gan.training.global_sources import seeded_global_sources
from gan.training.loop import Step, Training, train

PICTURE_POINTS = 2000
PROGRESS_STEPS = 10  # between updates of the numbers beside the progress bar

# Independent streams of a run's seed, other than the one of its training.
FLOOR_STREAM, EVALUATION_STREAM, PICTURE_STREAM = range(3)


@dataclass(frozen=True, slots=True)
class RunResult:
    """State and evaluations of a run that has ended.

    Attributes:
        training: State of the run.
        data: Data set of the run.
        finished: Whether all steps are done; otherwise it was interrupted.
        metrics: Metrics of each evaluation, in order.
    """

    training: Training
    data: DataSet
    finished: bool
    metrics: list[dict[str, Any]]


def run(
    config: Config, /, *, resume: bool = False, position: int = 0, stop_file: Path | None = None
) -> RunResult:
    """Train as configured, and write the folder of the run.

    An interrupt (Ctrl-C, or a termination signal) ends the run after the current step, with a
    checkpoint.

    Args:
        config: Configuration of the run.
        resume: Continue the run in the folder, exactly; begin it if it never began.
        position: Line of the terminal for the progress bar, from 0.
        stop_file: A file at whose presence the run stops.

    Returns:
        State and evaluations of the run.

    Raises:
        GanError: As follows, or the like:
        ConfigError: If the device is not available, or networks and data do not fit.
        MisfitError: If recipe and networks do not fit.
        RunError: If the folder cannot be used, or a file cannot be written.
        MnistError: If the digits cannot be loaded.
        PluginError: If code of a plugin raises; the state of the last step is kept.
        TrainingError: If a loss is not finite, or another process of the run has ended; the
            checkpoint of the last finite update is kept.
    """
    torch.set_num_threads(config.threads)
    try:
        return _run(config, resume, position, stop_file)
    except GanError:
        raise
    except Exception as error:
        named = plugin_error(error, config.plugin)
        if named is None:
            raise
        raise named from error


def _run(config: Config, resume: bool, position: int, stop_file: Path | None) -> RunResult:
    """Train as configured; errors in a plugin's code are raised as they are."""
    training, data = initial_training(config)
    _require_launchable(config)
    folder = RunFolder(config.folder)
    if data.description and training.devices.rank == 0:
        print(data.description, file=sys.stderr)
    if training.devices.rank > 0:
        return _run_in_folder(config, training, data, folder, resume, position, stop_file)
    resume = resume and folder.holds_run()
    if not resume:
        folder.require_empty()  # before a lock is made in a folder that is not of a run
    with locked(folder.path):
        if resume:
            folder.truncate_to_checkpoint(config.record())
        else:
            folder.create(config.record())
        return _run_in_folder(config, training, data, folder, resume, position, stop_file)


def _run_in_folder(
    config: Config,
    training: Training,
    data: DataSet,
    folder: RunFolder,
    resume: bool,
    position: int,
    stop_file: Path | None,
) -> RunResult:
    """Train a new or a resumed run in its folder."""
    training.devices = launch(
        training.devices, strategy=config.strategy, precision=config.precision
    )
    earlier_seconds = 0.0
    if resume and folder.checkpoint_path.exists():
        earlier_seconds = folder.load_checkpoint(training)
    writer = None
    if config.tensorboard and training.devices.rank == 0:
        writer = TensorBoardWriter(folder.path, training.step)
    start = time.monotonic() - earlier_seconds
    session = _Session(config, data, training, folder, writer, start)
    with stop_signals(file=stop_file) as request, session.progress_bar(position) as bar:
        session.train(request, bar)
    return RunResult(training, data, training.step == config.steps, folder.metrics())


def initial_training(config: Config, /) -> tuple[Training, DataSet]:
    """State of a run at step 0, and its data set.

    Args:
        config: Configuration of the run.

    Returns:
        State and data set; other processes of the run are not started yet.

    Raises:
        ConfigError: If the device is not available, or networks and data do not fit.
        MisfitError: If recipe, networks and points do not fit.
        MnistError: If the digits cannot be loaded.
    """
    load_plugins(config.plugin)  # a worker process has received the configuration without them
    if config.tensorboard:
        TensorBoardWriter.require()
    devices = planned_devices(config.torch_device(), config.devices)
    rng = torch.Generator(devices.device).manual_seed(config.seed)
    with seeded_global_sources(rng):
        data = load_data_set(
            config.data,
            config.data_dir,
            image_size=config.image_size,
            standardize=config.standardize,
        )
    name = config.networks or data.networks
    networks = NETWORKS[name]
    if not networks.fits(data.shape):
        fitting = ", ".join(k for k, pair in NETWORKS.items() if pair.fits(data.shape))
        raise ConfigError(
            f"--networks {name} is for {networks.domain}, but points of {config.data} have the "
            f"shape {data.shape}; choose from {fitting}"
        )
    with seeded_global_sources(rng):
        unit_networks = networks.generator(rng, data.shape), networks.critic(rng, data.shape)
    require_network_types(*unit_networks)
    generator, critic = rescaled(*unit_networks, data.unit, data.offset)
    if config.plugin:
        require_sampler(data, config.data, rng)
        require_networks(generator, critic, data, rng)
    recipe = config.recipe_settings
    return Training.start(
        generator, critic, recipe, steps=config.steps, rng=rng, devices=devices
    ), data


def load_run(path: Path, /, *, data_dir: Path | None = None) -> RunResult:
    """The run in a folder in the state of its checkpoint, on the CPU.

    Args:
        path: The run's folder.
        data_dir: Folder of the MNIST files.

    Returns:
        State and evaluations of the run.

    Raises:
        ConfigError: If the run has unknown names.
        RunError: If the folder holds no run, or a damaged one.
        MnistError: If the digits cannot be loaded.
    """
    folder = RunFolder(path)
    record = {**folder.config(), "device": "cpu", "devices": 1}
    config = config_from_record(record, out=path, data_dir=data_dir)
    training, data = initial_training(config)
    folder.load_checkpoint(training, networks_only=True)
    return RunResult(training, data, training.step == config.steps, folder.metrics())


def _require_launchable(config: Config) -> None:
    """Refuse several processes unless `gan` or a launcher started this one: each repeats it."""
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
    """The part of a run from its start or resumption to its end, in one of its processes."""

    config: Config
    data: DataSet
    training: Training
    folder: RunFolder
    writer: TensorBoardWriter | None
    start: float

    @property
    def devices(self) -> Devices:
        """The processes of the run, of which only the first evaluates and writes."""
        return self.training.devices

    def progress_bar(self, position: int) -> "tqdm[NoReturn]":
        """A progress bar over all steps."""
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

    def train(self, request: StopRequest, bar: "tqdm[NoReturn]") -> None:
        """Train to the end or until a stop is requested, and save."""
        try:
            self._train_steps(request, bar)
        except (LostProcessError, TrainingError) as error:
            # All processes hold the same state; after the loss of one, any other writes it.
            self.save_checkpoint(any_rank=isinstance(error, LostProcessError))
            raise TrainingError(
                f"training stopped after step {self.training.step}: {error}. "
                f"The state after that step is in {self.folder.checkpoint_path}"
            ) from error
        except GanError:
            raise
        except Exception:  # in code of a plugin: nothing that was learned is lost
            self.save_checkpoint()
            raise
        # Not after a KeyboardInterrupt, which may have ended a step halfway.
        self.save_checkpoint()
        if self.devices.rank == 0:
            self.folder.save_animation()

    def _train_steps(self, request: StopRequest, bar: "tqdm[NoReturn]") -> None:
        """Train and evaluate until the last step or a requested stop."""
        n = self.config.evaluation_size or self.data.evaluation_size
        is_first = self.devices.rank == 0
        floor = self.floor(n) if is_first else 0.0
        last_emd: dict[str, str] = {}
        for step in train(self.training, real=self.data.sample):
            bar.update()
            if is_first and self.config.evaluates_at(step.number):
                last_emd = {"exact": f"{self.evaluate(step, n, floor):.4f}"}
            if step.number % PROGRESS_STEPS == 0:
                bar.set_postfix({**_progress_numbers(step), **last_emd}, refresh=False)
            if self.devices.any_rank(request.is_set):
                reason = request.reason or "another process was interrupted"
                bar.write(f"{reason}: stopping", file=sys.stderr)
                break

    def floor(self, n: int) -> float:
        """Sampling floor of the exact EMD of n points on each side."""
        rng = self.stream(FLOOR_STREAM)
        with seeded_global_sources(rng):
            return run_metrics.floor(self.data, n, rng)

    def evaluate(self, step: Step, n: int, floor: float) -> float:
        """Evaluate the run and write the result; the exact EMD."""
        rng = self.stream(EVALUATION_STREAM, step.number)
        with seeded_global_sources(rng):
            evaluation = run_metrics.evaluate(self.training, self.data, n, rng)
        line = run_metrics.metrics_line(evaluation, step, seconds=self.seconds(), floor=floor)
        self.folder.append_metrics(line)
        if self.writer is not None:
            self.writer.add(line)
        self.save_checkpoint()  # before the picture, which may fail for a plugin's data
        rng = self.stream(PICTURE_STREAM)
        with seeded_global_sources(rng):
            real = self.data.sample(PICTURE_POINTS, rng)
            generated = run_metrics.ema_samples(self.training, PICTURE_POINTS, rng)
        if isinstance(self.data.offset, float) and len(self.data.shape) == 3:
            real, generated = (
                (pixels - self.data.offset) / self.data.unit for pixels in (real, generated)
            )
        self.folder.save_frame(
            step.number,
            lambda path: figures.save_samples(path, real, generated, f"step {step.number}"),
        )
        return evaluation.live.exact

    def save_checkpoint(self, *, any_rank: bool = False) -> None:
        """Replace the checkpoint, in the first process or in any."""
        if any_rank or self.devices.rank == 0:
            self.folder.save_checkpoint(self.training, seconds=self.seconds())

    def seconds(self) -> float:
        """Seconds of training, without interruptions."""
        return time.monotonic() - self.start

    def stream(self, *numbers: int) -> torch.Generator:
        """A source of randomness that is independent of the training's own."""
        return run_metrics.seeded_generator(self.training.rng.device, self.config.seed, *numbers)


def _progress_numbers(step: Step) -> dict[str, str]:
    """Numbers of a step beside the progress bar."""
    noise = {"noise": f"{step.noise:.3f}"} if step.noise else {}
    return {"gap": f"{step.gap:.4f}", **noise}


__all__ = [
    "Config",
    "ConfigError",
    "RunResult",
    "TrainingError",
    "initial_training",
    "load_run",
    "run",
]

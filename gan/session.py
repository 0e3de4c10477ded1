"""One run from configuration to folder: train, evaluate, save, stop when asked, go on later."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn

import torch
from tqdm import tqdm

from gan import evaluation, pictures
from gan.recipes import PAPERS, QUICK, Recipe
from gan.runs import RunFolder
from gan.targets import TARGETS, Target
from gan.train import Step, Training, TrainingError, train

PICTURE_POINTS = 2000
EARLY = (10, 30, 100)  # steps to evaluate at, too: the distance falls fastest at the start


class ConfigError(ValueError):
    """A configuration asks for what there is not; the message lists what there is."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a run is.

    Attributes:
        recipe: Name of the method.
        data: Name of the target.
        out: The run's folder.
        steps: Generator steps in all.
        seed: Seed of the weights, the batches and the evaluations.
        settings: The quick settings, or the papers'.
        device: Where torch computes.
        evaluate_every: Generator steps between evaluations.
        evaluation_size: Points on each side of an evaluation; by default the target's own.
        threads: Threads that torch computes with.
        data_dir: Folder of the MNIST files.
    """

    recipe: str
    data: str
    out: Path
    steps: int
    seed: int
    settings: Literal["quick", "paper"] = "quick"
    device: str = "cpu"
    evaluate_every: int = 200
    evaluation_size: int | None = None
    threads: int = 1
    data_dir: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what there is not, with the list of what there is."""
        for name, value, known in (("recipe", self.recipe, QUICK), ("data", self.data, TARGETS)):
            if value not in known:
                raise ConfigError(f"there is no {name} {value!r}; there are: {', '.join(known)}")
        for name, number in (
            ("--steps", self.steps),
            ("--evaluate-every", self.evaluate_every),
            ("--threads", self.threads),
        ):
            if number < 1:
                raise ConfigError(f"{name} must be at least 1, but is {number}")
        if self.settings not in ("quick", "paper"):
            raise ConfigError(f"--settings must be quick or paper, but is {self.settings!r}")
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {self.seed}")
        if self.evaluation_size is not None and self.evaluation_size < 2:
            raise ConfigError(
                f"--evaluation-size must be at least 2, but is {self.evaluation_size}"
            )

    def evaluates_at(self, step: int, /) -> bool:
        """Whether there is an evaluation after this generator step."""
        return step in EARLY or step % self.evaluate_every == 0 or step == self.steps

    @property
    def recipe_settings(self) -> Recipe:
        """All settings of the method."""
        return (QUICK if self.settings == "quick" else PAPERS)[self.recipe]

    def record(self) -> dict[str, Any]:
        """What makes the run what it is, in plain values: all but where its files lie."""
        plain = {k: v for k, v in asdict(self).items() if k not in ("out", "data_dir")}
        return {
            **plain,
            "recipe_settings": asdict(self.recipe_settings),
            "torch": torch.__version__,
        }

    def torch_device(self) -> torch.device:
        """The device, if it is there.

        Returns:
            The device with its index, as torch reports it.

        Raises:
            ConfigError: If it is not.
        """
        try:
            device = torch.zeros(1, device=self.device).device
            torch.Generator(device).manual_seed(self.seed)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(
                f"--device {self.device} cannot be used here ({reason}); --device cpu always can"
            ) from None
        return device


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        training: The run's state.
        target: What it learned.
        finished: Whether all steps are done; else it was interrupted.
        metrics: Its evaluations.
    """

    training: Training
    target: Target
    finished: bool
    metrics: list[dict[str, Any]]


def run(config: Config, /, *, resume: bool = False, position: int = 0) -> Outcome:
    """Train as configured, writing the run's folder on the way.

    An interrupt (Ctrl-C, or a termination signal) ends the run after the current step, with a
    checkpoint.

    Args:
        config: What to do.
        resume: Go on with the run in the folder, exactly.
        position: Line of the terminal that the progress bar is on, from 0.

    Returns:
        How the run ended.

    Raises:
        ConfigError: If the device is not there.
        RunError: If the folder cannot be used, or a file cannot be written.
        MnistError: If the digits cannot be had.
        TrainingError: If a loss is not finite; the checkpoint of the last finite update is kept.
    """
    torch.set_num_threads(config.threads)
    device = config.torch_device()
    target = TARGETS[config.data](config.data_dir)
    rng = torch.Generator(device).manual_seed(config.seed)
    networks = target.make_generator(rng), target.make_critic(rng)
    training = Training.start(*networks, config.recipe_settings, steps=config.steps, rng=rng)
    folder = RunFolder(config.out)
    before = 0.0
    if resume:
        before = folder.go_on(config.record(), training)
    else:
        folder.begin(config.record())
    session = _Session(config, target, training, folder, time.monotonic() - before)
    with _stop_signals() as stop, session.progress(position) as progress:
        session.go(stop, progress)
    return Outcome(training, target, training.step == config.steps, folder.metrics())


@dataclass(slots=True)
class _Session:
    """A run under way."""

    config: Config
    target: Target
    training: Training
    folder: RunFolder
    started: float

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
        )

    def go(self, stop: "_Stop", progress: "tqdm[NoReturn]") -> None:
        """Train to the end, or until asked to stop."""
        n = self.config.evaluation_size or self.target.evaluation_size
        floor = evaluation.floor(self.target, n, self.seeded(0))
        shown: dict[str, str] = {}
        try:
            for step in train(self.training, real=self.target.sample):
                progress.update()
                if self.config.evaluates_at(step.number):
                    shown = {"exact": f"{self.evaluate(step, n, floor):.4f}"}
                if step.number % 10 == 0:
                    progress.set_postfix({"gap": f"{step.gap:.4f}", **shown}, refresh=False)
                if stop.asked:
                    progress.write(f"{stop.asked}: stopping", file=sys.stderr)
                    break
        except TrainingError as error:
            self.save()
            raise TrainingError(
                f"training stopped after step {self.training.step}: {error} "
                f"The state after that step is in {self.folder.checkpoint_path}"
            ) from error
        # Not after a KeyboardInterrupt: it may have come in the middle of a step.
        self.save()

    def evaluate(self, step: Step, n: int, floor: float) -> float:
        """Measure, and write what was found; the exact EMD."""
        found = evaluation.measured(self.training, self.target, n, self.seeded(1, step.number))
        line = {
            "step": step.number,
            "seconds": round(self.seconds(), 3),
            **found.record(),
            "floor": floor,
        }
        self.folder.add_metrics(line)
        rng = self.seeded(2)
        real = self.target.sample(PICTURE_POINTS, rng)
        generated = evaluation.averaged_samples(self.training, PICTURE_POINTS, rng)
        self.folder.save_picture(
            "samples.png", lambda path: pictures.save_samples(path, real, generated)
        )
        self.save()
        return found.live.exact

    def save(self) -> None:
        """The checkpoint."""
        self.folder.save(self.training, seconds=self.seconds())

    def seconds(self) -> float:
        """Since the start, without the time that the run was interrupted."""
        return time.monotonic() - self.started

    def seeded(self, *purpose: int) -> torch.Generator:
        """A source of randomness that does not touch the training's own."""
        return evaluation.seeded(self.training.rng.device, self.config.seed, *purpose)


@dataclass(slots=True)
class _Stop:
    """Whether somebody asked the run to stop: the name of the signal."""

    asked: str = ""


@contextmanager
def _stop_signals() -> Iterator[_Stop]:
    """Note the first Ctrl-C or termination signal, to stop between two steps; obey the second."""
    stop = _Stop()

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = signal.Signals(number).name

    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may handle signals
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


__all__ = ["Config", "ConfigError", "Outcome", "TrainingError", "run"]

"""A session of training: from the start or resumption of a run to its end or interruption."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor
from tqdm import tqdm

from gan.data.dataset import DataSet
from gan.errors import GanError, LostProcessError, TrainingError
from gan.runs import run_metrics, sample_figures
from gan.runs.config import Config
from gan.runs.folder import RunFolder
from gan.runs.frames import save_animation, save_frame
from gan.runs.signals import StopRequest
from gan.runs.tensorboard import TensorBoardWriter
from gan.training.devices import Devices
from gan.training.global_sources import seeded_global_sources
from gan.training.loop import Step, Training, train

PICTURE_POINTS = 2000
PRINTED_TEXTS = 4
PROGRESS_STEPS = 10  # between updates of the numbers beside the progress bar

# Independent streams of a run's seed, other than the one of its training.
FLOOR_STREAM, EVALUATION_STREAM, PICTURE_STREAM = range(3)


@dataclass(slots=True)
class StepRate:
    """Speed of training between two evaluations.

    Attributes:
        step: Generator steps done at the last restart.
        time: Time of the last restart.
    """

    step: int = 0
    time: float = 0.0

    def restart(self, step: int, /) -> None:
        """Begin to count after this step."""
        self.step, self.time = step, time.perf_counter()

    def at(self, step: int, /) -> float:
        """Generator steps per second from the last restart to this step."""
        return (step - self.step) / (time.perf_counter() - self.time)


@dataclass(slots=True)
class Session:
    """The part of a run from its start or resumption to its end, in one of its processes."""

    config: Config
    data: DataSet
    training: Training
    folder: RunFolder
    writer: TensorBoardWriter | None
    start: float
    rate: StepRate = field(default_factory=StepRate)
    emds: list[float] = field(default_factory=list)
    on_evaluation: Callable[[], object] | None = None

    @property
    def is_flat(self) -> bool:
        """Whether the last evaluations had no new lowest exact EMD."""
        if not self.emds:
            return False
        return len(self.emds) - 1 - self.emds.index(min(self.emds)) >= self.config.patience

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
            disable=True if self.devices.rank > 0 else None,  # None: only on a terminal
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
            save_animation(self.folder.path)

    def _train_steps(self, request: StopRequest, bar: "tqdm[NoReturn]") -> None:
        """Train and evaluate until the last step or a requested stop."""
        n = self.config.evaluation_size or self.data.evaluation_size
        is_first = self.devices.rank == 0
        self.emds = [line["exact"] for line in self.folder.metrics()]
        if self.must_stop_flat():
            return
        floor = self.floor(n) if is_first else 0.0
        last_emd: dict[str, str] = {}
        self.rate.restart(self.training.step)
        for step in train(self.training, real=self.data.sample):
            bar.update()
            if is_first and self.config.evaluates_at(step.number):
                emd = self.evaluate(step, n, floor)
                last_emd = {"exact": f"{emd:.4f}"}
                if bar.disable:
                    tqdm.write(self._log_line(step, emd, floor), file=sys.stderr)
                self.rate.restart(step.number)
            if step.number % PROGRESS_STEPS == 0:
                bar.set_postfix({**_progress_numbers(step), **last_emd}, refresh=False)
            if self.devices.any_rank(self.must_stop_flat()):
                tqdm.write(
                    f"stopping: no new lowest exact EMD in {self.config.patience} evaluations",
                    file=sys.stderr,
                )
                break
            if self.devices.any_rank(request.is_set):
                reason = request.reason or "another process was interrupted"
                bar.write(f"{reason}: stopping", file=sys.stderr)
                break

    def must_stop_flat(self) -> bool:
        """Whether to stop early, because the exact EMD has ceased to fall."""
        return self.config.stop_when_flat and self.is_flat

    def _log_line(self, step: Step, emd: float, floor: float) -> str:
        """An evaluation as one line, for a log without a progress bar."""
        config = self.config
        return (
            f"{config.recipe} on {config.data}, seed {config.seed}: step {step.number} of "
            f"{config.steps} after {self.seconds():.0f} s; exact EMD {emd:.4f} "
            f"(floor {floor:.4f}), gap {step.gap:.4f}"
        )

    def floor(self, n: int) -> float:
        """Sampling floor of the exact EMD of n points on each side."""
        rng = self.stream(FLOOR_STREAM)
        with seeded_global_sources(rng):
            return run_metrics.floor(self.data, n, rng)

    def evaluate(self, step: Step, n: int, floor: float) -> float:
        """Evaluate the run and write the result; the exact EMD."""
        steps_per_second = self.rate.at(step.number)
        rng = self.stream(EVALUATION_STREAM, step.number)
        with seeded_global_sources(rng):
            evaluation = run_metrics.evaluate(self.training, self.data, n, rng)
        line = run_metrics.metrics_line(
            evaluation,
            step,
            seconds=self.seconds(),
            steps_per_second=steps_per_second,
            floor=floor,
        )
        self.folder.append_metrics(line)
        if self.writer is not None:
            self.writer.add(line)
        self.save_checkpoint()  # before the picture, which may fail for a plugin's data
        self.emds.append(evaluation.live.exact)
        if self.emds[-1] <= min(self.emds):
            self.folder.save_best()
        rng = self.stream(PICTURE_STREAM)
        with seeded_global_sources(rng):
            real = self._without_labels(self.data.sample(PICTURE_POINTS, rng))
            generated = self._without_labels(
                run_metrics.ema_samples(self.training, PICTURE_POINTS, rng)
            )
        try:
            save_frame(
                self.folder.path,
                step.number,
                lambda path: self._save_picture(path, real, generated, step.number),
            )
            if self.writer is not None:
                self.writer.add_picture(self.folder.path / "samples.png", step.number)
        except ValueError as error:
            tqdm.write(f"no picture of the samples: {error}", file=sys.stderr)
        if self.on_evaluation is not None:
            self.on_evaluation()
        return evaluation.live.exact

    def _without_labels(self, points: Tensor) -> Tensor:
        """Points in the order of their labels, without these; others as they are."""
        if self.data.labels is None:
            return points
        points, labels = self.data.labels.split(points)
        return points[labels.argsort(stable=True)]

    def _save_picture(self, path: Path, real: Tensor, generated: Tensor, step: int) -> None:
        """Save a picture of generated points beside real ones; of texts, print some, too."""
        if self.data.decode is None:
            sample_figures.save_samples(path, real, generated, f"step {step}", self.data.columns)
            return
        texts = self.data.decode(generated)
        for text in texts[:PRINTED_TEXTS]:
            tqdm.write(f"step {step}: {text}", file=sys.stderr)
        sample_figures.save_texts(path, self.data.decode(real), texts, f"step {step}")

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

"""One run from configuration to folder: train, evaluate, save, stop on request, resume."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gan.data.dataset import DataSet
from gan.errors import ConfigError, GanError, TrainingError
from gan.runs.config import Config
from gan.runs.config_record import config_from_record, record_of
from gan.runs.continuation import allowed_changes, extended, load_start, require_same_data
from gan.runs.duration import sized
from gan.runs.folder import RunFolder
from gan.runs.initial_networks import initial_training
from gan.runs.lock import locked
from gan.runs.plugins import plugin_error
from gan.runs.session import Session
from gan.runs.signals import stop_signals
from gan.runs.tensorboard import TensorBoardWriter
from gan.training.devices import launch
from gan.training.loop import Training


@dataclass(frozen=True, slots=True)
class RunResult:
    """State and evaluations of a run that has ended.

    Attributes:
        config: Configuration of the run, with the number of steps that it has.
        training: State of the run.
        data: Data set of the run.
        finished: Whether all steps are done; otherwise it was interrupted, or is flat.
        metrics: Metrics of each evaluation, in order.
        flat: Whether it stopped early because the exact EMD has ceased to fall.
    """

    config: Config
    training: Training
    data: DataSet
    finished: bool
    metrics: list[dict[str, Any]]
    flat: bool = False


@dataclass(frozen=True, slots=True)
class Invocation:
    """Arguments of a run besides its configuration.

    Attributes:
        position: Line of the terminal for the progress bar, from 0.
        stop_file: A file at whose presence the run stops.
        on_evaluation: Called after each evaluation, in the first process.
    """

    position: int = 0
    stop_file: Path | None = None
    on_evaluation: Callable[[RunResult], object] | None = None


def run(
    config: Config,
    /,
    *,
    resume: bool = False,
    position: int = 0,
    stop_file: Path | None = None,
    on_evaluation: Callable[[RunResult], object] | None = None,
) -> RunResult:
    """Train as configured, and write the folder of the run.

    An interrupt (Ctrl-C, or a termination signal) ends the run after the current step, with a
    checkpoint.

    Args:
        config: Configuration of the run.
        resume: Continue the run in the folder, exactly; begin it if it never began.
        position: Line of the terminal for the progress bar, from 0.
        stop_file: A file at whose presence the run stops.
        on_evaluation: Called after each evaluation, in the first process.

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
        return _run(config, resume, Invocation(position, stop_file, on_evaluation))
    except GanError:
        raise
    except Exception as error:
        named = plugin_error(error, config.plugin)
        if named is None:
            raise
        raise named from error


def _run(config: Config, resume: bool, invocation: Invocation) -> RunResult:
    """Train as configured; errors in a plugin's code are raised as they are."""
    folder = RunFolder(config.folder)
    if config.more_steps is not None:
        config, resume = extended(config, folder, resume=resume), True
    config = sized(config, resume=resume)
    training, data = initial_training(config)
    _require_launchable(config)
    if data.description and training.devices.rank == 0:
        print(data.description, file=sys.stderr)
    if training.devices.rank > 0:
        load_start(training, config, folder)
        return _run_in_folder(config, training, data, folder, resume, invocation)
    resume = resume and folder.holds_run()
    if not resume:
        folder.require_empty()  # before a lock is made in a folder that is not of a run
    start = load_start(training, config, folder)
    with locked(folder.path):
        if resume:
            folder.truncate_to_checkpoint(record_of(config), changes=allowed_changes(config))
        else:
            folder.create({**record_of(config), **start})
        return _run_in_folder(config, training, data, folder, resume, invocation)


def _run_in_folder(
    config: Config,
    training: Training,
    data: DataSet,
    folder: RunFolder,
    resume: bool,
    invocation: Invocation,
) -> RunResult:
    """Train a new or a resumed run in its folder."""
    training.devices = launch(
        training.devices, strategy=config.strategy, precision=config.precision
    )
    training.devices.any_rank(False)  # others wait until the first process has made the folder
    earlier_seconds = 0.0
    if resume and folder.checkpoint_path.exists():
        earlier_seconds = folder.load_checkpoint(training)
    writer = None
    if config.tensorboard and training.devices.rank == 0:
        writer = TensorBoardWriter(folder.path, training.step)
    start = time.monotonic() - earlier_seconds
    session = Session(config, data, training, folder, writer, start)
    if (callback := invocation.on_evaluation) is not None:
        session.on_evaluation = lambda: callback(
            RunResult(config, training, data, training.step == config.steps, folder.metrics())
        )
    bar_position, stop_file = invocation.position, invocation.stop_file
    with stop_signals(file=stop_file) as request, session.progress_bar(bar_position) as bar:
        session.train(request, bar)
    finished = training.step == config.steps
    flat = session.must_stop_flat() and not finished
    return RunResult(config, training, data, finished, folder.metrics(), flat)


def load_run(path: Path, /, *, data_dir: Path | None = None, best: bool = False) -> RunResult:
    """The run in a folder in the state of its checkpoint, on the CPU.

    Args:
        path: The run's folder.
        data_dir: Folder of the MNIST files.
        best: Take the checkpoint with the lowest exact EMD instead of the last.

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
    require_same_data(record, config)
    training, data = initial_training(config)
    folder.load_checkpoint(training, networks_only=True, best=best)
    finished = training.step == config.steps
    return RunResult(config, training, data, finished, folder.metrics())


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


__all__ = [
    "Config",
    "ConfigError",
    "RunResult",
    "TrainingError",
    "initial_training",
    "load_run",
    "run",
]

"""Runs that go on from another state: extended, or with the networks of another run."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan.errors import RunError
from gan.runs.checkpoint_file import LOAD_ERRORS, digest, mismatch, read_checkpoint
from gan.runs.config import Config
from gan.runs.config_record import record_of
from gan.runs.folder import RunFolder
from gan.training.loop import Training


def extended(config: Config, folder: RunFolder, /, *, resume: bool) -> Config:
    """The configuration of a finished run, with more steps.

    Args:
        config: Configuration with ``more_steps``.
        folder: Folder of the run.
        resume: Continue the extension that was interrupted.

    Returns:
        The configuration with the number of steps of the extended run.

    Raises:
        RunError: If there is no run in the folder, or it is not finished.
    """
    record, done = folder.config(), folder.step()
    steps = int(record["steps"])
    if resume and record.get("extended_at"):
        if done >= steps:
            tqdm.write(
                f"the run in {folder.path} has done all {steps} steps of its extension; to extend "
                "it again, leave --resume out",
                file=sys.stderr,
            )
        return replace(config, steps=steps)
    if done < steps:
        raise RunError(
            f"the run in {folder.path} has done {done} of {steps} steps; give --resume to finish "
            "it, and --more-steps afterwards"
        )
    return replace(config, steps=steps + (config.more_steps or 0))


def allowed_changes(config: Config, /) -> list[str]:
    """Keys of config.json in which a resumed run may differ from the recorded one."""
    changes = {"steps": config.more_steps is not None, "torch": config.allow_other_torch}
    return [key for key, is_allowed in changes.items() if is_allowed]


def load_start(training: Training, config: Config, folder: RunFolder, /) -> dict[str, str]:
    """Replace the networks of a run at step 0 by those that it starts from, if there are any.

    Args:
        training: The run; changed in place.
        config: Its configuration.
        folder: Its folder. Once it has a checkpoint, nothing is replaced.

    Returns:
        Digest of the source for config.json; empty without one.

    Raises:
        RunError: If the networks do not fit, or the checkpoint cannot be read or has changed since
            the run was created.
    """
    if config.start_from is None or folder.checkpoint_path.exists():
        return {}
    path = _start_file(config.start_from)
    state = read_checkpoint(path, training.rng.device)["training"]
    current = digest(path.read_bytes())
    if folder.holds_run() and folder.config().get("start_digest") != current:
        raise RunError(
            f"--from {config.start_from} has changed since the run in {folder.path} began; start "
            "a new run in another folder with --out"
        )
    try:
        for name in ("generator", "critic", "average"):
            getattr(training, name).load_state_dict(state[name])
    except LOAD_ERRORS as error:
        raise RunError(
            f"--from {config.start_from}: its networks do not fit those of this run "
            f"({mismatch(error)}); give the same --networks and data of the same shape"
        ) from error
    return {"start_digest": current}


def require_same_data(record: dict[str, Any], config: Config, /) -> None:
    """Refuse a run whose data have changed since: its samples are in their unit or alphabet.

    Args:
        record: The configuration in its folder.
        config: The same, as read.

    Raises:
        RunError: If its data or labels do not exist, or have another digest.
    """
    if not config.is_of_path and config.data_file is None:
        return
    path = config.data_file or Path(config.data)
    if not path.exists():
        raise RunError(
            f"{path}, the data of the run in {config.folder}, does not exist; put it back: the "
            "samples are in its unit or alphabet"
        )
    current = record_of(config)
    for key in ("data_digest", "labels_digest"):
        if record.get(key) != current.get(key):
            name = path if key == "data_digest" else config.labels
            raise RunError(
                f"{name} has changed since the run in {config.folder} was trained on it; put back "
                "what it was, or train again"
            )


def _start_file(path: Path) -> Path:
    """The checkpoint of a run's folder, or the given checkpoint file."""
    file = RunFolder(path).checkpoint_path if path.is_dir() else path
    if not file.is_file() or file.suffix != ".pt":
        raise RunError(
            f"--from {path} is no run: there is no checkpoint {file}; name the folder of a run, "
            "or its best.pt"
        )
    return file

"""The configuration in the folder of a run: read, compared, and replaced by an extended one."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import torch

from gan.errors import DamagedFileError, RunError
from gan.runs.atomic_files import json_text, write_json
from gan.runs.checkpoint_file import digest, file_digests, read_checkpoint, write_checkpoint

# Written by a run as it goes on: no part of what is asked for.
HISTORY_KEYS = ("extended_at", "other_torch", "bit_exact", "start_digest")
PREVIOUS_CONFIG = "config.json before"  # a digest that is accepted, too

REMEDIES = {
    "torch": "to go on with this torch, though not equal to the bit: --allow-other-torch",
    "steps": "to extend a finished run: --more-steps N",
}


def recorded_config(path: Path, checkpoint: Path, /) -> dict[str, Any]:
    """Configuration of a run.

    Args:
        path: The file config.json.
        checkpoint: The checkpoint beside it, which holds its digest.

    Returns:
        Plain values by name.

    Raises:
        RunError: If there is no such file, or it cannot be read.
        DamagedFileError: If the configuration is not as it was at the last checkpoint.
    """
    try:
        content = path.read_bytes()
        digests = file_digests(checkpoint)
        accepted = {digests.get(path.name), digests.get(PREVIOUS_CONFIG)} - {None}
        if accepted and digest(content) not in accepted:
            raise DamagedFileError(path, "it is not as it was at the last checkpoint")
        config = json.loads(content)
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"{path.parent} holds no run: {path} does not exist") from None
    except (OSError, ValueError, RecursionError) as error:  # invalid JSON or UTF-8
        raise RunError(f"{path} cannot be read: {error}") from None
    if not isinstance(config, dict):
        raise RunError(f"{path} is not the configuration of a run")
    return config


def continue_config(
    path: Path, checkpoint: Path, config: dict[str, Any], changes: Collection[str], /
) -> None:
    """Refuse a configuration that is not the recorded one, but for changes that are allowed.

    Allowed changes are recorded: ``extended_at`` lists the earlier numbers of steps,
    ``other_torch`` the earlier builds of torch, after which ``bit_exact`` is false.

    Args:
        path: The file config.json.
        checkpoint: The checkpoint beside it.
        config: Configuration that is asked for.
        changes: Keys that may differ, "steps" or "torch".

    Raises:
        RunError: If others differ, or the file cannot be read.
    """
    requested, recorded = json.loads(json.dumps(config)), recorded_config(path, checkpoint)
    history = {key: recorded.pop(key) for key in HISTORY_KEYS if key in recorded}
    differing = {key for key in changes if recorded.get(key) != requested.get(key)}
    unchanged = {key: value for key, value in recorded.items() if key not in differing}
    compared = {key: value for key, value in requested.items() if key not in differing}
    lines = list(_differences(unchanged, compared))
    if lines:
        raise RunError(
            f"the run in {path.parent} was started with other settings; give the same, or "
            "another folder with --out:\n" + "\n".join(lines) + _remedy(unchanged, compared)
        )
    if "steps" in differing:
        history["extended_at"] = [*history.get("extended_at", []), recorded["steps"]]
    if "torch" in differing:
        history["other_torch"] = [*history.get("other_torch", []), recorded.get("torch")]
        history["bit_exact"] = False
    if differing:
        _replace(path, checkpoint, {**requested, **history})


def _replace(path: Path, checkpoint: Path, config: dict[str, Any]) -> None:
    """Replace config.json; until both files are written, the checkpoint accepts old and new."""
    if checkpoint.exists():
        digests = {
            **file_digests(checkpoint),
            path.name: digest(json_text(config).encode()),
            PREVIOUS_CONFIG: digest(path.read_bytes()),
        }
        write_checkpoint(checkpoint, read_checkpoint(checkpoint, torch.device("cpu")), digests)
    write_json(path, config)


def _differences(
    recorded: dict[str, Any], requested: dict[str, Any], prefix: str = ""
) -> Iterator[str]:
    """One line for each value that differs between two configurations."""
    for key in sorted({**recorded, **requested}):
        old, new = recorded.get(key), requested.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield f"  {prefix}{key}: {old} in the folder, {new} now"


def _remedy(recorded: dict[str, Any], requested: dict[str, Any]) -> str:
    """Options that allow what differs, a line each."""
    return "".join(
        f"\n{remedy}"
        for key, remedy in REMEDIES.items()
        if recorded.get(key) != requested.get(key)
    )

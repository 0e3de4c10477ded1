"""The folder of a run: after any interruption its files are readable and the run resumes.

The folder holds:

    config.json      the configuration, with all settings of the recipe
    metrics.jsonl    one line of JSON per evaluation
    samples.png      samples of the averaged generator at the last evaluation
    frames/          such a picture of each evaluation
    samples.gif      the frames as an animation, once the run ends
    checkpoint.pt    the whole state, readable with ``torch.load(..., weights_only=True)``
    best.pt          the same at the evaluation with the lowest exact EMD over floor
"""

import json
import math
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from shutil import copyfile
from typing import Any

import torch

from gan.errors import DamagedFileError, RunError
from gan.runs.atomic_files import (
    make_folder,
    write_atomically,
    write_json,
)
from gan.runs.checkpoint_file import (
    BEST_NAME,
    LOAD_ERRORS,
    digest,
    file_digests,
    mismatch,
    read_checkpoint,
    write_checkpoint,
)
from gan.runs.frames import remove_later_frames
from gan.runs.lock import LOCK_NAME
from gan.runs.recorded_config import continue_config, recorded_config
from gan.training.loop import Training


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a run.

    Attributes:
        path: Path of the folder.
    """

    path: Path

    @property
    def metrics_path(self) -> Path:
        """Path of the evaluations."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        """Path of the checkpoint."""
        return self.path / "checkpoint.pt"

    @property
    def best_path(self) -> Path:
        """Path of the checkpoint with the lowest exact EMD."""
        return self.path / BEST_NAME

    def require_empty(self) -> None:
        """Refuse a folder for a new run that has something in it.

        Raises:
            RunError: If it has, or is a file.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; name a folder with --out")
        if not self._is_empty():
            raise RunError(
                f"{self.path} is not empty. Give --resume (in Python resume=True) to go on with "
                "the run in it, or another folder with --out"
            )

    def holds_run(self) -> bool:
        """Whether a run began in the folder.

        Returns:
            True if there is a run, False if the folder is empty or does not exist.

        Raises:
            RunError: If the folder holds something else.
        """
        if self._is_empty():
            return False
        self.config()
        return True

    def _is_empty(self) -> bool:
        """Whether there is nothing but perhaps a lock."""
        if not self.path.exists():
            return True
        return self.path.is_dir() and all(file.name == LOCK_NAME for file in self.path.iterdir())

    def create(self, config: dict[str, Any], /) -> None:
        """Make the folder of a new run.

        Args:
            config: Configuration of the run, in plain values.

        Raises:
            RunError: If the folder is not empty or cannot be made.
        """
        self.require_empty()
        make_folder(self.path)
        write_json(self.path / "config.json", config)

    def truncate_to_checkpoint(
        self, config: dict[str, Any], /, *, changes: Collection[str] = ()
    ) -> None:
        """Drop evaluations and frames after the checkpoint, which a resumed run makes again.

        Args:
            config: Configuration of the resumed run, in plain values.
            changes: Keys that may differ, "steps" or "torch"; config.json is replaced then.

        Raises:
            RunError: If the folder holds no run, or the run of another configuration.
        """
        continue_config(self.path / "config.json", self.checkpoint_path, config, changes)
        step = self.step()
        lines = self._metrics_lines()
        text = "".join(line for line in lines if json.loads(line)["step"] <= step)
        write_atomically(self.metrics_path, lambda part: part.write_text(text))
        remove_later_frames(self.path, step)
        self._restore_best(step)

    def step(self) -> int:
        """Generator steps done at the checkpoint; 0 without one.

        Returns:
            The number of steps.

        Raises:
            RunError: If the checkpoint is damaged.
        """
        if not self.checkpoint_path.exists():
            return 0
        state = read_checkpoint(self.checkpoint_path, torch.device("cpu"))
        return int(state["training"]["step"])

    def load_checkpoint(
        self, training: Training, /, *, networks_only: bool = False, best: bool = False
    ) -> float:
        """Replace the state of a run by the checkpoint's.

        Args:
            training: The run; changed in place.
            networks_only: Keep the state of its source of randomness: the checkpoint may be of
                another device.
            best: Take the checkpoint of the evaluation with the lowest exact EMD.

        Returns:
            Seconds of training before the checkpoint.

        Raises:
            RunError: If the checkpoint is missing, damaged or of another run.
        """
        path = self.best_path if best else self.checkpoint_path
        state = read_checkpoint(path, training.rng.device)
        try:
            load = training.load_networks if networks_only else training.load_state_dict
            load(state["training"])
            return float(state["seconds"])
        except LOAD_ERRORS as error:
            raise RunError(
                f"{path} is intact, but does not fit the networks of this run as "
                f"they are built now ({mismatch(error)}); undo the change of the plugin or of "
                "the version that builds them, or start a new run in another folder with --out"
            ) from error

    def config(self) -> dict[str, Any]:
        """Configuration of the run, as given to `create`.

        Returns:
            Plain values by name.

        Raises:
            RunError: If the folder holds no run, or its configuration cannot be read.
            DamagedFileError: If the configuration is not as it was at the last checkpoint.
        """
        return recorded_config(self.path / "config.json", self.checkpoint_path)

    def metrics(self) -> list[dict[str, Any]]:
        """Evaluations by step; an incomplete last line is skipped.

        Returns:
            Metrics by key, for each evaluation.

        Raises:
            DamagedFileError: If the file is not as it was at the last checkpoint, or no JSON.
        """
        return [json.loads(line) for line in self._metrics_lines()]

    def _metrics_lines(self) -> list[str]:
        """Lines of the evaluations up to the last checkpoint; all complete ones without one."""
        n, _, expected = (
            file_digests(self.checkpoint_path).get("metrics.jsonl", "0 ").partition(" ")
        )
        try:
            lines = self._written_lines()
            steps = [int(json.loads(line)["step"]) for line in lines]
            if any(later <= step for step, later in pairwise(steps)):
                raise ValueError("its steps do not increase")
            if not expected:
                return lines
            if digest("".join(lines[: int(n)]).encode()) != expected:
                raise ValueError("it is not as it was at the last checkpoint")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedFileError(self.metrics_path, str(error)) from error
        return lines[: int(n)]  # a run that was killed has perhaps written one more

    def _written_lines(self) -> list[str]:
        """Complete lines of metrics.jsonl."""
        if not self.metrics_path.exists():
            return []
        lines = self.metrics_path.read_bytes().decode().splitlines(keepends=True)
        return [line for line in lines if line.endswith("\n")]

    def append_metrics(self, evaluation: dict[str, Any], /) -> None:
        """Append one evaluation, in one write."""
        try:
            with self.metrics_path.open("a") as file:
                file.write(_json_line(evaluation))
        except OSError as error:
            raise RunError(f"{self.metrics_path} could not be written ({error})") from error

    def save_best(self) -> None:
        """Copy the checkpoint, whose evaluation has the lowest exact EMD so far."""
        write_atomically(self.best_path, lambda part: copyfile(self.checkpoint_path, part))

    def _restore_best(self, step: int) -> None:
        """Copy the checkpoint after this step if the run was stopped before it could."""
        exact = {line["step"]: line["exact"] for line in self.metrics() if line.get("exact")}
        if not exact or min(exact, key=lambda at: exact[at]) != step:
            return
        try:
            state = read_checkpoint(self.best_path, torch.device("cpu"))
            is_best = state["training"]["step"] == step
        except RunError:
            is_best = False
        if not is_best:
            self.save_best()

    def save_checkpoint(self, training: Training, /, *, seconds: float) -> None:
        """Replace the checkpoint; ``seconds`` is the time of training so far."""
        state = {"training": training.state_dict(), "seconds": seconds}
        lines = self._written_lines()
        files = {
            "config.json": digest((self.path / "config.json").read_bytes()),
            "metrics.jsonl": f"{len(lines)} {digest(''.join(lines).encode())}",
        }
        write_checkpoint(self.checkpoint_path, state, files)


def _json_line(evaluation: dict[str, Any]) -> str:
    """One line of strict JSON, with null for numbers that are not finite."""
    finite = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in evaluation.items()
    }
    return json.dumps(finite, allow_nan=False) + "\n"

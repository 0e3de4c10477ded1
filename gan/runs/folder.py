"""A run's folder: whatever interrupts it leaves files that can be read, and gone on from.

The folder holds:

    config.json      what was asked for, with all settings of the recipe
    metrics.jsonl    a line per evaluation
    samples.png      what the generator draws
    frames/          the same at each evaluation
    samples.gif      these one after another, when the run ends
    checkpoint.pt    the whole state, loadable with ``torch.load(..., weights_only=True)``
"""

import json
import math
import os
import pickle
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gan.errors import RunError
from gan.training.loop import Training


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder.

    Attributes:
        path: Where it is.
    """

    path: Path

    @property
    def metrics_path(self) -> Path:
        """One line of JSON per evaluation."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoint_path(self) -> Path:
        """The state to go on from."""
        return self.path / "checkpoint.pt"

    def begin(self, config: dict[str, Any], /) -> None:
        """Make the folder of a new run.

        Args:
            config: What makes the run what it is, in plain values.

        Raises:
            RunError: If there is something in the folder already.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; name a folder with --out")
        if self.path.is_dir() and any(self.path.iterdir()):
            raise RunError(
                f"{self.path} is not empty. Give --resume to go on with the run in it, "
                "or another folder with --out"
            )
        make_folder(self.path)
        write_json(self.path / "config.json", config)

    def go_on(self, config: dict[str, Any], /) -> None:
        """Take up the run in the folder where its checkpoint left it, if it has one.

        Evaluations after the checkpoint are dropped: they will be made again.

        Args:
            config: What the run should be.

        Raises:
            RunError: If there is no such run, or it is another one.
        """
        self._require_same(config)
        there = self.checkpoint_path.exists()
        step = self._state(torch.device("cpu"))["training"]["step"] if there else 0
        kept = [line for line in self.metrics() if line["step"] <= step]
        _write_whole(
            self.metrics_path,
            lambda part: part.write_text("".join(_json_line(line) for line in kept)),
        )
        for frame in self._frames():
            if int(frame.stem) > step:
                frame.unlink()

    def load(self, training: Training, /, *, elsewhere: bool = False) -> float:
        """Put the checkpoint's state into a run.

        Args:
            training: The run at its start; its state is replaced by the checkpoint's.
            elsewhere: The run may have been on another device: leave its randomness.

        Returns:
            The seconds it had taken by then.

        Raises:
            RunError: If the checkpoint is missing, damaged or another run's.
        """
        state = self._state(training.rng.device)
        try:
            load = training.load_networks if elsewhere else training.load_state_dict
            load(state["training"])
            return float(state["seconds"])
        except _UNREADABLE as error:
            raise self._damaged(error) from error

    def _state(self, device: torch.device) -> dict[str, Any]:
        """What is in the checkpoint."""
        path = self.checkpoint_path
        if not path.exists():
            raise RunError(
                f"{path} does not exist: the run stopped before its first checkpoint. "
                "The same command with --resume starts it again"
            )
        try:
            state = torch.load(path, weights_only=True, map_location=device)
            int(state["training"]["step"])
            return dict(state)
        except _UNREADABLE as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> RunError:
        """What to say of a checkpoint that cannot be used."""
        return RunError(
            f"{self.checkpoint_path} is damaged, or no checkpoint of this run "
            f"({_first_line(error)}); remove the folder and start again without --resume"
        )

    def config(self) -> dict[str, Any]:
        """What the run was asked to be.

        Returns:
            What was given to `begin`.

        Raises:
            RunError: If the folder holds no run, or its configuration cannot be read.
        """
        path = self.path / "config.json"
        try:
            there = json.loads(path.read_text())
        except (FileNotFoundError, NotADirectoryError):
            raise RunError(f"{self.path} holds no run: {path} does not exist") from None
        except (OSError, ValueError) as error:  # no JSON, or no text
            raise RunError(f"{path} cannot be read: {error}") from None
        if not isinstance(there, dict):
            raise RunError(f"{path} is not the configuration of a run")
        return there

    def _require_same(self, config: dict[str, Any]) -> None:
        """Refuse a configuration that is not the folder's."""
        there = self.config()
        asked = json.loads(json.dumps(config))
        lines = list(_differences(there, asked))
        if lines:
            raise RunError(
                f"the run in {self.path} was started with other settings:\n" + "\n".join(lines)
            )

    def metrics(self) -> list[dict[str, Any]]:
        """The evaluations so far; a last line that was cut short is left out."""
        if not self.metrics_path.exists():
            return []
        try:
            lines = self.metrics_path.read_text().splitlines(keepends=True)
            found = [json.loads(line) for line in lines if line.endswith("\n")]
            return sorted(found, key=lambda line: line["step"])
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{self.metrics_path} is damaged ({error}); remove it") from error

    def add_metrics(self, line: dict[str, Any], /) -> None:
        """Append one evaluation, in one write."""
        try:
            with self.metrics_path.open("a") as file:
                file.write(_json_line(line))
        except OSError as error:
            raise RunError(f"{self.metrics_path} could not be written ({error})") from error

    def save(self, training: Training, /, *, seconds: float) -> None:
        """Replace the checkpoint."""
        state = {"training": training.state_dict(), "seconds": seconds}
        _write_whole(self.checkpoint_path, lambda part: torch.save(state, part))

    def save_frame(self, step: int, write: Callable[[Path], None], /) -> None:
        """Replace the picture of samples, and keep it; ``write`` is given where to write it."""
        path = self.path / "samples.png"
        _write_whole(path, write)
        make_folder(self.path / "frames")
        _write_whole(
            self.path / "frames" / f"{step:08}.png",
            lambda part: part.write_bytes(path.read_bytes()),
        )

    def animate(self) -> None:
        """Replace the animation by one of all frames so far."""
        frames = self._frames()
        if frames:
            _write_whole(self.path / "samples.gif", lambda part: animation(frames, part))

    def _frames(self) -> list[Path]:
        """The pictures of samples in order."""
        return sorted((self.path / "frames").glob("[0-9]*.png"))


def make_folder(path: Path, /) -> None:
    """Make a folder, with those that it is in.

    Raises:
        RunError: If that cannot be.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{path} cannot be made ({error}); name another folder with --out"
        ) from None


def write_json(path: Path, value: Any, /) -> None:
    """Replace a file by a value in JSON."""
    _write_whole(
        path, lambda part: part.write_text(json.dumps(value, indent=2, default=str) + "\n")
    )


def animation(frames: Sequence[Path], path: Path, /) -> None:
    """Write pictures one after another as an animated GIF; the last stays for two seconds."""
    from PIL import Image  # matplotlib brings it

    images = [Image.open(frame).convert("RGB").quantize(64) for frame in frames]
    times = [*[400] * (len(images) - 1), 2000]
    images[0].save(path, save_all=True, append_images=images[1:], duration=times, loop=0)


def _differences(there: dict[str, Any], asked: dict[str, Any], within: str = "") -> Iterator[str]:
    """A line for each value that is not the same in two configurations."""
    for key in sorted({**there, **asked}):
        mine, other = there.get(key), asked.get(key)
        if isinstance(mine, dict) and isinstance(other, dict):
            yield from _differences(mine, other, f"{within}{key}.")
        elif mine != other:
            yield f"  {within}{key}: {mine} in the folder, {other} now"


def _json_line(line: dict[str, Any]) -> str:
    """Strict JSON: numbers that are not finite become null."""
    plain = {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in line.items()
    }
    return json.dumps(plain, allow_nan=False) + "\n"


def _write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside its place, and put it there in one step once it is complete."""
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(part)
        part.replace(path)
    except (OSError, RuntimeError) as error:  # torch.save on a full disk gives the second
        raise RunError(
            f"{path} could not be written ({_first_line(error)}); what was there before still is"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _first_line(error: BaseException) -> str:
    """What an error says, without torch's pages of advice."""
    return next(iter(str(error).splitlines()), type(error).__name__)


# What torch.load and load_state_dict raise for files that are cut short or are something else.
_UNREADABLE: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    RuntimeError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    pickle.UnpicklingError,
    struct.error,
)

"""``gan sample``: samples of a trained generator."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from torch import Tensor
from tyro.conf import Positional

from gan.errors import ConfigError, RunError
from gan.runs.loaded import load


def sample_command(
    run: Positional[Path],
    *,
    n: int = 10_000,
    out: Path | None = None,
    seed: int = 0,
    best: bool = False,
    label: str | None = None,
    data_dir: Path | None = None,
) -> int:
    """Save samples of a run's averaged generator: .npy, .npz with labels, or .txt of text.

    Args:
        run: The run's folder.
        n: Number of points.
        out: The file: by default samples.npy, an array of float32, shape (N, ...); samples.npz
            for data with labels, with points and labels; of text samples.txt, a line per
            sequence. Text in .npy has probabilities of characters.
        seed: Seed of the noise.
        label: Draw points of this label alone, of data with labels.
        best: Draw from the checkpoint with the lowest exact EMD instead of the last.
        data_dir: Folder of the four MNIST files.

    Returns:
        The exit status.

    Raises:
        ConfigError: If a number is out of range, or the file has another ending.
        RunError: If the folder holds no run, or the file cannot be written.
    """
    if n < 1:
        raise ConfigError(f"--n must be at least 1, but is {n}")
    if not 0 <= seed < 2**63:
        raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {seed}")
    loaded = load(run, data_dir=data_dir, best=best)
    training, decode = loaded.training, loaded.data.decode
    suffix = ".txt" if decode is not None else ".npz" if loaded.data.labels else ".npy"
    out = out or Path(f"samples{suffix}")
    if decode is None and out.suffix not in ("", ".npy", ".npz"):
        raise ConfigError(f"--out must end in .npy or .npz, but is {out}")
    points, labels = loaded.labelled_sample(n, seed=seed, label=label)
    if not points.isfinite().all():
        raise RunError(f"the generator of {run} draws points that are not finite: it has diverged")
    try:
        if decode is not None and out.suffix not in (".npy", ".npz"):
            out.write_text("".join(f"{text}\n" for text in decode(points)), encoding="utf-8")
        else:
            with out.open("wb") as file:
                _save(file, points, labels, out.suffix)
    except OSError as error:
        raise RunError(f"--out {out} could not be written ({error})") from None
    print(
        f"{out}: {len(points)} points of shape {tuple(points.shape[1:])} from step {training.step}"
    )
    return 0


def _save(file: BinaryIO, points: Tensor, labels: list[str], suffix: str) -> None:
    """Write points, in .npz with their labels."""
    if suffix == ".npz":
        arrays: dict[str, Any] = {"points": points.numpy()}
        np.savez(file, **arrays | ({"labels": np.array(labels)} if labels else {}))
    else:
        np.save(file, points.numpy())

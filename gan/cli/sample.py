"""``gan sample``: samples of a trained generator."""

from pathlib import Path

import numpy as np
import torch
from tyro.conf import Positional

from gan.errors import ConfigError, RunError
from gan.runs.run import load_run
from gan.runs.run_metrics import ema_samples
from gan.training.global_sources import seeded_global_sources


def sample_command(
    run: Positional[Path],
    *,
    n: int = 10_000,
    out: Path | None = None,
    seed: int = 0,
    best: bool = False,
    data_dir: Path | None = None,
) -> int:
    """Save samples of a run's averaged generator to a .npy file; of text, to a .txt file.

    Args:
        run: The run's folder.
        n: Number of points.
        out: The file: by default samples.npy, an array of float32, shape (N, ...); of text
            samples.txt, a line per sequence. Text in .npy has probabilities of characters.
        seed: Seed of the noise.
        best: Draw from the checkpoint with the lowest exact EMD instead of the last.
        data_dir: Folder of the four MNIST files.

    Returns:
        The exit status.

    Raises:
        ConfigError: If a number is out of range.
        RunError: If the folder holds no run, or the file cannot be written.
    """
    if n < 1:
        raise ConfigError(f"--n must be at least 1, but is {n}")
    if not 0 <= seed < 2**63:
        raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {seed}")
    result = load_run(run, data_dir=data_dir, best=best)
    training, decode = result.training, result.data.decode
    out = out or Path("samples.npy" if decode is None else "samples.txt")
    rng = torch.Generator().manual_seed(seed)
    with seeded_global_sources(rng):
        points = ema_samples(training, n, rng)
    if not points.isfinite().all():
        raise RunError(f"the generator of {run} draws points that are not finite: it has diverged")
    try:
        if decode is not None and out.suffix != ".npy":
            out.write_text("".join(f"{text}\n" for text in decode(points)), encoding="utf-8")
        else:
            with out.open("wb") as file:
                np.save(file, points.numpy())
    except OSError as error:
        raise RunError(f"--out {out} could not be written ({error})") from None
    print(
        f"{out}: {len(points)} points of shape {tuple(points.shape[1:])} from step {training.step}"
    )
    return 0

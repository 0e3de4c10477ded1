"""``gan demo``: three recipes on eight Gaussians."""

import sys
from pathlib import Path

from gan import demo
from gan.interrupts import INTERRUPTED


def demo_command(
    *,
    seed: int = 0,
    steps: int = demo.STEPS,
    points: int = demo.POINTS,
    out: Path = Path("runs/demo"),
) -> int:
    """Train GAN, WGAN and WGAN-GP on eight Gaussians: one table, two figures.

    Their critics are held against exact EMD. Takes about four minutes on two cores. An earlier
    demo in the folder is replaced.

    Args:
        seed: Seed of everything.
        steps: Generator steps of each recipe.
        points: Points on each side of the final comparison.
        out: Folder of the results.

    Returns:
        The exit status.
    """
    if demo.run(seed=seed, steps=steps, points=points, out=out):
        return 0
    print(f"stopped; what was done is in {out}", file=sys.stderr)
    return INTERRUPTED

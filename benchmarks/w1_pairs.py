r"""Pairs of populations whose W1 is known in any dimension, and paired samples of known EMD.

Korotin, Kolesov and Burnaev 2022, "Kantorovich strikes back! Wasserstein GANs are not optimal
transport?": with u the minimum of N cones, points y of a cube are carried outwards along the rays
of their cones, which are where an optimal plan may move mass. So the plan that pairs each S(y)
with its y is optimal, for the populations and for every sample.
"""

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = (2, 4, 8, 16, 32, 64, 128)
CONES = (4, 16, 64, 256)
SEED = 987  # of the published centres
HALF_SIDE = 2.5
CONTRACTION = 8

Points = NDArray[np.float64]


def cones(d: int, n: int, /, *, seed: int = SEED) -> tuple[Points, Points]:
    """Tips and heights of the cones of a pair.

    Args:
        d: Dimension.
        n: Number of cones.
        seed: Of the draw; the published one by default.

    Returns:
        Shapes ``(n, d)`` and ``(n,)``.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    torch.randn(n, d, generator=generator)
    torch.randn(n, generator=generator)
    tips = HALF_SIDE * (2 * torch.rand(n, d, generator=generator) - 1)
    heights = 0.1 * torch.randn(n, generator=generator)
    return tips.numpy().astype(np.float64), heights.numpy().astype(np.float64)


def paired_sample(
    tips: Points, heights: Points, size: int, /, *, rng: np.random.Generator
) -> tuple[Points, Points]:
    """Points of both populations, each with its partner.

    Args:
        tips: Of the cones, shape ``(n, d)``.
        heights: Of the cones, shape ``(n,)``.
        size: Number of pairs.
        rng: Of the draw.

    Returns:
        S(y) and y, shapes ``(size, d)``; the mean distance of the pairs is their exact EMD.
    """
    y = rng.uniform(-HALF_SIDE, HALF_SIDE, size=(size, tips.shape[1]))
    steps = y[:, None] - tips
    lengths = np.linalg.norm(steps, axis=-1)
    values = lengths + heights
    active = values.argmin(axis=1)
    rows = np.arange(size)
    base = lengths[rows, active][:, None]
    along = steps[rows, active] / base
    full = base[:, 0] + np.minimum(
        _to_the_wall(y, along), _to_the_next_cone(y, along, tips, heights, active)
    )
    return tips[active] + full[:, None] * (base / full[:, None]) ** CONTRACTION * along, y


def _to_the_wall(y: Points, along: Points) -> Points:
    """How far the ray from y goes within the cube."""
    with np.errstate(divide="ignore"):
        walls = (np.sign(along) * HALF_SIDE - y) / along
    result: Points = np.where(along == 0, np.inf, walls).min(axis=1)
    return result


def _to_the_next_cone(
    y: Points, along: Points, tips: Points, heights: Points, active: NDArray[np.intp]
) -> Points:
    """How far the ray from y goes before another cone is below its own."""
    rows = np.arange(len(y))
    steps = y[:, None] - tips
    own = np.linalg.norm(steps[rows, active], axis=-1) + heights[active]
    above = own[:, None] - heights
    squares = (steps**2).sum(-1)
    inward = np.einsum("ijk,ik->ij", steps, along)
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = (squares - above**2) / (2 * (above - inward))
    ahead = (meets > 0) & (meets > -above)
    ahead[rows, active] = False
    result: Points = np.where(ahead, meets, np.inf).min(axis=1)
    return result

"""Fresh points of a sampler that may draw from a finite set."""

import torch
from torch import Tensor

from gan.data.dataset import Sampler

MAX_DRAWS = 20


def unseen_points(
    sampler: Sampler, n: int, rng: torch.Generator, seen: Tensor | None, /
) -> Tensor | None:
    """Points of a sampler without those of a set.

    A sampler of a finite set with replacement, such as of digits, draws some points again.

    Args:
        sampler: The sampler.
        n: Number of points.
        rng: Source of randomness.
        seen: Points to leave out; None for none.

    Returns:
        ``n`` points, none of them in ``seen``; None if `MAX_DRAWS` draws have too few.
    """
    if seen is None:
        return sampler(n, rng)
    rows = _row_bytes(seen)
    parts: list[Tensor] = []
    for _ in range(MAX_DRAWS):
        points = sampler(n, rng)
        # In the type of the points of the fit, so that equal points have equal bytes.
        is_new = [row not in rows for row in _row_list(points.to(seen))]
        parts.append(points[torch.tensor(is_new, device=points.device)])
        if sum(map(len, parts)) >= n:
            return torch.cat(parts)[:n]
    return None


def _row_bytes(points: Tensor) -> set[bytes]:
    """The distinct points, as bytes."""
    return set(_row_list(points))


def _row_list(points: Tensor) -> list[bytes]:
    """Each point as bytes."""
    return [row.tobytes() for row in points.flatten(start_dim=1).cpu().numpy()]

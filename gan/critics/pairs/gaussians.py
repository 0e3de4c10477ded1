"""A Gaussian and its image under a map that is optimal: W1 in closed form in any dimension."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan.critics.pairs.distribution_pair import Coupling, Pair, uncoupled

SHIFT = 1.0
FACTOR = 2.0


def translation_pair(d: int, /, *, shift: float = SHIFT) -> Pair:
    """N(0, I) and the same moved by a vector of length ``shift``, which is the W1."""
    move = torch.full((d,), shift / math.sqrt(d), dtype=torch.float64)
    return _moved(d, lambda y: y + move, shift)


def scaling_pair(d: int, /, *, factor: float = FACTOR) -> Pair:
    """N(0, I) and the same times a factor: every point moves along its ray, the W1 on average."""
    mean_length = math.sqrt(2) * math.exp(math.lgamma((d + 1) / 2) - math.lgamma(d / 2))
    return _moved(d, lambda y: factor * y, abs(factor - 1) * mean_length)


def _moved(d: int, move: Callable[[Tensor], Tensor], w1: float) -> Pair:
    """The image of N(0, I) under a map, and N(0, I)."""

    def matched(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        y = torch.randn(n, d, generator=rng, dtype=torch.float64)
        return move(y), y

    coupling: Coupling = matched
    return Pair((d,), uncoupled(coupling, 0), uncoupled(coupling, 1), 1.0, coupling, w1)

"""N(0, I) and its image under an optimal map: W1 in closed form in any dimension."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from divergences import DistributionError
from gan.critics.pairs.distribution_pair import DistributionPair, marginal_sampler

DEFAULT_SHIFT = 1.0
DEFAULT_FACTOR = 2.0


def translation_pair(d: int, /, *, shift: float = DEFAULT_SHIFT) -> DistributionPair:
    """N(0, I) translated by a vector of length ``shift``, and N(0, I); W1 is ``shift``.

    Args:
        d: Dimension.
        shift: Length of the translation, at least 0.

    Returns:
        The pair, with its W1 in closed form.

    Raises:
        DistributionError: If ``shift`` is negative or not finite.
    """
    _require_nonnegative("shift", shift)
    vector = torch.full((d,), shift / math.sqrt(d), dtype=torch.float64)
    return _image_pair(d, lambda y: y + vector, shift)


def scaling_pair(d: int, /, *, factor: float = DEFAULT_FACTOR) -> DistributionPair:
    """N(0, I) scaled by a factor, and N(0, I); W1 is ``|factor - 1|`` times the mean norm.

    Args:
        d: Dimension.
        factor: Scale, at least 0: by a negative factor the map would not be optimal.

    Returns:
        The pair, with its W1 in closed form.

    Raises:
        DistributionError: If ``factor`` is negative or not finite.

    >>> round(scaling_pair(2).closed_form, 6)  # sqrt(pi / 2)
    1.253314
    """
    _require_nonnegative("factor", factor)
    return _image_pair(d, lambda y: factor * y, abs(factor - 1) * mean_gaussian_norm(d))


def mean_gaussian_norm(d: int, /) -> float:
    """Mean norm of N(0, I) in ``d`` dimensions: ``sqrt(2) Gamma((d + 1) / 2) / Gamma(d / 2)``."""
    return math.sqrt(2) * math.exp(math.lgamma((d + 1) / 2) - math.lgamma(d / 2))


def _require_nonnegative(name: str, value: float) -> None:
    """Refuse a negative or not finite shift or factor."""
    if not 0 <= value < math.inf:
        raise DistributionError(f"`{name}` must be at least 0 and finite, but is {value}")


def _image_pair(d: int, optimal_map: Callable[[Tensor], Tensor], w1: float) -> DistributionPair:
    """The image of N(0, I) under an optimal map, and N(0, I)."""

    def coupling(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        y = torch.randn(n, d, generator=rng, dtype=torch.float64)
        return optimal_map(y), y

    real, generated = (marginal_sampler(coupling, side) for side in (0, 1))
    return DistributionPair((d,), real, generated, optimal_coupling=coupling, closed_form=w1)

r"""Exact EMD, and the bounds that critics certify of it, at several sample sizes.

One sample of each distribution is split into blocks of n points, for each of several n, so that
all sizes use the same points. The exact EMD, the baseline and the certified bound are suprema of
functions whose value at the whole is at most the mean of the values at two halves:

.. math:: \min_{i \le 2n} [ d(x_i, y) - f(x_i) ] \le \min_{i \le n} [ d(x_i, y) - f(x_i) ],

so that the means over blocks do not increase with n, whatever the points: at each n they are, in
the mean, upper bounds of their values of the populations. The gap is the same at each n.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from torch import Tensor

from divergences import DistributionError
from gan.evaluation.certified_bound import bound_of_scores
from gan.evaluation.critic_gap import exact_emd
from gan.evaluation.pair_distances import PairDistances
from gan.evaluation.point_pair import PointPair, Points, ScoreFunction

Scores = Mapping[str, tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class BlockEstimates:
    """Estimates on each block of a sample.

    Attributes:
        n: Points of each distribution in a block.
        exact: Exact EMD of each block, in the unit of the points.
        self_distance: Mean exact EMD of two blocks of one distribution, over both distributions;
            it falls to 0 as n grows.
        baseline: Bound that a constant critic certifies of each block; empty without a critic.
        certified: Bound that each critic certifies of each block, by name.
    """

    n: int
    exact: tuple[float, ...]
    self_distance: float
    baseline: tuple[float, ...]
    certified: dict[str, tuple[float, ...]]


def estimates_by_size(
    real: Points,
    generated: Points,
    sizes: Sequence[int],
    /,
    *,
    critics: Mapping[str, ScoreFunction] | None = None,
) -> list[BlockEstimates]:
    """Exact EMD, baseline and certified bounds on blocks of several sizes.

    Args:
        real: Real points, shape ``(N, *shape)``.
        generated: As many generated points.
        sizes: Sizes n of the blocks, in any order: at least two blocks of each must make all N.
        critics: Critics by name, each as in `critic_gap`; scored once. None by default.

    Returns:
        One `BlockEstimates` for each size, in order.

    Raises:
        DistributionError: If the sets differ in size, a size does not divide it, or points or
            scores are refused by `critic_gap`.

    >>> import torch
    >>> rng = torch.Generator().manual_seed(0)
    >>> x, y = torch.randn(64, 2, generator=rng) + 1, torch.randn(64, 2, generator=rng)
    >>> [len(part.exact) for part in estimates_by_size(x, y, [16, 32])]
    [4, 2]
    """
    pair = PointPair.of(real, generated)
    _require_blocks(len(pair.real), len(pair.generated), sizes)  # before critics are evaluated
    scores = {name: pair.scores(critic) for name, critic in (critics or {}).items()}
    return estimates_of_scores(pair, sizes, scores)


def estimates_of_scores(
    pair: PointPair, sizes: Sequence[int], scores: Scores, /
) -> list[BlockEstimates]:
    """`estimates_by_size` of critics whose scores are known.

    Args:
        pair: As many real as generated points.
        sizes: Sizes n of the blocks.
        scores: Scores of the real and of the generated points, float64, by the name of the critic.

    Returns:
        One `BlockEstimates` for each size, in order.

    Raises:
        DistributionError: If the sets differ in size, or a size does not divide it.
    """
    _require_blocks(len(pair.real), len(pair.generated), sizes)
    return [_estimates(pair.flat, scores, n) for n in sizes]


def _require_blocks(n_real: int, n_generated: int, sizes: Sequence[int]) -> None:
    """Refuse sizes that do not split both sets into as many blocks, at least two."""
    if n_real != n_generated:
        raise DistributionError(
            f"`real` and `generated` must have as many points, but have {n_real} and {n_generated}"
        )
    for n in sizes:
        if n < 1 or n_real % n or n == n_real:
            raise DistributionError(
                f"`sizes` must split {n_real} points into at least two equal blocks, but one is "
                f"{n}; take divisors of {n_real} up to {n_real // 2}"
            )


def _estimates(flat: tuple[Tensor, Tensor], scores: Scores, n: int) -> BlockEstimates:
    """Estimates on the blocks of one size."""
    blocks = list(zip(*(points.split(n) for points in flat), strict=True))
    bounds = _bounds(blocks, scores, n)
    return BlockEstimates(
        n,
        tuple(exact_emd(x, y) for x, y in blocks),
        fmean(_self_distances([block[side] for block in blocks]) for side in (0, 1)),
        next(iter(bounds.values()))[0] if bounds else (),
        {name: certified for name, (_, certified) in bounds.items()},
    )


def _bounds(
    blocks: list[tuple[Tensor, Tensor]], scores: Scores, n: int
) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Baseline and certified bound of each block, by the name of the critic."""
    distances = [PairDistances.between(x, y) for x, y in blocks] if scores else []
    bounds = {}
    for name, (real, generated) in scores.items():
        parts = [
            bound_of_scores(block, *block_scores)
            for block, *block_scores in zip(
                distances, real.split(n), generated.split(n), strict=True
            )
        ]
        bounds[name] = tuple(b.baseline for b in parts), tuple(b.certified for b in parts)
    return bounds


def _self_distances(blocks: list[Tensor]) -> float:
    """Mean exact EMD of the first and second, third and fourth, ... block of a distribution."""
    return fmean(exact_emd(x, y) for x, y in zip(blocks[::2], blocks[1::2], strict=False))


def mean_and_error(values: Sequence[float], /) -> tuple[float, float]:
    """Mean of independent values and its standard error; NaN of a single value."""
    if len(values) < 2:
        return fmean(values), float("nan")
    return fmean(values), stdev(values) / len(values) ** 0.5

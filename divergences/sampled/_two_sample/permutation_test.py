"""Permutation test of whether two samples come from one population."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from divergences import _parallel
from divergences._checks.options import choice, random_generator, whole_number
from divergences._results import counted, html_table
from divergences._transport.metrics import common_exponent, require_representable
from divergences._typing import ArrayLike, Floats
from divergences.errors import DistributionError, PermutationInterrupt
from divergences.sampled._point_clouds import PointCloudPair
from divergences.sampled._two_sample.emd_statistic import EmdStatistic, LineEmdStatistic
from divergences.sampled._two_sample.kernel_statistics import energy, mmd
from divergences.sampled._two_sample.labellings import Labellings
from divergences.sampled._two_sample.neighbour_statistic import NeighbourStatistic
from divergences.sampled._two_sample.statistic import ConstantStatistic, CustomStatistic, Statistic

StatisticName = Literal["emd", "js", "energy", "mmd"]
MAX_PERMUTATIONS = 10**8  # their statistics take 0.8 GB
TIE_TOLERANCE = 1e-9  # relative: an EMD is certified to that, and few statistics to less


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """Result of a permutation test.

    Attributes:
        statistic: Value of the statistic of the two samples.
        p_value: Upper bound of the probability, under the null hypothesis, of a statistic as
            large: at least ``1 / (1 + permutations)``, at most 1.
        null: Values of the statistic after each permutation, shape ``(permutations,)``.
        name: Name of the statistic.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
    """

    statistic: float
    p_value: float
    null: Floats
    name: str
    n: int
    m: int

    def __str__(self) -> str:
        """p-value, statistic and sizes in one line."""
        return (
            f"p = {self.p_value:.4g}: {self.name} = {self.statistic:.6g}, "
            f"{counted(len(self.null), 'permutation')}, n = {self.n}, m = {self.m}"
        )

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<PermutationTest {self}>"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        rows = [
            ("p-value", f"{self.p_value:.4g}"),
            (self.name, f"{self.statistic:.6g}"),
            ("permutations", f"{len(self.null):,}"),
            ("largest of them", f"{self.null.max(initial=-np.inf):.6g}"),
            ("points", f"n = {self.n:,}, m = {self.m:,}"),
        ]
        return html_table("permutation test", rows)


def permutation_test(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    statistic: StatisticName | Callable[[Any, Any], Any] = "emd",
    permutations: int = 999,
    rng: np.random.Generator | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> PermutationTest:
    r"""Test, exact at any sample size, of the hypothesis that two samples have one population.

    .. math:: p = \frac{1 + \#\{b : T_b \ge T\}}{1 + B}

    with the statistic T of the samples and those of B random divisions of the pooled sample.
    Values within a relative 1e-9 of T, or its rounding error, count as ties, and ties count for
    the null hypothesis. Under it ``P(p <= a) <= a`` for every a, over the draw of samples and
    permutations, for all four statistics and for any function. With fewer than 19 permutations
    every p-value is above 5 %.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line; without weights.
        y: Points, shape ``(m, d)``.
        statistic: "emd", exact (`sampled.emd`), the slowest for many points; "energy", the energy
            distance ``2 E|x - y| - E|x - x'| - E|y - y'|``; "mmd", the squared maximum mean
            discrepancy under a Gaussian kernel whose width is the median of the distances above
            0; "js", the Jensen-Shannon divergence, in nats, from the labels of the
            :math:`2 \sqrt{n + m}` nearest neighbours. Or a function of two arrays, of one axis if
            both x and y have one and else of two, that returns a number, or an estimate with a
            ``value``, larger for samples that differ more.
        permutations: The B, at least 1.
        rng: Generator of the permutations. By default one of a fixed seed: the same samples have
            the same p-value.
        n_jobs: Number of processes; -1 for one per core; None for that of
            `joblib.parallel_config`, or else one. The result does not depend on it.
        progress: Whether to show a progress bar.

    Returns:
        The statistic, its p-value, and its values under the null hypothesis.

    Raises:
        DistributionError: If the points are not finite or of different dimensions, the
            statistic is unknown, a function does not return a number, ``permutations`` is not a
            whole number of at least 1, or ``rng`` is not a generator.
        SolverError: If an EMD could not be computed or certified.
        PermutationInterrupt: If interrupted; it carries the results so far.

    Source:
        Phipson and Smyth 2010, "Permutation p-values should never be zero"; for the statistics
        Szekely and Rizzo 2004, Gretton et al. 2012, Schilling 1986 (neighbours' labels) and Ross
        2014 (information from neighbours).

    >>> test = permutation_test([0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0])
    >>> test.statistic, test.p_value
    (5.0, 0.015)
    """
    clouds = PointCloudPair.of(x, y)
    on_line = all(np.ndim(cast(Any, sample)) == 1 for sample in (x, y))
    _require_count(permutations)
    rng = np.random.default_rng(0) if rng is None else random_generator(rng)
    points = np.concatenate([clouds.x.coordinates, clouds.y.coordinates])
    if callable(statistic):
        name = getattr(statistic, "__name__", type(statistic).__name__)
        chosen: Statistic = CustomStatistic(statistic, points[:, 0] if on_line else points)
    else:
        choice(
            "statistic",
            statistic,
            get_args(StatisticName),
            otherwise=", or a function of two arrays of points",
        )
        name, chosen = statistic, _named_statistic(statistic, points)
    labellings = Labellings.draw(*clouds.sizes, 1 + permutations, rng)
    observed, p_value, null = _evaluate(chosen, labellings, n_jobs, progress)
    return PermutationTest(observed, p_value, null, name, *clouds.sizes)


def _named_statistic(name: str, points: Floats) -> Statistic:
    """A statistic of the library, on points scaled to [-1, 1]."""
    exponent = common_exponent(points)
    points = np.ldexp(points, -exponent)
    if (points == points[0]).all():
        return ConstantStatistic()
    if name == "energy":
        return energy(points, exponent)
    if name == "mmd":
        return mmd(points)
    if name == "js":
        return NeighbourStatistic.of(points)
    if points.shape[1] == 1:
        return LineEmdStatistic.of(points[:, 0], exponent)
    return EmdStatistic.of(points, exponent)


def _evaluate(
    statistic: Statistic, labellings: Labellings, n_jobs: int | None, progress: bool
) -> tuple[float, float, Floats]:
    """Evaluate a statistic for all labellings.

    Returns:
        The observed statistic, the p-value and the statistics of the permutations.

    Raises:
        PermutationInterrupt: If interrupted.
        DistributionError: If a statistic is too large for a float.
    """
    size, n_parts = statistic.batch_size, statistic.n_parts
    starts = range(0, labellings.count, size)
    batches = [(start, min(start + size, labellings.count)) for start in starts]
    tasks = [(statistic, labellings, *b, part) for b in batches for part in range(n_parts)]
    values = np.full(labellings.count, np.nan)
    partial_sums: list[dict[int, Floats]] = [{} for _ in batches]
    results = _parallel.unordered_results(
        _partial_sums,
        tasks,
        n_jobs=n_jobs,
        progress=progress,
        description="batches of permutations",
    )
    try:
        for index, result in results:
            batch, part = divmod(index, n_parts)
            partial_sums[batch][part] = result
            if len(partial_sums[batch]) == n_parts:
                # Summed in the order of the parts, so that rounding does not depend on timing.
                in_order = [partial_sums[batch].pop(k) for k in range(n_parts)]
                values[slice(*batches[batch])] = np.sum(in_order, axis=0)
    except KeyboardInterrupt:
        raise PermutationInterrupt(*_outcome(values, statistic), labellings.count - 1) from None
    return _outcome(values, statistic)


def _partial_sums(
    statistic: Statistic, labellings: Labellings, start: int, stop: int, part: int
) -> Floats:
    """One summand of the statistics of a batch: the task of a process."""
    return statistic.partial_sums(labellings, start, stop, part)


def _outcome(values: Floats, statistic: Statistic) -> tuple[float, float, Floats]:
    """Observed statistic, p-value and null statistics, from the values that are not NaN."""
    observed, null = values[0], values[1:][~np.isnan(values[1:])]
    tolerance = TIE_TOLERANCE * abs(observed) + statistic.rounding_error
    threshold = observed - tolerance if np.isfinite(observed) else observed
    at_least = len(null) if np.isnan(observed) else int((null >= threshold).sum())
    if statistic.exponent:
        with np.errstate(over="ignore"):
            observed, null = (np.ldexp(a, statistic.exponent) for a in (observed, null))
        largest = np.maximum.reduce(null, initial=np.fmax(observed, 0.0))
        require_representable(largest, "pooled")
    return float(observed), (1 + at_least) / (1 + len(null)), null


def _require_count(permutations: int) -> None:
    """Refuse a number of permutations that is not whole or below 1."""
    requirement = "a whole number of at least 1, or 19 for a test at 5 %"
    whole_number("permutations", permutations, requirement, low=1)
    if permutations > MAX_PERMUTATIONS:
        raise DistributionError(
            f"`permutations` must be at most 1e8, for p-values down to 1e-8, but is {permutations}"
        )

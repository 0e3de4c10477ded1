"""The permutation test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from divergences import _checks, _parallel
from divergences._transport.metrics import exponent_of, require_representable
from divergences._typing import Floats
from divergences.errors import DistributionError, PermutationInterrupt
from divergences.sampled._point_clouds import Points
from divergences.sampled._two_sample.emd_statistic import Line, Matching
from divergences.sampled._two_sample.kernel_statistics import energy, mmd
from divergences.sampled._two_sample.labellings import Labellings
from divergences.sampled._two_sample.neighbour_graph import NeighbourGraph
from divergences.sampled._two_sample.statistic import ConstantStatistic, CustomStatistic, Statistic

Name = Literal["emd", "js", "energy", "mmd"]
TIE = 1e-9  # relative: an EMD is proved to that, and few statistics are known better


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """What a permutation test found.

    Attributes:
        statistic: How much the two samples differ.
        p_value: The chance, at most, of a statistic as large if both are from one population: at
            least ``1 / (1 + permutations)``, at most 1.
        null: The statistic after each permutation, shape ``(permutations,)``.
        name: Of the statistic.
        n: Number of points in the first sample.
        m: Number of points in the second sample.
    """

    statistic: float
    p_value: float
    null: Floats
    name: str
    n: int
    m: int


def permutation_test(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    statistic: Name | Callable[[Any, Any], Any] = "emd",
    permutations: int = 999,
    rng: np.random.Generator | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> PermutationTest:
    r"""Whether two samples are from different populations: a test of exact level at any size.

    .. math:: p = \frac{1 + \#\{b : T_b \ge T\}}{1 + B}

    with the statistic T of the samples and those of B random divisions of all their points into
    two. Ties count for the null, also those that rounding hides: values within 1e-9 of T. If both
    samples are from one population, ``P(p <= a) <= a`` for every a, over the draw of samples and
    permutations, for all four statistics and for any function. Below 19 permutations no p-value
    reaches 5 %.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line; without weights.
        y: Points, shape ``(m, d)``.
        statistic: "emd", exact (`sampled.emd`), whose time grows fastest; "energy", the energy
            distance ``2 E|x - y| - E|x - x'| - E|y - y'|``; "mmd", the squared maximum mean
            discrepancy under a Gaussian kernel as wide as the median of the distances above 0;
            "js", the Jensen-Shannon divergence, in nats, as the labels of the
            :math:`2 \sqrt{n + m}` nearest neighbours tell it. Or a function of two arrays,
            of as many axes as x and y, that returns a number, or an estimate with a ``value``,
            larger for samples that differ more.
        permutations: The B, at least 1.
        rng: Of the permutations. By default one of a fixed seed: the same samples give the same
            answer.
        n_jobs: How many processes; -1 for one per core; None for what `joblib.parallel_config`
            says, or else one. The result does not depend on it.
        progress: Whether to show a progress bar.

    Returns:
        The statistic, its p-value, and its values under the null hypothesis.

    Raises:
        DistributionError: If the points are not finite or of different dimensions, there is no
            such statistic, a function returns no number, ``permutations`` is no whole number of at
            least 1, or ``rng`` is no generator.
        SolverError: If an EMD could not be found or proved.
        PermutationInterrupt: If interrupted; it carries what was done.

    Source:
        Phipson and Smyth 2010, "Permutation p-values should never be zero"; for the statistics
        Szekely and Rizzo 2004, Gretton et al. 2012, Schilling 1986 (neighbours' labels) and Ross
        2014 (information from neighbours).

    >>> found = permutation_test([0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0])
    >>> found.statistic, found.p_value
    (5.0, 0.015)
    """
    flat = np.ndim(x) == np.ndim(y) == 1
    inputs = Points.of(x, y, None, None)
    _require_count(permutations)
    rng = _generator(rng)
    n, m = inputs.sizes
    sides = [_checks.numpy_values(side).astype(np.float64) for side in (inputs.x, inputs.y)]
    if callable(statistic):
        name = getattr(statistic, "__name__", type(statistic).__name__)
        points = np.concatenate(sides)
        chosen: Statistic = CustomStatistic(statistic, points[:, 0] if flat else points)
    else:
        name = _known(statistic)
        chosen = _named(name, np.concatenate(sides))
    labellings = Labellings.draw(n, m, 1 + permutations, rng)
    observed, p_value, null = _outcome(chosen, labellings, n_jobs, progress)
    return PermutationTest(observed, p_value, null, name, n, m)


def _named(name: str, points: Floats) -> Statistic:
    """A statistic of the library, on points in a unit that suits it."""
    exponent = exponent_of(points)
    points = np.ldexp(points, -exponent)
    if (points == points[0]).all():
        return ConstantStatistic()
    if name == "energy":
        return energy(points, exponent)
    if name == "mmd":
        return mmd(points)
    if name == "js":
        return NeighbourGraph.of(points)
    if points.shape[1] == 1:
        return Line.of(points[:, 0], exponent)
    return Matching.of(points, exponent)


def _outcome(
    statistic: Statistic, labellings: Labellings, n_jobs: int | None, progress: bool
) -> tuple[float, float, Floats]:
    """Compute all labellings.

    Returns:
        The observed statistic, the p-value and the statistics of the permutations.

    Raises:
        PermutationInterrupt: If interrupted.
        DistributionError: If a statistic is too large for a float.
    """
    starts = range(0, labellings.count, statistic.size)
    groups = [(start, min(start + statistic.size, labellings.count)) for start in starts]
    tasks = [(statistic, labellings, *g, part) for g in groups for part in range(statistic.parts)]
    values = np.full(labellings.count, np.nan)
    terms: list[dict[int, Floats]] = [{} for _ in groups]
    done = _parallel.results(
        _terms, tasks, n_jobs=n_jobs, progress=progress, description="groups of permutations"
    )
    try:
        for place, result in done:
            group, part = divmod(place, statistic.parts)
            terms[group][part] = result
            if len(terms[group]) == statistic.parts:
                # In the order of the parts: rounding does not depend on who was first.
                in_order = [terms[group].pop(k) for k in range(statistic.parts)]
                values[slice(*groups[group])] = np.sum(in_order, axis=0)
    except KeyboardInterrupt:
        raise PermutationInterrupt(*_evaluated(values, statistic), labellings.count - 1) from None
    return _evaluated(values, statistic)


def _terms(
    statistic: Statistic, labellings: Labellings, start: int, stop: int, part: int
) -> Floats:
    """One term of the statistics of a group: what a process does."""
    return statistic.terms(labellings, start, stop, part)


def _evaluated(values: Floats, statistic: Statistic) -> tuple[float, float, Floats]:
    """The observed statistic, the p-value and the others, of the values that are not NaN."""
    observed, null = values[0], values[1:][~np.isnan(values[1:])]
    tie = TIE * abs(observed) + statistic.rounding
    threshold = observed - tie if np.isfinite(observed) else observed
    above = len(null) if np.isnan(observed) else int((null >= threshold).sum())
    if statistic.exponent:
        with np.errstate(over="ignore"):
            observed, null = (np.ldexp(a, statistic.exponent) for a in (observed, null))
        largest = np.maximum.reduce(null, initial=np.fmax(observed, 0.0))
        require_representable(largest, "pooled")
    return float(observed), (1 + above) / (1 + len(null)), null


def _known(name: object) -> str:
    """Refuse a statistic that there is not."""
    if not (isinstance(name, str) and name in get_args(Name)):
        raise DistributionError(
            f"`statistic` must be one of {', '.join(get_args(Name))}, or a function of two arrays "
            f"of points, but is {name!r}"
        )
    return name


def _require_count(permutations: int) -> None:
    """Refuse what is no number of permutations."""
    whole = isinstance(permutations, int | np.integer) and not isinstance(permutations, bool)
    if not whole or permutations < 1:
        raise DistributionError(
            "`permutations` must be a whole number of at least 1, or 19 for a test at 5 %, but is "
            f"{permutations!r}"
        )


def _generator(rng: object) -> np.random.Generator:
    """The generator, by default one of a fixed seed."""
    if rng is None:
        return np.random.default_rng(0)
    if not isinstance(rng, np.random.Generator):
        raise DistributionError(
            "`rng` must be a numpy.random.Generator or None, but is "
            f"{rng!r}; for a seed: np.random.default_rng(seed)"
        )
    return rng

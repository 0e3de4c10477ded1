"""p-values of the hypothesis that both samples of a column are of one population."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divergences._checks.tables import ColumnPair, Numbers
from divergences._typing import Floats, Indices
from divergences.sampled._columns.outcomes import Outcomes

MAX_EXACT_ROWS = 1000  # of the larger sample, for the exact distribution of the KS statistic
MIN_EXPECTED_COUNT = 5  # of the asymptotic chi-squared test: Cochran's rule
MAX_PERMUTED_ROWS = 2000  # of both samples together
PERMUTATIONS = 9999
TABLES_PER_BATCH = 1000


class ColumnTest(NamedTuple):
    """A test of equal populations.

    Attributes:
        p_value: The p-value, in [0, 1].
        name: Name of the test, and of its null distribution.
    """

    p_value: float
    name: str


def column_test(pair: ColumnPair, counts: Outcomes, seed: int, /) -> ColumnTest | None:
    """Two-sample test of a column.

    Numbers: Kolmogorov-Smirnov of the values; if some are missing, and chi-squared of missing and
    present rows, and twice the smaller p-value (Bonferroni). Categories: chi-squared of the
    counts, with missing rows as a category.

    Args:
        pair: The columns.
        counts: Rows in each outcome.
        seed: Seed of permutations.

    Returns:
        The test; None if a numeric column has no values on one side.
    """
    if not isinstance(pair.x, Numbers) or not isinstance(pair.y, Numbers):
        return chi_squared(np.stack([counts.x_counts, counts.y_counts]), seed)
    x, y = pair.x.values, pair.y.values
    if not len(x) or not len(y):
        return None
    test = _kolmogorov_smirnov(x, y)
    if not pair.x.n_missing and not pair.y.n_missing:
        return test
    table = np.array([[len(x), pair.x.n_missing], [len(y), pair.y.n_missing]])
    missing = chi_squared(table, seed)
    p_value = min(1.0, 2 * min(test.p_value, missing.p_value))
    return ColumnTest(p_value, f"{test.name}, of values; {missing.name}, of missing; Bonferroni")


def _kolmogorov_smirnov(x: Floats, y: Floats) -> ColumnTest:
    """Kolmogorov-Smirnov test of two samples; conservative where values repeat."""
    from scipy import stats  # slow to import

    is_exact = max(len(x), len(y)) <= MAX_EXACT_ROWS
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        result = stats.ks_2samp(x, y, method="exact" if is_exact else "asymp")
    # Where rounding puts the exact p-value above 1, scipy warns and takes the asymptotic one.
    is_exact = is_exact and not caught
    name = f"Kolmogorov-Smirnov, {'exact' if is_exact else 'asymptotic'}"
    return ColumnTest(float(result.pvalue), name)


def chi_squared(table: Indices, seed: int, /) -> ColumnTest:
    """Chi-squared test of homogeneity of a table of counts.

    Where an expected count is below 5, the null distribution is that of random tables with the
    same margins if there are up to 2000 rows, and otherwise rare categories are pooled.

    Args:
        table: Counts, shape ``(2, k)``, no column all 0.
        seed: Seed of random tables.

    Returns:
        The test; its p-value is 1 for a single category.
    """
    if (expected_counts(table) >= MIN_EXPECTED_COUNT).all():
        return _asymptotic(table, "chi-squared, asymptotic")
    if table.sum() <= MAX_PERMUTED_ROWS:
        return ColumnTest(_permuted(table, seed), f"chi-squared, {PERMUTATIONS} permutations")
    return _asymptotic(_pooled(table), "chi-squared, asymptotic, rare categories pooled")


def expected_counts(table: Indices, /) -> Floats:
    """Expected counts of independent rows and columns, shape ``(2, k)``."""
    sums = table.sum(axis=1, keepdims=True).astype(np.float64)
    return sums * table.sum(axis=0) / sums.sum()


def _asymptotic(table: Indices, name: str) -> ColumnTest:
    """Pearson's test by the chi-squared distribution; p-value 1 for a single category."""
    from scipy import stats  # slow to import

    if table.shape[1] == 1:
        return ColumnTest(1.0, name)
    return ColumnTest(float(stats.chi2_contingency(table, correction=False).pvalue), name)


def _permuted(table: Indices, seed: int) -> float:
    """p-value of Pearson's statistic among random tables with the margins of ``table``."""
    from scipy import stats  # slow to import

    expected = expected_counts(table)

    def statistic(tables: NDArray[np.floating | np.integer]) -> Floats:
        return ((tables - expected) ** 2 / expected).sum(axis=(-2, -1))

    observed = statistic(table) * (1 - 1e-9)  # equal tables may differ by rounding
    null = stats.random_table(table.sum(axis=1), table.sum(axis=0))
    rng = np.random.default_rng(seed)
    as_large = 0
    for start in range(0, PERMUTATIONS, TABLES_PER_BATCH):
        size = min(TABLES_PER_BATCH, PERMUTATIONS - start)
        tables = null.rvs(size=size, random_state=rng)
        as_large += int((statistic(tables) >= observed).sum())
    return (1 + as_large) / (1 + PERMUTATIONS)


def _pooled(table: Indices) -> Indices:
    """The table with its rare categories, and more until the expected counts suffice, as one."""
    smallest = expected_counts(table).min(axis=0)
    order = np.argsort(smallest, kind="stable")
    rare = int((smallest < MIN_EXPECTED_COUNT).sum())
    while rare < len(order) and smallest[order[:rare]].sum() < MIN_EXPECTED_COUNT:
        rare += 1
    pool = table[:, order[:rare]].sum(axis=1, keepdims=True)
    return np.concatenate([table[:, order[rare:]], pool], axis=1)


def holm(p_values: Sequence[float], /) -> list[float]:
    """p-values adjusted by Holm's method, which bounds the probability of any false rejection.

    It holds for dependent columns, too.

    Args:
        p_values: One for each test.

    Returns:
        Adjusted p-values in the same order, each at most 1.

    Source:
        Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.minimum(np.maximum.accumulate(factors * np.asarray(p_values)[order]), 1.0)
    result = np.empty(len(p_values))
    result[order] = adjusted
    return [float(p) for p in result]

"""Comparison of two tables, column by column."""

import numbers
from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks import tables
from divergences._checks.tables import ColumnPair, Frame, Numbers
from divergences._checks.values import as_float, shortened
from divergences.errors import DistributionError
from divergences.sampled._columns.distances import emd_of, share_divergences, shares
from divergences.sampled._columns.histograms import histogram
from divergences.sampled._columns.notes import column_notes
from divergences.sampled._columns.outcomes import outcomes
from divergences.sampled._columns.results import ColumnComparison, TableComparison
from divergences.sampled._columns.significance import column_test, holm


def compare_columns(
    x: Any,
    y: Any,
    /,
    *,
    columns: Sequence[Hashable] | None = None,
    categorical: Collection[Hashable] = (),
    bins: int = 10,
    psi_floor: float = 1e-4,
    rng: np.random.Generator | None = None,
) -> TableComparison:
    """JS, KL in both directions, PSI, EMD and a test of each column of two tables.

    Columns are aligned by name. Text, truth values and categories of pandas are categorical, times
    and durations numeric. Numbers are counted in bins between quantiles of ``x`` (a value that
    holds a whole step between two quantiles is a bin of its own, and so are values beyond the
    range of ``x``, if they are 1 / bins of ``y``); missing values (None, NaN, NaT, NA) are an
    outcome of their own. EMD is that of the values, exact, in the unit of the column. p-values are
    by the tests of Kolmogorov and Smirnov (conservative where values repeat) and chi-squared,
    adjusted for the number of columns by Holm's method.

    Args:
        x: Reference: a frame of pandas or polars, a mapping of names to columns, or a structured
            array, with n rows.
        y: Current table, with m rows.
        columns: Names of the columns to compare; all that both have by default.
        categorical: Names of columns of numbers or of mixed types to compare as categories, by the
            text of their values.
        bins: Number of bins of numeric columns, at least 2.
        psi_floor: Share of an empty outcome in PSI, in [0, 1); with 0, PSI may be infinite.
        rng: Generator for the permutations of small tables of counts. By default one of a fixed
            seed.

    Returns:
        A comparison of each column, the largest JS first.

    Raises:
        DistributionError: If a table is empty or has no columns by name, the tables have none in
            common, or a column holds values of several types, infinite ones or missing ones only.

    Source:
        Siddiqi 2006, "Credit risk scorecards", chapter 7, for PSI.

    >>> x = {"age": [20, 30, 40, 50], "city": ["Rome", "Rome", "Oslo", None]}
    >>> y = {"city": ["Oslo", "Oslo", "Rome", "Rome"], "age": [25, 35, 45, 55]}
    >>> comparison = compare_columns(x, y)
    >>> comparison["age"].emd
    5.0
    >>> [column.name for column in comparison]
    ['age', 'city']
    """
    first, second = tables.frame("x", x), tables.frame("y", y)
    return compare_frames(
        first,
        second,
        columns=columns,
        categorical=categorical,
        bins=bins,
        psi_floor=psi_floor,
        rng=rng,
    )


def compare_frames(
    x: Frame,
    y: Frame,
    /,
    *,
    columns: Sequence[Hashable] | None = None,
    categorical: Collection[Hashable] = (),
    bins: int = 10,
    psi_floor: float = 1e-4,
    rng: np.random.Generator | None = None,
) -> TableComparison:
    """Comparison of two tables whose columns were read.

    Args:
        x: Reference.
        y: Current table.
        columns: As in `compare_columns`.
        categorical: As in `compare_columns`.
        bins: As in `compare_columns`.
        psi_floor: As in `compare_columns`.
        rng: As in `compare_columns`.

    Returns:
        A comparison of each column, the largest JS first.

    Raises:
        DistributionError: As in `compare_columns`.
    """
    _require_options(bins, psi_floor, of_command=x.container == "file")
    rng = np.random.default_rng(0) if rng is None else _checks.random_generator(rng)
    seed = int(rng.integers(2**63))  # one for all columns: their order changes nothing
    names, x_only, y_only = tables.common_columns(x, y, columns)
    tables.compared_as_categories(categorical, x, y)
    compared = [
        _column(
            tables.column_pair(x, y, name, categorical=name in categorical),
            (x.n_rows, y.n_rows),
            bins,
            psi_floor,
            seed,
        )
        for name in names
    ]
    ordered = tuple(sorted(_adjusted(compared), key=_sort_key))
    return TableComparison(ordered, x_only, y_only, x.n_rows, y.n_rows, bins, psi_floor)


def _require_options(bins: int, psi_floor: float, *, of_command: bool) -> None:
    """Refuse options out of range, by their names in Python or on the command line."""
    names = ("--bins", "--psi-floor") if of_command else ("`bins`", "`psi_floor`")
    if not isinstance(bins, numbers.Integral) or isinstance(bins, bool) or bins < 2:
        raise DistributionError(
            f"{names[0]} must be a whole number of at least 2, but is {shortened(bins)}"
        )
    share = as_float(psi_floor)
    if share is None or not 0 <= share < 1:
        raise DistributionError(
            f"{names[1]} must be a share in [0, 1), as 1e-4 is, but is {shortened(psi_floor)}"
        )


def _column(
    pair: ColumnPair, rows: tuple[int, int], bins: int, psi_floor: float, seed: int
) -> ColumnComparison:
    """Comparison of one column; its p-value is not adjusted yet."""
    counts = outcomes(pair, bins)
    x_shares, y_shares = shares(counts)
    emd, emd_in_sd = emd_of(pair)
    test = column_test(pair, counts, seed)
    p_value, name = (None, None) if test is None else test
    return ColumnComparison(
        name=pair.name,
        kind="numeric" if isinstance(pair.x, Numbers) else "categorical",
        unit=pair.unit,
        n=rows[0],
        m=rows[1],
        x_missing=pair.x.n_missing / rows[0],
        y_missing=pair.y.n_missing / rows[1],
        **share_divergences(counts, psi_floor),
        psi_floor=psi_floor,
        emd=emd,
        emd_in_sd=emd_in_sd,
        p_value=p_value,
        p_adjusted=None,
        test=name,
        outcomes=counts.labels,
        x_shares=x_shares,
        y_shares=y_shares,
        edges=counts.edges,
        histogram=histogram(pair),
        notes=column_notes(pair, counts),
    )


def _adjusted(columns: list[ColumnComparison]) -> list[ColumnComparison]:
    """The comparisons with p-values adjusted for their number."""
    adjusted = iter(holm([c.p_value for c in columns if c.p_value is not None]))
    return [c if c.p_value is None else replace(c, p_adjusted=next(adjusted)) for c in columns]


def _sort_key(column: ColumnComparison) -> tuple[float, float, str]:
    """Descending JS, then EMD in standard deviations, then the name."""
    return -column.js, -(column.emd_in_sd or 0.0), str(column.name)

r"""Outcomes of a column: bins at quantiles of the reference, or categories, and missing values.

A bin contains its upper edge. A value that holds a whole step between two quantiles is a bin of
its own, and so are values beyond the range of the reference, if they are as many.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from divergences._checks.tables import Categories, ColumnPair, Numbers
from divergences._typing import Floats, Indices

MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Numbers of rows of two columns in each outcome.

    Attributes:
        labels: Name of each outcome that a row of either column has.
        x_counts: Rows of x.
        y_counts: Rows of y.
        edges: Edges between the bins, ascending; a bin of one value has it twice. Empty for
            categories.
    """

    labels: tuple[str, ...]
    x_counts: Indices
    y_counts: Indices
    edges: tuple[float, ...] = ()


class Cut(NamedTuple):
    """A point between two bins.

    Attributes:
        value: The edge.
        is_upper: Whether it belongs to the lower bin.
    """

    value: float
    is_upper: bool = True


def outcomes(pair: ColumnPair, bins: int, /) -> Outcomes:
    """Rows of a pair of columns in each bin or category, and the missing ones as an outcome.

    Args:
        pair: The columns.
        bins: Number of bins of equal share of x, if they are numeric.

    Returns:
        The outcomes that either column has, with their counts.
    """
    if isinstance(pair.x, Numbers) and isinstance(pair.y, Numbers):
        cuts = quantile_cuts(pair.x.values, pair.y.values, bins)
        labels = _bin_labels(cuts, pair.unit)
        x_counts, y_counts = (bin_counts(side.values, cuts) for side in (pair.x, pair.y))
    else:
        cuts = []
        labels, x_counts, y_counts = _category_counts(pair.x, pair.y)
    x_counts = np.append(x_counts, pair.x.n_missing)
    y_counts = np.append(y_counts, pair.y.n_missing)
    labels = [*labels, MISSING]
    occur = np.flatnonzero(x_counts + y_counts)
    return Outcomes(
        tuple(labels[k] for k in occur),
        x_counts[occur],
        y_counts[occur],
        tuple(cut.value for cut in cuts),
    )


def quantile_cuts(x: Floats, y: Floats, bins: int, /) -> list[Cut]:
    """Points between the bins.

    Args:
        x: Reference, ascending; if it is empty, ``y`` takes its place.
        y: The other sample, ascending.
        bins: Number of bins.

    Returns:
        Ascending cuts.
    """
    reference = x if len(x) else y
    n = len(reference)
    bins = min(bins, n)
    ranks = -(-np.arange(1, bins + 1) * n // bins)  # ceil(k n / bins)
    quantiles = reference[ranks - 1]
    atoms = list(quantiles[1:][quantiles[1:] == quantiles[:-1]])
    if ranks[0] > 1 and reference[0] == quantiles[0]:
        atoms.append(reference[0])
    cuts = {Cut(float(v)) for v in quantiles[:-1]}
    cuts |= {Cut(float(v), is_upper) for v in atoms for is_upper in (False, True)}
    if len(x) and len(y):
        cuts |= _range_cuts(reference, y, bins)
    return sorted(cuts)


def _range_cuts(reference: Floats, y: Floats, bins: int) -> set[Cut]:
    """Cuts at the range of the reference, if a share of 1 / bins of y is beyond."""
    below = np.searchsorted(y, reference[0], side="left")
    above = len(y) - np.searchsorted(y, reference[-1], side="right")
    cuts = set()
    if below * bins >= len(y):
        cuts.add(Cut(float(reference[0]), is_upper=False))
    if above * bins >= len(y):
        cuts.add(Cut(float(reference[-1])))
    return cuts


def bin_counts(values: Floats, cuts: list[Cut], /) -> Indices:
    """Number of ascending values in each bin, shape ``(len(cuts) + 1,)``."""
    up_to = [
        np.searchsorted(values, cut.value, side="right" if cut.is_upper else "left")
        for cut in cuts
    ]
    return np.diff([0, *up_to, len(values)])


def _bin_labels(cuts: list[Cut], unit: str) -> list[str]:
    """Name of each bin."""
    if not cuts:
        return ["all values"]
    texts = edge_texts([cut.value for cut in cuts], unit)
    labels = [f"{'<=' if cuts[0].is_upper else '<'} {texts[0]}"]
    for k, (lower, upper) in enumerate(pairwise(cuts)):
        if lower.value == upper.value:
            labels.append(texts[k])
        else:
            left, right = "(" if lower.is_upper else "[", "]" if upper.is_upper else ")"
            labels.append(f"{left}{texts[k]}, {texts[k + 1]}{right}")
    return [*labels, f"{'>' if cuts[-1].is_upper else '>='} {texts[-1]}"]


def edge_texts(values: list[float], unit: str, /) -> list[str]:
    """Edges as text: times as dates, numbers to six digits, or to all where six do not differ."""
    if unit == "days":
        precision = "D" if all(float(v).is_integer() for v in values) else "s"
        times = np.array([round(v * 86_400e6) for v in values]).astype("datetime64[us]")
        return [
            text.replace("T", " ") for text in times.astype(f"datetime64[{precision}]").astype(str)
        ]
    texts = [f"{v:.6g}" for v in values]
    if len(set(texts)) < len(set(values)):
        return [repr(v) for v in values]
    return texts


def _category_counts(
    x: Numbers | Categories, y: Numbers | Categories
) -> tuple[list[str], Indices, Indices]:
    """Categories, the most frequent first, and their counts; no counts for an empty column."""
    x_counts = x.counts if isinstance(x, Categories) else {}
    y_counts = y.counts if isinstance(y, Categories) else {}
    totals = {c: x_counts.get(c, 0) + y_counts.get(c, 0) for c in [*x_counts, *y_counts]}
    labels = sorted(totals, key=lambda category: (-totals[category], category))
    x_of, y_of = (
        np.fromiter((counts.get(c, 0) for c in labels), np.intp, len(labels))
        for counts in (x_counts, y_counts)
    )
    return labels, x_of, y_of

"""Histograms of equal bins, for pictures."""

import math
from dataclasses import dataclass

import numpy as np

from divergences._checks.tables import ColumnPair, Numbers
from divergences._typing import Floats

BARS = 30
MAX_WHOLE = 2.0**50  # below it, halves are floats
TAIL = 0.005  # share of each sample beyond either end of the picture, counted in the last bar


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Shares of two samples in bins of equal width; values beyond either end are in the last bin.

    Attributes:
        edges: Edges of the bins, shape ``(k + 1,)``, in the column's unit; for whole numbers
            halfway between them.
        low: Lowest value that the picture shows.
        high: Highest value.
        x_shares: Shares of the values of x that are not missing, shape ``(k,)``.
        y_shares: Shares of y, likewise.
    """

    edges: Floats
    low: float
    high: float
    x_shares: Floats
    y_shares: Floats


def histogram(pair: ColumnPair, /) -> Histogram | None:
    """Histogram of a pair of numeric columns, between the outer 0.5 % of the values.

    Returns:
        The histogram; None for categories. Shares of a column without values are 0.
    """
    if not isinstance(pair.x, Numbers) or not isinstance(pair.y, Numbers):
        return None
    samples = [side.values for side in (pair.x, pair.y)]
    present = [values for values in samples if len(values)]
    cut = [int(TAIL * len(values)) for values in present]
    low = float(min(values[k] for values, k in zip(present, cut, strict=True)))
    high = float(max(values[-1 - k] for values, k in zip(present, cut, strict=True)))
    is_whole = all(np.array_equal(values, np.floor(values)) for values in present)
    edges = _edges(low, high, is_whole=is_whole)
    return Histogram(edges, low, high, *(_bar_shares(values, edges) for values in samples))


def _edges(low: float, high: float, *, is_whole: bool) -> Floats:
    """Edges of up to 30 bins of equal width, of as many whole numbers each if all values are."""
    if is_whole and max(abs(low), abs(high)) < MAX_WHOLE:
        width = math.ceil((high - low + 1) / BARS)
        bars = math.ceil((high - low + 1) / width)
        return low - 0.5 + width * np.arange(bars + 1.0)
    steps = np.linspace(0.0, 1.0, BARS + 1)
    edges = low * (1 - steps) + high * steps  # a difference of 1e308 and -1e308 overflows
    return edges if edges[0] < edges[-1] else np.array([low, high])


def _bar_shares(values: Floats, edges: Floats) -> Floats:
    """Share of ascending values in each bar."""
    if not len(values):
        return np.zeros(len(edges) - 1)
    inner = np.searchsorted(values, edges[1:-1], side="left")
    return np.diff([0, *inner, len(values)]) / len(values)

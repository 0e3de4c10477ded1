"""Probabilities from counts, for every kind of object that the divergences take."""

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks.labels import labelled_array
from divergences._typing import Array
from divergences.errors import DistributionError


def normalize(counts: Any, /, *, axis: int = -1, pseudocount: float = 0.0) -> Any:
    r"""Probabilities proportional to counts, in the kind of object that was passed.

    .. math:: p_i = \frac{c_i + a}{\sum_j (c_j + a)}

    Args:
        counts: Counts or any masses, at least 0 and not all 0 along ``axis``: an array of shape
            ``(..., k)``, nested lists, a mapping by outcome, or a pandas, polars or xarray
            object.
        axis: The axis that the outcomes are on. For a frame, -1 or 1 normalizes each row, 0 each
            column.
        pseudocount: The number a that is added to every count, at least 0. With 1/2 or 1, say, no
            outcome has probability 0, and KL is finite.

    Returns:
        Probabilities in [0, 1], of the shape of ``counts``, that sum to 1 along ``axis`` up to
        rounding: a dict for a mapping, a numpy array for lists, and otherwise an object of the
        same kind, with the same labels. In torch it carries gradients.

    Raises:
        DistributionError: If a count is negative, infinite or NaN, all of a vector are 0, or
            ``pseudocount`` is not a finite number of at least 0.

    Source:
        Lidstone 1920, "Note on the general case of the Bayes-Laplace formula", p. 185.

    >>> normalize({"a": 3, "b": 1})
    {'a': 0.75, 'b': 0.25}
    >>> normalize([[2, 2], [0, 1]], pseudocount=1).tolist()
    [[0.5, 0.5], [0.3333333333333333, 0.6666666666666666]]
    """
    requirement = "a finite number of at least 0"
    added = _checks.number_within("pseudocount", pseudocount, 0.0, sys.float_info.max, requirement)
    labelled = labelled_array(counts)
    values = counts if labelled is None else labelled.values
    xp = _checks.namespace(counts=values)
    array = _checks.real_array("counts", values, xp)
    probabilities = _shares(array, xp, axis, added)
    if labelled is None:
        return probabilities
    return _in_kind_of(counts, probabilities)


def _shares(counts: Array, xp: ModuleType, axis: int, pseudocount: float) -> Array:
    """Counts plus a pseudocount, divided by their sums along an axis.

    Returns:
        Shares in [0, 1], of the shape of ``counts``.

    Raises:
        DistributionError: If a count is negative, infinite or NaN, or all of a vector are 0.
    """
    _checks.require_axis("counts", counts, axis)
    _checks.non_negative("counts", counts, xp)
    masses = _checks.float64("counts", counts, xp) + pseudocount
    largest = xp.max(masses, axis=axis, keepdims=True)
    empty = largest <= 0
    if _checks.holds("counts", xp.any(empty)):
        raise DistributionError(
            "`counts` must hold some mass, but all of a vector along `axis` are 0; drop that "
            "vector, or pass pseudocount=1"
        )
    scaled = masses / largest  # a sum of counts up to 1.8e308 may overflow
    return xp.astype(scaled / xp.sum(scaled, axis=axis, keepdims=True), counts.dtype, copy=False)


def _in_kind_of(counts: Any, probabilities: Any) -> Any:
    """Probabilities in an object of the kind of ``counts``, with its labels."""
    if isinstance(counts, Mapping):
        return dict(zip(counts, probabilities.tolist(), strict=True))
    root = type(counts).__mro__[0].__module__.partition(".")[0]
    if root == "xarray":
        return counts.copy(data=probabilities)
    if root == "polars":
        if hasattr(counts, "collect"):  # a LazyFrame, whose columns are slow to tell
            counts = counts.collect()
        if hasattr(counts, "columns"):
            columns = dict(zip(counts.columns, np.moveaxis(probabilities, -1, 0), strict=True))
            return type(counts)(columns)
        return type(counts)(counts.name, probabilities)
    if hasattr(counts, "columns"):
        return type(counts)(probabilities, index=counts.index, columns=counts.columns)
    return type(counts)(probabilities, index=counts.index, name=counts.name)

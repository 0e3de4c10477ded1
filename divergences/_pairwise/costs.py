"""Ground cost of a distance matrix of histograms: aligned with all of their labels, validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from divergences import _checks
from divergences._checks.labels.axes import is_labelled, listed, names_of, plain
from divergences._pairwise.elements import Elements, aligned_vectors
from divergences._typing import Floats
from divergences.errors import DistributionError


def aligned_ground_cost(sides: list[Elements], cost: Any, /) -> Floats:
    """Ground cost between all outcomes, in their order after alignment.

    Args:
        sides: Histograms, labelled or not.
        cost: An array; a frame by label; a mapping of pairs of labels; a function of two labels.

    Returns:
        The cost in numpy, shape ``(n, n)``; of masses without labels, unchanged.

    Raises:
        DistributionError: If it cannot be aligned, or an entry is negative or NaN.
    """
    _, outcomes = aligned_vectors(sides, missing=0.0)
    of_pairs = isinstance(cost, Mapping) or callable(cost)
    if outcomes is None:
        if of_pairs:
            raise DistributionError(
                "`cost` is of pairs of labels, but `distributions` have no labels; pass them as "
                "mappings of labels to masses, or as a frame of pandas with a column per label"
            )
        values = plain(cost)
    elif not of_pairs and not is_labelled(cost):
        values = _in_order_of(sides, outcomes, cost)
    else:
        values = _by_label(outcomes, cost)
    matrix = _checks.real_array("cost", values, _checks.namespace(cost=values))
    ground: Floats = _checks.numpy_values(matrix)
    _checks.cost_entries(ground, _checks.NUMPY)
    return ground


def _by_label(outcomes: Any, cost: Any) -> Any:
    """Costs between all outcomes by their labels."""
    masses = dict.fromkeys(outcomes, 0.0)
    try:
        return _checks.aligned_cost(masses, masses, cost).cost
    except DistributionError as error:
        message = str(error).replace("`p`", "`distributions`").replace("`q`", "`distributions`")
        raise DistributionError(message) from None


def _in_order_of(sides: list[Elements], outcomes: Any, cost: Any) -> Any:
    """A cost without labels, if there is only one order of outcomes that it can have.

    Returns:
        The cost.

    Raises:
        DistributionError: With a cost that has labels.
    """
    is_ordered = all(
        kind != "mapping" and names_of(axis) == outcomes
        for side in sides
        for kind, axis in zip(side.kinds, side.labels, strict=True)
    )
    if is_ordered:
        return cost
    raise DistributionError(
        f"`distributions` have masses by label ({listed(outcomes)}), but `cost` has no labels to "
        "align them with; pass it as a frame of pandas with these labels as rows and columns, as "
        "a mapping of pairs of labels, or as a function of two: cost=lambda a, b: float(a != b)"
    )

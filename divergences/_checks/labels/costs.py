"""Alignment of masses with their ground cost by label."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from divergences._checks.labels.axes import (
    Labels,
    axis_labels,
    first_repeated,
    labelled_array,
    listed,
    names_of,
    reindexed,
)
from divergences._checks.labels.outcomes import require_unique
from divergences._checks.values import returned_number, shortened
from divergences.errors import DistributionError

CostOfPair = Mapping[Any, Any] | Callable[[Any, Any], Any]


class LabelledProblem(NamedTuple):
    """Plain values of masses and costs, and the labels of sources and targets.

    Attributes:
        p: Masses of the sources.
        q: Masses of the targets.
        cost: The ground cost from sources to targets.
        sources: Labels of the sources; None where there are none.
        targets: Labels of the targets; None where there are none.
    """

    p: Any
    q: Any
    cost: Any
    sources: Labels | None
    targets: Labels | None


def aligned_cost(p: Any, q: Any, cost: Any, /) -> LabelledProblem:
    """Masses and the ground cost between them, by label.

    Args:
        p: Masses of the sources, labelled or not.
        q: Masses of the targets, labelled or not.
        cost: An array; a pandas DataFrame with sources as rows and targets as columns; a mapping
            of pairs of labels; or a function of two labels.

    Returns:
        The aligned problem.

    Raises:
        DistributionError: If labels cannot be aligned, or a pair has no cost.
    """
    labelled = {"p": labelled_array(p), "q": labelled_array(q)}
    axes = {name: axis_labels(one, -1) for name, one in labelled.items()}
    for name, one in labelled.items():
        axis = axes[name]
        if one is not None and axis is not None:
            require_unique(axis, name, one.kind)
    p_values, q_values = (
        given if one is None else one.values
        for given, one in zip((p, q), labelled.values(), strict=True)
    )
    if isinstance(cost, Mapping) or callable(cost):
        for name, axis in axes.items():
            if axis is None:
                raise DistributionError(
                    f"`cost` is of pairs of labels, but `{name}` has no labels; pass `{name}` as "
                    "a mapping of labels to masses, or as a pandas Series"
                )
        sources, targets = (axis.labels if axis else () for axis in axes.values())
        return LabelledProblem(
            p_values, q_values, _cost_of_pairs(cost, sources, targets), sources, targets
        )
    sources_or_none, targets_or_none = names_of(axes["p"]), names_of(axes["q"])
    values = _aligned_matrix(
        cost,
        sources_or_none,
        targets_or_none,
        any(one is not None and one.kind == "mapping" for one in labelled.values()),
    )
    return LabelledProblem(p_values, q_values, values, sources_or_none, targets_or_none)


def _cost_of_pairs(cost: CostOfPair, sources: Labels, targets: Labels) -> Any:
    """Cost matrix of all pairs of labels, float64."""
    return np.array(
        [[_cost_of_pair(cost, a, b) for b in targets] for a in sources], dtype=np.float64
    ).reshape(len(sources), len(targets))


def _cost_of_pair(cost: CostOfPair, a: Any, b: Any) -> float:
    """Cost of one pair of labels.

    Returns:
        The cost.

    Raises:
        DistributionError: If the pair has no cost, or its cost is not a number.
    """
    if isinstance(cost, Mapping):
        if (a, b) not in cost:
            raise DistributionError(
                f"`cost` must have every pair of labels as a key, but has no {shortened((a, b))}"
            )
        value = cost[a, b]
    else:
        value = cost(a, b)
    number = returned_number(value)
    if number is None:
        raise DistributionError(
            f"`cost` must give a number for each pair of labels, but gives {shortened(value)} for "
            f"{shortened((a, b))}"
        )
    return number


def _aligned_matrix(
    cost: Any, sources: Labels | None, targets: Labels | None, of_mapping: bool
) -> Any:
    """Values of a cost with its rows and columns in the order of the masses."""
    frame = labelled_array(cost)
    rows, cols = names_of(axis_labels(frame, -2)), names_of(axis_labels(frame, -1))
    values = cost if frame is None else frame.values
    for axis, name, own, wanted in ((-2, "p", rows, sources), (-1, "q", cols, targets)):
        if wanted is None:
            continue
        if own is None:
            _require_order_of_array(sources, targets, of_mapping)
        else:
            values = _selected(values, own, wanted, axis, name)
    return values


def _require_order_of_array(
    sources: Labels | None, targets: Labels | None, of_mapping: bool
) -> None:
    """Refuse a cost without labels for masses with labels that it cannot be aligned with.

    Raises:
        DistributionError: If so; the message shows how to give a cost with labels.
    """
    if sources == targets and not of_mapping:
        return
    remedy = (
        "pass `cost` as a frame with labels, a mapping of pairs of labels, or a function of two"
        if of_mapping
        else "pass it with labels: pandas.DataFrame(cost, index=p.index, columns=q.index)"
    )
    raise DistributionError(
        f"`p` and `q` have masses by label, but `cost` has no labels to align them with; {remedy}"
    )


def _selected(values: Any, own: Labels, wanted: Labels, axis: int, name: str) -> Any:
    """Rows or columns of a cost for the labels of the masses, in their order.

    Returns:
        The selected part of the cost.

    Raises:
        DistributionError: If the cost lacks a label, or repeats one.
    """
    what = "rows" if axis == -2 else "columns"
    repeated = first_repeated(own)
    if repeated is not None:
        raise DistributionError(
            f"the {what} of `cost` must have each label once, but {repeated!r} repeats"
        )
    absent = tuple(label for label in wanted if label not in set(own))
    if absent:
        raise DistributionError(
            f"the {what} of `cost` must have every label of `{name}`, but have no {listed(absent)}"
        )
    return values if own == wanted else reindexed(values, own, wanted, axis, np.nan)

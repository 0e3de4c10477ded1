"""Alignment of distributions by the labels of their outcomes."""

from collections.abc import Sequence
from typing import Any

from divergences._checks.labels.axes import (
    AxisLabels,
    LabelledArray,
    Labels,
    axis_labels,
    first_repeated,
    labelled_array,
    listed,
    names_of,
    reindexed,
)
from divergences.errors import DistributionError


def aligned_outcomes(
    p: Any, q: Any, /, *, axis: int = -1, missing: float = 0.0, names: tuple[str, str] = ("p", "q")
) -> tuple[Any, Any]:
    """Values of two distributions with their outcomes in one order, by label.

    Outcomes that only one of the two has get ``missing`` in the other: no mass.

    Args:
        p: A mapping, a pandas, polars or xarray object, or anything else.
        q: Likewise.
        axis: The axis that the outcomes are on.
        missing: The value of an absent outcome: 0, or -inf for log-probabilities.
        names: Names of the two arguments, for messages.

    Returns:
        Plain values of both; arguments without labels unchanged.

    Raises:
        DistributionError: If labels repeat, or only one of the two has labels.
    """
    first, second = labelled_array(p), labelled_array(q)
    if first is None and second is None:
        return p, q
    a, b = axis_labels(first, axis), axis_labels(second, axis)
    if first is None or second is None or a is None or b is None:
        _require_no_labels(first, a, names)
        _require_no_labels(second, b, names[::-1])
        return p if first is None else first.values, q if second is None else second.values
    p_values, q_values = first.values, _with_batches_of(first, second, axis, names)
    if a.positional and b.positional:
        return p_values, q_values
    require_unique(a, names[0], first.kind)
    require_unique(b, names[1], second.kind)
    if a.labels == b.labels:
        return p_values, q_values
    _require_one_spelling(a.labels, b.labels, names)
    _require_common_bins(a.labels, b.labels, names)
    union = tuple(dict.fromkeys([*a.labels, *b.labels]))
    return (
        reindexed(p_values, a.labels, union, axis, missing),
        reindexed(q_values, b.labels, union, axis, missing),
    )


def aligned_distributions(distributions: Any, /, *, name: str, missing: float = 0.0) -> Any:
    """Values of a list of labelled distributions, over the union of their outcomes.

    Args:
        distributions: A list of mappings or Series, or anything else.
        name: Name of the argument, for messages.
        missing: The value of an absent outcome.

    Returns:
        Nested lists of shape ``(n, k)``; anything else unchanged.

    Raises:
        DistributionError: If labels repeat, or only some of the distributions have labels.
    """
    if not isinstance(distributions, list | tuple):
        return distributions
    labelled = [labelled_array(one) for one in distributions]
    axes = [axis_labels(one, -1) for one in labelled]
    if all(names_of(axis) is None for axis in axes):
        return distributions
    labels: list[Labels] = []
    for k, (one, axis) in enumerate(zip(labelled, axes, strict=True)):
        if one is None or axis is None or len(one.axes) != 1:
            raise DistributionError(
                f"`{name}` must be labelled throughout, or not at all, but `{name}`[{k}] has no "
                "labels; give all of them labels, or pass plain arrays"
            )
        require_unique(axis, f"{name}[{k}]", one.kind)
        labels.append(axis.labels)
    union = tuple(dict.fromkeys(label for one in labels for label in one))
    return [
        reindexed(list(one.values), own, union, 0, missing)
        for one, own in zip(labelled, labels, strict=True)
        if one is not None
    ]


def _require_no_labels(
    labelled: LabelledArray | None, axis: AxisLabels | None, names: Sequence[str]
) -> None:
    """Refuse labels of outcomes if the other argument has none.

    Raises:
        DistributionError: If so; the message gives two remedies.
    """
    labels = names_of(axis)
    if labelled is None or labels is None:
        return
    values = (
        f"list({names[0]}.values())" if labelled.kind == "mapping" else f"{names[0]}.to_numpy()"
    )
    values = f"{names[0]}.values" if labelled.kind == "DataArray" else values
    raise DistributionError(
        f"`{names[0]}` has outcomes by label ({listed(labels)}), but `{names[1]}` has none, so "
        f"they cannot be aligned; give `{names[1]}` the same labels, or, if both are in the same "
        f"order, pass {values}"
    )


def require_unique(axis: AxisLabels, name: str, kind: str, /) -> None:
    """Refuse labels that repeat.

    Raises:
        DistributionError: If so; the message names one of them.
    """
    repeated = None if axis.positional else first_repeated(axis.labels)
    if repeated is None:
        return
    remedy = {
        "Series": f"{name}.groupby(level=0).sum()",
        "DataFrame": f"{name}.T.groupby(level=0).sum().T",
    }.get(kind, f"{name} with each label once")
    raise DistributionError(
        f"`{name}` must have each outcome once, but {repeated!r} repeats; add up what belongs "
        f"together: {remedy}"
    )


def _require_one_spelling(a: Labels, b: Labels, names: tuple[str, str]) -> None:
    """Refuse labels that have nothing in common but their spelling, such as 1 and "1".

    Raises:
        DistributionError: If so; the message names the two types.
    """
    if set(a) & set(b) or not {str(x) for x in a} & {str(x) for x in b}:
        return
    kinds = [type(labels[0]).__name__ for labels in (a, b)]
    raise DistributionError(
        f"the labels of `{names[0]}` are of type {kinds[0]} and those of `{names[1]}` of type "
        f"{kinds[1]}, so that none are equal though they are spelled alike; convert those of one"
    )


def _require_common_bins(a: Labels, b: Labels, names: tuple[str, str]) -> None:
    """Refuse intervals, as of ``pandas.cut``, of one distribution that cut those of the other.

    Raises:
        DistributionError: If so; the message names two such intervals.
    """
    own: list[Any] = [label for label in a if hasattr(label, "overlaps")]
    others: list[Any] = [label for label in b if hasattr(label, "overlaps")]
    for mine in own:
        for other in others:
            if mine != other and mine.overlaps(other):
                raise DistributionError(
                    f"the bins of `{names[0]}` and `{names[1]}` overlap without being equal, such "
                    f"as {mine} and {other}; count both samples with the same edges"
                )


def _with_batches_of(
    first: LabelledArray, second: LabelledArray, axis: int, names: tuple[str, str]
) -> Any:
    """Values of the second object, with the labels of its other axes in the order of the first.

    Returns:
        The values, of the same shape.

    Raises:
        DistributionError: If both have labels on such an axis, and not the same ones.
    """
    values = second.values
    if len(first.axes) != len(second.axes):
        return values
    for k, (mine, other) in enumerate(zip(first.axes, second.axes, strict=True)):
        a, b = names_of(mine), names_of(other)
        if k == axis % len(first.axes) or a is None or b is None or a == b:
            continue
        if len(a) == 1 or len(b) == 1:
            continue  # broadcast
        if set(a) != set(b) or first_repeated(a) is not None or len(a) != len(b):
            raise DistributionError(
                f"`{names[0]}` and `{names[1]}` have rows by label, but not the same ones "
                f"({listed(a)} and {listed(b)}); select the common rows, or, if they are in the "
                f"same order, pass {names[0]}.to_numpy() and {names[1]}.to_numpy()"
            )
        values = reindexed(values, b, a, k, 0.0)
    return values

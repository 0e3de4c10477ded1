"""Distributions of a distance matrix: read from any container, aligned by label, validated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks.containers import refuse_sparse
from divergences._checks.labels.axes import (
    AxisLabels,
    Labels,
    labelled_array,
    names_of,
    reindexed,
)
from divergences._checks.labels.outcomes import require_unique
from divergences.errors import DistributionError

Validator = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Elements:
    """Distributions of one side of the matrix.

    Attributes:
        name: The argument that they came in.
        values: Each distribution, without its labels if it is a vector.
        labels: Labels of the outcomes of each; None where it has none.
        kinds: Container of each, for messages.
        is_matrix: Whether they came as the rows of one object with two axes.
    """

    name: str
    values: list[Any]
    labels: list[AxisLabels | None]
    kinds: list[str]
    is_matrix: bool

    @classmethod
    def of(cls, name: str, distributions: Any) -> Elements:
        """Read the distributions from a list, an array, or an object of pandas, polars or xarray.

        Args:
            name: The argument.
            distributions: Its value; of a frame, each row is a distribution.

        Returns:
            The distributions.

        Raises:
            DistributionError: If there are none, or they have no order or names of their own.
        """
        frame = None if isinstance(distributions, Mapping) else labelled_array(distributions)
        if frame is not None and len(frame.axes) > 1:
            rows = list(frame.values)
            is_matrix = len(frame.axes) == 2
            labels = [frame.axes[-1] if is_matrix else None] * len(rows)
            result = cls(name, rows, labels, [frame.kind] * len(rows), is_matrix)
        else:
            values = _listed(name, distributions if frame is None else frame.values)
            read = [_labels_and_kind(value) for value in values]
            is_matrix = getattr(distributions, "ndim", None) == 2
            labels, kinds = [axis for axis, _ in read], [kind for _, kind in read]
            result = cls(name, values, labels, kinds, is_matrix)
        if not result.values:
            raise DistributionError(f"`{name}` must hold at least one distribution, but is empty")
        return result

    def element_name(self, index: int) -> str:
        """Name of a distribution in messages."""
        return f"{self.name}[{index}]"


def _listed(name: str, distributions: Any) -> list[Any]:
    """Entries of a list, an array or an iterator.

    Returns:
        The entries, tensors as numpy arrays.

    Raises:
        DistributionError: If it is a mapping, groups of pandas, text, or no list.
    """
    remedy = None
    if isinstance(distributions, Mapping):
        remedy = f"list({name}.values())"
    elif hasattr(distributions, "get_group"):
        remedy = f"[group for _, group in {name}]"
    if remedy is not None:
        raise DistributionError(
            f"`{name}` must be a list of distributions, but is a {type(distributions).__name__}, "
            f"whose entries have names; pass {remedy}"
        )
    refuse_sparse(name, distributions)
    is_single = isinstance(distributions, str | bytes) or getattr(distributions, "ndim", 1) == 0
    if is_single or not isinstance(distributions, Iterable):
        kind = "a function by name, distance=" if callable(distributions) else "a list"
        raise DistributionError(
            f"`{name}` must be a list of distributions, but is of type "
            f"{type(distributions).__name__}; pass {kind}"
        )
    return [plain_element(element) for element in distributions]


def _labels_and_kind(element: Any) -> tuple[AxisLabels | None, str]:
    """Labels of a vector by outcome, None of anything else; and the kind of its container."""
    labelled = labelled_array(element)
    if labelled is None or len(labelled.axes) != 1:
        return None, type(element).__name__
    return labelled.axes[0], labelled.kind


def plain_element(element: Any, /) -> Any:
    """A distribution, tensors as numpy arrays, which processes share; all else unchanged."""
    if is_weighted(element):
        return tuple(map(_plain, element))
    return _plain(element)


def is_weighted(element: Any, /) -> bool:
    """Whether it is a pair of points and weights, and not a vector of two probabilities."""
    return isinstance(element, tuple) and len(element) == 2 and np.ndim(_plain(element[0])) > 0


def _plain(array: Any) -> Any:
    """A tensor as a numpy array; all else unchanged."""
    if not hasattr(array, "detach"):
        return array
    try:
        return _checks.numpy_values(array)
    except (TypeError, NotImplementedError):  # sparse, or without values: refused by name later
        return array


def validated(
    elements: Elements, validate: Validator, /, *, validate_rows: Validator | None = None
) -> list[Any]:
    """Validate distributions one by one.

    Args:
        elements: The distributions.
        validate: Function of the name and the value of one.
        validate_rows: Likewise of the rows of an array, to name the argument instead of a row.

    Returns:
        Each validated distribution, or the `DistributionError` that refuses it, which then is the
        error of all of its pairs.

    Raises:
        DistributionError: If all are refused.
    """
    results: list[Any] = []
    for index, value in enumerate(elements.values):
        try:
            results.append(validate(elements.element_name(index), value))
        except DistributionError as error:
            results.append(error)
    if all(isinstance(result, DistributionError) for result in results):
        if elements.is_matrix and validate_rows is not None:
            validate_rows(elements.name, np.stack(elements.values))
        raise results[0]
    return results


def aligned_vectors(
    sides: list[Elements], /, *, missing: float
) -> tuple[list[Elements], Labels | None]:
    """Vectors of all sides with their outcomes in one order, by label.

    Args:
        sides: One or two sides of the matrix.
        missing: The value of an absent outcome: 0, or -inf for log-probabilities.

    Returns:
        The sides, without labels; and the outcomes in their order, None where there are no labels.

    Raises:
        DistributionError: If a label repeats, or only some of the vectors have labels.
    """
    axes = [axis for side in sides for axis in side.labels]
    if all(names_of(axis) is None for axis in axes):
        return [_without_labels(side, None, missing) for side in sides], None
    seen = dict[int, Labels]()  # by identity: the rows of a frame share theirs
    for side in sides:
        for index, axis in enumerate(side.labels):
            if axis is None:
                raise DistributionError(
                    f"`{side.element_name(index)}` has no labels, but others have; give all of "
                    "them labels, or none"
                )
            if id(axis) not in seen:
                require_unique(axis, side.element_name(index), side.kinds[index])
                seen[id(axis)] = axis.labels
    union = tuple(dict.fromkeys(label for labels in seen.values() for label in labels))
    return [_without_labels(side, union, missing) for side in sides], union


def _without_labels(side: Elements, union: Labels | None, missing: float) -> Elements:
    """Plain vectors, with their outcomes in the order of ``union``, if there is one."""
    values = []
    for value, axis in zip(side.values, side.labels, strict=True):
        labelled = labelled_array(value)
        plain = value if labelled is None or is_weighted(value) else labelled.values
        if union is not None and axis is not None and axis.labels != union:
            plain = reindexed(plain, axis.labels, union, 0, missing)
        values.append(plain)
    return Elements(side.name, values, [None] * len(values), side.kinds, side.is_matrix)

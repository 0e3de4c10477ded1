"""Masses over the nodes of a graph, by position or by node label."""

import difflib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from divergences._checks.arrays import NUMPY, real_array
from divergences._checks.labels.axes import axis_labels, labelled_array, listed, names_of
from divergences._checks.labels.outcomes import require_unique
from divergences._checks.values import shortened
from divergences.errors import DistributionError

MAX_COMPARED = 20_000  # labels that a misspelled one is compared with


class Nodes:
    """Nodes of a graph, found by their labels.

    Attributes:
        n: Number of nodes.
        labels: Label of each; 0, 1, ..., n - 1 without labels of their own.
    """

    def __init__(self, n: int, labels: tuple[Hashable, ...] | None, /) -> None:
        self.n = n
        self.named = labels is not None
        self.labels: Sequence[Hashable] = range(n) if labels is None else labels
        self._position: dict[Hashable, int] | None = None

    @property
    def position(self) -> dict[Hashable, int]:
        """Index of each label."""
        if self._position is None:
            self._position = {label: k for k, label in enumerate(self.labels)}
        return self._position

    def values(self, name: str, value: Any, /) -> Any:
        """Masses with the nodes of the graph on their last axis, in the order of the graph.

        Args:
            name: Name of the argument in messages.
            value: Masses by position; or by label, where nodes without a mass have 0: a mapping,
                a pandas, polars or xarray object, or a list of mappings.

        Returns:
            The masses by position; an argument without labels unchanged.

        Raises:
            DistributionError: If a label is no node, or repeats, or has several masses.
        """
        if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
            if not all(isinstance(one, Mapping) for one in value):
                raise DistributionError(
                    f"`{name}` must be mappings throughout, or plain numbers, but holds both"
                )
            rows = [self.values(f"{name}[{k}]", one) for k, one in enumerate(value)]
            return np.array(rows, dtype=np.float64)
        labelled = labelled_array(value)
        axis = axis_labels(labelled, -1)
        if labelled is None:
            return value
        names = names_of(axis)
        if axis is None or names is None:
            return labelled.values
        require_unique(axis, name, labelled.kind)
        self._require_nodes(name, names)
        given = real_array(name, labelled.values, NUMPY)
        if given.shape[-1:] != (len(names),):
            raise DistributionError(
                f"`{name}` must give each node one number, but its values have shape "
                f"{tuple(given.shape)} for {len(names)} nodes; pass a list of mappings for a batch"
            )
        result = np.zeros((*given.shape[:-1], self.n), dtype=np.result_type(given, np.float32))
        result[..., [self.position[label] for label in names]] = given
        return result

    def require_size(self, name: str, array: Any, /) -> None:
        """Refuse masses that are not one for each node on the last axis.

        Raises:
            DistributionError: If so.
        """
        if array.ndim == 0 or array.shape[-1] != self.n:
            raise DistributionError(
                f"`{name}` must have a mass for each of the {self.n} nodes of `graph` on its last "
                f"axis, but has shape {tuple(array.shape)}; masses of some nodes only can be "
                "passed as a mapping of nodes to masses"
            )

    def _require_nodes(self, name: str, labels: tuple[Hashable, ...]) -> None:
        """Refuse labels that are no nodes.

        Raises:
            DistributionError: If so; the message has the most similar node.
        """
        unknown = tuple(label for label in labels if label not in self.position)
        if not unknown:
            return
        similar = self._similar(unknown[0])
        hint = f"; did you mean {similar}?" if similar else ""
        kind = "" if self.named else f", which are 0 to {self.n - 1}"
        raise DistributionError(
            f"`{name}` has masses of {listed(unknown)}, but `graph` has no such "
            f"{'node' if len(unknown) == 1 else 'nodes'}{kind}{hint}"
        )

    def _similar(self, label: Hashable) -> str | None:
        """The node that is spelled most like a label; None if none is similar."""
        texts = {str(node): node for node in self.labels[:MAX_COMPARED]}
        match = difflib.get_close_matches(str(label), texts, 1, cutoff=0.7)
        return shortened(texts[match[0]]) if match else None

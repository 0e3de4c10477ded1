"""Distances of all pairs of a tile of the matrix: pair by pair, or of all vectors at once."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from divergences import _checks
from divergences._discrete.js_matrix import js_matrix
from divergences._typing import Floats
from divergences.errors import DistributionError

Failure = tuple[int, int, Exception]
MAX_BATCH_ENTRIES = 16_000  # arrays of less than 128 KiB, which the allocator reuses


class TileDistances(Protocol):
    """Distances of all pairs of a tile; it can be pickled if the distance can."""

    @property
    def max_side(self) -> int:
        """Largest number of rows and columns of a tile."""

    @property
    def tiles_per_job(self) -> int:
        """Number of tiles for each process: several, so that all end at about the same time."""

    def __call__(
        self, rows: list[Any], columns: list[Any], upper: bool, /
    ) -> tuple[Floats, list[Failure]]:
        """Distances, NaN where they fail, and the failures.

        Args:
            rows: Distributions, or the errors that refuse them.
            columns: Likewise.
            upper: Whether both are the same and the distance is symmetric.
        """


@dataclass(frozen=True, slots=True)
class EachPair:
    """Evaluation pair by pair.

    Attributes:
        distance: Distance of two distributions.
    """

    distance: Callable[[Any, Any], Any]
    max_side: ClassVar[int] = 32
    tiles_per_job: ClassVar[int] = 8

    def __call__(
        self, rows: list[Any], columns: list[Any], upper: bool, /
    ) -> tuple[Floats, list[Failure]]:
        """Distances, NaN where they fail, and the failures."""
        block, failures = np.full((len(rows), len(columns)), np.nan), []
        for i, a in enumerate(rows):
            for j, b in enumerate(columns):
                if upper and j < i:
                    block[i, j] = block[j, i]
                    continue
                try:
                    block[i, j] = self._distance(a, b)
                except Exception as error:  # noqa: BLE001  # the other pairs do not depend on it
                    failures.append((i, j, _picklable(error)))
        return block, failures

    def _distance(self, a: Any, b: Any) -> float:
        """Distance of a pair, unless one of the two was refused."""
        for element in (a, b):
            if isinstance(element, DistributionError):
                raise element
        return _number(self.distance(a, b))


@dataclass(frozen=True, slots=True)
class AllPairs:
    """Evaluation of many pairs of numpy vectors at once.

    Attributes:
        distance: Distances of two arrays of vectors, shape ``(..., k)``.
        is_js: Whether it is JS or its square root.
        base: Unit of JS, ``log(base)``; nats for None.
        root: Whether it is the square root.
    """

    distance: Callable[[Any, Any], Any]
    is_js: bool = False
    base: float | None = None
    root: bool = False
    max_side: ClassVar[int] = 256
    tiles_per_job: ClassVar[int] = 2

    def __call__(
        self, rows: list[Any], columns: list[Any], upper: bool, /
    ) -> tuple[Floats, list[Failure]]:
        """Distances, NaN where they fail, and the failures."""
        if not _are_uniform([*rows, *columns]):
            return EachPair(self.distance)(rows, columns, upper)
        p, q = np.stack(rows), np.stack(columns)
        block = self._js(p, q, upper) if self.is_js and p.dtype == float else self._batches(p, q)
        return (np.triu(block) + np.triu(block, 1).T if upper else block), []

    def _js(self, p: Floats, q: Floats, upper: bool) -> Floats:
        """Jensen-Shannon divergences or distances."""
        values = js_matrix(p, q, upper=upper) / _checks.log_base(self.base)
        return np.sqrt(values) if self.root else values

    def _batches(self, p: Floats, q: Floats) -> Floats:
        """Distances of all pairs, a batch of pairs at a time."""
        i, j = (index.reshape(-1) for index in np.indices((len(p), len(q))))
        size = max(1, MAX_BATCH_ENTRIES // p.shape[1])
        batches = (slice(start, start + size) for start in range(0, len(i), size))
        values = [self.distance(p[i[batch]], q[j[batch]]) for batch in batches]
        return np.concatenate(values).reshape(len(p), len(q)).astype(np.float64)


def _are_uniform(vectors: list[Any]) -> bool:
    """Whether all are valid vectors of one length and type."""
    kinds = {None if isinstance(v, DistributionError) else (v.shape, v.dtype) for v in vectors}
    return len(kinds) == 1 and None not in kinds


def _number(value: Any) -> float:
    """The value of a distance as a float.

    Returns:
        The number.

    Raises:
        DistributionError: If it is no single number.
    """
    value = getattr(value, "value", value)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        shape = getattr(value, "shape", None)
        came = type(value).__name__ if shape is None else f"an array of shape {tuple(shape)}"
        raise DistributionError(
            f"`distance` must return one number for a pair, but returned {came}; return a float, "
            "or an object with a `value`"
        ) from None


def _picklable(error: Exception) -> Exception:
    """The error, or a `RuntimeError` with its message if it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error

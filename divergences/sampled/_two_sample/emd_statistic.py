"""Exact EMD of every labelling: in closed form on the line, else by network simplex."""

import contextlib
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from divergences._transport.certificate import EPS
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats, Indices
from divergences.errors import SolverError
from divergences.sampled._transport import emd
from divergences.sampled._two_sample.labellings import BLOCK, Labellings

LARGEST = 3000  # points whose distances are kept
LEVELS = 2**22  # of a task on the line


@dataclass(frozen=True, slots=True)
class Line:
    r"""EMD on the line, where it is :math:`\int |F - G|`.

    Attributes:
        order: The places of the pooled sample in the order of the line, shape ``(n + m,)``.
        gaps: From each point to the next, shape ``(n + m - 1,)``.
        exponent: The caller's values are ``2**exponent`` times these.
        parts: One: a value is computed as a whole.
    """

    order: Indices
    gaps: Floats
    exponent: int
    parts: int = 1

    @classmethod
    def of(cls, points: Floats, exponent: int, /) -> "Line":
        """Sort the pooled sample, shape ``(n + m,)``, once for all labellings."""
        order = np.argsort(points, kind="stable")
        return cls(order, np.diff(points[order]), exponent)

    @property
    def size(self) -> int:
        """As many labellings as memory lets one compute at a time."""
        return int(BLOCK * np.clip(LEVELS // len(self.order) // BLOCK, 1, 64))

    @property
    def rounding(self) -> float:
        """A bound for the sum over the gaps."""
        return len(self.order) * EPS * float(self.gaps.sum())

    def terms(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """The EMD of some labellings, shape ``(stop - start,)``."""
        n, m = labellings.n, labellings.m
        steps = np.where(labellings.labels(start, stop)[:, self.order], m, -n)
        levels = np.abs(np.cumsum(steps, axis=1)[:, :-1])  # n m |F - G|, exactly
        return levels @ self.gaps / (n * m)


@dataclass(frozen=True, slots=True)
class Matching:
    """EMD in any dimension.

    Attributes:
        points: The pooled sample, shape ``(n + m, d)``.
        cost: Its distances, shape ``(n + m, n + m)``; None if they are too many.
        exponent: The caller's values are ``2**exponent`` times these.
        rounding: None beyond what an EMD is proved within.
        size: How many labellings are computed at a time.
        parts: One: a value is computed as a whole.
    """

    points: Floats
    cost: Floats | None
    exponent: int
    rounding: float = 0.0
    size: int = BLOCK
    parts: int = 1

    @classmethod
    def of(cls, points: Floats, exponent: int, /) -> "Matching":
        """Compute the distances of the pooled sample, shape ``(n + m, d)``, once for all."""
        return cls(points, cdist(points, points) if len(points) <= LARGEST else None, exponent)

    def terms(self, labellings: Labellings, start: int, stop: int, _: int, /) -> Floats:
        """The EMD of some labellings, shape ``(stop - start,)``."""
        n = labellings.n
        places = labellings.places(start, stop)
        return np.array([self._emd(row[:n], row[n:]) for row in places])

    def _emd(self, rows: Indices, cols: Indices) -> float:
        """The EMD of two parts of the pooled sample."""
        if self.cost is not None:
            p, q = (np.full(len(part), 1 / len(part)) for part in (rows, cols))
            # Costs of many orders of magnitude are beyond the dense method, and not beyond `emd`.
            with contextlib.suppress(SolverError):
                return dense_transport(p, q, self.cost[np.ix_(rows, cols)]).cost
        return float(emd(self.points[rows], self.points[cols]).value)

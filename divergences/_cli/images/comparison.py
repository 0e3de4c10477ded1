"""Exact EMD of one channel of two images, and its description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences import grids
from divergences._typing import Floats, Indices
from divergences.grids._emd import GridMetric
from divergences.grids._lattice import Lattice

N_MOVES_PRINTED, N_MOVES_IN_JSON = 5, 20


@dataclass(frozen=True, slots=True)
class ChannelComparison:
    """Optimal transport between one channel of two images.

    Attributes:
        name: Name of the channel.
        metric: Distance between pixels.
        totals: Brightness of x and of y, before each was divided by it.
        solved: The optimum.
        start: Pixels, as rows and columns, at which the moves of the plan start, shape ``(k, 2)``,
            the largest mass first.
        end: Pixels at which they end.
        mass: Mass of each move, shape ``(k,)``.
        distance: Length of each move in pixels, shape ``(k,)``.
    """

    name: str
    metric: GridMetric
    totals: tuple[float, float]
    solved: grids.GridTransport
    start: Indices
    end: Indices
    mass: Floats
    distance: Floats

    @classmethod
    def between(cls, name: str, x: Floats, y: Floats, metric: GridMetric, /) -> ChannelComparison:
        """Solve the problem between two images, each divided by its total."""
        totals = float(x.sum()), float(y.sum())
        # Quotients are rounded correctly: proportional images of whole numbers are equal.
        solved = grids.transport(x / x.sum(), y / y.sum(), metric=metric)
        plan = solved.plan()
        rows, cols = plan.coords
        moves = np.flatnonzero((rows != cols) & (plan.data > 0))
        moves = moves[np.lexsort((cols[moves], rows[moves], -plan.data[moves]))]
        start, end = (
            np.stack(np.unravel_index(pixels[moves], x.shape), axis=1) for pixels in (rows, cols)
        )
        distance = _lengths(start - end, x.shape, metric)
        return cls(name, metric, totals, solved, start, end, plan.data[moves], distance)

    @property
    def unit(self) -> str:
        """Unit of the distance."""
        return "pixels²" if self.metric == "sqeuclidean" else "pixels"

    @property
    def common_mass(self) -> float:
        """Share of the mass that both images have at the same pixels."""
        return float(np.minimum(self.solved.p, self.solved.q).sum())

    def text(self) -> str:
        """Totals, distance, common mass and the largest moves, a line each."""
        x_total, y_total = map(_number, self.totals)
        solved = self.solved
        root = f", W2 {solved.cost**0.5:.6g} pixels" if self.metric == "sqeuclidean" else ""
        unit = f"{self.unit} ({self.metric})"
        lines = [
            f"{self.name}: normalized to total 1; the brightness was {x_total} in x, "
            f"{y_total} in y",
            f"  EMD          {solved.cost:.6g} {unit}{root}, proved within {solved.gap:.1g}",
            f"  common mass  {self.common_mass:.4g} of 1, at the same pixels in both",
        ]
        return "\n".join([*lines, *self._moves_text()])

    def _moves_text(self) -> list[str]:
        """Lines of the largest moves."""
        if not len(self.mass):
            return ["  moves        none: the normalized images are equal"]
        shown = min(N_MOVES_PRINTED, len(self.mass))
        number = "all" if shown == len(self.mass) else f"the {shown} largest of {len(self.mass):,}"
        moves = [
            f"  {mass:11.3g}  {distance:8.4g}  ({start[0]}, {start[1]}) -> ({end[0]}, {end[1]})"
            for start, end, mass, distance in self._moves(shown)
        ]
        return [f"  {'mass':>11}  distance  (row, column), {number} moves", *moves]

    def record(self) -> dict[str, Any]:
        """The comparison as an object of JSON."""
        return {
            "emd": self.solved.cost,
            "unit": self.unit,
            "gap": self.solved.gap,
            "common_mass": self.common_mass,
            "x_total": self.totals[0],
            "y_total": self.totals[1],
            "n_moves": len(self.mass),
            "largest_moves": [
                {"from": start, "to": end, "mass": mass, "distance": distance}
                for start, end, mass, distance in self._moves(N_MOVES_IN_JSON)
            ],
        }

    def _moves(self, k: int) -> list[tuple[list[int], list[int], float, float]]:
        """Start, end, mass and length of the k largest moves."""
        arrays = self.start, self.end, self.mass, self.distance
        return list(zip(*(array[:k].tolist() for array in arrays), strict=True))


def _lengths(offsets: Indices, shape: tuple[int, ...], metric: GridMetric) -> Floats:
    """Lengths of moves in pixels; Euclidean where the cost is its square."""
    lattice = Lattice(
        shape, (1.0, 1.0), (False, False), "euclidean" if metric == "sqeuclidean" else metric
    )
    return lattice.lengths(offsets) if len(offsets) else np.empty(0)


def _number(total: float) -> str:
    """A total, whole numbers in full."""
    return f"{total:,.0f}" if total.is_integer() and total < 1e15 else f"{total:,.6g}"

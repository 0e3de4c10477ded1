"""One transport problem between two histograms on a grid: reduction, solution and result."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from divergences._transport.certificate import Arcs
from divergences._transport.one_dimensional.convex_cost import convex_line_transport
from divergences._typing import Floats
from divergences.grids._flow import LatticeFlow, lattice_flow
from divergences.grids._lattice import Lattice
from divergences.grids._line import line_flow
from divergences.grids._masses import Masses
from divergences.grids._result import GridTransport
from divergences.grids._separable import separable_transport
from divergences.grids._small import is_small, small_flow

NO_ARCS = np.empty(0, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class GridCost:
    """Ground cost between the pixels of a grid.

    Attributes:
        lattice: The pixels and their distance.
        squared: Whether the cost is the square of the Euclidean distance.
        positions: Positions of the bins of a 1-D histogram of unequal bins; None for equal ones.
        circumference: Length of a circle of unequal bins; None without one.
    """

    lattice: Lattice
    squared: bool = False
    positions: Floats | None = None
    circumference: float | None = None

    def solve(self, masses: Masses, /) -> GridTransport:
        """Optimal transport with its certificate.

        Args:
            masses: Masses of the sources and of the targets.

        Returns:
            The result.

        Raises:
            SolverError: If the solver did not finish, or could not certify the optimum.
        """
        return self._squared(masses) if self.squared else self._distance(masses)

    def _distance(self, masses: Masses) -> GridTransport:
        """Optimal transport under a distance."""
        supply = masses.excess
        if not supply.any():
            nothing = supply.ravel()[:0]
            flow = LatticeFlow(
                Arcs(NO_ARCS, NO_ARCS, nothing, nothing), np.zeros(supply.shape), 0.0, 0.0
            )
        elif self.positions is not None:
            flow = line_flow(self._gaps(self.positions), supply)
        else:
            flow = _flow_in_box(self.lattice, supply)
        potentials = flow.potential, -flow.potential
        return GridTransport.of_arcs(flow.arcs, potentials, flow.gap, masses, is_plan=False)

    def _gaps(self, positions: Floats) -> Floats:
        """Distance of each bin from the next one, along a line or a circle."""
        gaps: Floats = np.diff(positions)
        if self.circumference is not None:
            gaps = np.append(gaps, self.circumference - gaps.sum())
        return gaps

    def _squared(self, masses: Masses) -> GridTransport:
        """Optimal transport under the squared distance."""
        lattice = self.lattice
        if len(lattice.shape) > 1 or lattice.periodic[0]:
            return separable_transport(lattice, masses)
        bins = self.positions
        if bins is None:
            bins = np.arange(lattice.size, dtype=np.float64) * lattice.spacing[0]
        positions = bins - (bins[0] + bins[-1]) / 2
        exponent = math.frexp(float(np.abs(positions).max()) or 1.0)[1]
        scaled = np.ldexp(positions, -exponent)
        optimum = convex_line_transport(scaled, scaled, masses.p, masses.q, power=2.0)
        optimum = optimum.scaled(2 * exponent)
        arcs = optimum.arcs
        arcs = replace(arcs, cost=np.ldexp(arcs.cost, optimum.arc_exponent))
        potentials = optimum.source_potential, optimum.target_potential
        return GridTransport.of_arcs(arcs, potentials, optimum.gap, masses, is_plan=True)


def _flow_in_box(lattice: Lattice, supply: Floats) -> LatticeFlow:
    """Optimal flow, computed within the box of the pixels whose masses differ.

    Shortest paths between these pixels stay in the box. The potential of a pixel outside is that
    of the nearest one in the box, which keeps it 1-Lipschitz.

    Returns:
        The optimum on all pixels.
    """
    box = tuple(
        slice(0, n) if wraps else slice(used[0], used[-1] + 1)
        for n, wraps, used in zip(
            lattice.shape, lattice.periodic, map(np.unique, np.nonzero(supply)), strict=True
        )
    )
    inner = supply[box]
    long = [axis for axis, n in enumerate(inner.shape) if n > 1]
    exponent = math.frexp(min(lattice.spacing[axis] for axis in long))[1]
    small = Lattice(
        tuple(inner.shape[axis] for axis in long),
        tuple(math.ldexp(lattice.spacing[axis], -exponent) for axis in long),
        tuple(lattice.periodic[axis] for axis in long),
        lattice.metric,
    )
    flow = _flow_of_axes(small, inner.reshape(small.shape))
    potential = np.ldexp(flow.potential, exponent).reshape(inner.shape)
    widths = [(part.start, n - part.stop) for part, n in zip(box, lattice.shape, strict=True)]
    arcs = replace(
        flow.arcs,
        rows=lattice.indices[box].ravel()[flow.arcs.rows],
        cols=lattice.indices[box].ravel()[flow.arcs.cols],
        cost=np.ldexp(flow.arcs.cost, exponent),
    )
    cost, gap = (math.ldexp(value, exponent) for value in (flow.cost, flow.gap))
    return LatticeFlow(arcs, np.pad(potential, widths, mode="edge"), cost, gap)


def _flow_of_axes(lattice: Lattice, supply: Floats) -> LatticeFlow:
    """Optimal flow on a lattice; in closed form on one of a single axis."""
    if len(lattice.shape) == 1:
        n_gaps = lattice.size - (not lattice.periodic[0])
        return line_flow(np.full(n_gaps, lattice.spacing[0]), supply)
    return (small_flow if is_small(supply) else lattice_flow)(lattice, supply)

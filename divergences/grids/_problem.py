"""One transport problem between two histograms on a grid: reduction, solution and result."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from divergences._transport.certificate import EPS, MAX_RELATIVE_GAP, Arcs
from divergences._transport.exact_arithmetic import ExactExcess, ExactSupply
from divergences._transport.one_dimensional.convex_cost import convex_line_transport
from divergences._transport.simplex import MAX_EXACT_PAIRS
from divergences._transport.simplex_run import MAX_RELATIVE_ROUNDING
from divergences._typing import Floats, Indices
from divergences.errors import SolverError
from divergences.grids._exact_squares import paired_transport
from divergences.grids._flow import LatticeFlow, lattice_flow
from divergences.grids._lattice import Lattice
from divergences.grids._line import line_flow
from divergences.grids._masses import Masses
from divergences.grids._result import GridTransport
from divergences.grids._separable import axis_squares, separable_transport
from divergences.grids._small import is_small, number_of_pairs, small_flow

NO_ARCS = np.empty(0, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class GridCost:
    """Ground cost between the pixels of a grid.

    Attributes:
        lattice: The pixels and their distance.
        squared: Whether the cost is the square of the Euclidean distance.
        positions: Positions of the bins of a 1-D histogram of unequal bins; None for equal ones.
        gaps: Distance of each of these bins from the next one, along a line or a circle.
    """

    lattice: Lattice
    squared: bool = False
    positions: Floats | None = None
    gaps: Floats | None = None

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
        elif self.gaps is not None:
            flow = line_flow(self.gaps, supply, lambda: masses.exact_excess)
        else:
            flow = _flow_in_box(self.lattice, masses)
        potentials = flow.potential, -flow.potential
        solved = GridTransport.of_arcs(flow.arcs, potentials, flow.gap, masses, is_plan=False)
        return replace(solved, exact_proof=flow.exact_proof, _moves=flow.moves)

    def _squared(self, masses: Masses) -> GridTransport:
        """Optimal transport under the squared distance, in exact arithmetic where it is needed."""
        try:
            solved = self._squared_in_floats(masses)
        except SolverError:
            solved = None
        if not masses.excess.any():
            return self._unmoved(masses)
        if solved is not None:
            solved = replace(solved, gap=solved.gap + self._rounding_of_shares(masses, solved))
            if solved.gap <= MAX_RELATIVE_GAP * solved.cost:
                return solved
        try:
            return paired_transport(*self._axis_squares(), masses)
        except SolverError:
            if solved is None or solved.gap > MAX_RELATIVE_ROUNDING * solved.cost:
                raise
            return solved

    def _rounding_of_shares(self, masses: Masses, solved: GridTransport) -> float:
        """Largest change of the cost by the rounding of the shares."""
        # What the excess is off may cost the largest squared distance. What a pixel has too much,
        # or too little, of both costs the sum of its potentials, or twice that of what passes it.
        left_out = np.abs(masses.p - masses.q - masses.excess) + EPS * np.abs(masses.excess)
        axes, exponent = self._axis_squares()
        far = math.ldexp(float(left_out.sum()) * sum(float(a.max()) for a in axes), exponent)
        common = np.minimum(masses.p, masses.q)
        held = np.flatnonzero(common)  # potentials of others may have overflowed
        heights = np.abs(solved.potential.ravel()[held] + solved.target_potential.ravel()[held])
        return far + EPS * float(common.ravel()[held] @ heights + 4 * solved.cost)

    def _axis_squares(self) -> tuple[list[Floats], int]:
        """Squared distances of pixels along each axis, and the exponent of their unit."""
        if self.positions is not None:
            distances = np.subtract.outer(self.positions, self.positions)
            exponent = math.frexp(float(distances.max()) or 1.0)[1]
            return [np.ldexp(distances, -exponent) ** 2], 2 * exponent
        exponent = math.frexp(max(self.lattice.spacing))[1]
        spacing = tuple(math.ldexp(s, -exponent) for s in self.lattice.spacing)
        unit = replace(self.lattice, spacing=spacing)
        return [axis_squares(unit, axis) for axis in range(len(unit.shape))], 2 * exponent

    def _unmoved(self, masses: Masses) -> GridTransport:
        """Equal masses, which stay where they are."""
        zeros = np.zeros(masses.p.shape)
        pixels = np.flatnonzero(masses.p)
        mass = masses.p.ravel()[pixels]
        arcs = Arcs(pixels, pixels, mass, np.zeros_like(mass))
        return GridTransport.of_arcs(arcs, (zeros, zeros), 0.0, masses, is_plan=True)

    def _squared_in_floats(self, masses: Masses) -> GridTransport:
        """Optimal transport under the squared distance, by coordinate."""
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


def _flow_in_box(lattice: Lattice, masses: Masses) -> LatticeFlow:
    """Optimal flow, computed within the box of the pixels whose masses differ.

    Shortest paths between these pixels stay in the box. The potential of a pixel outside is that
    of the nearest one in the box, which keeps it 1-Lipschitz.

    Returns:
        The optimum on all pixels.
    """
    supply = masses.excess
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
    exact = partial(_exact_supply, masses, box, small.shape)
    flow = _flow_of_axes(small, inner.reshape(small.shape), exact)
    potential = np.ldexp(flow.potential, exponent).reshape(inner.shape)
    widths = [(part.start, n - part.stop) for part, n in zip(box, lattice.shape, strict=True)]
    pixels = lattice.indices[box].ravel()
    arcs = _renumbered(flow.arcs, pixels, exponent)
    moves = None if flow.moves is None else _renumbered(flow.moves, pixels, exponent)
    cost, gap = (math.ldexp(value, exponent) for value in (flow.cost, flow.gap))
    potential = np.pad(potential, widths, mode="edge")
    return LatticeFlow(arcs, potential, cost, gap, flow.exact_proof, moves)


def _renumbered(arcs: Arcs, pixels: Indices, exponent: int) -> Arcs:
    """Arcs between the pixels of a box by their numbers in the grid, and in its unit of length."""
    cost = np.ldexp(arcs.cost, exponent)
    return replace(arcs, rows=pixels[arcs.rows], cols=pixels[arcs.cols], cost=cost)


def _exact_supply(masses: Masses, box: tuple[slice, ...], shape: tuple[int, ...]) -> ExactExcess:
    """Supply of the pixels of a box, without rounding."""
    excess = masses.exact_excess
    return ExactExcess(excess.numerators[box].reshape(shape), excess.denominator)


def _flow_of_axes(lattice: Lattice, supply: Floats, exact_supply: ExactSupply) -> LatticeFlow:
    """Optimal flow on a lattice; in closed form on one of a single axis."""
    if len(lattice.shape) == 1:
        n_gaps = lattice.size - (not lattice.periodic[0])
        return line_flow(np.full(n_gaps, lattice.spacing[0]), supply, exact_supply)
    if is_small(supply):
        return small_flow(lattice, supply, exact_supply)
    try:
        return lattice_flow(lattice, supply)
    except SolverError:
        if number_of_pairs(supply) <= MAX_EXACT_PAIRS:
            return small_flow(lattice, supply, exact_supply)
        raise SolverError(
            f"the spacings {lattice.spacing} or the masses span so many orders of magnitude that "
            "rounding leaves the cost open: pass the pixels as points, divergences.sampled.emd("
            "numpy.argwhere(p) * spacing, numpy.argwhere(q) * spacing, x_weights=p[p > 0], "
            f'y_weights=q[q > 0], metric="{lattice.metric}")'
        ) from None

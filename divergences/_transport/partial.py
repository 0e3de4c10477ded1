"""Transport of unequal masses: all of the lighter side goes, to where it costs least."""

import math

import numpy as np

from divergences._transport.certificate import EPS, Arcs
from divergences._transport.result import Optimum, proved
from divergences._transport.simplex import dense_transport
from divergences._typing import Floats

EQUAL = 4 * EPS  # part of the total by which equal totals may differ through rounding


def partial_optimum(p: Floats, q: Floats, cost: Floats, /, *, unit: int = 0) -> Optimum:
    """The cheapest plan that moves ``min(sum p, sum q)``, per unit of what it moves.

    A target that costs nothing takes what the heavier side keeps. It has the potential 0, so no potential
    of the heavier side is above 0.

    Args:
        p: Masses of the sources, at least 0, not all 0, shape ``(n,)``.
        q: Masses of the targets, likewise, shape ``(m,)``.
        cost: At least 0, shape ``(n, m)``.
        unit: The caller's costs are ``2**unit`` times these.

    Returns:
        The result; its masses are parts of the flow.

    Raises:
        SolverError: If the solver did not finish, or the result could not be proved optimal.
    """
    if _is_heavier(q, p):
        turned = partial_optimum(q, p, cost.T, unit=unit)
        arcs = Arcs(turned.arcs.cols, turned.arcs.rows, turned.arcs.mass, turned.arcs.cost)
        return Optimum(
            arcs, turned.target_potential, turned.source_potential, turned.cost, turned.gap
        )
    p, q = _parts_of_flow(p, q)
    kept = math.fsum(np.concatenate([p, -q]))
    if kept <= EQUAL:
        return dense_transport(p / math.fsum(p), q, cost, unit=unit)
    total = math.fsum(p)
    exponent = math.frexp(cost.max())[1]
    cost = np.ldexp(cost, -exponent)
    wide = np.hstack([cost, np.zeros((len(p), 1))])
    whole = dense_transport(p / total, np.append(q, kept) / total, wide, unit=exponent + unit)
    source_potential = np.minimum(whole.source_potential + whole.target_potential[-1], 0.0)
    target_potential = np.nextafter((cost - source_potential[:, None]).min(axis=0), -np.inf)
    moved = whole.arcs.cols < len(q)
    rows, cols, mass = (
        whole.arcs.rows[moved],
        whole.arcs.cols[moved],
        whole.arcs.mass[moved] * total,
    )
    # A source that keeps some of its mass has the potential 0; what it has does not matter, then.
    sent = np.bincount(rows, mass, len(p))
    held = np.where(source_potential < 0, p, sent)
    arcs = Arcs(rows, cols, mass, cost[rows, cols])
    return proved(
        arcs,
        held,
        q,
        (source_potential, target_potential),
        slack=0.0,
        exponent=exponent,
        unit=unit,
    )


def _is_heavier(p: Floats, q: Floats) -> bool:
    """Whether p has more mass than q."""
    unit = math.frexp(max(p.max(), q.max()))[1]
    p, q = np.ldexp(p, -unit), np.ldexp(q, -unit)
    return math.fsum(np.concatenate([p, -q])) > 0


def _parts_of_flow(p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Masses in units of the total of q, the lighter side.

    No source sends more than that total; one that has twice as much may as well have no more.

    Returns:
        Masses of p, at most 2, and of q.
    """
    unit = math.frexp(q.max())[1]
    q = np.ldexp(q, -unit)
    total = math.fsum(q)
    with np.errstate(over="ignore"):
        p = np.minimum(np.ldexp(p, -unit), 2 * total)
    return p / total, q / total

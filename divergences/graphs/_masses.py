"""Masses over the nodes of a graph: the excess of one distribution over another."""

from __future__ import annotations

import math
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from divergences import _checks
from divergences._checks.labels.axes import listed
from divergences._transport.double_double import (
    component_totals,
    difference_of_products,
    have_equal_totals,
)
from divergences._transport.exact_arithmetic import ExactExcess
from divergences._transport.excess import NEGLIGIBLE, lacks_digits, plain_excess
from divergences.errors import DistributionError, SolverError

if TYPE_CHECKING:
    from divergences._typing import Array, Floats
    from divergences.graphs._prepared import PreparedGraph

MAX_EXACT_NODES = 1 << 14  # of which integers take hundredths of a second
MAX_EXACT_COMPONENTS = 64  # whose totals have a common multiple of as many words
# Lengths of one order, relative to the longest one, and few nodes: the distance of a negligible
# part of the excess is then at most 2**30 times that of all of it.
MIN_LENGTH_ALIKE = 2.0**-20
MAX_NODES_ALIKE = 1 << 10
PLAIN_TOLERANCE = 5e-10  # of totals, relative; a difference between it and 1e-9 is checked exactly


def masses_of_nodes(
    p: Any, q: Any, graph: PreparedGraph, /
) -> tuple[ModuleType, tuple[Array, Array], tuple[int, ...]]:
    """Masses in the order of the nodes, as arrays of one namespace, and the shape of the batch.

    Args:
        p: Masses of the sources by position or by label, shape ``(..., n)``.
        q: Masses of the targets.
        graph: The graph.

    Returns:
        The namespace; both arrays; and the common shape of their leading axes.

    Raises:
        DistributionError: If they are no real numbers, not one for each node, a label is no node,
            or their leading axes do not broadcast.
    """
    arguments = {name: graph.nodes.values(name, value) for name, value in (("p", p), ("q", q))}
    xp = _checks.namespace(**arguments)
    like = _checks.first_array(*arguments.values())
    arrays = [_checks.real_array(k, v, xp, like=like) for k, v in arguments.items()]
    for name, array in zip(arguments, arrays, strict=True):
        graph.nodes.require_size(name, array)
    leading = [tuple(array.shape[:-1]) for array in arrays]
    try:
        shape = np.broadcast_shapes(*leading)
    except ValueError:
        raise DistributionError(
            f"the leading axes of `p` and `q` must broadcast, but are {leading[0]} and "
            f"{leading[1]}; the last axis is that of the nodes"
        ) from None
    return xp, (arrays[0], arrays[1]), shape


def excess_mass(
    p: Array, q: Array, graph: PreparedGraph, xp: ModuleType, /, *, index: tuple[int, ...] = ()
) -> Floats:
    """Masses of p less those of q, in units of the total, 0 in total in each component.

    Args:
        p: Masses of one problem, shape ``(n,)``.
        q: Likewise.
        graph: The graph.
        xp: The namespace of both.
        index: Index of the problem in a batch, for the error message.

    Returns:
        The excess, shape ``(n,)``, float64.

    Raises:
        DistributionError: If masses are invalid, their totals differ, or some mass is cut off.
    """
    try:
        _checks.masses("p", p, xp)
        _checks.masses("q", q, xp)
        _checks.equal_totals(p, q, xp)
        tolerance = 1e-5 if xp.float32 in (p.dtype, q.dtype) else 1e-9
        return _balanced(_values(p), _values(q), graph, tolerance)
    except DistributionError as error:
        if index:
            raise DistributionError(f"problem {list(index)}: {error}") from None
        raise


def excess_masses(
    p: Array,
    q: Array,
    graph: PreparedGraph,
    xp: ModuleType,
    indices: list[tuple[int, ...]],
    /,
) -> Floats:
    """Excess of several problems of a batch.

    Args:
        p: Masses of the sources, shape ``(..., n)``.
        q: Masses of the targets, of the same shape.
        graph: The graph.
        xp: The namespace of both.
        indices: Indices of the problems in the batch.

    Returns:
        The excess of each, as `excess_mass` has it, shape ``(k, n)``.

    Raises:
        DistributionError: If masses are invalid, their totals differ, or some mass is cut off.
    """
    if len(indices) > 1 and graph.components.max() == 0:
        chosen = tuple(np.transpose(indices))
        # Large excess may move along short edges, so that a small one decides the cost.
        alike = graph.n <= MAX_NODES_ALIKE and graph.shortest >= MIN_LENGTH_ALIKE
        excess = plain_excess(
            *(_values(masses[chosen]) for masses in (p, q)),
            tolerance=PLAIN_TOLERANCE,
            negligible=NEGLIGIBLE if alike else 0.0,
        )
        if excess is not None:
            return excess
    return np.array([excess_mass(p[i], q[i], graph, xp, index=i) for i in indices])


def exact_excess(p: Array, q: Array, graph: PreparedGraph, /) -> ExactExcess:
    """The excess of one problem without rounding, of masses that `excess_mass` takes."""
    component = graph.components
    if component.max() >= MAX_EXACT_COMPONENTS:  # whose common denominator is too long
        raise SolverError(
            f"`graph` has {component.max() + 1} components, and masses whose cost only exact "
            f"arithmetic has, which takes up to {MAX_EXACT_COMPONENTS}: remove those without mass"
        )
    return ExactExcess.of_components(_values(p), _values(q), component)


def _values(masses: Array) -> Floats:
    """Masses in float64, as a numpy array."""
    values: Floats = _checks.numpy_values(masses).astype(np.float64, copy=False)
    return values


def _balanced(p: Floats, q: Floats, graph: PreparedGraph, tolerance: float) -> Floats:
    """The excess, with q scaled to the mass of p in each connected component."""
    exponent = math.frexp(max(p.max(), q.max()))[1]
    p, q = np.ldexp(p, -exponent), np.ldexp(q, -exponent)
    component = graph.components
    p_totals, q_totals = component_totals(p, component), component_totals(q, component)
    total = p_totals[0].sum()
    p_share, q_share = p_totals[0] / total, q_totals[0] / q_totals[0].sum()
    cut = np.abs(p_share - q_share) > tolerance
    cut |= (p_totals[0] > 0) != (q_totals[0] > 0)
    if len(cut) > 1 and cut.any():
        _refuse_cut_off(graph, int(cut.argmax()), p_share, q_share)
    of_p, of_q = ((high[component], low[component]) for high, low in (p_totals, q_totals))
    numerator = difference_of_products(p, of_q, q, of_p)
    denominator = q_totals[0][component] * total
    excess = np.divide(numerator, denominator, out=np.zeros_like(p), where=denominator > 0)
    if len(p) <= MAX_EXACT_NODES and len(cut) <= MAX_EXACT_COMPONENTS:
        shares = p / total, q / q_totals[0].sum()
        agree = have_equal_totals(p, q, component)
        if lacks_digits(excess, *shares, agree[component], negligible=0.0):
            return ExactExcess.of_components(p, q, component).rounded()
    return excess


def _refuse_cut_off(graph: PreparedGraph, component: int, p: Floats, q: Floats) -> None:
    """Refuse masses of which one component of the graph holds unequal parts.

    Raises:
        DistributionError: Always; the message names nodes and masses.
    """
    nodes = np.flatnonzero(graph.components == component)
    names = listed([graph.nodes.labels[int(node)] for node in nodes[:5]])
    raise DistributionError(
        "mass cannot move between the connected components of `graph`, but in that of the "
        f"{len(nodes)} {'node' if len(nodes) == 1 else 'nodes'} {names}, `p` has "
        f"{p[component]:.6g} of its mass and `q` has {q[component]:.6g}; add edges that connect "
        "them, or compare the components one by one"
    )

"""Exact EMD on a graph under shortest-path distance: the public functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._checks.graphs import DEFAULT_WEIGHT
from divergences._transport.certificate import MAX_RELATIVE_GAP
from divergences._transport.gradients import cost_with_gradient
from divergences._transport.metric_batch import MAX_NODES, metric_costs
from divergences._transport.result import Optimum
from divergences._typing import Array, ArrayLike, Floats, of_pair
from divergences.errors import DistributionError, SolverError
from divergences.graphs._forest import SpanningForest
from divergences.graphs._masses import (
    exact_excess,
    excess_mass,
    excess_masses,
    masses_of_nodes,
)
from divergences.graphs._prepared import PreparedGraph, prepare
from divergences.graphs._result import GraphTransport, require_finite_costs
from divergences.graphs._solve import NO_FLOW, FlowOptimum, optimal_cost, optimal_flow

MAX_EXACT_NODES_OF_FOREST = 512  # whose masses are joined by few pairs
MAX_BLOCK_ENTRIES = 1 << 22  # masses of a batch that are solved at once


@of_pair
def emd(
    p: ArrayLike,
    q: ArrayLike,
    graph: Any,
    /,
    *,
    directed: bool | None = None,
    weight: str | None = DEFAULT_WEIGHT,
) -> Array:
    r"""Exact earth mover's distance between masses on a graph, under shortest-path distance.

    .. math:: \min_{g \ge 0} \sum_{ij} g_{ij} c_{ij}, \qquad
        \sum_j g_{ij} - \sum_j g_{ji} = p_i - q_i,

    the least cost of a flow along the edges, each of length :math:`c_{ij}`. Distances between all
    nodes are never computed. On graphs with at most one cycle in each component the flow has a
    closed form: on a tree, an edge carries the excess mass of the nodes beyond it.

    Masses are divided by their total, so they may be counts. Both may have leading axes, which
    broadcast: with `prepare`, many problems on one graph are solved quickly, and
    ``emd(p[:, None], p[None, :], graph)`` is a distance matrix.

    Args:
        p: Masses of the sources, shape ``(..., n)`` in the order of the nodes; or by node label: a
            mapping, a Series, the columns of a frame or a list of mappings. Nodes without a mass
            have 0.
        q: Masses of the targets, likewise, with the same total within 1e-9 of it (1e-5 in
            float32). In each connected component, p and q must have the same mass, within as
            much of the total; q is scaled to that of p.
        graph: A sparse matrix of scipy, whose stored entry [i, j] is the length of an edge from
            i to j, zeros included; a graph of networkx; or the result of `prepare`.
        directed: Whether edges are one-way. By default the kind of a graph of networkx; a
            symmetric matrix is undirected, and of any other one this must be stated.
        weight: Edge attribute of networkx that holds the lengths; if no edge has "weight", each
            has length 1, as with None.

    Returns:
        Distances, shape ``(...)``, at least 0, in the unit of the lengths: in closed form, or
        certified to a relative error of 1e-9 plus rounding (`transport` returns the certificate).
        In torch they carry the envelope gradient, which is the potential.

    Raises:
        DistributionError: If masses or lengths are negative, infinite or NaN, the totals differ, a
            label is no node, or some mass is cut off from all nodes that lack it.
        SolverError: If the solver did not finish, or the result could not be certified as optimal.

    Source:
        Peyre and Cuturi 2019, "Computational optimal transport", section 6.3 (W1 on a graph).

    >>> from scipy.sparse import csr_array
    >>> path = csr_array([[0, 2, 0], [2, 0, 3], [0, 3, 0]])
    >>> float(emd([1, 0, 0], [0, 0.5, 0.5], path))
    3.5
    >>> float(emd({0: 1}, {1: 0.5, 2: 0.5}, path))
    3.5
    """
    prepared = prepare(graph, directed=directed, weight=weight)
    xp, (p_array, q_array), shape = masses_of_nodes(p, q, prepared)
    dtype = xp.result_type(p_array, q_array)
    p_array, q_array = (xp.broadcast_to(a, (*shape, prepared.n)) for a in (p_array, q_array))
    if not array_api_compat.is_numpy_namespace(xp):
        return _with_gradients(p_array, q_array, prepared, xp, dtype, shape)
    indices = list(np.ndindex(shape))
    size = max(1, MAX_BLOCK_ENTRIES // prepared.n)
    blocks = [indices[start : start + size] for start in range(0, len(indices), size)]
    solved = [_costs(p_array, q_array, prepared, xp, block) for block in blocks]
    costs = np.concatenate([*solved, np.empty(0)]).reshape(shape)
    return _checks.scalar(_in_unit(costs, prepared, dtype), dtype, xp)


def transport(
    p: ArrayLike,
    q: ArrayLike,
    graph: Any,
    /,
    *,
    directed: bool | None = None,
    weight: str | None = DEFAULT_WEIGHT,
) -> GraphTransport:
    """Optimal flow between masses on a graph, with a 1-Lipschitz potential that certifies it.

    The linear program of `emd`.

    Args:
        p: Masses of the sources, shape ``(n,)`` in the order of the nodes, or by node label.
        q: Masses of the targets, likewise, with the same total.
        graph: A sparse matrix of lengths, a graph of networkx, or the result of `prepare`.
        directed: Whether edges are one-way, as in `emd`.
        weight: Edge attribute of networkx that holds the lengths, as in `emd`.

    Returns:
        Cost, potential, flow along the edges and duality gap; the arrays are numpy arrays.

    Raises:
        DistributionError: If masses or lengths are negative, infinite or NaN, the totals differ, a
            label is no node, or some mass is cut off from all nodes that lack it.
        SolverError: If the solver did not finish, or the result could not be certified as optimal.

    >>> from scipy.sparse import csr_array
    >>> path = csr_array([[0, 2, 0], [2, 0, 3], [0, 3, 0]])
    >>> solved = transport([1, 0, 0], [0, 0.5, 0.5], path)
    >>> solved.cost, solved.flow.toarray().tolist()
    (3.5, [[0.0, 1.0, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    >>> solved.plan().toarray().tolist()
    [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    prepared = prepare(graph, directed=directed, weight=weight)
    xp, (p_array, q_array), shape = masses_of_nodes(p, q, prepared)
    if shape:
        raise DistributionError(
            f"`p` and `q` must be one problem for a flow, but their leading axes are {shape}; "
            "call divergences.graphs.transport for each, or divergences.graphs.emd for costs only"
        )
    excess = excess_mass(p_array, q_array, prepared, xp)
    exact = partial(exact_excess, p_array, q_array, prepared)
    optimum = optimal_flow(prepared, excess, exact)
    common = np.minimum(_checks.normalised(p_array), _checks.normalised(q_array))
    return GraphTransport.of(optimum, prepared, (excess, common))


def _costs(
    p: Array, q: Array, graph: PreparedGraph, xp: ModuleType, block: list[tuple[int, ...]]
) -> Floats:
    """Optimal costs of the problems of a batch at some indices, in the unit of the arcs."""
    excess = excess_masses(p, q, graph, xp, block)
    costs = np.full(len(block), np.nan)
    if graph.closed_form is not None:
        costs = _closed_form_costs(graph.closed_form, excess)
    elif len(block) > 1 and graph.n <= MAX_NODES and graph.is_strongly_connected:
        nodes = np.arange(graph.n)
        costs = metric_costs(excess, graph.distances(nodes, nodes))
    for k in np.flatnonzero(np.isnan(costs)):
        with _naming(block[k]):
            exact = partial(exact_excess, p[block[k]], q[block[k]], graph)
            costs[k] = optimal_cost(graph, excess[k], exact)
    return costs


def _closed_form_costs(forest: SpanningForest, excess: Floats) -> Floats:
    """Costs in closed form; NaN where rounding matters, and exact arithmetic takes little time."""
    costs = forest.costs(excess)
    if excess.shape[1] > MAX_EXACT_NODES_OF_FOREST:
        return costs
    return np.where(forest.largest_errors(excess) <= MAX_RELATIVE_GAP * costs, costs, np.nan)


@contextmanager
def _naming(index: tuple[int, ...]) -> Iterator[None]:
    """Errors of one problem of a batch begin with its index."""
    try:
        yield
    except (DistributionError, SolverError) as error:
        if not index:
            raise
        raise type(error)(f"problem {list(index)}: {error}") from None


def _in_unit(costs: Floats, graph: PreparedGraph, dtype: Any) -> Floats:
    """Costs in the caller's unit of length, as numpy numbers of a type."""
    with np.errstate(over="ignore"):
        values = np.ldexp(costs, graph.exponent)
    require_finite_costs(values)
    if values.size and values.max() > float(np.finfo(dtype).max):
        raise DistributionError(
            f"the distance is {values.max():.6g}, more than {dtype} can hold; pass float64"
        )
    return values.astype(dtype)


def _with_gradients(
    p: Array, q: Array, graph: PreparedGraph, xp: ModuleType, dtype: Any, shape: tuple[int, ...]
) -> Array:
    """Distances of a batch in the arrays' namespace, with their gradients."""
    like = p if p.dtype == dtype else q
    values = []
    for index in np.ndindex(shape):
        problem = p[index], q[index]
        excess = excess_mass(*problem, graph, xp, index=index)
        with _naming(index):
            flow = optimal_flow(graph, excess, partial(exact_excess, *problem, graph))
            optimum = _optimum_of_potential(flow, graph)
            values.append(cost_with_gradient(optimum, _no_costs(xp), problem, like, xp))
    if not values:
        return xp.zeros(shape, dtype=dtype)
    return xp.reshape(xp.stack(values), shape)


def _optimum_of_potential(flow: FlowOptimum, graph: PreparedGraph) -> Optimum:
    """The optimum in the caller's unit, with the potential as that of sources and of targets."""
    potentials = flow.potential, -flow.potential
    return Optimum(NO_FLOW, *potentials, flow.cost, flow.gap).scaled_with_rounding(graph.exponent)


def _no_costs(xp: ModuleType) -> Callable[[Array, Array], Array]:
    """Function of the costs of no arcs: those of a graph are constants."""

    def arc_costs(rows: Array, _: Array) -> Array:
        return xp.zeros(rows.shape, dtype=xp.float64)

    return arc_costs

"""Minimum-cost flow on networks, against linear programming."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from divergences import SolverError
from divergences._transport.certificate import Arcs
from divergences._transport.network_flow import (
    BasicFlow,
    Network,
    flow_gap,
    forest_flow,
    optimal_flow,
    refined_flow,
    signed_forest_flow,
)
from divergences.grids._flow import lattice_flow
from divergences.grids._lattice import Lattice


@st.composite
def networks(draw):
    """A strongly connected network with whole costs, which have ties, and its supply."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, 9))
    arcs = rng.random((n, n)) < 0.6
    arcs[np.arange(n), (np.arange(n) + 1) % n] = True
    np.fill_diagonal(arcs, val=False)
    tails, heads = np.nonzero(arcs)
    cost = rng.integers(0, 4, len(tails)) + draw(st.sampled_from([0.0, 0.3]))
    supply = rng.integers(-3, 4, n).astype(float)
    supply[0] -= supply.sum() - 1
    supply[1] -= 1
    return Network.of(n, tails, heads, cost.astype(float)), supply


def cost_and_gap(network, flow, supply):
    """Cost of a basic flow, and its duality gap."""
    mass = forest_flow(network, flow.arcs, supply)
    chosen = network.subset(flow.arcs)
    arcs = Arcs(chosen.tails, chosen.heads, mass, chosen.cost)
    diameter = float(network.cost.sum())
    gap, _ = flow_gap(arcs, supply, flow.potential, diameter=diameter)
    return arcs.total_cost(), gap


@settings(max_examples=50)
@given(networks())
def test_flow_is_that_of_linear_programming_with_a_proof(problem):
    network, supply = problem
    if not supply.any():
        return
    incidence = np.zeros((network.n_nodes, len(network.cost)))
    incidence[network.tails, np.arange(len(network.cost))] = 1
    incidence[network.heads, np.arange(len(network.cost))] = -1
    expected = linprog(network.cost, A_eq=incidence, b_eq=supply).fun
    flow = optimal_flow(network, supply)
    again = optimal_flow(network, supply, start=flow)
    for solution in (flow, again):
        cost, gap = cost_and_gap(network, solution, supply)
        assert cost == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert network.reduced_costs(solution.potential).min() >= -1e-12
        assert gap <= 1e-12 * (1 + cost)


def test_restart_after_a_new_arc_takes_it():
    network = Network.of(3, np.array([0, 1]), np.array([1, 2]), np.ones(2))
    supply = np.array([1.0, 0.0, -1.0])
    flow = optimal_flow(network, supply)
    wider = network.union(Network(3, np.array([0]), np.array([2]), np.array([1.5])))
    start = BasicFlow(flow.potential, wider.locate(network.keys[flow.arcs]))
    cost, gap = cost_and_gap(wider, optimal_flow(wider, supply, start=start), supply)
    assert (cost, gap <= 1e-14) == (1.5, True)


def test_supply_that_reaches_no_demand_is_an_error():
    network = Network.of(3, np.array([0, 1]), np.array([1, 0]), np.ones(2))
    with pytest.raises(SolverError, match="do not join supply and demand"):
        optimal_flow(network, np.array([1.0, 0.0, -1.0]))


def test_arcs_in_a_cycle_are_no_forest():
    network = Network.of(3, np.array([0, 1, 2]), np.array([1, 2, 0]), np.ones(3))
    assert forest_flow(network, np.arange(3), np.array([1.0, 0.0, -1.0])) is None


def test_flow_that_lost_mass_has_a_gap_even_where_the_potential_is_0():
    supply, potential = np.array([1.0, 0.0, -1.0]), np.zeros(3)
    ends = np.array([0]), np.array([2])
    costless = Arcs(*ends, np.array([0.9]), np.array([0.0]))
    gap, rounding = flow_gap(costless, supply, potential, diameter=5.0)
    assert gap == pytest.approx(2 * 0.1 * 5.0)
    assert rounding < 1e-12
    nothing = Arcs(ends[0][:0], ends[1][:0], np.empty(0), np.empty(0))
    assert flow_gap(nothing, supply, potential, diameter=5.0)[0] == 10.0


def test_flow_against_an_arc_keeps_all_mass_if_signed():
    network = Network.of(3, np.array([0, 1]), np.array([1, 2]), np.ones(2))
    supply = np.array([1.0, -1.25, 0.25])
    assert signed_forest_flow(network, np.arange(2), supply).tolist() == [1.0, -0.25]
    assert forest_flow(network, np.arange(2), supply).tolist() == [1.0, 0.0]


def test_throughput_is_the_share_of_the_mass_that_passes_a_node():
    network = Network.of(4, np.array([0, 1, 0, 2]), np.array([1, 3, 2, 3]), np.ones(4))
    wide = Network.of(4, network.tails, network.heads, np.array([1.0, 9.0, 1.0, 1.0]))
    supply = np.array([1.0, -0.25, 0.0, -0.75])
    assert optimal_flow(wide, supply).throughput == pytest.approx(0.75, rel=1e-9)


@pytest.mark.parametrize("rounding", [1e-7, 1e-10])
def test_refinement_removes_the_rounding_of_costs(rounding):
    rng = np.random.default_rng(0)
    lattice = Lattice((9, 9), (1.0, 1.0), (False, False))
    network, supply = lattice.network(lattice.offsets[:40]), rng.normal(size=81)
    supply -= supply.mean()
    rounded = network.cost * (1 + rounding * rng.uniform(-1, 1, len(network.cost)))
    ends = network.tails, network.heads
    nearly_optimal = optimal_flow(Network(network.n_nodes, *ends, rounded), supply)
    refined = refined_flow(network, supply, nearly_optimal)
    assert network.reduced_costs(nearly_optimal.potential).min() < -rounding / 10
    reduced = network.reduced_costs(refined.potential)
    assert reduced.min() >= -1e-14
    assert np.abs(reduced[refined.arcs]).max() <= 1e-14


def test_refinement_starts_from_arcs_that_the_potential_is_off_at():
    rng = np.random.default_rng(0)
    lattice = Lattice((7, 7), (1.0, 1.0), (False, False))
    network, supply = lattice.network(lattice.offsets[:40]), rng.normal(size=49)
    supply -= supply.mean()
    optimum = optimal_flow(network, supply)
    shifted = optimum.potential - 1e-4 * (np.arange(49) == np.argmax(supply))
    refined = refined_flow(network, supply, BasicFlow(shifted, optimum.arcs))
    assert set(refined.arcs) == set(optimum.arcs)
    assert np.abs(network.reduced_costs(refined.potential)[refined.arcs]).max() <= 1e-14


def test_rounding_of_all_rounds_is_refined(monkeypatch):
    rng = np.random.default_rng(0)
    supply = rng.normal(size=(20, 20))
    supply -= supply.mean()

    def rounded_flow(network, flat, *, start=None):
        flow = optimal_flow(network, flat, start=start)
        noise = 2e-10 * np.random.default_rng(1).uniform(-1, 1, network.n_nodes)
        return BasicFlow(flow.potential + noise, flow.arcs, flow.throughput)

    monkeypatch.setattr("divergences.grids._flow.optimal_flow", rounded_flow)
    flow = lattice_flow(Lattice((20, 20), (1.0, 1.0), (False, False)), supply)
    assert flow.gap <= 1e-13 * flow.cost

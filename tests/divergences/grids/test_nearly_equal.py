"""Nearly equal histograms: as many digits of the distance as of any other one."""

import itertools
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from numpy.testing import assert_allclose

import divergences
import divergences.grids._small
from divergences import graphs, grids
from divergences.grids._problem import GridCost
from tests.divergences.grids.small_grids import cost_matrix


def nearly_equal(rng, shape, size):
    """Two images whose entries differ by a relative size, with rounded totals."""
    p = rng.random(shape) * 10.0 ** rng.integers(-6, 1, shape)
    q = p * (1 + size * rng.uniform(-1, 1, shape))
    return p / p.sum(), q / q.sum()


def exact_excess(p, q):
    """Shares of p less those of q, as fractions."""
    p, q = ([Fraction(x) for x in a.ravel().tolist()] for a in (p, q))
    return [a / sum(p) - b / sum(q) for a, b in zip(p, q, strict=True)]


def cost_on_cycle(excess):
    """Exact distance on a cycle of edges of length 1: flows past a median."""
    flows = [sum(excess[: k + 1]) for k in range(len(excess))]
    return min(sum(abs(flow - constant) for flow in flows) for constant in flows)


@pytest.mark.parametrize("size", [1e-3, 1e-7, 1e-12, 1e-15])
def test_distances_agree_with_exact_rational_arithmetic(size):
    rng = np.random.default_rng(0)
    for _ in range(10):
        p, q = nearly_equal(rng, (9,), size)
        excess = exact_excess(p, q)
        line = sum(abs(sum(excess[: k + 1])) for k in range(9))
        assert_allclose(float(grids.emd(p, q)), float(line), rtol=1e-12)
        circle = float(grids.emd(p, q, periodic=True))
        assert_allclose(circle, float(cost_on_cycle(excess)), rtol=1e-12)
        p, q = nearly_equal(rng, (2, 2), size)
        a, b, c, d = exact_excess(p, q)
        square = float(cost_on_cycle([a, b, d, c]))
        assert_allclose(float(grids.emd(p, q, metric="cityblock")), square, rtol=1e-12)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
@pytest.mark.parametrize("shape", [(5, 6), (17, 9)])
def test_distance_is_that_of_the_exact_excess(metric, shape):
    p, q = nearly_equal(np.random.default_rng(1), shape, 1e-9)
    excess = exact_excess(p, q)
    sources, targets = (np.array([float(max(s * e, 0)) for e in excess]) for s in (1, -1))
    moved = sources.sum()
    cost = cost_matrix(shape, metric=metric, spacing=(1.0, 1.0), periodic=(False, False))
    expected = moved * float(divergences.emd(sources / moved, targets / targets.sum(), cost))
    solved = grids.transport(p, q, metric=metric)
    assert_allclose(solved.cost, expected, rtol=1e-12)
    assert solved.gap <= 1e-10 * solved.cost
    rows, cols = solved.plan().coords
    assert_allclose(solved.plan().data @ cost[rows, cols], expected, rtol=1e-11)
    batch = grids.emd(np.stack([p, q]), q, metric=metric, axes=(-2, -1))
    assert_allclose(batch, [expected, 0.0], rtol=1e-12)


@pytest.mark.parametrize("max_pairs", [0, 10**6])
@pytest.mark.parametrize("size", [1e-2, 1e-9])
def test_cityblock_distance_is_that_on_the_graph_of_neighbors(size, max_pairs, monkeypatch):
    monkeypatch.setattr(divergences.grids._small, "MAX_PAIRS", max_pairs)
    p, q = nearly_equal(np.random.default_rng(2), (12, 15), size)
    graph = nx.to_scipy_sparse_array(nx.grid_2d_graph(12, 15))
    expected = float(graphs.emd(p.ravel(), q.ravel(), graph))
    solved = grids.transport(p, q, metric="cityblock")
    assert_allclose(solved.cost, expected, rtol=1e-12)
    assert solved.gap <= 1e-10 * expected


@pytest.mark.parametrize("periodic", [False, True])
def test_plans_of_unequal_bins_have_the_cost_below_the_rounding_of_masses(periodic):
    edges = np.array([0.0, 2.0**-60, 2.0**-59, 2.0**10, 2.0**20])
    centers = (edges[1:] + edges[:-1]) / 2
    cost = np.abs(centers[:, None] - centers)
    if periodic:
        cost = np.minimum(cost, edges[-1] - cost)
    p, q = np.array([1.0, 0.0, 1e-20, 0.0]), np.array([0.0, 1.0, 0.0, 3e-20])
    assert grids.transport(p, q, edges=edges, periodic=periodic).exact_proof
    for first, second in ((p, q), (q, p), (p[::-1], q[::-1]), (np.roll(p, 1), np.roll(q, 1))):
        solved = grids.transport(first, second, edges=edges, periodic=periodic)
        plan = solved.plan()
        assert_allclose(plan.data @ cost[plan.coords], solved.cost, rtol=1e-12)
        assert_allclose(plan.sum(axis=1), solved.p, rtol=0, atol=1e-15)
        assert_allclose(plan.sum(axis=0), solved.q, rtol=0, atol=1e-15)


def test_squared_potentials_are_feasible_as_real_numbers():
    spacing, shape = (0.7, 1.3), (5, 6)
    p, q = np.random.default_rng(3).random((2, *shape))
    solved = grids.transport(p / p.sum(), q / q.sum(), metric="sqeuclidean", spacing=spacing)
    assert not solved.exact_proof
    u, v = (
        [Fraction(x) for x in f.ravel().tolist()]
        for f in (solved.potential, solved.target_potential)
    )
    pixels = np.argwhere(np.ones(shape)).tolist()
    for (i, x), (j, y) in itertools.product(enumerate(pixels), repeat=2):
        steps = (Fraction(a - b) * Fraction(s) for a, b, s in zip(x, y, spacing, strict=True))
        assert u[i] + v[j] <= sum(step**2 for step in steps)


def test_gap_of_squared_costs_covers_the_rounding_of_the_shares(monkeypatch):
    p, q = np.random.default_rng(4).random((2, 6, 6))
    solved = grids.transport(p / p.sum(), q / q.sum(), metric="sqeuclidean")
    rounding = 1e-10 * solved.cost
    monkeypatch.setattr(GridCost, "_rounding_of_shares", lambda *_: rounding)
    wider = grids.transport(p / p.sum(), q / q.sum(), metric="sqeuclidean")
    assert rounding <= wider.gap <= rounding + solved.gap


def test_rounding_of_shares_is_that_of_excess_and_common_mass():
    image = np.zeros((12, 12))
    image[:9, :9] = np.random.default_rng(4).random((9, 9))
    moved = np.roll(image, (2, 3), (0, 1))
    solved = grids.transport(image, moved, metric="sqeuclidean")
    heights = np.abs(solved.potential + solved.target_potential)
    common = float((np.minimum(solved.p, solved.q) * heights).sum())
    assert solved.gap >= 2.0**-52 * (common + 4 * solved.cost)
    assert abs(solved.cost - 13) <= solved.gap

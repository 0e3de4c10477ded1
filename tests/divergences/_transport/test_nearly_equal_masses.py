"""Masses of all orders of magnitude that hardly differ: cost of the difference, or an error."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

import divergences._transport.simplex
from divergences import DistributionError, SolverError, emd, graphs, grids, sampled, transport
from divergences._transport.exact_arithmetic import ExactExcess
from divergences._transport.simplex import dense_transport
from divergences._transport.simplex_run import _on_forest
from tests.divergences._transport.exact_oracle import exact_emd
from tests.divergences.grids.small_grids import cost_matrix

SMALLEST = 5e-324
# The excess of the second mass is 1e-110 of the rounding of the first one.
FAR_BELOW_ROUNDING = (
    np.array([1, 1e-112, 1e-252]),
    np.array([1, 9.999999999295996e-113, 9.999999998771926e-253]),
)


def distances(n):
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(float)


@st.composite
def nearly_equal_masses(draw, shapes):
    """Masses of up to 300 orders of magnitude, some of which differ by 1e-16 to 1e-2 of them."""
    shape = draw(st.sampled_from(shapes))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    width, size = draw(st.sampled_from([0, 20, 250])), 10.0 ** -draw(st.integers(2, 16))
    p = rng.random(shape) * 10.0 ** -rng.integers(0, width + 1, shape)
    q = p * (1 + size * rng.uniform(-1, 1, shape) * (rng.random(shape) < 0.6))
    if draw(st.booleans()):
        q = q.ravel()[::-1].reshape(shape)
    return p, q * (p.sum() / q.sum())


def assert_is_proved(solved, truth):
    """The cost is the true one, and its gap is both small and as large as the error."""
    assert abs(Fraction(solved.cost) - truth) <= Fraction(solved.gap) + Fraction(SMALLEST)
    assert solved.gap <= 1e-9 * solved.cost + 1e-300


@settings(max_examples=40)
@given(nearly_equal_masses([(2,), (3,), (5,)]))
@example(FAR_BELOW_ROUNDING)
@example((np.array([1.0, 2.0**-53, 0.0]), np.array([1.0, 0.0, 2.0**-53])))
def test_histograms_cost_what_rational_arithmetic_says(problem):
    p, q = problem
    cost = distances(len(p))
    solved = transport(p, q, cost)
    assert_is_proved(solved, exact_emd(p, q, cost))
    assert emd(p, q, cost) == solved.cost


@settings(max_examples=40)
@given(nearly_equal_masses([(3,), (2, 2), (2, 3)]), st.sampled_from(range(7)))
@example(FAR_BELOW_ROUNDING, 0)
@example((np.array([0.0, 1.0, 1.5e-20]), np.array([1.8e-31, 1.0, 0.0])), 5)
def test_grids_cost_what_rational_arithmetic_says(problem, kind):
    metric: Any = ("cityblock", "chebyshev", "sqeuclidean")[kind % 3]
    p, q = problem
    options: Any = {"spacing": (1.0, 256.0)[: p.ndim], "periodic": (kind > 3, False)[: p.ndim]}
    cost = cost_matrix(p.shape, metric=metric, **options)
    solved = grids.transport(p, q, metric=metric, **options)
    truth = exact_emd(p.ravel(), q.ravel(), cost)
    assert_is_proved(solved, truth)
    assert float(grids.emd(p, q, metric=metric, **options)) == pytest.approx(solved.cost, rel=1e-9)


def test_bins_on_a_circle_of_unequal_widths():
    edges = np.array([0.0, 1e-9, 1.0, 1.0 + 2.0**-40, 64.0])
    p, q = np.array([1, 1e-30, 1e-90, 1e-200]), np.array([1, 2e-30, 1e-90, 3e-200])
    centers = [(Fraction(a) + Fraction(b)) / 2 for a, b in pairwise(edges)]
    around = [[min(abs(a - b), 64 - abs(a - b)) for a in centers] for b in centers]
    solved = grids.transport(p, q, edges=edges, periodic=True)
    assert_is_proved(solved, exact_emd(p, q, np.array(around, dtype=float)))


@settings(max_examples=40)
@given(nearly_equal_masses([(4,), (6,)]), st.booleans())
@example(
    (
        np.array([1e-107, 1e-156, 1e-253, 1e-140, 1e-189, 1e-252]),
        np.array([1e-252, 1e-189, 1e-140, 1e-253, 1e-156, 1e-107]),
    ),
    False,
)
def test_graphs_with_edges_of_length_0(problem, is_tree):
    p, q = problem
    n = len(p)
    edges = {(i, i + 1): float(i % 3 % 2) for i in range(n - 1)}
    if not is_tree:  # two chords, so that there is no closed form
        edges |= {(0, 2): 0.0, (0, n - 1): 2.0}
    distance = np.where(np.eye(n), 0.0, np.inf)
    for (i, j), length in edges.items():
        distance[i, j] = distance[j, i] = length
    for k in range(n):
        distance = np.minimum(distance, distance[:, k, None] + distance[k])
    ends = np.array([*edges, *((j, i) for i, j in edges)]).T
    graph = coo_array((np.tile(list(edges.values()), 2), tuple(ends)), shape=(n, n))
    solved = graphs.transport(p, q, graph)
    assert_is_proved(solved, exact_emd(p, q, distance))
    assert float(graphs.emd(p, q, graph)) == pytest.approx(solved.cost, rel=1e-9)


def test_too_many_pairs_for_exact_arithmetic_leave_an_honest_gap(monkeypatch):
    monkeypatch.setattr(divergences._transport.simplex, "MAX_EXACT_PAIRS", 1)
    p, q = np.array([1.0, 2.0**-60]), np.array([1.0, 2.0**-61])
    solved = transport(p, q, distances(2))
    assert abs(solved.cost - 2.0**-61) <= solved.gap <= 1e-15
    equal = transport(p, p, distances(2))
    assert (equal.cost, equal.gap) == (0.0, 0.0)


def test_squared_costs_below_rounding_are_refused_with_a_remedy_that_runs():
    p = np.random.default_rng(0).random((32, 33))
    q = p.copy()
    q[3, 4] *= 1 + 1e-13
    with pytest.raises(SolverError, match='pass metric="euclidean" with order=1'):
        grids.emd(p, q, metric="sqeuclidean")
    solved = grids.transport(p, q, metric="euclidean", order=1)
    assert 0 < solved.gap <= 1e-9 * solved.cost
    assert grids.emd(p[:9, :9], q[:9, :9], metric="sqeuclidean") > 0


def test_totals_that_differ_beyond_twice_the_precision_are_not_equal():
    p, q = np.array([1, 0, 2.0**-80, 2.0**-200]), np.array([1, 2.0**-80, 0, 0])
    ends = [0, 0, 1, 3, 1, 2], [3, 1, 2, 0, 0, 1]
    graph = coo_array(([1.0, 1.0, 0.0] * 2, ends), shape=(4, 4))
    assert float(graphs.emd(p, q, graph)) == pytest.approx(2.0**-200, rel=1e-12, abs=0)
    batch = graphs.emd(np.stack([p, p]), np.stack([q, q]), graph)
    assert batch == pytest.approx(2.0**-200, rel=1e-12, abs=0)
    assert float(graphs.emd(p, p[[0, 2, 1, 3]], graph)) == 0  # moves along the edge of length 0


def test_excess_in_integers_is_balanced_in_each_component():
    p, q = np.array([3e-9, 1e-30, 2.0, 1e200]), np.array([1e-9, 1e-9, 2.1, 1e200])
    excess = ExactExcess.of_components(p, q, np.array([0, 0, 1, 1]))
    assert sum(excess.numerators[:2]) == sum(excess.numerators[2:]) == 0
    shares = [Fraction(int(e), excess.denominator) for e in excess.numerators]
    total = sum(map(Fraction, p))
    first = sum(map(Fraction, p[:2])) / sum(map(Fraction, q[:2]))
    assert shares[0] == (Fraction(p[0]) - first * Fraction(q[0])) / total


def test_spacings_of_many_orders_of_magnitude_are_proved():
    p, q = np.random.default_rng(0).random((2, 15, 15))
    q *= p.sum() / q.sum()
    for wide in (1e3, 1e9):
        solved = grids.transport(p, q, spacing=(1.0, wide))
        assert 0 < solved.gap <= 1e-10 * solved.cost


def test_partial_plan_by_columns_of_weights_far_apart():
    x, y = np.random.default_rng(0).normal(size=(2, 5, 2))
    weights = {"x_weights": [0.7, 0.5, 0.8, 0.1, 0.1], "y_weights": [0.01, 1e-10, 1e-13, 0, 1e-16]}
    costs = [
        sampled.partial_transport(x, y, method=method, order=2.0, **weights).cost
        for method in ("dense", "columns")
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)


def test_flow_of_a_batch_of_images_is_refused():
    image = np.array([[0.5, 0.5]])
    with pytest.raises(DistributionError, match=r"one problem for a flow, .* are \(2,\)"):
        grids.transport(image, [image, image])


def test_spacing_may_be_an_array_without_axes():
    assert float(grids.emd([1, 0], [0, 1], spacing=np.array(2.0))) == 2.0
    assert float(grids.emd([[1, 0]], [[0, 1]], spacing=np.array([2.0, 3.0]))) == 3.0


def test_rounding_of_shares_counts_at_the_largest_cost():
    p, q = np.array([0.3010151248935995, 0.6989848751064006]), np.array([0.3010151248935995, 0])
    q[1] = np.nextafter(p[1], 0)
    cost = np.array([[1e48, 4e21], [5e97, 6e73]])
    assert_is_proved(transport(p, q, cost), exact_emd(p, q, cost))


def test_forest_with_a_long_edge_moves_a_mass_below_rounding():
    p, q = np.array([6.4e-57, 1.0, 7.1e-23]), np.array([3.2e-61, 1.0, 7.2e-20])
    for lengths in ([4194304.0, 0.0], [2.0**57, 2.0**-35]):
        ends = np.array([[0, 1, 1, 2], [1, 0, 2, 1]])
        graph = coo_array((np.repeat(lengths, 2), tuple(ends)), shape=(3, 3))
        position = np.array([0.0, lengths[0], lengths[0]])
        cost = np.abs(np.subtract.outer(position, position))
        cost[1, 2] = cost[2, 1] = lengths[1]
        solved = graphs.transport(p, q, graph)
        assert_is_proved(solved, exact_emd(p, q, cost))


@pytest.mark.parametrize("periodic", [False, True])
def test_plan_of_bins_whose_potentials_are_equal_by_rounding(periodic):
    edges = np.array([0.0, 2.0**-28, 1.25 * 2.0**-28, 2.0**36, 2.0**36 + 32])
    p, q = np.array([0.0, 0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0, 1e-6])
    solved = grids.transport(p, q / q.sum(), edges=edges, periodic=periodic)
    plan = solved.plan().toarray()
    np.testing.assert_allclose(plan.sum(axis=0), solved.q, atol=1e-15)
    np.testing.assert_allclose(plan.sum(axis=1), solved.p, atol=1e-15)


@pytest.mark.parametrize("edges", [None, np.arange(8.0) ** 2])
@pytest.mark.parametrize("periodic", [False, True])
def test_lines_in_integers_cost_what_they_do_in_floats(monkeypatch, edges, periodic):
    p, q = np.random.default_rng(0).random((2, 7))
    q *= p.sum() / q.sum()
    expected = grids.transport(p, q, edges=edges, periodic=periodic).cost
    monkeypatch.setattr("divergences.grids._line.MAX_RELATIVE_GAP", 0.0)
    solved = grids.transport(p, q, edges=edges, periodic=periodic)
    assert solved.exact_proof
    assert solved.cost == pytest.approx(expected, rel=1e-14, abs=0)
    assert 0 < solved.gap <= 1e-14 * solved.cost


def test_plan_without_cost_has_the_rounding_of_its_masses_as_gap(monkeypatch):
    monkeypatch.setattr(divergences._transport.simplex, "MAX_EXACT_PAIRS", 1)
    half = np.full(2, 0.5)
    optimum = dense_transport(half, half, np.array([[0.0, 8.0], [8.0, 0.0]]))
    assert (optimum.cost, optimum.gap >= 8 * 2.0**-52) == (0.0, True)


def test_completed_plan_has_no_more_arcs_than_a_basic_solution():
    rows, cols, mass = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.full(4, 0.25)
    half = np.full(2, 0.5)
    i, j, kept = _on_forest(rows, cols, mass, half, half)
    assert len(kept) <= 3
    assert np.bincount(i, kept, 2).tolist() == [0.5, 0.5]
    assert np.bincount(j, kept, 2).tolist() == [0.5, 0.5]

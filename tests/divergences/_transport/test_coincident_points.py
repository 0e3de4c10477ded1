"""Coincident points: merged, separated again, and certified over the original points."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from divergences import SolverError, lipschitz_witness, sampled
from divergences._transport import coincident_points
from divergences._transport.certificate import Arcs
from divergences._transport.coincident_points import CoincidentPoints, DistinctPoints
from divergences._transport.common_mass import CommonMass
from divergences._transport.ground import GroundCost
from divergences._transport.simplex import dense_transport
from divergences.sampled._two_sample.emd_statistic import EmdStatistic

COSTS = [("euclidean", 1.0), ("cityblock", 1.0), ("chebyshev", 1.0), ("euclidean", 2.0)]


@pytest.fixture
def every_problem_is_searched(monkeypatch):
    monkeypatch.setattr(coincident_points, "MIN_SEARCHED_PAIRS", 0)


def lattice(seed, n, m, d=2, *, sides=3):
    """Two samples of integers, and weights some of which are 0."""
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(0, sides, size=(size, d)).astype(float) for size in (n, m))
    p, q = (np.append(rng.integers(0, 4, size=size - 1), 1.0) for size in (n, m))
    return x, y, p, q


def cost_matrix(x, y, metric, order):
    return cdist(x, y, metric) ** order


@pytest.mark.parametrize(("metric", "order"), COSTS)
@pytest.mark.parametrize("method", [None, "columns"])
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))
@pytest.mark.usefixtures("every_problem_is_searched")
def test_the_plan_and_the_potentials_are_of_the_original_points(
    metric, order, method, seed, n, m, d
):
    x, y, p, q = lattice(seed, n, m, d)
    result = sampled.transport(
        x, y, x_weights=p, y_weights=q, metric=metric, order=order, method=method
    )
    p, q, cost = p / p.sum(), q / q.sum(), cost_matrix(x, y, metric, order)
    peer = dense_transport(p, q, cost)
    assert result.cost == pytest.approx(peer.cost, rel=1e-12, abs=1e-15)
    plan, u, v = result.plan.toarray(), result.source_potential, result.target_potential
    np.testing.assert_allclose(plan.sum(axis=1), p, atol=1e-15)
    np.testing.assert_allclose(plan.sum(axis=0), q, atol=1e-15)
    assert (result.plan.data > 1e-15).sum() <= n + m - 1
    assert (plan * cost).sum() == pytest.approx(result.cost, rel=1e-13, abs=1e-15)
    # The computed distances are rounded, here to at most 4 units of the last place.
    assert (u[:, None] + v - cost).max() <= 4 * np.finfo(float).eps * cost.max()
    assert result.cost - max(p @ u + q @ v, 0.0) <= result.gap + 1e-15 * np.abs(u).max()
    assert result.gap <= 1e-12 * max(cost.max(), 1.0)


@pytest.mark.parametrize("method", ["dense", "columns"])
@pytest.mark.usefixtures("every_problem_is_searched")
def test_equal_points_have_equal_potentials(method):
    x, y, p, q = lattice(1, 60, 70)
    result = sampled.transport(x, y, x_weights=p, y_weights=q, order=2, method=method)
    for points, potential in ((x, result.source_potential), (y, result.target_potential)):
        _, place = np.unique(points, axis=0, return_inverse=True)
        for k in range(place.max() + 1):
            assert len(np.unique(potential[place == k])) == 1


@given(st.integers(0, 2**32), st.integers(2, 10), st.sampled_from(COSTS))
@pytest.mark.usefixtures("every_problem_is_searched")
def test_a_sample_without_ties_is_not_changed(seed, n, cost):
    x, y = np.random.default_rng(seed).normal(size=(2, n, 2))
    assert CoincidentPoints.find(GroundCost.of(x, y, metric=cost[0], order=cost[1])) is None


def test_a_bootstrap_sample_costs_what_its_excess_costs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    drawn = rng.integers(0, 300, 300)
    counts = np.bincount(drawn, minlength=300)
    rare, frequent = np.flatnonzero(counts == 0), np.flatnonzero(counts > 1)
    moved = len(rare) / 300
    peer = sampled.emd(x[rare], x[frequent], y_weights=counts[frequent] - 1.0)
    assert sampled.emd(x, x[drawn]).value == pytest.approx(moved * peer.value, rel=1e-13, abs=0)


def test_equal_samples_in_another_order_have_distance_0():
    x = np.random.default_rng(0).normal(size=(100, 3))
    result = sampled.transport(np.repeat(x, 3, axis=0), x[::-1])
    assert (result.cost, result.gap) == (0.0, 0.0)
    assert sampled.transport(x, x[::-1], order=2).cost == 0.0


@pytest.mark.parametrize("method", ["dense", "columns"])
def test_a_distant_shared_point_costs_no_digits(method):
    near_x, near_y = np.random.default_rng(0).random((2, 80, 2)) * 1e-3
    far = [[1e12, 0.0]]
    result = sampled.transport(np.vstack([near_x, far]), np.vstack([near_y, far]), method=method)
    truth = sampled.emd(near_x, near_y).value * 80 / 81
    assert result.cost == pytest.approx(truth, rel=1e-12, abs=0)
    assert result.gap <= 1e-9 * truth


def test_zeros_of_both_signs_are_equal_and_close_numbers_are_not():
    distinct = DistinctPoints.of_points(np.array([[0.0, 1.0], [-0.0, 1.0], [5e-324, 1.0]]))
    assert distinct.place.tolist() == [0, 0, 1]


def test_a_collision_of_hashes_merges_nothing(monkeypatch):
    monkeypatch.setattr(
        coincident_points, "_hashes", lambda points: np.zeros(len(points), np.uint64)
    )
    x, y = np.random.default_rng(0).normal(size=(2, 80, 2))
    assert CoincidentPoints.find(GroundCost.of(x, y, metric="euclidean")) is None
    assert DistinctPoints.of_points(x) is None
    one = GroundCost.of(x[:1], y[:1], metric="euclidean")
    shared, _ = CoincidentPoints(
        *(DistinctPoints.of(np.zeros(1, np.uint64)) for _ in range(2))
    ).shared_places(one)
    assert len(shared) == 0


def test_little_remaining_mass_is_not_separated():
    p, q = np.array([0.5, 0.5]), np.array([0.5 + 1e-9, 0.5 - 1e-9])
    both = np.arange(2), np.arange(2)
    assert CommonMass.of(p, q, both) is None
    assert CommonMass.of(p, p, both).moved == 0


@given(st.integers(0, 2**32))
def test_the_triangle_inequality_of_a_function_is_not_presumed(seed):
    """A function may be no metric: squared, a detour by a shared place is shorter."""
    x, y, p, q = lattice(seed, 70, 70, 1, sides=5)
    options = {"x_weights": p, "y_weights": q, "method": "columns"}
    squares = sampled.emd(x, y, metric=lambda a, b: cdist(a, b, "sqeuclidean"), **options)
    assert squares.value == pytest.approx(
        sampled.emd(x, y, metric="sqeuclidean", **options).value, rel=1e-12, abs=1e-15
    )


def test_the_gradient_is_of_the_original_points_and_weights():
    x, y, p, q = lattice(3, 80, 70, 3, sides=4)
    x += 0.25  # no mass is shared, so the distance is differentiable in the points
    arrays = [torch.tensor(a, requires_grad=True) for a in (x, p)]
    value = sampled.emd(arrays[0], torch.tensor(y), x_weights=arrays[1], y_weights=torch.tensor(q))
    gradients = torch.autograd.grad(value.value, arrays)
    rng = np.random.default_rng(0)
    for position, gradient in enumerate(gradients):
        step = 1e-6 * rng.normal(size=arrays[position].shape)
        step *= p[:, None] > 0 if position == 0 else p > 0
        moved = [x, p]
        moved[position] = moved[position] + step
        after = sampled.emd(moved[0], y, x_weights=moved[1], y_weights=q).value
        predicted = float((gradient.numpy() * step).sum())
        change = after - float(value.value.detach())
        # Ties are kinks: a minimum over plans in the points, a maximum over potentials in masses.
        assert (change <= predicted + 1e-9) if position == 0 else (change >= predicted - 1e-9)


def test_the_witness_of_merged_points_is_lipschitz_and_attains_the_distance():
    x, y, _, _ = lattice(4, 200, 150, 2, sides=6)
    solved = sampled.transport(x, y)
    witness = lipschitz_witness(solved, y)
    assert witness(x).mean() - witness(y).mean() == pytest.approx(solved.cost, rel=1e-9)


def test_a_time_limit_states_the_bounds_of_the_whole_problem():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(900, 2))
    x, y = (np.vstack([shared, rng.normal(size=(300, 2))]) for _ in range(2))
    value = sampled.emd(x, y).value
    with pytest.raises(SolverError, match="time limit") as caught:
        sampled.emd(x, y, method="columns", time_limit=1e-9)
    lower, upper = caught.value.bracket
    assert lower <= value <= upper


def test_pieces_of_a_plan_have_the_masses_of_the_points():
    rng = np.random.default_rng(0)
    place = rng.integers(0, 5, 1000)
    masses = rng.random(1000) ** 8
    places = np.bincount(place, masses)
    arcs = Arcs(np.repeat(np.arange(5), 3), np.arange(15), np.repeat(places / 3, 3), np.ones(15))
    pieces = coincident_points.divided_plan(arcs, place, masses)
    assert len(pieces.mass) <= 1000 + 15
    np.testing.assert_allclose(np.bincount(pieces.rows, pieces.mass, 1000), masses, atol=1e-14)
    np.testing.assert_allclose(np.bincount(pieces.cols, pieces.mass), arcs.mass, rtol=1e-13)
    assert masses.min() < 1e-20
    assert (np.bincount(pieces.rows, pieces.mass, 1000) > 0).all()


@given(st.integers(0, 2**32), st.integers(2, 6), st.integers(2, 6))
def test_the_permutation_statistic_of_ties_is_the_distance(seed, n, m):
    x, y, _, _ = lattice(seed, n, m)
    statistic = EmdStatistic.of(np.vstack([x, y]), 0)
    value = statistic._emd(np.arange(n), np.arange(n, n + m))
    assert value == pytest.approx(float(sampled.emd(x, y).value), rel=1e-12, abs=1e-15)


def test_potentials_are_feasible_in_spite_of_the_rounding_of_many_coordinates():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(150, 600))
    x, y = np.vstack([shared, rng.normal(size=(9, 600))]), np.vstack([shared, -shared[:9]])
    ground = GroundCost.of(x, y, metric="euclidean")
    result = sampled.transport(x, y)
    u, v = result.source_potential[:, None], result.target_potential
    reduced_cost = ground.block(slice(None), slice(None)) - np.ldexp(u + v, -ground.exponent)
    assert reduced_cost.min() >= 0
    assert result.gap <= 1e-11 * result.cost

"""Exact transport on a circle: other solvers, potentials, rotations, gradients, refusals."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from divergences import DistributionError, sampled
from tests import oracles
from tests.strategies import weighted_line_pairs

ORDERS = st.sampled_from([1.0, 1.5, 2.0, 3.0])
PERIODS = st.sampled_from([0.7, 2.0, 24.0])


def arcs(x, y, period):
    """Lengths of the shorter arcs, by trying all turns."""
    turns = period * np.arange(-50, 51)
    return np.abs(np.subtract.outer(x, y)[..., None] - turns).min(axis=-1)


@given(weighted_line_pairs(), ORDERS, PERIODS)
def test_the_general_solver_agrees(line, order, period):
    x, y, p, q = line
    options = {"x_weights": p, "y_weights": q, "order": order, "period": period}
    circle = sampled.transport(x, y, **options)
    dense = sampled.transport(x, y, method="dense", **options)
    scale = period**order
    assert circle.cost == pytest.approx(dense.cost, rel=1e-12, abs=1e-14 * scale)
    value = sampled.emd(x, y, **options).value
    assert value**order == pytest.approx(circle.cost, rel=1e-12, abs=1e-300)


@given(weighted_line_pairs(max_size=12), ORDERS, PERIODS)
@example(
    (np.zeros(1), np.zeros(2), np.ones(1), np.array([1.0, 0.0])), 1.0, 0.7
)  # no mass at a cut
@example((np.zeros(1), np.array([2.0]), np.ones(1), np.ones(1)), 1.5, 0.7)  # a whole turn
@example((np.array([0.6]), np.zeros(1), np.ones(1), np.ones(1)), 2.0, 0.7)
@example((np.arange(2.0), np.arange(2.0), np.arange(2.0), np.arange(2.0)), 2.0, 24.0)
def test_the_potentials_are_feasible_and_certify_the_plan(line, order, period):
    x, y, p, q = line
    solved = sampled.transport(x, y, x_weights=p, y_weights=q, order=order, period=period)
    cost = arcs(np.ravel(x), np.ravel(y), period) ** order
    scale = period**order
    violation = solved.source_potential[:, None] + solved.target_potential - cost
    assert violation.max() <= solved.gap + 1e-14 * scale
    dual = oracles.dual_value(p, q, solved.source_potential, solved.target_potential)
    assert solved.cost - max(dual, 0) <= solved.gap
    assert solved.gap <= 1e-12 * solved.cost + 1e-13 * scale
    assert solved.plan.nnz <= len(x) + len(y) - 1
    assert (solved.plan.toarray() * cost).sum() == pytest.approx(
        solved.cost, rel=1e-12, abs=1e-13 * scale
    )
    np.testing.assert_allclose(solved.plan.sum(axis=1), p / p.sum(), atol=1e-15)
    np.testing.assert_allclose(solved.plan.sum(axis=0), q / q.sum(), atol=1e-15)


@pytest.mark.parametrize("order", [1.0, 2.0, 2.5])
def test_pot_agrees_up_to_its_tolerance(order):
    import ot

    rng = np.random.default_rng(0)
    x, y, p, q = rng.random(200), rng.random(150) ** 2, rng.random(200), rng.random(150)
    p, q = p / p.sum(), q / q.sum()
    value = sampled.emd(x, y, x_weights=p, y_weights=q, order=order, period=1.0).value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = ot.wasserstein_circle(x, y, u_weights=p, v_weights=q, p=order)[0]
    assert value**order == pytest.approx(peer, rel=1e-7)


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_a_rotation_changes_nothing_and_points_count_modulo_the_period(order):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 96, 300) / 4, rng.integers(0, 96, 200) / 4
    value = sampled.emd(x, y, period=24.0, order=order).value
    for shift in (5.25, -100.0, 24 * 2.0**20):
        turned = sampled.emd(x + shift, y + shift, period=24.0, order=order).value
        assert turned == pytest.approx(value, rel=1e-13, abs=0)
    assert sampled.emd(x - 24.0, y + 48.0, period=24.0, order=order).value == value


def test_the_shorter_way_leads_over_midnight():
    solved = sampled.transport([23.5, 0.25], [0.5], period=24.0)
    assert solved.cost == 0.625
    assert sorted(solved.move_costs) == [0.25, 1.0]
    assert sampled.emd([0.0], [12.0], period=24.0).value == 12.0
    assert sampled.emd([-1e-20], [0.0], period=24.0).value <= 1e-20


def test_a_turn_by_less_than_half_a_period_costs_its_angle():
    x = np.random.default_rng(0).random(1000)
    for order in (1.0, 2.0, 3.0):
        assert sampled.emd(x, x + 2**-7, period=1.0, order=order).value <= 2**-7 * (1 + 1e-13)
    # On the line, the same points are no farther apart than on the circle.
    assert sampled.emd(x, 1 - x).value >= sampled.emd(x, 1 - x, period=1.0).value


def test_close_points_across_the_cut_keep_their_digits():
    x, y = [1 - 2.0**-40, 0.25], [2.0**-50, 0.25]
    for order in (1.0, 2.0):
        value = sampled.emd(x, y, period=1.0, order=order).value
        truth = (2.0**-40 + 2.0**-50) * 0.5 ** (1 / order)
        assert value == pytest.approx(truth, rel=1e-15, abs=0)


def test_small_weights_keep_their_digits_beside_large_ones():
    weights = [1.0, 1e-200]
    assert sampled.emd([0.0, 0.25], [0.0], x_weights=weights, period=1.0).value == pytest.approx(
        2.5e-201, rel=1e-14, abs=0
    )


@pytest.mark.parametrize("scale", [1e-280, 1e-100, 1e100, 1e280])
def test_the_unit_of_length_does_not_matter(scale):
    rng = np.random.default_rng(0)
    x, y = rng.random(30), rng.random(20)
    plain = sampled.emd(x, y, period=1.0, order=1.5).value
    scaled = sampled.emd(x * scale, y * scale, period=scale, order=1.5).value
    assert scaled == pytest.approx(scale * plain, rel=1e-13, abs=0)


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_torch_gradients_in_points_and_weights_pass_gradcheck(order):
    rng = torch.Generator().manual_seed(0)
    x, y, p = (
        (3 * torch.rand(n, generator=rng, dtype=torch.float64) - 1).requires_grad_()
        for n in (6, 5, 6)
    )

    def distance(x, y, p):
        return sampled.emd(x, y, x_weights=p.abs(), period=1.0, order=order).value

    assert torch.autograd.gradcheck(distance, (x, y, p))


def test_the_interval_of_the_populations_holds_their_distance():
    rng = np.random.default_rng(0)
    x, y = rng.normal(23.0, 1.0, 2000), rng.normal(1.0, 1.0, 2000)
    estimate = sampled.emd(x, y, period=24.0)
    assert 1.8 < estimate.low < 2 < estimate.high < 2.2
    dense = sampled.emd(x[:200], y[:200], period=24.0, method="dense")
    assert sampled.emd(x[:200], y[:200], period=24.0).low == pytest.approx(dense.low, abs=0.05)
    assert estimate.estimand == "circular (period 24) EMD of the two point sets"


def test_many_equal_hours_take_no_longer_than_others():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 24, 5000).astype(float), rng.integers(0, 24, 4000).astype(float)
    shares = [np.bincount(a.astype(int), minlength=24) / len(a) for a in (x, y)]
    difference = np.cumsum(shares[0] - shares[1])
    truth = np.abs(difference - np.median(difference)).sum()
    assert sampled.emd(x, y, period=24.0).value == pytest.approx(truth, rel=1e-12, abs=0)


@pytest.mark.parametrize("period", [0.0, -24.0, np.inf, np.nan, "24", 1e305])
def test_a_period_is_a_finite_number_above_0(period):
    with pytest.raises(DistributionError, match="`period` must be"):
        sampled.emd([0.0], [1.0], period=period)


@pytest.mark.parametrize(
    ("x", "metric", "message"),
    [
        ([[0.0, 1.0]], "euclidean", "of one coordinate, but they have 2.*haversine"),
        ([[0.0]], "sqeuclidean", '`metric` must be "euclidean".*pass order=2'),
        ([[0.0]], lambda x, y: np.zeros((1, 1)), "leave out one of the two"),
    ],
)
def test_a_period_is_refused_with_several_coordinates_or_another_metric(x, metric, message):
    with pytest.raises(DistributionError, match=message):
        sampled.transport(x, x, metric=metric, period=24.0)

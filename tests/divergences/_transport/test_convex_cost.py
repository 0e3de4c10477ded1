"""Closed form on the line for powers of the distance: other solvers, potentials, gradients."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from divergences import closed_forms, sampled
from tests import oracles
from tests.strategies import cloud_pairs, weighted_line_pairs

ORDERS = st.sampled_from([1.25, 2.0, 3.0])


@given(weighted_line_pairs(), ORDERS)
def test_the_general_solver_agrees(line, order):
    x, y, p, q = line
    weights = {"x_weights": p, "y_weights": q}
    line = sampled.transport(x, y, **weights, order=order)
    dense = sampled.transport(x, y, **weights, order=order, method="dense")
    assert line.cost == pytest.approx(dense.cost, rel=1e-12, abs=1e-14 * 8**order)


@given(weighted_line_pairs(max_size=10), st.sampled_from([2, 3]))
@example((np.array([0.0, 1.0]), np.ones(1), np.array([0.0, 1.0]), np.ones(1)), 2)  # dual < 0
def test_the_potentials_are_feasible_in_exact_arithmetic_up_to_the_gap(line, order):
    x, y, p, q = line
    solved = sampled.transport(x, y, x_weights=p, y_weights=q, order=order)
    u, v = (
        [Fraction(potential) for potential in a]
        for a in (solved.source_potential, solved.target_potential)
    )
    violation = max(
        u[i] + v[j] - abs(Fraction(x[i]) - Fraction(y[j])) ** order
        for i in range(len(x))
        for j in range(len(y))
    )
    assert violation <= Fraction(solved.gap)
    dual = oracles.dual_value(p, q, solved.source_potential, solved.target_potential)
    assert solved.cost - max(dual, 0) <= solved.gap
    assert solved.gap <= 1e-12 * solved.cost + 1e-14 * 8**order
    assert solved.plan.nnz <= len(x) + len(y) - 1
    np.testing.assert_allclose(solved.plan.sum(axis=1), p / p.sum(), atol=1e-15)
    np.testing.assert_allclose(solved.plan.sum(axis=0), q / q.sum(), atol=1e-15)


@given(
    cloud_pairs(max_size=20, d=1), st.floats(0.125, 8), st.sampled_from([1.0, 1.5, 2.0, 4.0, 50.0])
)
def test_the_distance_of_a_shift_is_its_length_in_every_order(pair, shift, order):
    x, _ = pair
    shift = np.ldexp(round(np.ldexp(shift, 10)), -10)
    assert sampled.emd(x, x + shift, order=order).value == pytest.approx(shift, rel=1e-13, abs=0)


@given(cloud_pairs(max_size=8, d=1), st.sampled_from([1.0, 1.5, 2.0]))
def test_sqeuclidean_equals_euclidean_of_twice_the_order(pair, order):
    x, y = pair
    squares = sampled.emd(x, y, metric="sqeuclidean", order=order).value
    assert squares == pytest.approx(
        sampled.emd(x, y, order=2 * order).value ** 2, rel=1e-13, abs=0
    )


def test_many_points_keep_their_digits_under_a_small_shift():
    x = np.random.default_rng(0).integers(0, 2**20, 100_000).astype(float)
    solved = sampled.transport(x, x + 2**-10, order=2)
    assert solved.cost == pytest.approx(2**-20, rel=1e-13, abs=0)  # a sum of 100,000 terms
    # The gap is the rounding of potentials of about 2 * 2**-10 * 2**20 / 2.
    assert np.abs(solved.source_potential).max() < 1100
    assert solved.gap <= 16 * 2.0**-52 * 1100


def test_small_weights_keep_their_digits_beside_large_ones():
    value = sampled.emd([0.0, 1.0], [0.0], x_weights=[1, 1e-200], order=2).value
    assert value == pytest.approx(1e-100)
    assert sampled.emd([0.0, 1e20], [0.0], x_weights=[1, 1e-40], order=2).value == pytest.approx(1)


def test_quantiles_of_a_normal_approximate_its_closed_form():
    levels = (np.arange(100_000) + 0.5) / 100_000
    normal = torch.distributions.Normal(0.0, 1.0)
    x = normal.icdf(torch.tensor(levels)).numpy()
    truth = closed_forms.w2(closed_forms.Normal(0, 1), closed_forms.Normal(1, 2))
    assert sampled.emd(x, 1 + 2 * x, order=2).value == pytest.approx(truth, rel=1e-4)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "sqeuclidean"])
@pytest.mark.parametrize("order", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("d", [1, 2])
def test_torch_gradients_in_points_and_weights_pass_gradcheck(metric, order, d):
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, d, generator=rng, dtype=torch.float64).requires_grad_() for n in (5, 4))
    weights = torch.rand(5, generator=rng, dtype=torch.float64).requires_grad_()

    def distance(x, y, weights):
        return sampled.emd(x, y, x_weights=weights, metric=metric, order=order).value

    assert torch.autograd.gradcheck(distance, (x, y, weights))


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "sqeuclidean"])
@pytest.mark.parametrize("order", [1.0, 1.5, 2.0])
def test_the_gradient_at_coincident_points_is_0(metric, order):
    x = torch.zeros(3, 2, requires_grad=True)
    value = sampled.emd(x, torch.zeros(3, 2), metric=metric, order=order).value
    (gradient,) = torch.autograd.grad(value, x)
    assert torch.equal(gradient, torch.zeros(3, 2))


def test_tied_coordinates_share_the_gradient_of_chebyshev():
    x = torch.tensor([[1.0, -1.0]], requires_grad=True)
    value = sampled.emd(x, torch.zeros(1, 2), metric="chebyshev").value
    (gradient,) = torch.autograd.grad(value, x)
    assert gradient.tolist() == [[0.5, -0.5]]

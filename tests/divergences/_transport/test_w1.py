"""Closed form of W1 on the line: other solvers, potentials, units, refusals."""

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, emd, sampled
from divergences._transport.metrics import distances
from tests.strategies import cloud_pairs, weighted_line_pairs


def dense_emd(x, y, p, q):
    return emd(p / p.sum(), q / q.sum(), distances(x[:, None], y[:, None]))


@given(weighted_line_pairs())
def test_the_general_solver_agrees(line):
    x, y, p, q = line
    value = sampled.emd(x, y, x_weights=p, y_weights=q).value
    assert value == pytest.approx(dense_emd(x, y, p, q), rel=1e-12, abs=1e-14)


@given(cloud_pairs(max_size=30, d=1))
def test_scipy_agrees_for_different_sizes(pair):
    x, y = pair
    truth = scipy.stats.wasserstein_distance(x[:, 0], y[:, 0])
    assert sampled.emd(x, y).value == pytest.approx(truth, rel=1e-12, abs=1e-14)


@given(weighted_line_pairs(max_size=12))
def test_the_potentials_are_feasible_and_certify_the_plan(line):
    x, y, p, q = line
    solved = sampled.transport(x, y, x_weights=p, y_weights=q)
    u, v = solved.source_potential, solved.target_potential
    reduced_cost = np.abs(np.subtract.outer(x, y)) - u[:, None] - v
    scale = max(np.abs(x).max(), np.abs(y).max())
    assert reduced_cost.min() >= -2e-15 * scale
    assert p @ u / p.sum() + q @ v / q.sum() == pytest.approx(
        solved.cost, abs=1e-14 * scale + 1e-300
    )
    assert solved.gap <= 1e-9 * solved.cost + 1e-14 * scale + 1e-300
    assert solved.plan.nnz <= len(x) + len(y) - 1
    assert np.allclose(solved.plan.sum(axis=1), p / p.sum(), atol=1e-15)
    assert np.allclose(solved.plan.sum(axis=0), q / q.sum(), atol=1e-15)


@given(cloud_pairs(max_size=20, d=1), st.floats(0.125, 8))
def test_the_distance_of_a_shift_is_its_length(pair, shift):
    x, _ = pair
    shift = np.ldexp(round(np.ldexp(shift, 10)), -10)
    assert sampled.emd(x, x + shift).value == pytest.approx(shift, rel=1e-14, abs=0)


def test_weights_are_relative_and_equal_repeated_points():
    x, y = [0.0, 1.0, 4.0], [0.5, 2.0]
    weighted = sampled.emd(x, y, x_weights=[2, 2, 4], y_weights=[1, 3]).value
    repeated = sampled.emd([0.0, 1.0, 4.0, 4.0], [0.5, 2.0, 2.0, 2.0]).value
    assert weighted == repeated == pytest.approx(1.375, rel=1e-15, abs=0)


def test_small_weights_keep_their_digits_beside_large_ones():
    assert sampled.emd([0.0, 1e20], [0.0], x_weights=[1, 1e-20]).value == pytest.approx(1)
    assert sampled.emd([0.0, 1.0], [0.0], x_weights=[1, 1e-300]).value == pytest.approx(1e-300)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-14, 1e14, 1e200, 1e300])
def test_the_unit_of_length_does_not_matter(scale):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=50), rng.normal(size=60)
    assert sampled.emd(x * scale, y * scale).value == pytest.approx(
        scale * sampled.emd(x, y).value, rel=1e-14, abs=0
    )


def test_ten_thousand_points_keep_the_digits_of_a_small_shift():
    x = np.random.default_rng(0).integers(0, 2**20, 10_000).astype(float)
    solved = sampled.transport(x, x + 2**-20)
    assert solved.cost == pytest.approx(2**-20, rel=1e-14, abs=0)  # a sum of 10,000 terms
    assert solved.gap <= 1e-9 * solved.cost


ORDERS = [1.0, 1.5, 2.0, 3.0]


@pytest.mark.parametrize("order", ORDERS)
@given(line=weighted_line_pairs())
def test_the_dense_method_agrees_in_every_order(order, line):
    x, y, p, q = line
    options = {"x_weights": p, "y_weights": q, "order": order}
    solved = sampled.transport(x, y, **options)
    dense = sampled.transport(x, y, method="dense", **options)
    assert solved.cost == pytest.approx(dense.cost, rel=1e-12, abs=1e-15)
    cost = np.abs(np.subtract.outer(np.ravel(x), np.ravel(y))) ** order
    violation = solved.source_potential[:, None] + solved.target_potential - cost
    assert violation.max() <= 1e-13 * max(1.0, cost.max())
    assert solved.gap <= 1e-12 * max(1.0, cost.max())


@pytest.mark.parametrize("order", ORDERS)
@given(line=weighted_line_pairs())
def test_the_quantile_formula_agrees(order, line):
    x, y, p, q = line
    x, y = np.ravel(x), np.ravel(y)
    options = {"x_weights": p, "y_weights": q, "order": order}
    exact = sampled.emd(x, y, **options).value
    largest = max(np.abs(x).max(), np.abs(y).max())
    # Rounding of the distribution functions may be moved over the whole range.
    near = 1e-14 * largest if order == 1 else (1e-15) ** (1 / order) * largest
    assert sampled.wasserstein_1d(x, y, **options) == pytest.approx(exact, rel=1e-13, abs=near)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_batches_agree_with_single_pairs_in_any_unit(order, scale):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 1, 9)) * scale, rng.normal(size=(4, 7)) * scale
    values = sampled.wasserstein_1d(x, y, order=order)
    assert values.shape == (3, 4)
    for i in range(3):
        for j in range(4):
            exact = sampled.emd(x[i, 0], y[j], order=order).value
            assert values[i, j] == pytest.approx(exact, rel=1e-14, abs=0)


def test_sqeuclidean_on_the_line_is_the_square_of_order_2():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=30), rng.normal(size=20)
    assert sampled.emd(x, y, metric="sqeuclidean").value == pytest.approx(
        sampled.emd(x, y, order=2).value ** 2, rel=1e-14, abs=0
    )


@pytest.mark.parametrize("order", ORDERS)
def test_torch_gradients_of_a_batch_pass_gradcheck(order):
    generator = torch.Generator().manual_seed(0)
    x, y, p = (
        torch.rand(*shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((3, 5), (4,), (3, 5))
    )

    def distance(x, y, p):
        return sampled.wasserstein_1d(x, y, x_weights=p, order=order)

    assert torch.autograd.gradcheck(distance, (x, y, p))
    (gradient,) = torch.autograd.grad(sampled.wasserstein_1d(x, x, order=order).sum(), x)
    assert torch.equal(gradient, torch.zeros(3, 5, dtype=torch.float64))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((1.0, [1.0]), {}, "`x` must have an axis of points, but is one number"),
        (([np.nan], [1.0]), {}, "`x` must be finite"),
        (
            ([1.0], [1.0]),
            {"x_weights": [1.0, 1.0]},
            "`x_weights` must have one entry per point, 1",
        ),
        (([1.0], [1.0]), {"y_weights": [-1.0]}, r"`y_weights`\[0\] = -1.0 is negative"),
        (([[1.0], [2.0]], [1.0]), {"x_weights": [[1.0], [0.0]]}, "must hold some mass for every"),
        (([1.0], [1.0]), {"order": 0}, "`order` must be a finite number of at least 1"),
        ((np.ones((2, 3)), np.ones((3, 3))), {}, "leading axes of the arguments must broadcast"),
    ],
)
def test_invalid_arguments_are_refused(arguments, options, message):
    with pytest.raises(DistributionError, match=message):
        sampled.wasserstein_1d(*arguments, **options)

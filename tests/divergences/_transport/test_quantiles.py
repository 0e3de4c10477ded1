"""Batched Wasserstein distances on the line: certified ones, units, gradients, refusals."""

import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, sampled
from tests.strategies import weighted_line_pairs


@pytest.fixture
def x64():
    """Enable float64 in jax for one test."""
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@given(
    weighted_line_pairs(max_size=20), st.sampled_from([1, 1.5, 2, 5]), st.booleans(), st.booleans()
)
def test_the_certified_distance_agrees(line, order, weighted_x, weighted_y):
    x, y, p, q = line
    options = {
        "x_weights": p if weighted_x else None,
        "y_weights": q if weighted_y else None,
        "order": order,
    }
    value, certified = sampled.wasserstein_1d(x, y, **options), sampled.emd(x, y, **options).value
    # Rounding of the masses may be moved over the whole range.
    rounding = 8 * (2.0**-52 * len(x)) ** (1 / order) if weighted_x or weighted_y else 0
    assert value == pytest.approx(certified, rel=1e-14, abs=rounding)


def test_all_digits_agree_for_random_points():
    rng = np.random.default_rng(0)
    x, y, p = rng.normal(size=(50, 30)), rng.normal(size=(50, 20)), rng.random((50, 30))
    for order in (1, 2, 3.5):
        values = sampled.wasserstein_1d(x, y, x_weights=p, order=order)
        truth = [
            sampled.emd(a, b, x_weights=w, order=order).value
            for a, b, w in zip(x, y, p, strict=True)
        ]
        np.testing.assert_allclose(values, truth, rtol=1e-14)


def test_scipy_agrees():
    rng = np.random.default_rng(0)
    x, y, p, q = rng.normal(size=40), rng.normal(size=30), rng.random(40), rng.random(30)
    value = sampled.wasserstein_1d(x, y, x_weights=p, y_weights=q)
    assert value == pytest.approx(scipy.stats.wasserstein_distance(x, y, p, q), rel=1e-13, abs=0)


def test_batches_broadcast():
    rng = np.random.default_rng(0)
    x, y, p = rng.normal(size=(4, 1, 7)), rng.normal(size=(3, 5)), rng.random(7)
    values = sampled.wasserstein_1d(x, y, x_weights=p, order=2)
    assert values.shape == (4, 3)
    assert sampled.wasserstein_1d(x, y).shape == (4, 3)


@pytest.mark.parametrize("order", [1, 2])
def test_a_pair_of_a_batch_has_the_bits_that_it_has_alone(order):
    rng = np.random.default_rng(0)
    x, y, p = rng.normal(size=(8, 60)), rng.normal(size=45), rng.random(60)
    for weights in ({}, {"x_weights": p}):
        batch = sampled.wasserstein_1d(x, y, **weights, order=order)
        alone = [sampled.wasserstein_1d(row, y, **weights, order=order) for row in x]
        assert batch.tolist() == alone


def test_the_distance_of_a_permutation_is_0():
    x = np.random.default_rng(0).normal(size=(3, 100))
    assert (sampled.wasserstein_1d(x, x[:, ::-1], order=2) == 0).all()
    p = np.random.default_rng(1).random((3, 100))
    both = {"x_weights": p, "y_weights": p[:, ::-1]}
    assert (sampled.wasserstein_1d(x, x[:, ::-1], **both) == 0).all()  # type: ignore[call-overload]


@pytest.mark.parametrize("order", [1, 1.5, 2, 300])
@pytest.mark.parametrize("exponent", [-300, -200, -100, 100, 200, 300])
def test_the_units_of_length_and_mass_do_not_matter(order, exponent):
    rng = np.random.default_rng(0)
    x, y, p, scale = rng.normal(size=(2, 30)), rng.normal(size=20), rng.random(30), 10.0**exponent
    plain = sampled.wasserstein_1d(x, y, x_weights=p, order=order)
    scaled = sampled.wasserstein_1d(x * scale, y * scale, x_weights=p * scale, order=order)
    np.testing.assert_allclose(scaled / scale, plain, rtol=1e-14)


def test_each_pair_of_a_batch_has_its_own_unit():
    x = np.array([[1e-200, 3e-200], [1e200, 3e200]])
    values = sampled.wasserstein_1d(x, np.zeros(1), order=2)
    np.testing.assert_allclose(values, np.sqrt(5) * np.array([1e-200, 1e200]), rtol=1e-15)


@pytest.mark.parametrize("order", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("weighted", [True, False])
def test_torch_gradients_in_points_and_weights_pass_gradcheck(order, weighted):
    rng = torch.Generator().manual_seed(0)
    x, y, p = (
        torch.rand(shape, generator=rng, dtype=torch.float64).requires_grad_()
        for shape in ((2, 6), (5,), (6,))
    )

    def distance(x, y, p):
        weights = {"x_weights": p} if weighted else {}
        return sampled.wasserstein_1d(x, y, **weights, order=order)

    assert torch.autograd.gradcheck(distance, (x, y, p))


@pytest.mark.parametrize("order", [1, 1.5, 2])
def test_the_gradient_at_coincident_points_is_0(order):
    x = torch.zeros(3, requires_grad=True)
    value = sampled.wasserstein_1d(x, torch.zeros(2), order=order)
    assert value.dtype == torch.float32
    (gradient,) = torch.autograd.grad(value, x)
    assert gradient.tolist() == [0, 0, 0]


@pytest.mark.parametrize("library", [array_api_strict, jnp])
def test_other_array_libraries_agree_with_numpy(library, x64):
    rng = np.random.default_rng(0)
    x, y, p = rng.normal(size=(3, 4)), rng.normal(size=5), rng.random((3, 4))
    for weights in (None, p):
        truth = sampled.wasserstein_1d(x, y, x_weights=weights, order=2)
        library_weights = None if weights is None else library.asarray(weights)
        value = sampled.wasserstein_1d(
            library.asarray(x), library.asarray(y), x_weights=library_weights, order=2
        )
        np.testing.assert_allclose(np.asarray(value), truth, rtol=1e-14)


REFUSED = [
    (([], [1.0]), {}, "`x` must not be empty"),
    ((1.0, [1.0]), {}, "`x` must have an axis of points, but is one number"),
    (([np.nan], [1.0]), {}, r"`x` must be finite, but `x`\[0\] = nan"),
    (([1.0], [1.0]), {"order": np.inf}, "`order` must be a finite number of at least 1"),
    (([1.0], [1.0]), {"order": 0.5}, "`order` must be a finite number of at least 1"),
    (([1.0], [1.0]), {"x_weights": [1.0, 2.0]}, "one entry per point, 1, along its last axis"),
    (([1.0], [1.0]), {"y_weights": [-1.0]}, r"`y_weights`\[0\] = -1.0 is negative"),
    (
        ([[1.0], [2.0]], [1.0]),
        {"x_weights": [[1.0], [0.0]]},
        "`x_weights` must hold some mass for every pair",
    ),
    (
        (np.ones((2, 3)), np.ones((4, 3))),
        {},
        r"axes of the arguments must broadcast, but they are \(2,\), \(4,\)",
    ),
    (([1.7e308], [-1.7e308]), {}, "a distance is inf, more than .*float64 can hold"),
    ((np.float32([3e38]), np.float32([-3e38])), {}, r"6e\+38, more than .*float32.* can hold"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
def test_invalid_arguments_are_refused_with_the_reason(arguments, options, message):
    with pytest.raises(DistributionError, match=message):
        sampled.wasserstein_1d(*arguments, **options)

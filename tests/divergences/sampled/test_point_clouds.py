"""Exact EMD of point clouds: metrics, weights, units, gradients, refusals."""

import numpy as np
import pytest
import torch
from hypothesis import given

from divergences import DistributionError, SolverError, emd, sampled
from divergences._transport import simplex
from divergences._transport.metrics import distances
from tests.strategies import cloud_pairs

METRICS = {
    "euclidean": lambda d: np.sqrt((d**2).sum(-1)),
    "cityblock": lambda d: np.abs(d).sum(-1),
    "sqeuclidean": lambda d: (d**2).sum(-1),
}


@pytest.mark.parametrize("metric", METRICS)
@given(pair=cloud_pairs())
def test_the_value_is_the_emd_of_equal_masses_under_the_metric(metric, pair):
    x, y = pair
    cost = METRICS[metric](x[:, None] - y)
    truth = emd(np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)), cost)
    assert sampled.emd(x, y, metric=metric).value == pytest.approx(truth, rel=1e-12, abs=1e-14)


@given(cloud_pairs())
def test_an_estimate_has_the_sizes_and_the_name_of_the_distance(pair):
    x, y = pair
    estimate = sampled.emd(x, y)
    assert (estimate.n, estimate.m) == (len(x), len(y))
    assert estimate.estimand == "euclidean EMD of the two point sets"
    assert estimate.value == sampled.transport(x, y).cost


@pytest.mark.parametrize("d", [1, 2, 20])
def test_a_translation_costs_its_length_in_any_dimension(d):
    rng = np.random.default_rng(0)
    x, shift = rng.normal(size=(100, d)), np.full(d, 0.25)
    assert sampled.emd(x, x + shift).value == pytest.approx(0.25 * np.sqrt(d), rel=1e-13, abs=0)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-8, 1e160, 1e300])
@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_the_unit_of_length_does_not_matter(scale, metric):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(20, 3))
    unscaled = sampled.emd(x, y, metric=metric).value
    scaled = sampled.emd(x * scale, y * scale, metric=metric).value
    assert scaled == pytest.approx(scale * unscaled, rel=1e-14, abs=0)


def test_distances_of_close_points_far_from_the_origin_are_exact():
    x = np.array([[2.0**30, 0.0]])
    y = x + np.array([[2.0**-20, 0.0]])
    assert distances(x, y)[0, 0] == 2.0**-20


def test_weights_repeat_points():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 2)), rng.normal(size=(4, 2))
    weighted = sampled.emd(x, y, x_weights=[1, 2, 3]).value
    assert weighted == pytest.approx(
        sampled.emd(np.repeat(x, [1, 2, 3], axis=0), y).value, rel=1e-14, abs=0
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("d", [1, 2])
def test_torch_has_the_gradient_in_points_and_weights(metric, d):
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, d, generator=rng, dtype=torch.float64).requires_grad_() for n in (5, 4))
    weights = torch.rand(5, generator=rng, dtype=torch.float64).requires_grad_()

    def distance(x, y, weights):
        return sampled.emd(x, y, x_weights=weights, metric=metric).value

    assert torch.autograd.gradcheck(distance, (x, y, weights))


def test_the_gradient_at_coincident_points_is_0():
    x = torch.zeros(3, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(sampled.emd(x, torch.zeros(3, 2)).value, x)
    assert torch.equal(gradient, torch.zeros(3, 2))


def test_float32_comes_back_as_float32():
    x = np.ones((3, 2), np.float32)
    assert sampled.emd(x, x + 1).value.dtype == np.float32
    assert sampled.emd(torch.ones(3, 2), torch.zeros(2, 2)).value.dtype == torch.float32


def test_a_distance_that_float32_cannot_hold_is_refused():
    x = np.array([[3e38, 0.0]], np.float32)
    with pytest.raises(
        DistributionError, match=r"6e\+38, more than float32 can hold; pass float64"
    ):
        sampled.emd(x, -x)


REFUSED = [
    (
        ([[0.0, 1.0]], [[0.0]]),
        {},
        "`x` and `y` must have points of the same dimension, but have 2 and 1",
    ),
    (([], [1.0]), {}, "`x` must not be empty"),
    (
        ([[np.nan, 0.0]], [[0.0, 0.0]]),
        {},
        r"`x` must be finite, but 1 of its 1 rows has",
    ),
    ((np.zeros((2, 2, 2)), [0.0]), {}, r"`x` must be points of shape \(n, d\)"),
    (
        ([0.0, 1.0], [1.0]),
        {"x_weights": [1.0]},
        "`x_weights` must have one entry per point, 2, but has 1",
    ),
    (([0.0, 1.0], [1.0]), {"x_weights": [1.0, -1.0]}, r"`x_weights`\[1\] = -1.0 is negative"),
    (([0.0, 1.0], [1.0]), {"y_weights": [0.0]}, "`y_weights` must hold some mass"),
    (
        ([[0.0, 1.0]], [[1.0, 2.0]]),
        {"metric": "hamming"},
        '`metric` must be one of "euclidean", "cityblock"',
    ),
    (([0.0], [1.0]), {"metric": "hamming"}, '`metric` must be one of "euclidean", "cityblock"'),
    (([[1e200, 0.0]], [[0.0, 0.0]]), {"metric": "sqeuclidean"}, "exceed 1.8e308; divide both"),
    (([[1e308, 0.0]], [[-1e308, 0.0]]), {}, "exceed 1.8e308; divide both"),
    (([1.7e308], [-1.7e308]), {}, "exceed 1.8e308; divide both"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
@pytest.mark.parametrize("function", [sampled.emd, sampled.transport])
def test_invalid_points_and_weights_are_refused_with_the_reason(
    function, arguments, options, message
):
    with pytest.raises(DistributionError, match=message):
        function(*arguments, **options)


def test_a_distant_atom_does_not_reduce_the_precision():
    rng = np.random.default_rng(0)
    near_x, near_y = rng.random((2, 50, 2)) * 1e-3
    truth = sampled.emd(near_x, near_y).value * 50 / 51
    far = [[1e12, 0.0]]
    x, y = np.vstack([near_x, far]), np.vstack([near_y, far])
    assert sampled.emd(x, y).value == pytest.approx(truth, rel=1e-9)


def test_a_refusal_states_costs_in_the_unit_of_the_points(monkeypatch):
    monkeypatch.setattr(simplex, "MAX_EXACT_PAIRS", 0)
    monkeypatch.setattr(simplex, "_largest_cost_of_plan", lambda run, p, q: 0.0)
    rng = np.random.default_rng(0)
    near_x, near_y = rng.random((2, 50, 2)) * 1e-3
    x, y = np.vstack([near_x, [[1e12, 0.0]]]), np.vstack([near_y, [[1e12, 0.0]]])
    with pytest.raises(SolverError, match=r"the plan costs 0\.000\d+, but its duality gap"):
        sampled.emd(x, y, method="dense")


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cityblock", "chebyshev"])
def test_points_on_a_line_along_an_axis_have_the_closed_form_of_the_line(metric):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=3000), rng.normal(1, 2, size=2000)
    above, below = (np.c_[np.full(len(z), 3.0), z, np.full(len(z), -7.5)] for z in (x, y))
    solved = sampled.transport(above, below, metric=metric)
    expected = sampled.transport(x, y, metric=metric)
    assert solved.cost == pytest.approx(expected.cost, rel=1e-14, abs=0)
    assert solved.gap <= 1e-12 * solved.cost
    assert (solved.plan != expected.plan).nnz == 0  # type: ignore[attr-defined]

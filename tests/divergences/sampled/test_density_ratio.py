"""KL, reverse KL and JS from samples: values, weights, refusals.

Statistical tests fix their seeds; within four standard errors, 6 seeds in 100,000 would fail.
"""

import math

import numpy as np
import pytest
import scipy.stats
import torch

from divergences import DistributionError, densities, sampled
from tests.divergences.sampled.density_ratio_cases import (
    CLASSIFIERS,
    EXACT,
    FUNCTIONS,
    METHODS,
    normals,
)


@pytest.mark.usefixtures("shared_fits")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_normal_samples_give_their_closed_form(function, method):
    estimate = function(*normals(), method=method)
    if estimate.interval is not None:
        assert estimate.low <= estimate.value <= estimate.high
    assert estimate.value == pytest.approx(EXACT[function], abs=4 * estimate.standard_error)


@pytest.mark.parametrize("method", METHODS)
def test_js_gives_both_populations_weight_one_half_whatever_the_sample_sizes(method):
    rng = np.random.default_rng(0)
    estimate = sampled.js(rng.normal(size=300), rng.normal(2, 1, size=3000), method=method)
    exact = densities.js(
        scipy.stats.norm.logpdf, lambda x: scipy.stats.norm.logpdf(x, 2), (-np.inf, np.inf)
    ).value
    assert exact > 10 * estimate.standard_error
    assert estimate.value == pytest.approx(exact, abs=4 * estimate.standard_error)


def test_reverse_kl_is_kl_of_the_samples_exchanged_and_js_is_symmetric():
    x, y = normals(200, 150)
    assert sampled.reverse_kl(x, y, method="knn").value == pytest.approx(
        sampled.kl(y, x, method="knn").value, rel=1e-13, abs=0
    )
    assert sampled.js(x, y, method="knn").value == pytest.approx(
        sampled.js(y, x, method="knn").value, rel=1e-12, abs=0
    )


@pytest.mark.usefixtures("shared_fits")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [2.0**-900, 2.0**-20, 2.0**900])
def test_the_unit_of_length_does_not_matter(method, unit):
    x, y = normals(100, 80)
    assert sampled.kl(x * unit, y * unit, method=method).value == pytest.approx(
        sampled.kl(x, y, method=method).value, rel=1e-9
    )


@pytest.mark.usefixtures("shared_fits")
def test_constant_coordinates_have_no_effect():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 2)), rng.normal(0.5, 1, size=(100, 2))
    extended = [np.column_stack([np.full(100, 7.0), points]) for points in (x, y)]
    assert sampled.kl(*extended).value == sampled.kl(x, y).value


@pytest.mark.usefixtures("shared_fits")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_samples_of_one_distribution_have_an_estimate_near_0_and_an_interval_from_0(function):
    rng = np.random.default_rng(1)
    estimate = function(rng.normal(size=(500, 5)), rng.normal(size=(500, 5)))
    assert estimate.value < 0.01
    assert estimate.low == 0
    assert estimate.method == "auto: no difference found"


@pytest.mark.usefixtures("shared_fits")
@pytest.mark.parametrize("method", METHODS)
def test_disjoint_samples_have_js_log_2_and_a_kl_without_upper_bound(method):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=300), 5 + rng.uniform(size=400)
    assert sampled.js(x, y, method=method).value == pytest.approx(np.log(2), abs=0.05)
    for function in (sampled.kl, sampled.reverse_kl):
        estimate = function(x, y, method=method)
        assert estimate.value > 2
        assert estimate.interval is None or estimate.high == math.inf
        assert "outside the support of the other sample" in estimate.notes[0]


@pytest.mark.usefixtures("shared_fits")
@pytest.mark.parametrize("method", ["auto", "knn"])
def test_a_mode_missing_from_one_sample_removes_the_upper_bound_of_one_kl_only(method):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 500, 2))
    x[:25] += 20.0
    kl, reverse_kl = sampled.kl(x, y, method=method), sampled.reverse_kl(x, y, method=method)
    assert kl.high == math.inf
    assert "5% of the points lie outside the support of the other sample" in kl.notes[0]
    assert reverse_kl.high < 0.3
    assert reverse_kl.notes == ()


@pytest.mark.parametrize("d", [1, 2])
def test_a_large_sample_beside_a_small_one_of_the_same_population_is_within_its_support(d):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5000, d)), rng.normal(size=(100, d))
    assert math.isfinite(sampled.kl(x, y, method="knn").high)
    assert math.isfinite(sampled.reverse_kl(y, x, method="knn").high)


def test_calls_are_reproducible_and_a_generator_changes_the_folds():
    x, y = normals(200, 200)
    default, other = sampled.kl(x, y), sampled.kl(x, y, rng=np.random.default_rng(5))
    assert sampled.kl(x, y).value == default.value
    assert other.value != default.value
    assert other.value == pytest.approx(default.value, abs=other.standard_error)


@pytest.mark.usefixtures("shared_fits")
def test_the_best_model_has_a_lower_log_loss_than_the_baseline():
    estimate = sampled.kl(*normals())
    assert {"linear", "quadratic", "splines", "trees"} <= set(estimate.scores)
    assert estimate.scores["baseline"] == pytest.approx(np.log(2), rel=1e-12, abs=0)
    assert min(estimate.scores.values()) < estimate.scores["baseline"]


@pytest.mark.usefixtures("shared_fits")
def test_tensors_give_tensors_and_refuse_a_gradient():
    x, y = (torch.as_tensor(sample) for sample in normals(100, 100))
    estimate = sampled.kl(x, y)
    assert isinstance(estimate.value, torch.Tensor)
    assert sampled.kl(x.float(), y.float(), method="knn").value.dtype == torch.float32
    assert estimate.value.item() == sampled.kl(x.numpy(), y.numpy()).value
    with pytest.raises(DistributionError, match=r"`x` requires a gradient.*x.detach\(\)"):
        sampled.kl(x.requires_grad_(), y)


# Weights


def test_importance_weights_give_the_divergence_of_their_target():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 2000))
    weights = np.exp(-((x - 0.7) ** 2) / 2 + x**2 / 2)  # of N(.7, 1)
    estimate = sampled.kl(x, y, x_weights=weights)
    assert estimate.value == pytest.approx(0.245, abs=4 * estimate.standard_error)
    assert estimate.standard_error > sampled.kl(x + 0.7, y).standard_error


@pytest.mark.usefixtures("shared_fits")
@pytest.mark.parametrize("method", CLASSIFIERS)
def test_equal_weights_are_as_no_weights(method):
    x, y = normals(100, 100)
    weighted = sampled.kl(x, y, x_weights=np.full(100, 3.0), method=method)
    assert weighted.value == pytest.approx(sampled.kl(x, y, method=method).value, rel=1e-9)


@pytest.mark.parametrize("method", ["knn", "histogram"])
def test_methods_that_count_refuse_weights(method):
    x, y = normals(100, 100)
    with pytest.raises(DistributionError, match=f'is "{method}", which counts points equally'):
        sampled.kl(x, y, x_weights=np.arange(100) + 1.0, method=method)


@pytest.mark.usefixtures("shared_fits")
def test_points_of_weight_0_have_no_effect():
    x, y = normals(200, 200)
    weights = np.arange(200) % 2
    with_constant = np.where(weights == 0, 7.0, x)  # 7 would be an atom
    weighted = sampled.kl(with_constant, y, x_weights=weights)
    assert weighted.value == sampled.kl(x[weights == 1], y).value


def test_very_unequal_weights_widen_the_interval():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300))
    estimate = sampled.kl(x, y, x_weights=np.exp(2 * rng.normal(size=300)))
    assert estimate.low == 0
    assert estimate.high > 2 * sampled.kl(x, y).high


def test_unequal_weights_of_atoms_are_refused():
    x = np.repeat([0.0, 1.0], 50)
    with pytest.raises(
        DistributionError, match=r"2 values are repeated \(atoms\): sum the weights"
    ):
        sampled.kl(x, x, x_weights=np.where(x == 0, 9.0, 1.0))


# Refusals


def test_rows_that_are_not_finite_are_listed():
    x = np.zeros((20, 2))
    x[[3, 7, 8, 12], [0, 1, 1, 0]] = np.nan
    with pytest.raises(
        DistributionError,
        match=r"`x` must be finite.* 4 of its 20 rows .*: rows 3, 7, 8 and 1 more; drop",
    ):
        sampled.kl(x, np.zeros((20, 2)))
    with pytest.raises(DistributionError, match=r"`y` .* row 1; .*y\)\[numpy.isfinite\(y\)\]"):
        sampled.js([1.0, 2.0], [0.0, np.inf])


REFUSALS = {
    "one sample only": ({"y": None}, "`y` must be a sample, shape .n, d., but is None"),
    "dimension": ({"y": np.ones((30, 3))}, "same dimension, but have 2 and 3"),
    "too few": ({"x": np.eye(2)}, "needs at least 10 points on each side"),
    "few neighbours": (
        {"x": np.random.default_rng(0).normal(size=(4, 2)), "method": "knn"},
        "`neighbours` is 5, but the smaller sample has 4 points",
    ),
    "neighbours": ({"method": "knn", "neighbours": 0}, "`neighbours` must be a whole number"),
    "method": ({"method": "kde"}, '`method` must be one of "auto", "classifier"'),
    "confidence": ({"confidence": 95}, "`confidence` must be strictly between 0 and 1"),
    "rng": ({"rng": 0}, "`rng` must be a numpy Generator, but is 0"),
    "empty": ({"x": np.empty((0, 2))}, "`x` must not be empty"),
    "text": ({"x": ["a", "b"]}, "`y` must hold categories as the other"),
    "three axes": ({"x": np.zeros((2, 2, 2))}, "must be points of shape"),
    "weights": ({"x_weights": [1.0]}, "`x_weights` must have one entry per point"),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_input_is_refused_with_a_reason(function, case):
    rng = np.random.default_rng(0)
    changes, message = REFUSALS[case]
    arguments = {"x": rng.normal(size=(30, 2)), "y": rng.normal(size=(30, 2))} | changes
    x, y = arguments.pop("x"), arguments.pop("y")
    with pytest.raises(DistributionError, match=message):
        function(x, y, **arguments)


def test_ranges_beyond_floating_point_are_refused():
    x, y = normals(100, 100)
    for outlier in (1e170, 1e308):
        with pytest.raises(
            DistributionError, match=r"`x`\[3\] is more than 1e100 times as far out"
        ):
            sampled.kl(np.where(np.arange(100) == 3, outlier, x), y)
    with pytest.raises(DistributionError, match="more than 1e100 times as far out"):
        sampled.kl(x * 1e-300, y * 1e300)
    assert sampled.kl(np.where(np.arange(100) == 3, 1e60, x), y).value < 2
    with pytest.raises(DistributionError, match=r"integers beyond 2\*\*53"):
        sampled.kl(np.full(30, 2**60), np.full(30, 2**60 + 1))


def test_a_small_sample_beside_a_large_one_is_not_subsampled():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=12), rng.normal(3, 1, size=60_000)
    estimate = sampled.kl(x, y, method="classifier")
    assert estimate.value == pytest.approx(4.5, abs=4 * estimate.standard_error)
    assert estimate.value - 2 * estimate.standard_error > 1


def test_more_coordinates_than_points_are_refused_by_the_classifier_only():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 20)), rng.normal(size=(12, 20))
    with pytest.raises(DistributionError, match="20 coordinates and 12 and 12 points"):
        sampled.kl(x, y, method="classifier")
    assert math.isfinite(sampled.kl(x, y).value)


def test_histograms_are_for_one_or_two_coordinates():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300, 2)) * [1, 2]
    assert sampled.kl(x, y, method="histogram").value < 0.05
    with pytest.raises(DistributionError, match='"histogram" is for one or two coordinates'):
        sampled.kl(np.ones((20, 3)) * np.arange(20)[:, None], np.ones((20, 3)), method="histogram")

"""KL, reverse KL and JS from samples: values, laws, atoms, ties, weights, refusals.

Statistical tests fix their seeds; with four standard errors, one seed in 10,000 would fail.
"""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import divergences
from divergences import DistributionError, closed_forms, densities, sampled
from divergences.sampled._density_ratio.atoms import atoms
from divergences.sampled._density_ratio.counts import from_counts
from divergences.sampled._density_ratio.functionals import JS, KL, REVERSE_KL
from divergences.sampled._density_ratio.pooled_sample import PooledSample

METHODS = ["auto", "classifier", "knn", "histogram"]
CLASSIFIERS = ["auto", "classifier"]
FUNCTIONS = [sampled.kl, sampled.reverse_kl, sampled.js]
P, Q = closed_forms.Normal(0, 1), closed_forms.Normal(0.5, 1.2)
TRUTHS = {
    sampled.kl: closed_forms.kl(P, Q),
    sampled.reverse_kl: closed_forms.reverse_kl(P, Q),
    sampled.js: densities.js(
        scipy.stats.norm.logpdf, lambda x: scipy.stats.norm.logpdf(x, 0.5, 1.2), (-np.inf, np.inf)
    ).value,
}


def normals(n=1000, m=1000, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, n), rng.normal(0.5, 1.2, m)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_normal_samples_give_their_closed_form(function, method):
    found = function(*normals(), method=method)
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(TRUTHS[function], abs=4 * found.standard_error)


@pytest.mark.parametrize("method", METHODS)
def test_js_weighs_both_sides_alike_whatever_their_sizes(method):
    rng = np.random.default_rng(0)
    found = sampled.js(rng.normal(size=300), rng.normal(2, 1, size=3000), method=method)
    truth = densities.js(
        scipy.stats.norm.logpdf, lambda x: scipy.stats.norm.logpdf(x, 2), (-np.inf, np.inf)
    ).value
    assert truth > 10 * found.standard_error
    assert found.value == pytest.approx(truth, abs=4 * found.standard_error)


@pytest.mark.parametrize("method", ["knn"])
def test_reverse_kl_is_kl_of_the_samples_exchanged(method):
    x, y = normals(200, 150)
    assert sampled.reverse_kl(x, y, method=method).value == pytest.approx(
        sampled.kl(y, x, method=method).value, rel=1e-13
    )
    assert sampled.js(x, y, method=method).value == pytest.approx(
        sampled.js(y, x, method=method).value, rel=1e-12
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [2.0**-900, 2.0**-20, 2.0**900])
def test_the_unit_of_length_does_not_matter(method, unit):
    x, y = normals(100, 80)
    assert sampled.kl(x * unit, y * unit, method=method).value == pytest.approx(
        sampled.kl(x, y, method=method).value, rel=1e-9
    )


def test_coordinates_that_never_differ_do_not_count():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 2)), rng.normal(0.5, 1, size=(100, 2))
    wide = [np.column_stack([np.full(100, 7.0), points]) for points in (x, y)]
    assert sampled.kl(*wide).value == sampled.kl(x, y).value


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_same_distribution_is_at_nothing_and_the_interval_says_so(function):
    rng = np.random.default_rng(1)
    found = function(rng.normal(size=(500, 5)), rng.normal(size=(500, 5)))
    assert found.value < 0.01
    assert found.low == 0
    assert found.method == "auto: no difference found"


@pytest.mark.parametrize("method", METHODS)
def test_samples_that_do_not_overlap_are_at_log_2_and_kl_has_no_upper_end(method):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=300), 5 + rng.uniform(size=400)
    assert sampled.js(x, y, method=method).value == pytest.approx(np.log(2), abs=0.05)
    for function in (sampled.kl, sampled.reverse_kl):
        found = function(x, y, method=method)
        assert found.value > 2
        assert found.high == math.inf
        assert "other sample has none near" in found.notes[0]


@pytest.mark.parametrize("method", ["auto", "knn"])
def test_a_mode_that_the_other_sample_lacks_leaves_kl_open_one_way(method):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 500, 2))
    x[:25] += 20.0
    missing, there = sampled.kl(x, y, method=method), sampled.reverse_kl(x, y, method=method)
    assert missing.high == math.inf
    assert "5% of the points lie where the other sample has none near" in missing.notes[0]
    assert there.high < 0.3
    assert there.notes == ()


@pytest.mark.parametrize("d", [1, 2])
def test_many_points_beside_few_of_the_same_population_are_not_alone(d):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5000, d)), rng.normal(size=(100, d))
    assert math.isfinite(sampled.kl(x, y, method="knn").high)
    assert math.isfinite(sampled.reverse_kl(y, x, method="knn").high)


def test_every_call_gives_the_same_and_a_generator_other_folds():
    x, y = normals(200, 200)
    assert sampled.kl(x, y).value == sampled.kl(x, y).value
    other = sampled.kl(x, y, rng=np.random.default_rng(5))
    assert other.value != sampled.kl(x, y).value
    assert other.value == pytest.approx(sampled.kl(x, y).value, abs=other.standard_error)


def test_scores_are_there_and_the_best_is_better_than_a_coin():
    found = sampled.kl(*normals())
    assert {"linear", "quadratic", "splines", "trees"} <= set(found.scores)
    assert min(found.scores.values()) < np.log(2)


def test_tensors_give_tensors_and_refuse_a_gradient():
    x, y = (torch.as_tensor(sample) for sample in normals(100, 100))
    found = sampled.kl(x, y)
    assert isinstance(found.value, torch.Tensor)
    assert sampled.kl(x.float(), y.float(), method="knn").value.dtype == torch.float32
    assert found.value.item() == sampled.kl(x.numpy(), y.numpy()).value
    with pytest.raises(DistributionError, match=r"`x` requires a gradient.*x.detach\(\)"):
        sampled.kl(x.requires_grad_(), y)


# Weights


def test_importance_weights_give_the_divergence_of_what_they_aim_at():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=4000), rng.normal(size=4000)
    weights = np.exp(-((x - 0.7) ** 2) / 2 + x**2 / 2)  # of N(.7, 1)
    found = sampled.kl(x, y, x_weights=weights)
    assert found.value == pytest.approx(0.245, abs=4 * found.standard_error)
    assert found.standard_error > sampled.kl(x + 0.7, y).standard_error


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_equal_weights_are_none(method):
    x, y = normals(100, 100)
    weighted = sampled.kl(x, y, x_weights=np.full(100, 3.0), method=method)
    assert weighted.value == pytest.approx(sampled.kl(x, y, method=method).value, rel=1e-9)


@pytest.mark.parametrize("method", ["knn", "histogram"])
def test_methods_that_count_refuse_weights(method):
    x, y = normals(100, 100)
    with pytest.raises(DistributionError, match=f'"{method}" counts points'):
        sampled.kl(x, y, x_weights=np.arange(100) + 1.0, method=method)


def test_points_without_weight_are_not_there():
    x, y = normals(200, 200)
    some = np.arange(200) % 2
    whole = np.where(some == 0, 7.0, x)  # which would be an atom
    weighted = sampled.kl(whole, y, x_weights=some)
    assert weighted.value == sampled.kl(x[some == 1], y).value


def test_few_heavy_points_tell_less():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300))
    found = sampled.kl(x, y, x_weights=np.exp(2 * rng.normal(size=300)))
    assert found.low == 0
    assert found.high > 2 * sampled.kl(x, y).high


def test_weights_of_atoms_are_refused():
    x = np.repeat([0.0, 1.0], 50)
    with pytest.raises(DistributionError, match="2 values are taken again and again"):
        sampled.kl(x, x, x_weights=np.where(x == 0, 9.0, 1.0))


# Atoms and ties


def test_an_atom_that_q_lacks_makes_kl_infinite_and_the_note_says_where():
    x, y = normals()
    x[:100] = 0.25
    found = sampled.kl(x, y)
    assert (found.value, found.high) == (math.inf, math.inf)
    assert 0 < found.low < 0.1 * np.log(0.1 * 1000)
    assert (
        "100 points of x share one value, which none of the 1000 points of y takes"
        in found.notes[-1]
    )
    assert math.isfinite(sampled.reverse_kl(x, y).value)
    assert sampled.reverse_kl(y, x).value == math.inf
    assert sampled.js(x, y).value < np.log(2)


@pytest.mark.parametrize("method", METHODS)
def test_atoms_and_a_density_add_up(method):
    rng = np.random.default_rng(0)
    x, y = normals(2000, 2000)
    x[rng.random(2000) < 0.3], y[rng.random(2000) < 0.1] = 0.0, 0.0
    truth = 0.3 * np.log(3) + 0.7 * np.log(7 / 9) + 0.7 * TRUTHS[sampled.kl]
    found = sampled.kl(x, y, method=method)
    assert found.value == pytest.approx(truth, abs=4 * found.standard_error)
    assert "at 1 repeated value, counted as atoms" in found.notes[0]
    by_counts = sampled.kl(x, y, method="histogram").standard_error  # efficient
    assert 0.8 * by_counts < found.standard_error < 1.25 * by_counts


def test_a_value_that_was_seen_once_makes_nothing_infinite():
    x, y = np.repeat([0.0, 1.0, 2.0], [100, 99, 1]), np.repeat([0.0, 1.0], 2500)
    found = sampled.kl(x, y)
    assert found.value < 0.1
    assert found.low == 0


def test_discrete_data_are_counted():
    rng = np.random.default_rng(0)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    x, y = rng.choice(3, 2000, p=p), rng.choice(3, 3000, p=q)
    for ours, exact in (
        (sampled.kl, divergences.kl),
        (sampled.reverse_kl, divergences.reverse_kl),
        (sampled.js, divergences.js),
    ):
        found = ours(x, y)
        assert found.value == pytest.approx(exact(p, q), abs=4 * found.standard_error)
        observed = exact(np.bincount(x) / 2000, np.bincount(y) / 3000)
        assert found.value == pytest.approx(observed, abs=3 / 2000)  # what chance adds
        assert found.method == "counts"


@pytest.mark.parametrize("value", [-3.0, 0.0])
def test_constant_data_are_at_nothing_or_at_infinity(value):
    x, y = np.zeros(30), np.full(20, value)
    apart = value != 0
    assert sampled.kl(x, y).value == (math.inf if apart else 0)
    assert sampled.js(x, y).value == pytest.approx(np.log(2) if apart else 0)


def test_minus_zero_is_zero():
    assert sampled.kl(np.zeros(30), np.full(30, -0.0)).value == 0


@pytest.mark.parametrize("method", METHODS)
def test_ties_of_one_point_in_a_hundred_move_an_estimate_by_less_than_its_error(method):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=1000), rng.normal(1, 1, size=1000)
    plain = sampled.kl(x, y, method=method)
    for sample in (x, y):
        sample[:10] = sample[10:20]
    assert sampled.kl(x, y, method=method).value == pytest.approx(
        plain.value, abs=plain.standard_error
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("digits", [1, 2])
def test_rounded_measurements_are_neither_infinite_nor_far_off(method, digits):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=1000), rng.normal(1, 1, size=1000)
    found = sampled.kl(np.round(x, digits), np.round(y, digits), method=method)
    assert found.value == pytest.approx(0.5, abs=4 * found.standard_error)


@pytest.mark.parametrize("share", [0.5, 0.85, 0.95])
def test_any_share_of_zeros_leaves_the_rest_a_density(share):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 2000))
    zero = rng.random((2, 2000)) < share
    x[zero[0]], y[zero[1]] = 0.0, 0.0
    same, apart = sampled.js(x, y), sampled.kl(x, np.where(y == 0, 0.0, y + 2))
    assert same.value < 0.005
    assert same.low == 0
    assert apart.value == pytest.approx(2 * (1 - share), abs=4 * apart.standard_error)


def test_many_rare_values_of_one_population_are_at_nothing():
    rng = np.random.default_rng(0)
    p = 1 / np.arange(1, 1501) ** 1.3
    x, y = (rng.choice(1500, n, p=p / p.sum()) for n in (400, 5000))
    for function in FUNCTIONS:
        found = function(x, y)
        assert math.isfinite(found.value)
        assert found.low == 0


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_copies_of_a_point_are_not_held_out_from_each_other(method):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 100, 2)).repeat(3, axis=1)
    found = sampled.kl(x, y, method=method)
    assert found.value < 0.02
    assert found.low == 0


def test_a_density_against_an_atom_is_infinite_and_says_so():
    rng = np.random.default_rng(0)
    found = sampled.kl(rng.normal(size=300), np.zeros(300))
    assert found.value == math.inf
    assert math.isnan(found.standard_error)
    assert "300 points of x are at values of their own" in found.notes[-1]


def test_too_few_points_outside_of_atoms_bound_from_below_only():
    rng = np.random.default_rng(0)
    x = np.concatenate([np.zeros(300), rng.normal(size=300)])
    y = np.concatenate([np.zeros(596), [-3.0, -2.0, 2.0, 3.0]])
    found = sampled.kl(x, y)
    assert math.isfinite(found.value)
    assert found.high == math.inf
    assert sampled.js(x, y).high == np.log(2)
    assert "304 points, too few on one side for a density" in found.notes[0]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=200))
def test_every_point_is_in_a_cell_or_has_a_density(values):
    z = np.array(values, float)[:, None]
    n = len(z) // 2
    samples = PooledSample(z, n, np.ones(len(z)))
    found = atoms(samples)
    assert found.x.sum() + found.y.sum() + len(found.dense) == len(z)
    assert (
        np.bincount(found.cell[found.cell >= 0], minlength=len(found.x)) == found.x + found.y
    ).all()


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_counts_are_right_in_the_mean(seed):
    """Mean over 400 draws, within 4 of its standard errors and 2 % for outcomes never seen."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.full(5, 5.0), size=2)
    n, m = 200, 300
    x, y = rng.multinomial(n, p, size=400), rng.multinomial(m, q, size=400)
    for functional, exact in (
        (KL, divergences.kl),
        (REVERSE_KL, divergences.reverse_kl),
        (JS, divergences.js),
    ):
        found = [from_counts(functional, *counts, n, m)[0] for counts in zip(x, y, strict=True)]
        error = np.std(found) / 20
        assert np.mean(found) == pytest.approx(exact(p, q), abs=4 * error + 0.02 * exact(p, q))


# Refusals


def test_rows_that_are_not_finite_are_named():
    x = np.zeros((20, 2))
    x[[3, 7, 8, 12], [0, 1, 1, 0]] = np.nan
    with pytest.raises(
        DistributionError, match=r"`x` must be finite.* rows 3, 7, 8 and 1 more; take"
    ):
        sampled.kl(x, np.zeros((20, 2)))
    with pytest.raises(DistributionError, match=r"`y` .* row 1; .*y\[np.isfinite\(y\)\]"):
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
    "rng": ({"rng": 0}, "`rng` must be a numpy.random.Generator"),
    "empty": ({"x": np.empty((0, 2))}, "`x` must not be empty"),
    "text": ({"x": ["a", "b"]}, "`x` must hold float64"),
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


def test_spans_that_floats_cannot_hold_are_refused():
    x, y = normals(100, 100)
    for far in (1e170, 1e308):
        with pytest.raises(
            DistributionError, match=r"`x`\[3\] is more than 1e100 times as far out"
        ):
            sampled.kl(np.where(np.arange(100) == 3, far, x), y)
    with pytest.raises(DistributionError, match="more than 1e100 times as far out"):
        sampled.kl(x * 1e-300, y * 1e300)
    assert sampled.kl(np.where(np.arange(100) == 3, 1e60, x), y).value < 2
    with pytest.raises(DistributionError, match=r"whole numbers beyond 2\*\*53"):
        sampled.kl(np.full(30, 2**60), np.full(30, 2**60 + 1))


def test_a_small_sample_beside_a_large_one_keeps_all_of_its_points():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=12), rng.normal(3, 1, size=60_000)
    found = sampled.kl(x, y, method="classifier")
    assert found.value == pytest.approx(4.5, abs=4 * found.standard_error)
    assert found.low > 1


def test_more_coordinates_than_points_are_refused_by_the_classifier_only():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 20)), rng.normal(size=(12, 20))
    with pytest.raises(DistributionError, match="20 coordinates and 12 and 12 points"):
        sampled.kl(x, y, method="classifier")
    assert math.isfinite(sampled.kl(x, y).value)


def test_histograms_are_for_one_or_two_coordinates():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300, 2)) * [1, 2]
    found = sampled.kl(x, y, method="histogram")
    assert found.low <= found.value <= found.high
    with pytest.raises(DistributionError, match='"histogram" is for one or two coordinates'):
        sampled.kl(np.ones((20, 3)) * np.arange(20)[:, None], np.ones((20, 3)), method="histogram")

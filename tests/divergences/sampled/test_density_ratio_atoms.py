"""Atoms and ties of samples: counted, and no effect on the density of the rest.

Statistical tests fix their seeds; within four standard errors, 6 seeds in 100,000 would fail.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import divergences
from divergences import sampled
from divergences.sampled._density_ratio.atoms import find_atoms
from divergences.sampled._density_ratio.counts import divergence_from_counts
from divergences.sampled._density_ratio.functionals import JS, KL, REVERSE_KL
from divergences.sampled._density_ratio.pooled_sample import PooledSample
from tests.divergences.sampled.density_ratio_cases import (
    CLASSIFIERS,
    EXACT,
    FUNCTIONS,
    METHODS,
    normals,
)


@pytest.mark.usefixtures("shared_fits")
def test_an_atom_missing_from_q_makes_kl_infinite_with_a_note():
    x, y = normals()
    x[:100] = 0.25
    estimate = sampled.kl(x, y)
    assert (estimate.value, estimate.high) == (math.inf, math.inf)
    assert 0 < estimate.low < 0.1 * np.log(0.1 * 1000)
    assert (
        "100 points of x share one value, which none of the 1000 points of y takes"
        in estimate.notes[-1]
    )
    assert math.isfinite(sampled.reverse_kl(x, y).value)
    assert sampled.reverse_kl(y, x).value == math.inf
    assert sampled.js(x, y).value < np.log(2)


@pytest.mark.parametrize("method", METHODS)
def test_the_contributions_of_atoms_and_density_add_up(method):
    rng = np.random.default_rng(0)
    x, y = normals(2000, 2000)
    x[rng.random(2000) < 0.3], y[rng.random(2000) < 0.1] = 0.0, 0.0
    exact = 0.3 * np.log(3) + 0.7 * np.log(7 / 9) + 0.7 * EXACT[sampled.kl]
    estimate = sampled.kl(x, y, method=method)
    assert estimate.value == pytest.approx(exact, abs=4 * estimate.standard_error)
    assert "at 1 repeated value, counted as atoms" in estimate.notes[0]
    histogram_error = sampled.kl(x, y, method="histogram").standard_error  # efficient
    assert 0.8 * histogram_error < estimate.standard_error < 1.25 * histogram_error


def test_a_value_observed_once_does_not_make_kl_infinite():
    x, y = np.repeat([0.0, 1.0, 2.0], [100, 99, 1]), np.repeat([0.0, 1.0], 2500)
    estimate = sampled.kl(x, y)
    assert estimate.value < 0.1
    assert estimate.low == 0


def test_discrete_data_are_compared_by_their_counts():
    rng = np.random.default_rng(0)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    x, y = rng.choice(3, 2000, p=p), rng.choice(3, 3000, p=q)
    for function, exact in (
        (sampled.kl, divergences.kl),
        (sampled.reverse_kl, divergences.reverse_kl),
        (sampled.js, divergences.js),
    ):
        estimate = function(x, y)
        assert estimate.value == pytest.approx(exact(p, q), abs=4 * estimate.standard_error)
        observed = exact(np.bincount(x) / 2000, np.bincount(y) / 3000)
        assert estimate.value == pytest.approx(observed, abs=3 / 2000)  # its bias is of order 1/n
        assert estimate.method == "counts"


@pytest.mark.parametrize("value", [-3.0, 0.0])
def test_constant_data_have_kl_0_or_infinity(value):
    x, y = np.zeros(30), np.full(20, value)
    differ = value != 0
    assert sampled.kl(x, y).value == (math.inf if differ else 0)
    assert sampled.js(x, y).value == pytest.approx(np.log(2) if differ else 0)


def test_minus_zero_equals_zero():
    assert sampled.kl(np.zeros(30), np.full(30, -0.0)).value == 0


@pytest.mark.parametrize("method", METHODS)
def test_ties_of_one_point_in_a_hundred_change_an_estimate_by_less_than_its_standard_error(method):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=1000), rng.normal(1, 1, size=1000)
    without_ties = sampled.kl(x, y, method=method)
    for sample in (x, y):
        sample[:10] = sample[10:20]
    assert sampled.kl(x, y, method=method).value == pytest.approx(
        without_ties.value, abs=without_ties.standard_error
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("digits", [1, 2])
def test_rounded_measurements_are_estimated_as_a_density(method, digits):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=1000), rng.normal(1, 1, size=1000)
    estimate = sampled.kl(np.round(x, digits), np.round(y, digits), method=method)
    assert estimate.value == pytest.approx(0.5, abs=4 * estimate.standard_error)


@pytest.mark.parametrize("probability", [0.5, 0.85, 0.95])
def test_the_nonzero_part_of_zero_inflated_data_is_a_density(probability):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 2000))
    is_zero = rng.random((2, 2000)) < probability
    x[is_zero[0]], y[is_zero[1]] = 0.0, 0.0
    null, shifted = sampled.js(x, y), sampled.kl(x, np.where(y == 0, 0.0, y + 2))
    assert null.value < 0.005
    assert null.low == 0
    assert shifted.value == pytest.approx(2 * (1 - probability), abs=4 * shifted.standard_error)


@pytest.mark.usefixtures("shared_fits")
def test_rare_values_of_one_population_are_no_difference():
    rng = np.random.default_rng(0)
    p = 1 / np.arange(1, 1501) ** 1.3
    x, y = (rng.choice(1500, n, p=p / p.sum()) for n in (400, 5000))
    for function in FUNCTIONS:
        estimate = function(x, y)
        assert math.isfinite(estimate.value)
        assert estimate.low == 0


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_copies_of_a_point_share_a_fold(method):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 100, 2)).repeat(3, axis=1)
    estimate = sampled.kl(x, y, method=method)
    assert estimate.value < 0.02
    assert estimate.interval is None or estimate.low == 0


def test_a_density_against_an_atom_has_an_infinite_kl_with_a_note():
    rng = np.random.default_rng(0)
    estimate = sampled.kl(rng.normal(size=300), np.zeros(300))
    assert estimate.value == math.inf
    assert math.isnan(estimate.standard_error)
    assert (
        "300 points of x are at no repeated value, but all 300 points of y are"
        in estimate.notes[-1]
    )


def test_too_few_points_outside_of_atoms_give_no_upper_bound():
    rng = np.random.default_rng(0)
    x = np.concatenate([np.zeros(300), rng.normal(size=300)])
    y = np.concatenate([np.zeros(596), [-3.0, -2.0, 2.0, 3.0]])
    estimate = sampled.kl(x, y)
    assert math.isfinite(estimate.value)
    assert estimate.high == math.inf
    assert sampled.js(x, y).high == np.log(2)
    assert "304 points, too few on one side for a density" in estimate.notes[0]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=200))
def test_every_point_is_counted_in_a_cell_or_in_the_continuous_part(values):
    points = np.array(values, float)[:, None]
    samples = PooledSample(points, len(points) // 2, np.ones(len(points)))
    atoms = find_atoms(samples)
    counts = atoms.x_counts + atoms.y_counts
    assert counts.sum() + len(atoms.continuous_indices) == len(points)
    cells = atoms.cell_indices[atoms.cell_indices >= 0]
    assert (np.bincount(cells, minlength=len(counts)) == counts).all()


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_divergences_from_counts_are_unbiased(seed):
    """Mean over 400 draws, within 4 of its standard errors and 2 % for unobserved outcomes."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.full(5, 5.0), size=2)
    n, m = 200, 300
    x, y = rng.multinomial(n, p, size=400), rng.multinomial(m, q, size=400)
    for functional, exact in (
        (KL, divergences.kl),
        (REVERSE_KL, divergences.reverse_kl),
        (JS, divergences.js),
    ):
        estimates = [
            divergence_from_counts(functional, *counts, n, m)[0]
            for counts in zip(x, y, strict=True)
        ]
        error = np.std(estimates) / 20
        assert np.mean(estimates) == pytest.approx(exact(p, q), abs=4 * error + 0.02 * exact(p, q))

"""Cost on the line without a plan: exact fractions, order of equal points, blocks, extension."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divergences import sampled
from divergences._transport.one_dimensional import coupling_cost
from divergences._transport.one_dimensional.cdf import ROUNDED_TOTAL, cumulative_levels
from divergences._transport.one_dimensional.coupling_cost import line_cost
from divergences._transport.one_dimensional.lipschitz_extension import line_extension
from divergences._transport.one_dimensional.ordering import sorting_permutation
from tests.strategies import weighted_line_pairs


def exact_w1(x, y, p, q):
    """Integral of |F - G| in rational arithmetic."""
    scale = 2**1074  # all floats are integers in this unit
    masses = [[int(Fraction(w) * scale) for w in side] for side in (p, q)]
    totals = [sum(side) for side in masses]
    jumps = [(z, w * totals[1]) for z, w in zip(x, masses[0], strict=True)]
    jumps += [(z, -w * totals[0]) for z, w in zip(y, masses[1], strict=True)]
    jumps.sort()
    value, difference = Fraction(0), 0
    for (z, jump), (following, _) in itertools.pairwise(jumps):
        difference += jump
        value += abs(difference) * (Fraction(following) - Fraction(z))
    return float(value / (totals[0] * totals[1]))


@given(weighted_line_pairs(max_size=20))
def test_values_are_exact_to_the_last_digits(line):
    x, y, p, q = line
    value = sampled.emd(x, y, x_weights=p, y_weights=q).value
    masses = [a / math.fsum(a) for a in (p, q)]
    assert value == pytest.approx(exact_w1(np.ravel(x), np.ravel(y), *masses), rel=1e-13, abs=0)


def test_hundreds_of_weights_of_close_samples_keep_their_digits():
    rng = np.random.default_rng(0)
    x, p = rng.normal(size=300), rng.random(300)
    y, q = x + 1e-6 * rng.normal(size=300), p * (1 + 1e-9 * rng.random(300))
    value = sampled.emd(x, y, x_weights=p, y_weights=q).value
    masses = [a / math.fsum(a) for a in (p, q)]
    assert value == pytest.approx(exact_w1(x, y, *masses), rel=2e-13, abs=0)


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_blocks_do_not_change_the_cost(power, monkeypatch):
    rng = np.random.default_rng(0)
    x, y, p, q = rng.random(100), rng.random(67), rng.random(100), rng.random(67)
    p, q, p[::7] = p / p.sum(), q / q.sum(), 0.0
    cases = [(x, y, None, None), (x, x + 0.1, None, None), (x, y, p / p.sum(), q), (y, x, q, None)]
    whole = [line_cost(*case, power=power) for case in cases]
    monkeypatch.setattr(coupling_cost, "MAX_BLOCK_POINTS", 8)
    blocks = [line_cost(*case, power=power) for case in cases]
    assert blocks == pytest.approx(whole, rel=1e-14, abs=0)


def test_the_estimate_the_plan_and_the_batch_have_one_value():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=300), rng.normal(size=200)
    for order in (1.0, 2.0):
        solved = sampled.transport(x, y, order=order)
        assert sampled.emd(x, y, order=order).value == solved.cost ** (1 / order)
    assert sampled.wasserstein_1d(x, y) == pytest.approx(sampled.emd(x, y).value, rel=1e-15, abs=0)


def test_sorted_points_are_not_copied_and_not_changed():
    x = np.sort(np.random.default_rng(0).normal(size=100))
    before = x.copy()
    value = sampled.emd(x, x[::-1] + 1.0).value
    assert value == pytest.approx(1.0, rel=1e-15, abs=0)
    assert (x == before).all()


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_equal_points_are_sorted_by_index(values):
    values = np.array(values, dtype=float)
    expected = np.argsort(values, kind="stable")
    assert (sorting_permutation(values) == expected).all()


@given(st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_rounded_masses_are_within_their_bound(n, seed):
    rng = np.random.default_rng(seed)
    p = rng.random(n) ** 20
    p = p / math.fsum(p)
    levels = cumulative_levels((p, None), (n, 3), exact=False)
    total = sum(map(Fraction, p))
    cumulative = Fraction(0)
    for level, mass in zip(levels.x.tolist(), p, strict=True):
        cumulative += Fraction(mass)
        assert abs(Fraction(level, ROUNDED_TOTAL) - cumulative / total) <= levels.rounding
    assert (np.diff(levels.x, prepend=0) >= 0).all()


@given(weighted_line_pairs(max_size=20), st.integers(0, 2**32 - 1))
def test_the_extension_on_the_line_is_the_minimum_over_all_targets(line, seed):
    x, y, _, _ = line
    z, y = np.ravel(x), np.ravel(y)
    potential = np.random.default_rng(seed).normal(size=len(y))
    minimizer, minimum = line_extension(z, y, potential)
    all_values = np.abs(z[:, None] - y) - potential
    np.testing.assert_allclose(minimum, all_values.min(axis=1), atol=1e-14)
    assert (minimum == np.abs(z - y[minimizer]) - potential[minimizer]).all()


def test_the_lower_endpoint_of_many_points_is_near_the_value():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=20_000), rng.normal(size=20_000) + 1
    estimate = sampled.emd(x, y)
    assert 0.96 < estimate.low < estimate.value < estimate.high < 1.05

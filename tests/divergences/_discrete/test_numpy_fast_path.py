"""Divergences of numpy arrays in blocks: values and errors of the body for every namespace."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import divergences
from divergences import DistributionError, js, kl
from tests import oracles
from tests.divergences._discrete.families import FUNCTIONS
from tests.strategies import distributions

SHAPES = [(9,), (1000,), (40_000,), (3, 20_000), (50, 100), (900, 10), (50, 1), (4, 5, 6, 50)]


def perturbed(p, eps, rng):
    q = p * np.abs(1 + eps * rng.standard_normal(p.shape))
    return q / q.sum(-1, keepdims=True)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("eps", [3.0, 0.3, 1e-6])
def test_blocks_agree_with_the_body_for_every_namespace(name, eps):
    for shape in SHAPES:
        rng = np.random.default_rng(0)
        p = rng.dirichlet(np.full(shape[-1], 0.5), size=shape[:-1])
        q = perturbed(p, eps, rng)
        value = FUNCTIONS[name](p, q)
        expected = FUNCTIONS[name](torch.tensor(p), torch.tensor(q)).numpy()
        rounding = 4e-15 if eps > 0.1 else 2e-14  # of totals, amplified near equality
        np.testing.assert_allclose(value, expected, rtol=rounding, atol=1e-300)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=30)
@given(rows=st.lists(st.tuples(distributions(4), distributions(4)), min_size=1, max_size=6))
def test_zeros_subnormals_and_infinities_agree_too(name, rows):
    p, q = (np.stack(vectors) for vectors in zip(*rows, strict=True))
    values = FUNCTIONS[name](p, q)
    expected = FUNCTIONS[name](torch.tensor(p), torch.tensor(q)).numpy()
    for value, other in zip(values, expected, strict=True):
        assert value == other or value == pytest.approx(other, rel=2e-13, abs=1e-300)


@pytest.mark.parametrize("eps", [1.0, 1e-4, 1e-8, 1e-12])
def test_the_relative_error_of_blocks_is_a_few_units_in_the_last_place(eps):
    rng = np.random.default_rng(2)
    p = rng.random(5000)
    p /= p.sum()
    q = perturbed(p, eps, rng)
    for function, definition in ((kl, oracles.kl), (js, oracles.js)):
        exact = oracles.exact(p, q, definition)
        with mpmath.workdps(30):
            assert abs(float(function(p, q)) - exact) <= 1e-15 * exact


@pytest.mark.parametrize("k", [20, 100, 40_000])
@pytest.mark.parametrize("name", ["js", "jeffreys", "total_variation", "hellinger", "js_distance"])
def test_symmetry_holds_to_the_last_bit(name, k):
    p, q = np.random.default_rng(0).dirichlet(np.full(k, 0.1), size=(2, 3))
    assert np.array_equal(FUNCTIONS[name](p, q), FUNCTIONS[name](q, p))


@pytest.mark.parametrize("k", [20, 100, 40_000])
def test_disjoint_supports_have_the_largest_values_exactly(k):
    p = np.zeros((3, k))
    q = p.copy()
    p[:, ::2], q[:, 1::2] = 2 / k, 2 / k
    assert (js(p, q) == np.log(2)).all()
    assert (divergences.total_variation(p, q) == 1).all()
    assert (divergences.hellinger(p, q) == 1).all()
    assert (divergences.alpha(p, q, 0.25) == 1 / 0.25 / 0.75).all()
    for name in ("kl", "jeffreys", "chi2", "renyi 0.3", "renyi 3", "cross_entropy"):
        assert (FUNCTIONS[name](p, q) == np.inf).all()


@pytest.mark.parametrize("k", [4, 100, 40_000])
@pytest.mark.parametrize("name", ["js_distance", "hellinger"])
def test_the_root_of_a_divergence_that_underflows_does_not(name, k):
    p = np.full(k, 1 / (k - 1))
    p[0] = 0
    q = p.copy()
    p[0], q[0] = 5e-324, 1e-320
    expected = FUNCTIONS[name](torch.tensor(p), torch.tensor(q)).item()
    assert FUNCTIONS[name](p, q) == pytest.approx(expected, rel=1e-14, abs=0)
    assert expected > 1e-163


def test_a_quotient_beyond_the_largest_float_is_not_the_divergence():
    p, q = np.array([1e-10, 1 - 1e-10]), np.array([1e-320, 1.0])
    exact = oracles.exact(p, q, oracles.chi2)
    assert divergences.chi2(p, q) == pytest.approx(float(exact), rel=1e-14, abs=0)


@pytest.mark.parametrize("order", [1e-12, 0.1, 0.5, 0.9, 1 - 1e-13, 1 + 1e-13, 1.2, 2, 3.7, 10])
@pytest.mark.parametrize("eps", [1.0, 1e-2, 1e-7])
def test_power_divergences_are_exact_to_some_units_in_the_last_place(order, eps):
    rng = np.random.default_rng(3)
    for k in (3, 70):
        p = rng.dirichlet(np.ones(k))
        q = perturbed(p, eps, rng)
        with mpmath.workdps(60):
            masses = [[mpmath.mpf(float(x)) for x in a] for a in (p, q)]
            a, b = ([x / sum(v) for x in v] for v in masses)
            power_sum = sum(
                x**order * y ** (1 - mpmath.mpf(order)) for x, y in zip(a, b, strict=True)
            )
            alpha = (power_sum - 1) / (mpmath.mpf(order) * (mpmath.mpf(order) - 1))
            renyi = mpmath.log(power_sum) / (mpmath.mpf(order) - 1)
            assert abs(divergences.alpha(p, q, order) / alpha - 1) < 4e-15
            assert abs(divergences.renyi(p, q, order) / renyi - 1) < 4e-15


@pytest.mark.parametrize("name", ["kl", "js", "chi2", "alpha 2.5"])
@pytest.mark.parametrize("k", [10, 100, 40_000])
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (-1e-3, r"`q`\[2, 7\] = -0.001 is negative"),
        (np.nan, r"`q`\[2, 7\] = nan is not finite"),
        (np.inf, r"`q`\[2, 7\] = inf is not finite"),
        (0.5, r"`q` must sum to 1 along axis -1, but sums to 1\..* \(vector \[2\]\)"),
    ],
)
def test_input_that_is_no_distribution_is_refused_with_the_reason(name, k, entry, message):
    p = np.full((4, k), 1 / k)
    q = p.copy()
    q[2, 7] = entry
    with pytest.raises(DistributionError, match=message):
        FUNCTIONS[name](p, q)


@pytest.mark.parametrize("k", [10, 100, 40_000])
def test_sums_off_by_the_tolerance_are_taken_and_refused_as_by_the_body(k):
    p = np.full(k, 1 / k)
    for factor in (1 + 0.99e-9, 1 - 0.99e-9):
        assert 0 <= kl(p, p * factor) < 1e-15
    for factor in (1 + 1.01e-9, 1 - 1.01e-9):
        with pytest.raises(DistributionError, match="must sum to 1"):
            kl(p, p * factor)
    single = (p * (1 + 5e-6)).astype(np.float32)
    assert js(p.astype(np.float32), single).dtype == np.float32
    with pytest.raises(DistributionError, match="must sum to 1"):
        js(p, single.astype(np.float64))


def test_arguments_are_not_changed():
    for shape in ((10,), (30, 10), (5, 200), (20_000,)):
        p, q = np.random.default_rng(0).dirichlet(np.full(shape[-1], 0.1), size=(2, *shape[:-1]))
        p.reshape(-1)[0] = 0
        p /= p.sum(-1, keepdims=True)
        before = p.copy(), q.copy()
        for function in FUNCTIONS.values():
            function(p, q)
        np.testing.assert_array_equal((p, q), before)


@pytest.mark.parametrize("excess", [4e-10, -4e-10])
def test_long_vectors_of_other_totals_have_the_values_of_their_shares(excess):
    p, q = np.random.default_rng(0).random((2, 1 << 17))
    p, q = p / p.sum(), q / q.sum()
    for f in (divergences.kl, divergences.reverse_kl, divergences.js):
        assert f(p * (1 + excess), q) == pytest.approx(f(p, q), rel=1e-14, abs=0)

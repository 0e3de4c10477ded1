"""The whole family of discrete divergences: each equal to its definition, in either input."""

import functools
import itertools
import math
from collections import Counter

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import example, given

import divergences
from divergences import DistributionError, log_space
from tests import oracles
from tests.strategies import distribution_pairs, distributions

LOG_2 = math.log(2)


def of_order(function, order):
    @functools.wraps(function)
    def ordered(p, q, **options):
        return function(p, q, order, **options)

    return ordered


FAMILY = {
    "kl": (divergences.kl, oracles.kl),
    "js": (divergences.js, oracles.js),
    "jeffreys": (divergences.jeffreys, oracles.jeffreys),
    "total_variation": (divergences.total_variation, oracles.total_variation),
    "hellinger": (divergences.hellinger, oracles.hellinger),
    "chi2": (divergences.chi2, oracles.chi2),
    "renyi 0.5": (of_order(divergences.renyi, 0.5), oracles.renyi(0.5)),
    "renyi 2": (of_order(divergences.renyi, 2), oracles.renyi(2)),
    "renyi 7.5": (of_order(divergences.renyi, 7.5), oracles.renyi(7.5)),
    "alpha 0.5": (of_order(divergences.alpha, 0.5), oracles.alpha(0.5)),
    "alpha 2": (of_order(divergences.alpha, 2), oracles.alpha(2)),
    "alpha -1": (of_order(divergences.alpha, -1), oracles.alpha(-1)),
}
LOGS = {
    "kl": log_space.kl,
    "js": log_space.js,
    "jeffreys": log_space.jeffreys,
    "total_variation": log_space.total_variation,
    "hellinger": log_space.hellinger,
    "chi2": log_space.chi2,
    "renyi 0.5": of_order(log_space.renyi, 0.5),
    "renyi 2": of_order(log_space.renyi, 2),
    "alpha 0.5": of_order(log_space.alpha, 0.5),
}


@pytest.mark.parametrize("name", FAMILY)
@given(pair=distribution_pairs())
@example(pair=(np.array([0.5, 0.5]), np.array([5e-324, 1.0])))
@example(pair=(np.array([0.0, 1.0]), np.array([1.0, 0.0])))
def test_a_divergence_is_its_definition(name, pair):
    p, q = pair
    ours, definition = FAMILY[name]
    value, truth = float(ours(p, q)), oracles.exact(p, q, definition)
    truth = truth if truth > 1e-140 else mpmath.mpf(0)  # below, it is the oracle's own rounding
    assert value >= 0
    if math.isinf(value) or truth > 1e300:
        assert value == truth or truth > 1e300
        return
    # Some twenty roundings a term. delta is right to eps of the largest difference, which is all
    # where p and q are proportional; the divergences go with its square, but for two.
    step = 1e-15 * np.abs(p - q).max()
    small = step if name in ("total_variation", "hellinger") else step * (step + truth**0.5)
    assert abs(value - truth) <= 5e-15 * truth + 1e-140 + small


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("eps", [1.0, 1e-2, 1e-5, 1e-8, 1e-12])
def test_close_distributions_keep_all_their_digits(name, eps):
    rng = np.random.default_rng(1)
    p = rng.random(100)
    q = p * np.abs(1 + eps * rng.standard_normal(100))
    p, q = p / p.sum(), q / q.sum()
    ours, definition = FAMILY[name]
    truth = oracles.exact(p, q, definition)
    assert abs(ours(p, q) - truth) <= 2e-15 * truth


@pytest.mark.parametrize("name", LOGS)
@given(pair=distribution_pairs())
def test_logarithms_give_the_same(name, pair):
    p, q = (v / v.sum() for v in pair)
    with np.errstate(divide="ignore"):
        logs = np.log(p), np.log(q)
    linear, ours = FAMILY[name][0](p, q), LOGS[name](*logs)
    # A logarithm is rounded to eps of its size, at most 745: p moves by 745 eps of itself.
    moved = 1e-12 * (1 + np.where(np.isfinite(linear), linear, 0))
    assert ours == pytest.approx(linear, rel=1e-9, abs=moved)


@pytest.mark.parametrize("eps", [1e-3, 1e-6, 1e-9])
def test_close_logarithms_keep_all_their_digits(eps):
    rng = np.random.default_rng(1)
    log_p = np.log(rng.dirichlet(np.ones(50)))
    log_q = log_p + eps * rng.standard_normal(50)
    log_q -= np.log(np.exp(log_q).sum())
    with mpmath.workdps(60):
        p, q = ([mpmath.exp(mpmath.mpf(float(x))) for x in v] for v in (log_p, log_q))
        p, q = ([x / mpmath.fsum(v) for x in v] for v in (p, q))
        for ours, definition in ((log_space.kl, oracles.kl), (log_space.js, oracles.js)):
            truth = definition(p, q)
            assert abs(ours(log_p, log_q) - truth) <= 4e-15 * truth


def test_tails_far_below_the_smallest_float_count():
    log_p, log_q = [LOG_2 * -1, LOG_2 * -1], [-1e5, 0.0]
    assert log_space.kl(log_p, log_q) == pytest.approx(5e4 - LOG_2, rel=1e-15)
    assert log_space.renyi(log_p, log_q, 3) == pytest.approx((2e5 - 3 * LOG_2) / 2, rel=1e-15)
    assert log_space.js([0.0, -math.inf], [-math.inf, 0.0]) == LOG_2
    assert log_space.kl([0.0, -math.inf], [-math.inf, 0.0]) == math.inf


@given(distribution_pairs())
def test_logarithms_give_the_same_cross_entropy(pair):
    p, q = (v / v.sum() for v in pair)
    with np.errstate(divide="ignore"):
        logs = np.log(p), np.log(q)
    value, truth = log_space.cross_entropy(*logs), divergences.cross_entropy(p, q)
    assert value == pytest.approx(truth, rel=1e-12, abs=1e-12)
    assert log_space.entropy(logs[0]) == pytest.approx(
        divergences.entropy(p), rel=1e-12, abs=1e-12
    )


def test_entropies_of_tails_and_of_point_masses():
    assert log_space.cross_entropy([-LOG_2, -LOG_2], [-1e5, 0.0]) == pytest.approx(5e4, rel=1e-15)
    assert log_space.cross_entropy([-LOG_2, -LOG_2], [-math.inf, 0.0]) == math.inf
    assert log_space.entropy([0.0, -math.inf]) == 0
    lacking = 1e-20  # which 1 - 1e-20 could not say
    value = log_space.entropy([math.log1p(-lacking), math.log(lacking)])
    assert value == pytest.approx(lacking * (1 - math.log(lacking)), rel=1e-12)


def test_a_generator_works_on_logarithms():
    p, q = np.array([0.3, 0.7]), np.array([0.6, 0.4])
    value = log_space.f_divergence(np.log(p), np.log(q), lambda t: (t - 1) ** 2)
    assert value == pytest.approx(divergences.chi2(p, q), rel=1e-14)


def test_logits_carry_gradients():
    logits = torch.tensor([[0.3, -1.0, 2.0], [0.5, 0.1, -30.0]], dtype=torch.float64)
    for name in LOGS:
        assert torch.autograd.gradcheck(
            lambda z, f=LOGS[name]: f(*z.log_softmax(dim=1)), logits.requires_grad_()
        )


@given(distribution_pairs())
def test_jeffreys_total_variation_and_hellinger_are_symmetric_to_the_last_bit(pair):
    p, q = pair
    for function in (divergences.jeffreys, divergences.total_variation, divergences.hellinger):
        assert function(p, q) == function(q, p)


@given(distribution_pairs())
def test_bounded_divergences_are_1_exactly_for_disjoint_supports(pair):
    p, q = pair
    for function in (divergences.total_variation, divergences.hellinger):
        assert 0 <= function(p, q) <= 1
        if not np.minimum(p, q).any():
            assert function(p, q) == 1


@given(distribution_pairs())
def test_renyi_grows_with_its_order_through_its_limits(pair):
    p, q = pair
    orders = (0, 0.25, 0.5, 0.9, 1, 1.5, 4, 50, math.inf)
    values = [divergences.renyi(p, q, order) for order in orders]
    for low, high in itertools.pairwise(values):
        assert low <= high * (1 + 1e-12) + 1e-15


def test_renyi_has_its_limits():
    p, q = [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]
    assert divergences.renyi(p, q, 0) == pytest.approx(-math.log(0.5), rel=1e-15)
    assert divergences.renyi(p, q, 1) == divergences.kl(p, q)
    assert divergences.renyi(p, q, math.inf) == pytest.approx(math.log(2.5), rel=1e-15)
    assert divergences.renyi([1, 0], [1e-300, 1], 3) == pytest.approx(
        300 * math.log(10), rel=1e-14
    )


def test_alpha_has_its_special_cases():
    p, q = [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]
    assert divergences.alpha(p, q, 1) == divergences.kl(p, q)
    assert divergences.alpha(q, p, 0) == pytest.approx(divergences.kl(p, q), rel=1e-15)
    assert divergences.alpha(p, q, 2) == pytest.approx(divergences.chi2(p, q) / 2, rel=1e-14)
    assert divergences.alpha(p, q, 0.5) == pytest.approx(4 * divergences.hellinger(p, q) ** 2)


@given(distribution_pairs())
def test_cross_entropy_is_its_definition(pair):
    p, q = pair
    value = float(divergences.cross_entropy(p, q))
    truth = oracles.exact(p, q, oracles.cross_entropy)
    assert value == truth or abs(value - truth) <= 2e-15 * truth + 1e-307


@pytest.mark.parametrize("lacking", [0.4, 1e-3, 1e-9, 1e-15])
def test_entropy_keeps_its_digits_near_a_point_mass(lacking):
    p = np.array([1 - lacking, lacking])
    truth = oracles.exact(p, p, oracles.cross_entropy)
    assert abs(divergences.entropy(p) - truth) <= 1e-15 * truth


def test_entropy_of_equal_shares_is_log_k():
    assert divergences.entropy(np.full(8, 1 / 8), base=2) == 3
    assert divergences.entropy([1, 0]) == 0


@given(distribution_pairs())
def test_an_f_divergence_with_the_generator_of_a_named_one_is_it(pair):
    p, q = pair
    named = {
        divergences.chi2: (lambda t: (t - 1) ** 2, 1.0, math.inf),
        divergences.total_variation: (lambda t: abs(t - 1) / 2, 0.5, 0.5),
    }
    for function, (generator, at_zero, slope) in named.items():
        with np.errstate(all="ignore"):
            value = divergences.f_divergence(
                p, q, generator, at_zero=at_zero, slope_at_infinity=slope
            )
        truth = function(p, q)
        assert (
            value == truth or truth > 1e290 or value == pytest.approx(truth, rel=1e-6, abs=1e-12)
        )


def test_an_f_divergence_asks_for_the_limit_that_it_needs():
    with pytest.raises(DistributionError, match="`slope_at_infinity` is needed"):
        divergences.f_divergence([1, 0], [0, 1], lambda t: t, at_zero=1.0)
    with pytest.raises(DistributionError, match="`at_zero` is needed"):
        divergences.f_divergence([1, 0], [0.5, 0.5], lambda t: t, slope_at_infinity=1.0)


@given(distribution_pairs())
def test_js_of_a_mixture_of_two_is_js(pair):
    value = divergences.js_mixture(np.stack(pair))
    truth = oracles.exact(*pair, oracles.js)
    shift = 1e-15 * abs(pair[0].sum() - pair[1].sum())
    assert abs(value - truth) <= 1e-14 * truth + 1e-307 + shift * (shift + mpmath.sqrt(truth))


@given(distributions(4), distributions(4), distributions(4))
def test_js_of_a_mixture_is_the_entropy_of_it_less_that_of_its_parts(p, q, r):
    weights = np.array([0.5, 0.3, 0.2])
    parts = np.stack([v / v.sum() for v in (p, q, r)])
    truth = divergences.entropy(weights @ parts) - weights @ divergences.entropy(parts)
    value = divergences.js_mixture(parts, weights=weights)
    assert value == pytest.approx(truth, abs=1e-14)
    assert value <= divergences.entropy(weights) + 1e-15


@pytest.mark.parametrize("eps", [1.0, 1e-4, 1e-9])
def test_js_of_a_mixture_of_logarithms_keeps_its_digits(eps):
    rng = np.random.default_rng(3)
    logs = np.log(rng.dirichlet(np.ones(20))) + eps * rng.standard_normal((3, 20))
    logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
    logs[:, 0] = [-np.inf, -1e4, -2e4]
    logs[:, 1:] -= np.log(np.exp(logs[:, 1:]).sum(axis=1, keepdims=True))
    weights = [0.5, 0.25, 0.25]
    with mpmath.workdps(60):
        parts = [[mpmath.exp(mpmath.mpf(float(x))) if x > -np.inf else 0 for x in v] for v in logs]
        parts = [[x / mpmath.fsum(v) for x in v] for v in parts]
        columns = zip(*parts, strict=True)
        middle = [mpmath.fdot(weights, column) for column in columns]
        truth = mpmath.fsum(w * oracles.kl(v, middle) for w, v in zip(weights, parts, strict=True))
        assert abs(log_space.js_mixture(logs, weights=weights) - truth) <= 1e-14 * truth


def test_a_mixture_needs_its_weights_and_axes_to_fit():
    with pytest.raises(DistributionError, match=r"`weights` must have one entry per distribution"):
        divergences.js_mixture([[1, 0], [0, 1]], weights=[1.0])
    with pytest.raises(DistributionError, match=r"must have shape \(n, ..., k\)"):
        divergences.js_mixture([0.5, 0.5])


@pytest.mark.parametrize("name", FAMILY)
def test_outcomes_may_have_names(name):
    p, q = {"a": 0.5, "b": 0.5}, {"c": 0.5, "b": 0.25, "a": 0.25}
    function = FAMILY[name][0]
    assert function(p, q) == function([0.5, 0.5, 0.0], [0.25, 0.25, 0.5])


def test_counts_are_no_probabilities_until_they_are_divided():
    with pytest.raises(DistributionError, match=r"`p` must sum to 1 .* sums to 3"):
        divergences.kl(Counter("aab"), Counter("ab"))
    with pytest.raises(DistributionError, match="must both be dicts"):
        divergences.kl({"a": 1.0}, [1.0])


@pytest.mark.parametrize("order", [-1, math.nan, "2", None])
def test_an_order_that_there_is_not_is_refused(order):
    with pytest.raises(DistributionError, match="`order` must be a number from 0 on"):
        divergences.renyi([0.5, 0.5], [0.5, 0.5], order)


def test_an_infinite_order_of_alpha_is_refused():
    with pytest.raises(DistributionError, match="`order` must be a finite number"):
        divergences.alpha([0.5, 0.5], [0.5, 0.5], math.inf)


REFUSED_LOGS = [
    (([0.5, 0.5], [0.0, -math.inf]), "exponentials of `log_p` must sum to 1 along axis -1"),
    (([math.nan, 0.0], [0.0, -math.inf]), r"`log_p` must hold log-probabilities.*\[0\] = nan"),
    (([0.0, -math.inf], [math.inf, 0.0]), r"`log_q` must hold log-probabilities.*\[0\] = inf"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED_LOGS)
@pytest.mark.parametrize("function", LOGS.values())
def test_what_are_no_log_probabilities_is_refused(function, arguments, message):
    with pytest.raises(DistributionError, match=message):
        function(*arguments)

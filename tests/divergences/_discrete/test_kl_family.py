"""KL and JS: their laws, their values against multiprecision, and the input they refuse."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import assume, example, given

from divergences import DistributionError, js, js_distance, kl, reverse_kl
from tests import oracles
from tests.strategies import distribution_pairs

LOG_2 = np.log(2.0)
# Each term of the sums is rounded about ten times, and all are at least 0.
RELATIVE_ERROR, ABSOLUTE_ERROR = 2e-15, 1e-320

EXTREME_PAIRS = [
    (np.array([1e-320, 1.0]), np.array([1e-300, 1.0])),
    (np.array([0.5, 0.5]), np.array([5e-324, 1.0])),
    (np.array([0.0, 1.0]), np.array([5e-324, 1.0])),
    (np.array([0.0, 0.3, 0.7]), np.array([0.0, 0.7, 0.3])),
    (np.array([0.5, 0.5]), np.array([1.0, 0.0])),
]


def with_extreme_pairs(test):
    for pair in EXTREME_PAIRS:
        test = example(pair)(test)
    return test


def agrees(value, exact, p, q):
    """Whether the value is exact up to rounding, that of the difference of the totals included."""
    if value == exact:
        return True
    total_error = 4 * np.finfo(float).eps * abs(math.fsum([*p, *-q]))
    absolute = ABSOLUTE_ERROR + total_error * (total_error + mpmath.sqrt(exact))
    return abs(value - exact) <= RELATIVE_ERROR * exact + absolute


@given(distribution_pairs())
@with_extreme_pairs
def test_kl_and_js_agree_with_multiprecision(pair):
    p, q = pair
    assert agrees(mpmath.mpf(float(kl(p, q))), oracles.exact(p, q, oracles.kl), p, q)
    assert agrees(mpmath.mpf(float(js(p, q))), oracles.exact(p, q, oracles.js), p, q)


@pytest.mark.parametrize("eps", [1.0, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12])
def test_the_relative_error_is_a_few_units_in_the_last_place_for_close_distributions(eps):
    rng = np.random.default_rng(0)
    p = rng.random(200)
    q = p * np.abs(1 + eps * rng.standard_normal(200))
    p, q = p / p.sum(), q / q.sum()
    for function, definition in ((kl, oracles.kl), (js, oracles.js)):
        exact = oracles.exact(p, q, definition)
        assert abs(function(p, q) - exact) <= 1e-15 * exact


@given(distribution_pairs())
@with_extreme_pairs
def test_kl_is_at_least_0_and_0_only_for_equal_vectors(pair):
    p, q = pair
    value = kl(p, q)
    assert value >= 0
    if value == 0:  # (p - q)^2 / 2 <= KL by Pinsker, which may underflow
        assert np.abs(p / p.sum() - q / q.sum()).max() <= 1e-15
    assert kl(p, p) == 0


@given(distribution_pairs())
def test_reverse_kl_is_kl_with_its_arguments_exchanged(pair):
    p, q = pair
    assert reverse_kl(p, q) == kl(q, p)


def test_kl_is_not_symmetric():
    p, q = [0.5, 0.5], [0.9, 0.1]
    assert kl(p, q) == pytest.approx(0.5 * np.log(0.25 / 0.09), rel=1e-15, abs=0)
    assert reverse_kl(p, q) == pytest.approx(
        0.9 * np.log(1.8) + 0.1 * np.log(0.2), rel=1e-15, abs=0
    )
    assert kl(p, q) - reverse_kl(p, q) > 0.14


@given(distribution_pairs())
@with_extreme_pairs
def test_js_is_symmetric_and_at_most_log_2(pair):
    p, q = pair
    assert 0 <= js(p, q) <= LOG_2
    assert js(p, q) == js(q, p)


@given(distribution_pairs())
@with_extreme_pairs
def test_js_is_log_2_exactly_for_disjoint_supports(pair):
    p, q = pair
    overlap = float(np.minimum(p, q).sum())
    if overlap == 0:
        assert js(p, q) == LOG_2
    elif overlap > 1e-12:
        assert js(p, q) < LOG_2


@given(distribution_pairs())
def test_js_is_the_mean_kl_to_the_midpoint(pair):
    p, q = pair
    m = (p / p.sum() + q / q.sum()) / 2
    assume(((m > 0) == ((p > 0) | (q > 0))).all())  # half of the smallest float is 0
    assert js(p, q) == pytest.approx((kl(p, m) + kl(q, m)) / 2, rel=1e-6, abs=1e-15)


@given(distribution_pairs())
def test_js_distance_is_the_root_of_js(pair):
    p, q = pair
    # A subnormal JS, rounded to a multiple of 5e-324, has fewer digits than its root.
    subnormal = np.sqrt(5e-324)
    assert js_distance(p, q) == pytest.approx(np.sqrt(js(p, q)), rel=1e-15, abs=subnormal)


@pytest.mark.parametrize("seed", range(5))
def test_js_distance_obeys_the_triangle_inequality(seed):
    p, q, r = np.random.default_rng(seed).dirichlet(np.full(5, 0.3), size=3)
    assert js_distance(p, r) <= js_distance(p, q) + js_distance(q, r)


def test_scipy_agrees_far_from_equality():
    p, q = np.random.default_rng(0).dirichlet(np.ones(50), size=2)
    assert kl(p, q) == pytest.approx(scipy.stats.entropy(p, q), rel=1e-13, abs=0)
    assert kl(p, q, base=2) == pytest.approx(scipy.stats.entropy(p, q, base=2), rel=1e-13, abs=0)


def test_vectors_may_lie_along_any_axis_and_broadcast():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), size=(3, 2)), rng.dirichlet(np.ones(4), size=2)
    expected = np.array([[kl(p[i, j], q[j]) for j in range(2)] for i in range(3)])
    assert np.array_equal(kl(p, q), expected)
    moved_p, moved_q = np.moveaxis(p, -1, 1), np.moveaxis(q, -1, 0)[None]
    assert np.array_equal(kl(moved_p, moved_q, axis=1), expected)


def test_vectors_proportional_within_the_tolerance_are_equal():
    p = np.array([0.25, 0.75])
    assert kl(p, p * (1 + 2**-31)) == 0
    assert js(p, p * (1 + 2**-31)) == 0


def test_float32_input_gives_the_value_rounded_to_float32():
    p, q = np.random.default_rng(0).dirichlet(np.ones(1000), size=2).astype(np.float32)
    value = kl(p, q)
    assert value.dtype == np.float32
    assert abs(value - oracles.exact(p, q, oracles.kl)) <= np.spacing(value)


def test_integers_and_lists_are_computed_in_float64():
    assert kl([1, 0], [0.5, 0.5]).dtype == np.float64
    assert kl([1, 0], [0.5, 0.5]) == pytest.approx(LOG_2, rel=1e-15, abs=0)
    assert js([1, 0], np.array([0, 1])) == LOG_2


@pytest.mark.parametrize("function", [kl, reverse_kl, js, js_distance])
def test_torch_gives_the_same_value_and_the_gradient_of_the_normalised_formula(function):
    logits = torch.tensor([[0.3, -1.0, 2.0, 0.1], [0.5, 0.1, 1.0, -2.0]], dtype=torch.float64)
    p, q = logits.softmax(dim=1)
    assert float(function(p, q)) == pytest.approx(
        float(function(p.numpy(), q.numpy())), rel=1e-15, abs=0
    )
    assert torch.autograd.gradcheck(lambda z: function(*z.softmax(dim=1)), logits.requires_grad_())


@pytest.mark.parametrize("function", [kl, js, js_distance])
def test_gradients_are_finite_where_an_outcome_has_no_mass(function):
    p = torch.tensor([0.0, 0.3, 0.7], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64, requires_grad=True)
    gradients = torch.autograd.grad(function(p, q), [p, q])
    assert all(g.isfinite().all() for g in gradients)
    if function is kl:  # d/dq_i of sum p log(p / q) + log sum q is -p_i / q_i + 1
        assert torch.allclose(gradients[1], 1 - p / q, atol=1e-15)


def exact_gradient(p, q, definition, argument):
    """Gradient of the definition at the normalized vectors, by differences in 1400 digits."""
    with mpmath.workdps(1400):  # a step of 1e-700 leaves 700 of them
        vectors = [[mpmath.mpf(x) for x in v] for v in (p, q)]

        def value(vectors):
            return definition(*([x / mpmath.fsum(v) for x in v] for v in vectors))

        gradient = []
        for i in range(len(p)):
            shifted = [list(v) for v in vectors]
            shifted[argument][i] += mpmath.mpf(10) ** -700
            gradient.append(float((value(shifted) - value(vectors)) * mpmath.mpf(10) ** 700))
    return gradient


@pytest.mark.parametrize("small", [0.1, 1e-8, 1e-16, 1e-17, 1e-30, 1e-156, 1e-300])
@pytest.mark.parametrize(
    ("function", "definition"), [(kl, oracles.kl), (js, oracles.js)], ids=["kl", "js"]
)
@pytest.mark.parametrize("argument", [0, 1])
def test_gradients_are_right_for_tiny_probabilities(function, definition, small, argument):
    vectors = [0.25, 0.75], [0.25, 0.75]
    vectors[argument][:] = small, 1 - small
    p, q = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in vectors)
    gradients = torch.autograd.grad(function(p, q), [p, q])
    for i, gradient in enumerate(gradients):
        exact = exact_gradient(*vectors, definition, i)
        assert gradient.tolist() == pytest.approx(exact, rel=1e-12, abs=0)


@pytest.mark.parametrize("function", [kl, reverse_kl, js, js_distance])
def test_gradients_are_finite_at_the_smallest_float(function):
    p = torch.tensor([5e-324, 1.0], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([1e-320, 1.0], dtype=torch.float64, requires_grad=True)
    gradients = torch.autograd.grad(function(p, q), [p, q])
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("function", [kl, js, js_distance])
def test_the_gradient_at_equality_is_0(function):
    p = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    q = p.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(p, q), [q])
    assert torch.equal(gradient, torch.zeros(3, dtype=torch.float64))


INVALID_ARGUMENTS = [
    (([-0.1, 1.1], [0.5, 0.5]), r"`p`\[0\] = -0.1 is negative"),
    (([0.5, 0.5], [float("nan"), 1.0]), r"`q`\[0\] = nan is not finite"),
    (([0.5, 0.5], [float("inf"), 1.0]), r"`q`\[0\] = inf is not finite"),
    (
        ([0.5, 0.6], [0.5, 0.5]),
        r"`p` must sum to 1 along axis -1, but sums to 1.1.*divergences.normalize\(p\)",
    ),
    (([[1, 0], [0.5, 0.4]], [0.5, 0.5]), r"`p` must sum to 1 .* \(vector \[1\]\)"),
    (([], []), r"`p` must not be empty, but has shape \(0,\)"),
    ((1.0, [0.5, 0.5]), r"`p` must have at least one axis"),
    (([0.2, 0.3, 0.5], [0.5, 0.5]), r"same number of outcomes, but `p` has 3 and `q` has 2"),
    (
        ([[1, 0]] * 2, [[1, 0]] * 3),
        r"must broadcast, but their batch shapes are \(2,\) and \(3,\)",
    ),
    ((["a", "b"], [0.5, 0.5]), r"`p` must hold float64.*'a'"),
    (([[0.5, 0.5], [1.0]], [0.5, 0.5]), r"`p` must be an array or nested lists whose rows"),
    ((np.ma.array([0.5, 0.5], mask=[0, 1]), [0.5, 0.5]), r"`p` is a masked array.*filled\(0\)"),
    (([torch.tensor([1.0, 0.0])], [[0.5, 0.5]]), r"`p` is a list of tensors; .*torch.stack\(p\)"),
    ((torch.eye(2).to_sparse(), torch.eye(2)), r"`p` is sparse; pass `p.to_dense\(\)`"),
    (([1e308, 1e308], [0.5, 0.5]), r"`p` must sum to 1 along axis -1, but sums to inf"),
    (([0.5 + 0j, 0.5], [0.5, 0.5]), r"`p` must hold float64.*complex128"),
    ((np.ones(2, np.float16) / 2, [0.5, 0.5]), r"`p` must hold float64.*float16"),
]


@pytest.mark.parametrize(("arguments", "message"), INVALID_ARGUMENTS)
@pytest.mark.parametrize("function", [kl, reverse_kl, js, js_distance])
def test_input_that_is_no_distribution_is_refused_with_the_reason(function, arguments, message):
    with pytest.raises(DistributionError, match=message):
        function(*arguments)


def test_a_single_outcome_is_not_broadcast_to_many():
    with pytest.raises(DistributionError, match="same number of outcomes"):
        kl([1.0], [0.5, 0.5])


def test_an_axis_out_of_range_is_refused():
    with pytest.raises(DistributionError, match=r"`axis` is 2, but `p` has shape \(2,\)"):
        kl([0.5, 0.5], [0.5, 0.5], axis=2)


@pytest.mark.parametrize("axis", [0.0, None, "x", (0,), True])
def test_an_axis_that_is_no_integer_is_refused(axis):
    with pytest.raises(DistributionError, match="`axis` must be a whole number"):
        kl([0.5, 0.5], [0.5, 0.5], axis=axis)


def test_numpy_scalars_and_other_byte_orders_are_accepted():
    base: Any = np.float32(2)
    assert kl(np.array([1, 0], ">f8"), [0.5, 0.5], base=base) == 1


def test_mixing_libraries_is_refused_with_advice():
    with pytest.raises(DistributionError, match=r"numpy, torch.*torch.as_tensor"):
        kl(np.array([0.5, 0.5]), torch.tensor([0.5, 0.5]))

"""Jensen-Shannon divergence of several distributions: its definition, accuracy and refusals."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import divergences
from divergences import DistributionError, log_space
from tests import oracles
from tests.strategies import distribution_pairs, distributions


@given(distribution_pairs())
def test_js_of_a_mixture_of_two_is_js(pair):
    p, q = pair
    value = divergences.js_mixture(np.stack((p, q)))
    exact = oracles.exact(p, q, oracles.js)
    total_error = 1e-15 * abs(p.sum() - q.sum())
    delta_error = 1e-15 * np.abs(p - q).max()  # by the rounding of the totals
    absolute = total_error * (total_error + mpmath.sqrt(exact)) + delta_error**2
    assert abs(value - exact) <= 1e-14 * exact + 1e-307 + absolute


@given(distributions(4), distributions(4), distributions(4))
def test_js_of_a_mixture_is_its_entropy_minus_the_mean_entropy_of_its_components(p, q, r):
    weights = np.array([0.5, 0.3, 0.2])
    components = np.stack([v / v.sum() for v in (p, q, r)])
    mean_entropy = weights @ divergences.entropy(components)
    difference = divergences.entropy(weights @ components) - mean_entropy
    value = divergences.js_mixture(components, weights=weights)
    assert value == pytest.approx(difference, abs=1e-14)
    assert value <= divergences.entropy(weights) + 1e-15


@pytest.mark.parametrize("eps", [1.0, 1e-4, 1e-9])
def test_js_of_a_mixture_of_log_probabilities_is_accurate_for_close_components(eps):
    rng = np.random.default_rng(3)
    logs = np.log(rng.dirichlet(np.ones(20))) + eps * rng.standard_normal((3, 20))
    logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
    logs[:, 0] = [-np.inf, -1e4, -2e4]
    logs[:, 1:] -= np.log(np.exp(logs[:, 1:]).sum(axis=1, keepdims=True))
    weights = [0.5, 0.25, 0.25]
    with mpmath.workdps(60):
        masses = [
            [mpmath.exp(mpmath.mpf(float(x))) if x > -np.inf else 0 for x in v] for v in logs
        ]
        components = [[x / mpmath.fsum(v) for x in v] for v in masses]
        mixture = [mpmath.fdot(weights, column) for column in zip(*components, strict=True)]
        exact = mpmath.fdot(weights, [oracles.kl(v, mixture) for v in components])
        assert abs(log_space.js_mixture(logs, weights=weights) - exact) <= 1e-14 * exact


def test_weights_and_axes_that_do_not_fit_are_refused():
    with pytest.raises(DistributionError, match=r"`weights` must have one entry per distribution"):
        divergences.js_mixture([[1, 0], [0, 1]], weights=[1.0])
    with pytest.raises(DistributionError, match=r"must have shape \(n, ..., k\)"):
        divergences.js_mixture([0.5, 0.5])


@st.composite
def weighted_distributions(draw):
    """Up to four distributions of up to four outcomes, and weights down to 1e-300."""
    n, k = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    components = np.stack([draw(distributions(k)) for _ in range(n)])
    if draw(st.booleans()):
        eps = 10.0 ** draw(st.integers(-15, -1))
        factors = draw(npst.arrays(np.float64, (n, k), elements=st.floats(-0.9, 0.9)))
        components = components[:1] * (1 + eps * factors)
        components /= components.sum(axis=1, keepdims=True)
    powers = draw(st.lists(st.floats(-300, 0) | st.floats(-17, 0), min_size=n, max_size=n))
    weights = 10.0 ** np.array(powers)
    return components, weights / weights.sum()


def exact_mixture(components, weights):
    """The definition: the value, and KL of each component to the mixture."""
    weights = [mpmath.mpf(float(w)) for w in weights]
    weights = [w / mpmath.fsum(weights) for w in weights]
    components = [[mpmath.mpf(float(x)) for x in v] for v in components]
    components = [[x / mpmath.fsum(v) for x in v] for v in components]
    mixture = [mpmath.fdot(weights, column) for column in zip(*components, strict=True)]
    divergences_to_it = [oracles.kl(v, mixture) for v in components]
    return mpmath.fdot(weights, divergences_to_it), divergences_to_it


@settings(max_examples=settings().max_examples // 2)
@given(weighted_distributions())
@example((np.array([[0.2, 0.8], [0.7, 0.3]]), np.array([5.5e-16, 1 - 6e-16])))  # case W16
@example((np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([5.5e-16, 1 - 6e-16])))
def test_the_relative_error_is_a_few_units_in_the_last_place_and_the_weights_bound_it(case):
    components, weights = case
    value = divergences.js_mixture(components, weights=weights)
    assert value <= divergences.entropy(weights)
    with mpmath.workdps(700):
        exact, _ = exact_mixture(components, weights)
    total_error = 1e-15 * np.ptp(components.sum(axis=1))
    absolute = total_error * (total_error + mpmath.sqrt(abs(exact)))
    assert abs(value - exact) <= 4e-15 * exact + 1e-306 + absolute


@pytest.mark.parametrize("total", [1.0, 1 + 9e-10, 1 - 9e-10])
def test_js_of_a_mixture_of_disjoint_distributions_is_the_entropy_of_the_weights(total):
    rng = np.random.default_rng(0)
    for n in (2, 3, 5) * 20:  # rounding puts a quarter of the sums above the entropy
        weights = 10.0 ** -rng.uniform(0, 6, n)
        weights *= total / weights.sum()
        value, entropy = divergences.js_mixture(np.eye(n), weights=weights), divergences.entropy
        assert value <= entropy(weights)
        assert value == pytest.approx(entropy(weights), rel=2e-15, abs=0)


@settings(max_examples=settings().max_examples // 4)
@given(weighted_distributions())
def test_the_derivative_by_a_weight_is_kl_to_the_mixture_minus_its_mean(case):
    components, weights = case
    w = torch.tensor(weights, requires_grad=True)
    value = divergences.js_mixture(torch.tensor(components), weights=w)
    (gradient,) = torch.autograd.grad(value, w)
    with mpmath.workdps(700):
        exact, to_mixture = exact_mixture(components, weights)
    for x, kl in zip(gradient.tolist(), to_mixture, strict=True):
        assert abs(x - (kl - exact)) <= 1e-12 * (kl + exact) + 1e-25


def test_the_derivatives_by_the_components_are_those_by_differences():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 2, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64, requires_grad=True)
    for module in (divergences, log_space):

        def value(z, w, module=module):
            components = z.softmax(-1) if module is divergences else z.log_softmax(-1)
            return module.js_mixture(components, weights=w / w.sum())

        assert torch.autograd.gradcheck(value, (logits, weights))
        assert torch.autograd.gradgradcheck(value, (logits, weights))


def test_the_derivative_of_a_component_with_a_tiny_weight_is_finite():
    p = torch.tensor([[0.2, 0.8], [5e-324, 1.0]], dtype=torch.float64, requires_grad=True)
    value = divergences.js_mixture(p, weights=[1e-300, 1.0])
    (gradient,) = torch.autograd.grad(value, p)
    assert gradient.isfinite().all()

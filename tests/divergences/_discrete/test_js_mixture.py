"""Jensen-Shannon divergence of several distributions: its definition, accuracy and refusals."""

import mpmath
import numpy as np
import pytest
from hypothesis import given

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
    absolute = total_error * (total_error + mpmath.sqrt(exact))
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

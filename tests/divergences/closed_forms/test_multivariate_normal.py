"""KL, W1 and W2 of normal distributions in d dimensions: multiprecision, laws and refusals."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from divergences import DistributionError
from divergences.closed_forms import MultivariateNormal, Normal, kl, w1, w2
from tests.divergences.closed_forms.strategies import multivariate_pair, symmetric

RELATIVE_ERROR = 2e-15  # of the divergences in one dimension


@given(st.integers(1, 5), st.floats(-13, 1), st.integers(0, 2**32 - 1))
@example(4, -8.0, 0)
def test_kl_is_accurate_for_close_and_distant_covariances(d, log_distance, seed):
    p, q, eps = multivariate_pair(d, log_distance, seed)
    exact = exact_multivariate_kl(p, q)
    assume(exact > 0)
    # Two triangular solves of d steps and d eigenvalues, well conditioned.
    assert abs(kl(p, q) - exact) <= 4 * d * eps * exact


def exact_multivariate_kl(p, q):
    with mpmath.workdps(60):
        (m, s), (n, t) = (
            (mpmath.matrix(x.mean.tolist()), mpmath.matrix(x.covariance.tolist())) for x in (p, q)
        )
        inverse = t**-1
        product = inverse * s
        trace = mpmath.fsum(product[i, i] for i in range(s.rows))
        mahalanobis = ((m - n).T * inverse * (m - n))[0]
        return (trace - s.rows - mpmath.log(mpmath.det(product)) + mahalanobis) / 2


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_kl_is_invariant_under_a_change_of_the_units_of_the_coordinates(d, seed):
    p, q, _ = multivariate_pair(d, -1.0, seed)
    units = 2.0 ** np.random.default_rng(seed).integers(-40, 40, d)
    scaled = [
        MultivariateNormal(x.mean * units, x.covariance * units * units[:, None]) for x in (p, q)
    ]
    assert kl(*scaled) == pytest.approx(kl(p, q), rel=1e-13, abs=0)


def test_kl_of_independent_coordinates_is_the_sum_over_coordinates():
    p, q = [(0.0, 1.0), (1.0, 1e-9), (2.0, 3e8)], [(0.5, 1.0), (1.0, 2e-6), (9.0, 3.1e8)]
    normals = [
        MultivariateNormal([m for m, _ in x], np.diag([s * s for _, s in x])) for x in (p, q)
    ]
    total = math.fsum(kl(Normal(*a), Normal(*b)) for a, b in zip(p, q, strict=True))
    assert kl(*normals) == pytest.approx(total, rel=4 * RELATIVE_ERROR, abs=0)


def test_different_dimensions_are_refused():
    p, q = MultivariateNormal([0.0], [[1.0]]), MultivariateNormal([0.0, 0.0], np.eye(2))
    for function in (kl, w1, w2):
        with pytest.raises(DistributionError, match="same dimension, but have 1 and 2"):
            function(p, q)


def exact_w2(p, q):
    with mpmath.workdps(80):
        s, t = (mpmath.matrix(x.covariance.tolist()) for x in (p, q))
        root = matrix_square_root(t)
        cross = matrix_square_root(root * s * root)
        bures = mpmath.fsum(s[i, i] + t[i, i] - 2 * cross[i, i] for i in range(s.rows))
        means = zip(p.mean, q.mean, strict=True)
        squares = [(mpmath.mpf(float(a)) - float(b)) ** 2 for a, b in means]
        return mpmath.sqrt(bures + mpmath.fsum(squares))


def matrix_square_root(a):
    values, vectors = mpmath.eigsy(a)
    return vectors * mpmath.diag([mpmath.sqrt(x) for x in values]) * vectors.T


@given(st.integers(1, 4), st.floats(-13, 1), st.integers(0, 2**32 - 1))
def test_w2_is_accurate_for_close_and_distant_covariances(d, log_distance, seed):
    p, q, eps = multivariate_pair(d, log_distance, seed)
    exact = exact_w2(p, q)
    assert abs(w2(p, q) - exact) <= 8 * d * eps * exact
    assert w2(p, q) == pytest.approx(w2(q, p), rel=float(16 * d * eps), abs=0)
    assert w2(p, p) == 0


def test_one_dimension_gives_the_divergences_of_normal():
    p, q = (MultivariateNormal([m], [[s * s]]) for m, s in ((0.5, 2.0), (-1.0, 3.0)))
    assert w2(p, q) == pytest.approx(w2(Normal(0.5, 2), Normal(-1, 3)), rel=RELATIVE_ERROR, abs=0)
    assert kl(p, q) == pytest.approx(kl(Normal(0.5, 2), Normal(-1, 3)), rel=RELATIVE_ERROR, abs=0)


def test_w1_and_w2_of_translates_are_the_length_of_the_translation():
    covariance = symmetric(np.array([[2.0, 0.5], [0.5, 1.0]]))
    p, q = (MultivariateNormal(mean, covariance) for mean in ([0.0, 0.0], [3.0, 4.0]))
    assert w1(p, q) == w2(p, q) == 5

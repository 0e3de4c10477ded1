"""JS of all pairs of two sets of vectors: the values of `js`, for sums of 1 and others near it."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from divergences import js
from divergences._discrete import js_matrix as blocks
from divergences._discrete.js_matrix import js_matrix
from tests import oracles
from tests.strategies import distributions

ROUNDING = 16 * 2.0**-53  # of sums of both signs, each term after about ten roundings


def all_pairs(p, q):
    return np.array([[js(a, b) for b in q] for a in p])


def families(k):
    rng = np.random.default_rng(0)
    off_1 = 1 + 9e-10 * rng.uniform(-1, 1, (7, 1))

    sparse = np.where(rng.random((7, k)) < 0.3, rng.random((7, k)), 0)
    sparse[:, 0] += 0.1
    sparse /= sparse.sum(axis=1, keepdims=True)

    def near(*amounts):
        p = 1 + rng.random((7, k)) * np.array(amounts)[:, None]
        return p / p.sum(axis=1, keepdims=True)

    return {
        "dense": rng.dirichlet(np.ones(k), 7),
        "sparse": sparse,
        "many ratios above 31": rng.dirichlet(np.full(k, 0.1), 7),
        "near": near(1, 1e-2, 1e-5, 1e-9, 1e-13, 0, 0),
        "sparse, sums near 1": sparse * off_1,
        "extreme ratios": rng.dirichlet(np.full(k, 0.02), 7),
        "sums near 1": rng.dirichlet(np.ones(k), 7) * off_1,
        "near, sums near 1": near(1, 0.1, 1e-2, 1e-4, 1e-5, 1e-7, 1e-9) * off_1,
        "point masses": np.eye(k)[[0, 1, k - 1, 0, 1, 0, 0]],
    }


@pytest.mark.parametrize("k", [3, 10, 65, 700])
@pytest.mark.parametrize("family", families(3))
def test_every_entry_is_js_of_its_pair(family, k):
    p = families(k)[family]
    expected = all_pairs(p[:5], p)
    np.testing.assert_allclose(js_matrix(p[:5], p), expected, rtol=ROUNDING, atol=1e-300)
    upper = js_matrix(p, p, upper=True)
    np.testing.assert_allclose(upper, np.triu(all_pairs(p, p), 1), rtol=ROUNDING, atol=1e-300)


@given(st.integers(2, 5).flatmap(lambda k: st.lists(distributions(k), min_size=1, max_size=4)))
@example([np.array([5e-324, 1.0]), np.array([0.0, 1.0])])
@example([np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([1e-290, 1.0])])
def test_zeros_subnormals_and_disjoint_supports_are_taken(rows):
    p = np.stack(rows)
    np.testing.assert_allclose(js_matrix(p, p), all_pairs(p, p), rtol=ROUNDING, atol=1e-300)


@pytest.mark.parametrize("family", families(3))
def test_the_relative_error_is_a_few_units_in_the_last_place(family):
    p = families(300)[family][:4]
    matrix = js_matrix(p, p)
    for i in range(4):
        for j in range(4):
            exact = oracles.exact(p[i], p[j], oracles.js)
            assert abs(float(matrix[i, j] - exact)) <= ROUNDING * float(exact) + 1e-300


def test_vectors_longer_than_a_block_are_left_to_js():
    p = np.random.default_rng(0).dirichlet(np.ones(blocks.MAX_BLOCK_ENTRIES + 1), 3)
    np.testing.assert_array_equal(js_matrix(p, p[:2]), all_pairs(p, p[:2]))


def test_the_arguments_are_not_changed():
    p, q = (np.random.default_rng(seed).dirichlet(np.ones(40), 30) for seed in (0, 1))
    before = p.copy(), q.copy()
    js_matrix(p, q)
    np.testing.assert_array_equal((p, q), before)


@pytest.mark.parametrize("k", [3, 65, 100, 700])
@pytest.mark.parametrize("family", families(3))
def test_the_bits_of_a_pair_do_not_depend_on_the_other_pairs(family, k):
    p, (q, r) = families(k)[family], np.random.default_rng(1).dirichlet(np.full(k, 0.05), (2, 3))
    matrix = js_matrix(p, p)
    mixed = js_matrix(np.concatenate([q, p, r]), np.concatenate([r, p, q * (1 + 9e-10)]))
    np.testing.assert_array_equal(mixed[3:10, 3:10], matrix)
    np.testing.assert_array_equal(js_matrix(p[2:3], p), matrix[2:3])
    np.testing.assert_array_equal(js_matrix(p, p[2:3]), matrix[:, 2:3])
    np.testing.assert_array_equal(js_matrix(p, p, upper=True), np.triu(matrix, 1))

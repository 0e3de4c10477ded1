"""KL and JS in blocks: same values and same errors as the body for every namespace."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, js, kl, reverse_kl
from divergences._discrete import numpy_fast_path
from tests import oracles
from tests.strategies import distributions

FUNCTIONS = {"kl": kl, "reverse_kl": reverse_kl, "js": js}
SHAPES = [(70_000,), (3, 40_000), (700, 100), (9_000, 10), (5_000, 1), (4, 5, 6, 50)]


def perturbed(p, eps, rng):
    q = p * np.abs(1 + eps * rng.standard_normal(p.shape))
    return q / q.sum(-1, keepdims=True)


def blockwise(p, q, name):
    block = numpy_fast_path.OutcomeBlock
    formula = block.js_terms if name == "js" else block.kl_terms
    arguments = (q, p) if name == "reverse_kl" else (p, q)
    return numpy_fast_path.blockwise_divergence(*arguments, formula)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("eps", [3.0, 0.3, 1e-6])
def test_blocks_agree_with_the_body_for_every_namespace(name, shape, eps):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(shape[-1], 0.5), size=shape[:-1])
    q = perturbed(p, eps, rng)
    value = FUNCTIONS[name](p, q)
    expected = FUNCTIONS[name](torch.tensor(p), torch.tensor(q)).numpy()
    assert np.array_equal(value, blockwise(p, q, name))  # the fast path was taken
    assert np.allclose(value, expected, rtol=3e-15, atol=1e-300)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(rows=st.lists(st.tuples(distributions(4), distributions(4)), min_size=1, max_size=6))
def test_zeros_subnormals_and_infinities_agree_too(name, rows):
    p, q = (np.tile(np.stack(vectors), (1100, 1)) for vectors in zip(*rows, strict=True))
    values = FUNCTIONS[name](p, q)[: len(rows)]
    for value, (a, b) in zip(values, rows, strict=True):
        expected = FUNCTIONS[name](a, b)
        assert value == expected or value == pytest.approx(expected, rel=1e-14, abs=1e-300)


@pytest.mark.parametrize("eps", [1.0, 1e-4, 1e-8, 1e-12])
def test_the_relative_error_of_blocks_is_a_few_units_in_the_last_place(eps):
    rng = np.random.default_rng(2)
    p = rng.random(5000)
    p /= p.sum()
    q = perturbed(p, eps, rng)
    for name, definition in (("kl", oracles.kl), ("js", oracles.js)):
        exact = oracles.exact(p, q, definition)
        with mpmath.workdps(30):
            assert abs(blockwise(p, q, name) - exact) <= 1e-15 * exact


def test_js_is_symmetric_to_the_last_bit():
    p, q = np.random.default_rng(0).dirichlet(np.full(40, 0.1), size=(2, 500))
    assert np.array_equal(js(p, q), js(q, p))


def test_disjoint_supports_are_log_2_apart_exactly():
    p = np.zeros((400, 20))
    q = p.copy()
    p[:, ::2], q[:, 1::2] = 0.1, 0.1
    assert (js(p, q) == np.log(2)).all()
    assert (kl(p, q) == np.inf).all()


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1e-3, r"`q`\[300, 7\] = -0.001 is negative"),
        (np.nan, r"`q`\[300, 7\] = nan is not finite"),
        (np.inf, r"`q`\[300, 7\] = inf is not finite"),
        (0.5, r"`q` must sum to 1 along axis -1, but sums to 1\.4.* \(vector \[300\]\)"),
    ],
)
def test_input_that_is_no_distribution_is_refused_with_the_reason(name, value, message):
    p = np.full((600, 10), 0.1)
    q = p.copy()
    q[300, 7] = value
    with pytest.raises(DistributionError, match=message):
        FUNCTIONS[name](p, q)

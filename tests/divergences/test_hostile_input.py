"""Hostile arguments of every public function: an answer, or a refusal in our own words."""

import math
import re
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import settings

import divergences
from benchmarks.hostile_input import calls, fuzz
from divergences import closed_forms, densities, graphs, grids, sampled

P: Any = [0.25, 0.75]
Q: Any = [0.5, 0.5]
NUMBER: Any = 1.0
NOTHING: Any = None
X, Y = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [2.0, 1.0]])
HUGE = 10**400
LINE = (-math.inf, math.inf)
FUZZED_CALLS = 20 * settings.default.max_examples  # 2000; 60,000 with the deep profile


def normal(x):
    return -(x**2) / 2 - math.log(2 * math.pi) / 2


REFUSALS = {
    "emd of a number and a batch": (
        lambda: divergences.emd(NUMBER, [P, Q], [[0, 1], [1, 0]]),
        "`p` must have at least one axis, but has shape ()",
    ),
    "a time limit in text": (
        lambda: sampled.emd(X, Y, time_limit="1"),
        "`time_limit` must be above 0 seconds or None, but is '1'",
    ),
    "an order of 1e308": (
        lambda: sampled.emd(X, Y, order=1e308),
        "`order` must be at most 1e+09, but is 1e+308",
    ),
    "an order of 10**400": (
        lambda: sampled.wasserstein_1d(P, Q, order=HUGE),
        "`order` must be a finite number of at least 1, but is 1000",
    ),
    "a Renyi order of 10**400": (
        lambda: divergences.renyi(P, Q, HUGE),
        "`order` must be a number in [0, inf]",
    ),
    "an alpha order of -10**400": (
        lambda: divergences.alpha(P, Q, -HUGE),
        "`order` must be a finite number up to 1.8e308",
    ),
    "a parameter of 10**400": (
        lambda: closed_forms.Exponential(HUGE),
        "`rate` must be at most 1.8e308, the largest float",
    ),
    "pairwise of nothing": (lambda: divergences.pairwise(None), "`distributions` must"),
    "the witness of a number": (
        lambda: divergences.lipschitz_witness(3, Y),
        "`solution` must be a Transport, from divergences.sampled.transport(x, y), but is a int",
    ),
    "a witness far outside": (
        lambda: divergences.lipschitz_witness(sampled.transport(X, Y), Y)([[1.7e308, 1.7e308]]),
        "`z` is so far from `y` that a value exceeds 1.8e308, the largest float",
    ),
    "one number for split points": (
        lambda: densities.kl(normal, normal, LINE, points=3),
        "`points` must be a list of numbers within the support, but is 3; pass one number as [n",
    ),
    "a density that is no function": (
        lambda: densities.kl(None, normal, LINE),
        "`log_p` must be",
    ),
    "complex log-densities": (
        lambda: densities.kl(lambda x: normal(x) + 0j, normal, LINE),
        "`log_p` must hold float64, float32, or an integer type, but its type is complex128",
    ),
    "a log-density of None": (
        lambda: densities.kl(lambda x: None, normal, LINE),
        "`log_p` must be an array, but is None",
    ),
    "a support of text": (
        lambda: densities.kl(normal, normal, "ab"),
        "`support` must be a pair of numbers (a, b), but is 'ab'",
    ),
    "no generator": (
        lambda: divergences.f_divergence(P, Q, NOTHING),
        "`generator` must be a function of an array of ratios, but is None",
    ),
    "a generator of None": (
        lambda: divergences.f_divergence(P, Q, lambda t: None),
        "`generator` must return an array of numpy",
    ),
    "a generator of NaN": (
        lambda: divergences.f_divergence(P, Q, lambda t: t * math.nan),
        "`generator` must be a finite number, or inf, but is nan at 0.5",
    ),
    "a generator of one number": (
        lambda: divergences.f_divergence(P, Q, lambda t: 1.0),
        "`generator` must return an array of numpy with one number for each entry",
    ),
    "a tensor with a gradient": (
        lambda: divergences.kl(torch.tensor([0.5, 0.6], requires_grad=True), Q),
        "`p` must sum to 1 along axis -1, but sums to 1.1",
    ),
    "a distribution with a gradient": (
        lambda: closed_forms.Categorical(torch.tensor([0.5, 0.5], requires_grad=True)),
        "`probabilities` requires a gradient, which the result would not carry; pass prob",
    ),
    "a distribution without values": (
        lambda: closed_forms.Categorical(torch.ones(2, device="meta")),
        "`probabilities` must hold values, but tensors on the device meta have none",
    ),
    "neighbours in a list": (
        lambda: sampled.kl(X, Y, method="knn", neighbours=[1]),
        "`neighbours` must be a whole number of at least 1, but is [1]",
    ),
    "too many permutations": (
        lambda: sampled.permutation_test(X, Y, permutations=10**12),
        "`permutations` must be at most 1e8",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_hostile_argument_is_refused_in_one_line(call, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(divergences.DistributionError, match=re.escape(message)) as refusal:
            call()
    assert "\n" not in str(refusal.value)


def test_a_categorical_distribution_of_a_tensor_is_that_of_its_values():
    p, q = (closed_forms.Categorical(torch.tensor(v)) for v in (P, Q))
    assert closed_forms.kl(p, q) == float(divergences.kl(P, Q))


@pytest.mark.parametrize(
    ("p", "q", "value"),
    [  # KL exceeds the largest float: 2.9e323, 7.8e310
        (closed_forms.Gamma(0.8, 5e-324), closed_forms.Gamma(4.3, 1.8), math.inf),
        (closed_forms.Beta(1e200, 2.87), closed_forms.Beta(1e17, 1.7e308), math.inf),
        (closed_forms.Beta(3.0, 1e200), closed_forms.Beta(2.0, 1e17), 839.97578119),
    ],
)
def test_extreme_parameters_give_the_value_without_a_warning(p, q, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert closed_forms.kl(p, q) == pytest.approx(value, rel=1e-11, abs=0)


def test_every_public_function_answers_or_refuses_hostile_arguments():
    """20 calls for each example of a law; `python -m benchmarks.hostile_input.fuzz` makes 10^5."""
    record = fuzz.fuzz(FUZZED_CALLS, 1)
    assert record["violations"] == {}
    assert record["outcomes"]["value"] > FUZZED_CALLS / 20
    assert record["outcomes"]["DistributionError"] > FUZZED_CALLS / 2


@pytest.mark.parametrize(
    ("function", "law"),
    [
        (lambda p: 1 / 0, "ZeroDivisionError at call: division by zero"),
        (lambda p: math.nan, "returned NaN"),
        (lambda p: {"a": [math.nan]}, "returned NaN"),
        (lambda p: p.fill(0.0), "changed an argument"),
        (lambda p: warnings.warn("x", stacklevel=1), "UserWarning at call: x"),
        (lambda p: np.array(0.5), ""),
    ],
)
def test_the_fuzz_finds_a_planted_violation(function, law):
    call = calls.Call("planted", function, (np.ones(2),), {}, ())
    assert fuzz.outcome(call).law == law


@pytest.mark.parametrize("weight", [["a"], {"a": 1}, np.array(["a", "b"]), NUMBER, b"weight"])
def test_weight_of_a_graph_is_a_name(weight):
    matrix = scipy.sparse.csr_array([[0.0, 1.0], [1.0, 0.0]])
    for graph in (matrix, graphs.prepare(matrix)):
        with pytest.raises(divergences.DistributionError, match="`weight` must be the name"):
            graphs.emd(P, Q, graph, weight=weight)


def test_a_node_has_one_mass():
    matrix = scipy.sparse.csr_array([[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(divergences.DistributionError, match="`p` must give each node one number"):
        graphs.emd({0: [0.2, 0.3, 0.5], 1: [0.2, 0.3, 0.5]}, Q, matrix)


@pytest.mark.parametrize("order", [np.array([1.0, 2.0]), None, "2", math.nan])
def test_order_on_a_grid_is_a_number(order):
    with pytest.raises(divergences.DistributionError, match="`order` must be 1 or 2"):
        grids.emd(P, Q, order=order)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "sqeuclidean"])
def test_a_grid_beyond_the_floats_is_refused(metric):
    p, q = np.full((2, 3), 1 / 6), [[0.1, 0.2, 0.1], [0.2, 0.2, 0.2]]
    with pytest.raises(divergences.DistributionError, match="divide `spacing` by a constant"):
        grids.emd(p, q, metric=metric, spacing=1e308)
    with pytest.raises(divergences.DistributionError, match="divide `edges` by a constant"):
        grids.emd(P, Q, edges=[-1.5e308, 0.0, 1.5e308])


def test_a_grid_may_have_one_axis_without_a_tuple():
    p, q = [[1.0, 0.0]], [[0.0, 1.0]]
    axis: Any = 1
    assert grids.emd(p, q, axes=axis) == grids.emd(p, q, axes=(1,))

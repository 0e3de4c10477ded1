"""The unit of a divergence: nats, or units of ``log(base)``."""

import math

import numpy as np
import pytest
import torch

import divergences
from divergences import log_space

NATS_FUNCTIONS = (
    "kl",
    "reverse_kl",
    "js",
    "js_distance",
    "jeffreys",
    "cross_entropy",
    "entropy",
    "js_mixture",
    "renyi",
)
RENYI_ORDERS = (0, 0.5, 1, 2, math.inf)
CASES = [(name, ()) for name in NATS_FUNCTIONS if name != "renyi"]
CASES += [("renyi", (order,)) for order in RENYI_ORDERS]
MODULES = {"divergences": divergences, "log_space": log_space}


def evaluate(module, name, p, q, arguments=(), **options):
    """Value of ``name`` in ``module`` for probabilities, whichever input the function takes."""
    library = torch if isinstance(p, torch.Tensor) else np
    if module is log_space:
        with np.errstate(divide="ignore"):
            p, q = library.log(p), library.log(q)
    function = getattr(module, name)
    if name == "entropy":
        return function(p, **options)
    if name == "js_mixture":
        return function(library.stack((p, q)), **options)
    return function(p, q, *arguments, **options)


@pytest.mark.parametrize("shape", [(5,), (1000, 10)], ids=["small", "large enough for blocks"])
@pytest.mark.parametrize("base", [2, 10.0, 1.25])
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_a_base_divides_the_value_in_nats_by_its_logarithm(name, arguments, module, base, shape):
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(shape[-1]), size=(2, *shape[:-1]))
    if name == "renyi":  # at order 0 it is 0 unless an outcome has no mass under p
        p[..., 0] = 0
        p /= p.sum(axis=-1, keepdims=True)
    nats = evaluate(MODULES[module], name, p, q, arguments)
    value = evaluate(MODULES[module], name, p, q, arguments, base=base)
    unit = math.sqrt(math.log(base)) if name == "js_distance" else math.log(base)
    assert np.all(nats > 0)
    # The division, the logarithm and, of js_distance, both square roots: four roundings.
    np.testing.assert_allclose(value, nats / unit, rtol=4 * np.finfo(float).eps, atol=0)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_a_base_gives_tensors_in_the_unit_of_arrays(name, arguments, module):
    p, q = np.random.default_rng(1).dirichlet(np.ones(5), size=2)
    expected = evaluate(MODULES[module], name, p, q, arguments, base=2)
    tensors = torch.tensor(p), torch.tensor(q)
    value = evaluate(MODULES[module], name, *tensors, arguments, base=2)
    # Both libraries have a relative error of up to 8 eps, and of its log-ratio 16 eps in renyi.
    assert float(value) == pytest.approx(float(expected), rel=32 * np.finfo(float).eps, abs=0)


def test_values_in_bits_are_exact_for_powers_of_2():
    p, q = [0.5, 0.5, 0.0], [0.25, 0.25, 0.5]
    assert divergences.kl(p, q, base=2) == pytest.approx(1, rel=1e-15, abs=0)
    assert divergences.reverse_kl(q, p, base=2) == pytest.approx(1, rel=1e-15, abs=0)
    assert divergences.renyi(p, q, 3, base=2) == pytest.approx(1, rel=1e-15, abs=0)
    assert divergences.cross_entropy(p, q, base=2) == 2
    assert divergences.entropy(q, base=2) == 1.5
    assert divergences.js([1, 0], [0, 1], base=2) == 1
    assert divergences.js_distance([1, 0], [0, 1], base=2) == 1
    assert divergences.js_mixture(np.eye(4), base=4) == pytest.approx(1, rel=1e-15, abs=0)
    assert divergences.jeffreys([0.8, 0.2], [0.2, 0.8], base=2) == pytest.approx(
        2.4, rel=1e-15, abs=0
    )


@pytest.mark.parametrize("base", [1, 0.5, -2, math.inf, math.nan, "2"])
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_a_base_that_is_no_finite_number_above_1_is_refused(name, arguments, module, base):
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    with pytest.raises(
        divergences.DistributionError, match="`base` must be a finite number above 1"
    ):
        evaluate(MODULES[module], name, p, q, arguments, base=base)

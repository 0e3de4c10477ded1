"""Array libraries: array-api-strict, jax and torch give numpy's values, and right gradients."""

import math
from collections import Counter

import array_api_compat
import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import divergences
from divergences import DistributionError, log_space


def of_order(function, order):
    return lambda p, q, **options: function(p, q, order, **options)


def mixture(p, q, *, axis=-1, **options):
    components = array_api_compat.array_namespace(p).stack((p, q))
    return divergences.js_mixture(components, axis=axis if axis < 0 else axis + 1, **options)


def triangular_discrimination(p, q, **options):
    """An f-divergence with two finite limits."""
    return divergences.f_divergence(
        p, q, lambda t: (t - 1) ** 2 / (t + 1), at_zero=1.0, slope_at_infinity=1.0, **options
    )


SHARED = (
    "kl",
    "reverse_kl",
    "js",
    "js_distance",
    "jeffreys",
    "total_variation",
    "hellinger",
    "chi2",
)
ORDERS = {"renyi": (0, 0.5, 1, 2, math.inf), "alpha": (0, 0.5, 1, 2)}
LINEAR = {
    **{name: getattr(divergences, name) for name in SHARED},
    **{
        f"{name} {order}": of_order(getattr(divergences, name), order)
        for name, orders in ORDERS.items()
        for order in orders
    },
    "cross_entropy": divergences.cross_entropy,
    "entropy": lambda p, q, **options: divergences.entropy(p, **options),
    "js_mixture": mixture,
    "js_mixture with weights": lambda p, q, **options: mixture(
        p, q, weights=[0.3, 0.7], **options
    ),
    "f_divergence": triangular_discrimination,
}
LOGS = {
    **{f"log {name}": getattr(log_space, name) for name in SHARED},
    **{
        f"log {name} {order}": of_order(getattr(log_space, name), order)
        for name, orders in ORDERS.items()
        for order in orders
    },
}
FUNCTIONS = LINEAR | LOGS
LIBRARIES = {
    "array-api-strict": array_api_strict.asarray,
    "jax": jnp.asarray,
    "torch": torch.asarray,
}


@pytest.fixture
def x64():
    """Switch on float64 in jax, which is off by default."""
    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]  # defined at import
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def batch_of(row):
    """The row of at most 6 entries, filled up by zeros and repeated to the shape of `batches`.

    jax compiles each operation anew for each shape, which takes more time than the tests.
    """
    return np.broadcast_to(np.pad(np.asarray(row), (0, 6 - len(row))), (2, 4, 6))


def batches():
    """Pairs of shape (2, 4, 6): distant and close ones, zeros, disjoint supports, a point mass."""
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(6), size=(2, 2, 4))
    p[0, 0, :2] = 0
    q[0, 1, 1:3] = 0
    p[0, 2], q[0, 2] = [1, 0, 0, 0, 0, 0], [0, 0.5, 0, 0.5, 0, 0]
    q[0, 3] = p[0, 3]
    q[1] = p[1] * (1 + 1e-7 * rng.standard_normal((4, 6)))
    return p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)


def arguments(name, dtype):
    p, q = batches()
    if name in LOGS:
        with np.errstate(divide="ignore"):
            p, q = np.log(p), np.log(q)
    return p.astype(dtype), q.astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_library_gives_the_values_of_numpy_as_its_own_array(name, library, dtype, x64):
    function, array = FUNCTIONS[name], LIBRARIES[library]
    p, q = arguments(name, dtype)
    value, expected = function(array(p), array(q)), function(p, q)
    assert type(value) is type(array(p))
    assert array_api_compat.device(value) == array_api_compat.device(array(p))
    assert value.dtype == array(p).dtype
    assert value.shape == expected.shape == p.shape[:-1]
    # Both have a relative error of up to 8 eps of float64; float32 values are rounded from that.
    relative = (16 if dtype == "float64" else 1) * np.finfo(dtype).eps
    assert np.array_equal(np.isinf(np.asarray(value)), np.isinf(expected))
    np.testing.assert_allclose(np.asarray(value), expected, rtol=relative, atol=0)


@pytest.mark.parametrize("axis", [0, 1, -2])
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_library_takes_any_axis(name, library, axis, x64):
    function, array = FUNCTIONS[name], LIBRARIES[library]
    p, q = arguments(name, "float64")
    moved = [array(np.ascontiguousarray(np.moveaxis(v, -1, axis))) for v in (p, q)]
    value, expected = function(*moved, axis=axis), function(array(p), array(q))
    np.testing.assert_allclose(np.asarray(value), np.asarray(expected), rtol=4e-15, atol=0)


@pytest.mark.parametrize("library", LIBRARIES)
def test_lists_and_integers_are_converted_to_the_library_of_the_other_argument(library, x64):
    array = LIBRARIES[library]
    p, q = batch_of([0.25, 0.75]).tolist(), array(batch_of([0.5, 0.5]).copy())
    value = divergences.kl(p, q, base=2)
    assert type(value) is type(q)
    np.testing.assert_allclose(np.asarray(value), 0.75 * math.log2(3) - 1, rtol=1e-15)
    masses = array(np.eye(6, dtype=int).reshape(1, 6, 6)[:, :4].repeat(2, axis=0))
    value = divergences.js(masses, batch_of([0.0, 1.0]).tolist())
    assert np.asarray(value).tolist() == [[math.log(2), 0.0, math.log(2), math.log(2)]] * 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_in_jax_are_those_in_torch(name, x64):
    logits = np.random.default_rng(0).standard_normal((2, 4, 6))
    function = FUNCTIONS[name]
    softmax, jax_softmax = (
        (torch.log_softmax, jax.nn.log_softmax)
        if name in LOGS
        else (torch.softmax, jax.nn.softmax)
    )
    jax_grad = jax.grad(lambda z: function(*jax_softmax(z, axis=-1)).sum())(jnp.asarray(logits))
    z = torch.tensor(logits, requires_grad=True)
    (torch_grad,) = torch.autograd.grad(function(*softmax(z, dim=-1)).sum(), z)
    assert np.isfinite(np.asarray(jax_grad)).all()
    # Sums of both signs, of terms up to about 10, each after about a hundred roundings.
    np.testing.assert_allclose(np.asarray(jax_grad), torch_grad.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "name", ["kl", "js", "js_distance", "hellinger", "alpha 0.5", "log kl", "log alpha 0.5"]
)
def test_gradients_in_jax_by_each_argument_are_those_in_torch_and_finite_at_mass_0(name, x64):
    p, q = batch_of([0.0, 0.3, 0.7]), batch_of([0.2, 0.3, 0.5])
    if name in LOGS:
        with np.errstate(divide="ignore"):
            p, q = np.log(p), np.log(q)
    total = jax.grad(lambda p, q: FUNCTIONS[name](p, q).sum(), argnums=(0, 1))
    leaves = [torch.tensor(v, requires_grad=True) for v in (p, q)]
    torch_gradients = torch.autograd.grad(FUNCTIONS[name](*leaves).sum(), leaves)
    for gradient, expected in zip(
        total(jnp.asarray(p), jnp.asarray(q)), torch_gradients, strict=True
    ):
        assert np.isfinite(np.asarray(gradient)).all()
        np.testing.assert_allclose(np.asarray(gradient), expected, rtol=1e-12, atol=1e-15)


def test_jax_differentiates_twice_and_forward(x64):
    p, q = np.array([0.4, 0.6]), np.array([0.3, 0.7])
    hessian = jax.hessian(lambda x: divergences.kl(x, jnp.asarray(q)))(jnp.asarray(p))
    by_torch = torch.autograd.functional.hessian(
        lambda x: divergences.kl(x, torch.tensor(q)), torch.tensor(p)
    )
    assert np.allclose(hessian, by_torch, rtol=1e-12)


def test_jax_takes_a_gradient_by_one_of_the_two_arguments(x64):
    p, q = jnp.asarray(batch_of([0.25, 0.75])), batch_of([0.5, 0.5])
    for constant in (jnp.asarray(q), q.tolist()):
        gradient = jax.grad(lambda p, q=constant: divergences.kl(p, q).sum())(p)[..., :2]
        expected = np.log([0.5, 1.5]) - (0.25 * math.log(0.5) + 0.75 * math.log(1.5))
        np.testing.assert_allclose(
            np.asarray(gradient), np.broadcast_to(expected, (2, 4, 2)), rtol=1e-14
        )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jax_without_float64_is_refused_with_advice(name):
    p, q = arguments(name, "float32")
    with pytest.raises(DistributionError, match=r"jax.config.update\('jax_enable_x64', True\)"):
        FUNCTIONS[name](jnp.asarray(p), jnp.asarray(q))


def test_lists_and_integers_are_not_rounded_to_float32_by_jax():
    for p in ([0.25, 0.75], jnp.asarray([1, 0])):
        with pytest.raises(DistributionError, match="`p` is for jax, whose float64 is switched"):
            divergences.kl(p, jnp.asarray([0.5, 0.5]))


def test_arrays_traced_by_jax_are_refused(x64):
    p = jnp.asarray([[0.25, 0.75], [0.5, 0.5]])
    for transform in (jax.jit, jax.vmap):
        with pytest.raises(DistributionError, match=r"outside of jax.jit and jax.vmap"):
            transform(lambda p: divergences.kl(p, p))(p)


@pytest.mark.parametrize(
    ("p", "message"),
    [
        ([-0.5, 1.5], r"`p`\[0\] = -0.5 is negative"),
        ([math.nan, 1.0], r"`p`\[0\] = nan is not finite"),
        ([0.5, 0.75], r"`p` must sum to 1 along axis -1, but sums to 1.25;"),
    ],
)
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_invalid_entry_is_named_in_every_library(library, p, message, x64):
    p, q = (LIBRARIES[library](np.array(v)) for v in (p, [0.5, 0.5]))
    with pytest.raises(DistributionError, match=message):
        divergences.kl(p, q)
    if library == "jax":  # during differentiation, entries are tracers
        with pytest.raises(DistributionError, match=message):
            jax.grad(divergences.kl)(p, q)


def test_arrays_of_two_libraries_are_refused(x64):
    half = [0.5, 0.5]
    with pytest.raises(DistributionError, match=r"different libraries \(jax, torch\)"):
        divergences.kl(jnp.asarray(half), torch.tensor(half))
    with pytest.raises(DistributionError, match=r"libraries \(array_api_strict, numpy\)"):
        divergences.kl(array_api_strict.asarray(half), np.array(half))


def test_arrays_on_two_devices_are_refused():
    devices = (array_api_strict.Device(name) for name in ("CPU_DEVICE", "device1"))
    p, q = (array_api_strict.asarray([0.5, 0.5], device=device) for device in devices)
    with pytest.raises(DistributionError, match="`p` and `q` are on different devices"):
        divergences.kl(p, q)


def test_results_are_on_the_device_of_the_input():
    device = array_api_strict.Device("device1")
    p = array_api_strict.asarray([0.25, 0.75], device=device)
    values = divergences.kl(p, [0.5, 0.5]), mixture(p, p), mixture(p, p, weights=[0.3, 0.7])
    for value in values:
        assert value.device == device


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_meta_device_is_refused(name):
    p = torch.full((2, 3), 1 / 3, device="meta")
    with pytest.raises(DistributionError, match="but tensors on the device meta have none"):
        FUNCTIONS[name](p, p)


def test_a_device_without_float64_is_refused_with_advice(monkeypatch):
    def refuse(*args, **kwargs):
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype")

    p = torch.tensor([0.5, 0.5])
    monkeypatch.setattr("array_api_compat.torch.astype", refuse)
    with pytest.raises(DistributionError, match=r"is on a device without float64.*: p.cpu\(\)"):
        divergences.kl(p, p)


SYNCHRONIZING_METHODS = (
    "__bool__",
    "__float__",
    "__int__",
    "__index__",
    "item",
    "tolist",
    "numpy",
    "cpu",
)


@pytest.fixture
def synchronizations(monkeypatch):
    """Number of times that a tensor's value is read, by method; each one synchronizes a GPU."""
    counts = Counter()

    def counted(name, original):
        def method(self, *args, **kwargs):
            counts[name] += 1
            return original(self, *args, **kwargs)

        return method

    for name in SYNCHRONIZING_METHODS:
        monkeypatch.setattr(torch.Tensor, name, counted(name, getattr(torch.Tensor, name)))
    return counts


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_array_is_synchronized_once(name, synchronizations):
    logits = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    softmax = torch.log_softmax if name in LOGS else torch.softmax
    p, q = softmax(logits, dim=-1)
    synchronizations.clear()
    FUNCTIONS[name](p, q)
    # js_mixture has one array, or two with weights; the entropy is the cross entropy of p and p;
    # the values of a generator are an array, too.
    arrays = {"js_mixture": 1, "f_divergence": 3}.get(name, 2)
    assert synchronizations == {"__bool__": arrays}

"""Gradients in torch and jax: finite and right wherever the value is finite."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import divergences
from divergences import log_space
from tests.divergences._discrete.exact_derivatives import agree, gradients

FUNCTIONS = [
    *(
        (name, None)
        for name in (
            *("kl", "reverse_kl", "js", "js_distance"),
            *("jeffreys", "hellinger", "chi2", "cross_entropy"),
        )
    ),
    *(("renyi", order) for order in (0.3, 1, 1 + 1e-10, 2, 100)),
    *(("alpha", order) for order in (-3, -1e-20, 0, 0.5, 1 - 1e-10, 1, 2, 100)),
]
MASSES = st.one_of(st.floats(0.01, 1.0), st.floats(-323, -2).map(lambda power: 10.0**power))
# Cases W15, and the ends of the range of float64.
HARD_PAIRS = [
    ([1, 1e-250], [1, 1e-280]),
    ([1, 1e-292], [1, 1e-270]),
    ([1, 5e-324], [0.5, 0.5]),
    ([0.5, 0.5], [1, 5e-324]),
    ([5e-324, 1], [1e-320, 1]),
    ([1, 1e-200], [1, 2e-200]),
    ([1, 1e-300], [1e-300, 1]),
]


def tensors(*arrays):
    return [torch.tensor(np.asarray(a, float), requires_grad=True) for a in arrays]


def function(module, name, order):
    f = getattr(module, name)
    return f if order is None else lambda p, q: f(p, q, order)


@st.composite
def pairs(draw):
    """Positive distributions over up to four outcomes; half of the time they are close."""
    k = draw(st.integers(2, 4))
    p = np.array(draw(st.lists(MASSES, min_size=k, max_size=k)))
    q = np.array(draw(st.lists(MASSES, min_size=k, max_size=k)))
    if draw(st.booleans()):
        eps = 10.0 ** draw(st.integers(-16, -1))
        q = p * (1 + eps * np.array(draw(st.lists(st.floats(-0.9, 0.9), min_size=k, max_size=k))))
    p[np.argmax(p)], q[np.argmax(q)] = max(p.max(), 0.5), max(q.max(), 0.5)
    return p / p.sum(), q / q.sum()


@pytest.mark.parametrize(("name", "order"), FUNCTIONS)
@settings(max_examples=settings().max_examples // 10)  # mpmath has 1400 digits
@given(pair=pairs())
def test_the_gradient_is_that_of_the_definition_over_the_whole_range_of_float64(name, order, pair):
    p, q = tensors(*pair)
    value = function(divergences, name, order)(p, q)
    if not value.isfinite() or (pair[0] == pair[1]).all():
        return
    with mpmath.workdps(1400):
        exact = gradients(name, pair[0], pair[1], order)
        for gradient, expected in zip(torch.autograd.grad(value, [p, q]), exact, strict=True):
            # The totals are rounded: delta is off by eps of its largest entry, or of its mean.
            scale = max(abs(x) for x in expected if abs(x) < 1e300)
            near = abs(sum(pair[0]) - sum(pair[1])) * 1e-15 * scale
            for x, y in zip(gradient.tolist(), expected, strict=True):
                assert agree(x, y, 1e-12) or abs(x - y) <= 1e-12 * scale + near


@pytest.mark.parametrize(("name", "order"), FUNCTIONS)
@pytest.mark.parametrize("pair", HARD_PAIRS)
def test_each_entry_of_a_gradient_is_accurate_for_tiny_masses(name, order, pair):
    p, q = tensors(*pair)
    value = function(divergences, name, order)(p, q)
    if not value.isfinite():
        return
    with mpmath.workdps(1400):
        exact = gradients(name, pair[0], pair[1], order)
        for gradient, expected in zip(torch.autograd.grad(value, [p, q]), exact, strict=True):
            for x, y in zip(gradient.tolist(), expected, strict=True):
                assert agree(x, y, 1e-12), (x, mpmath.nstr(y, 17))


def test_gradients_of_the_cases_of_practice():
    # case W15
    def gradient(f, pair, argument):
        arguments = tensors(*pair)
        return torch.autograd.grad(f(*arguments), arguments)[argument].tolist()

    assert gradient(divergences.kl, HARD_PAIRS[0], 1)[1] == pytest.approx(-1e30, rel=1e-12, abs=0)
    assert gradient(divergences.kl, HARD_PAIRS[1], 0)[1] == pytest.approx(-50.656872045869)
    # The derivative is -1e323 there, beyond the floats.
    assert gradient(divergences.jeffreys, HARD_PAIRS[2], 0)[1] == -math.inf


LOGITS = torch.tensor([[0.0, -705.0, 1.0], [0.0, -640.0, 1.0]], dtype=torch.float64)


@pytest.mark.parametrize(("name", "order"), FUNCTIONS)
def test_gradients_by_logits_agree_through_softmax_and_log_softmax(name, order):
    # case W15: the whole gradient was NaN
    logits = LOGITS.clone().requires_grad_()
    by_softmax = function(divergences, name, order)(*logits.softmax(dim=1))
    by_log_softmax = function(log_space, name, order)(*logits.log_softmax(dim=1))
    (first,) = torch.autograd.grad(by_softmax, logits)
    (second,) = torch.autograd.grad(by_log_softmax, logits)
    assert torch.isfinite(first).all()
    assert torch.isfinite(second).all()
    scale = second.abs().amax(dim=1, keepdim=True)
    assert ((first - second).abs() <= 1e-11 * scale + 1e-13 * by_softmax.abs()).all()


def test_the_gradient_of_kl_by_logits_is_its_closed_form():
    # of KL(softmax(a) || softmax(b)): p (log(p / q) - KL), and q - p
    logits = LOGITS.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(log_space.kl(*logits.log_softmax(dim=1)), logits)
    with mpmath.workdps(400):
        p, q = ([mpmath.exp(x) for x in row] for row in LOGITS.tolist())
        p, q = ([x / mpmath.fsum(v) for x in v] for v in (p, q))
        logs = [mpmath.log(x / y) for x, y in zip(p, q, strict=True)]
        kl = mpmath.fdot(p, logs)
        by_p = [float(x * (r - kl)) for x, r in zip(p, logs, strict=True)]
        by_q = [float(y - x) for x, y in zip(p, q, strict=True)]
    assert gradient[0].tolist() == pytest.approx(by_p, rel=1e-12, abs=1e-318)
    assert gradient[1].tolist() == pytest.approx(by_q, rel=1e-12, abs=1e-318)


# Forward derivatives make torch import what it deprecates.
TORCH_IMPORTS = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


@TORCH_IMPORTS
@pytest.mark.parametrize("module", [divergences, log_space])
@pytest.mark.parametrize(
    ("name", "order"), [f for f in FUNCTIONS if f[1] is None or f[1] in (0.3, 2, -3)]
)
def test_first_and_second_derivatives_are_those_by_differences(module, name, order):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, generator=generator, dtype=torch.float64, requires_grad=True)

    def value(logits):
        softmax = logits.softmax if module is divergences else logits.log_softmax
        return function(module, name, order)(*softmax(-1))

    assert torch.autograd.gradcheck(value, logits, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(value, logits)


@TORCH_IMPORTS
def test_hessians_and_jacobians_of_torch_func_are_those_of_autograd():
    logits = torch.tensor([[0.3, -1.0, 2.0], [0.5, 0.1, 1.0]], dtype=torch.float64)

    def value(logits):
        return divergences.kl(*logits.softmax(-1))

    hessian = torch.autograd.functional.hessian(value, logits)
    assert torch.allclose(torch.func.hessian(value)(logits), hessian, rtol=1e-12)
    assert torch.allclose(
        torch.func.jacrev(value)(logits), torch.func.jacfwd(value)(logits), rtol=1e-12
    )


@pytest.mark.parametrize("name", ["kl", "js", "js_distance", "hellinger", "cross_entropy"])
def test_derivatives_by_an_entry_of_0_are_finite(name):
    p, q = tensors([0.0, 0.3, 0.7, 0.0], [0.2, 0.3, 0.5, 0.0])
    for gradient in torch.autograd.grad(getattr(divergences, name)(p, q), [p, q]):
        assert gradient.isfinite().all()


def test_one_sided_derivatives_at_0_are_exact_where_they_are_finite():
    p, q = tensors([0.0, 0.4, 0.6, 0.0], [0.25, 0.25, 0.5, 0.0])
    (by_q,) = torch.autograd.grad(divergences.kl(p, q), q)  # 1 - p / q
    assert by_q.tolist() == pytest.approx([1, -0.6, -0.2, 1], rel=1e-14, abs=0)
    cross_entropy = divergences.cross_entropy(p, q)
    (by_p,) = torch.autograd.grad(cross_entropy, p)  # -log q - H(p, q)
    expected = [-math.log(x) - cross_entropy.item() for x in (0.25, 0.25, 0.5)]
    assert by_p[:3].tolist() == pytest.approx(expected, rel=1e-14, abs=0)


def test_an_infinite_value_has_no_derivative_and_may_be_masked():
    p, q = tensors([[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]])
    values = divergences.kl(p, q)
    (gradient,) = torch.autograd.grad(values[values.isfinite()].sum(), p, retain_graph=True)
    assert gradient[0].tolist() == [0, 0]
    (of_the_second,) = torch.autograd.grad(divergences.kl(p[1], q[1]), p)
    assert torch.equal(gradient[1], of_the_second[1])
    assert torch.autograd.grad(values.sum(), p)[0][0].isnan().all()


def test_the_derivative_of_the_infinite_order_is_at_the_largest_ratio():
    p, q = tensors([0.2, 0.3, 0.5], [0.25, 0.25, 0.5])
    by_p, by_q = torch.autograd.grad(divergences.renyi(p, q, math.inf), [p, q])
    assert by_p.tolist() == pytest.approx([-1, 1 / 0.3 - 1, -1], rel=1e-14, abs=0)
    assert by_q.tolist() == pytest.approx([1, 1 - 1 / 0.25, 1], rel=1e-14, abs=0)


@pytest.mark.parametrize("order", [1e4, 1e20, 1e308])
def test_gradients_of_huge_orders_are_those_of_the_infinite_one(order):
    p, q = tensors([0.2, 0.3, 0.5], [0.25, 0.25, 0.5])
    gradient = torch.autograd.grad(divergences.renyi(p, q, order), [p, q])
    limit = torch.autograd.grad(divergences.renyi(p, q, math.inf), [p, q])
    for x, y in zip(gradient, limit, strict=True):
        assert torch.allclose(x, y, rtol=1e-3)

"""The closed-form input gradient against autograd, and the layers that it does not support."""

from itertools import product

import pytest
import torch
from torch import nn

from gan.networks import mlp_critic, plane_critic
from gan.networks.convolutional import convolutional_critic
from gan.networks.fourier import FourierFeatures, fourier_critic
from gan.networks.rescaling import Scale
from gan.recipes.input_gradient import input_gradient
from gan.recipes.penalties import gradient_penalty


def in_float64(body):
    return body.double().requires_grad_(requires_grad=True)


def convolution(**settings):
    """A critic of 2x11x9 images: a convolution to 4 channels, leaky ReLU, a linear layer."""
    layer = nn.Conv2d(2, 4, **settings)
    width = layer(torch.zeros(1, 2, 11, 9)).numel()
    return nn.Sequential(layer, nn.LeakyReLU(0.3), nn.Flatten(), nn.Linear(width, 1))


@pytest.fixture(autouse=True)
def seeded():
    """Seeds the global generator, from which torch's layers draw, and restores it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def bodies():
    rng = torch.Generator().manual_seed(0)
    yield "plane", plane_critic(rng, width=16).body, (2,)
    yield "digits", mlp_critic(rng, (784,), hidden=[32, 32]).body, (784,)
    yield "images", convolutional_critic(rng, (1, 28, 28), channels=4).body, (1, 28, 28)
    yield "colours", convolutional_critic(rng, (3, 8, 12), channels=4).body, (3, 8, 12)
    nested = nn.Sequential(nn.Linear(3, 5), nn.Identity(), nn.ReLU())
    yield "nested", nn.Sequential(nn.Sequential(nested), nn.Linear(5, 1)), (3,)
    rows = nn.Sequential(nn.Unflatten(1, (1, 4, 3)), nn.Conv2d(1, 2, 2), nn.ReLU())
    yield "rows", nn.Sequential(rows, nn.Flatten(), nn.Linear(12, 1)), (12,)
    yield "no bias", nn.Sequential(nn.Linear(4, 6, bias=False), nn.ReLU(), nn.Linear(6, 1)), (4,)
    yield (
        "scaled",
        nn.Sequential(Scale(0.5), nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 1), Scale(3.0)),
        (2,),
    )
    yield "waves", fourier_critic(rng, (2,), hidden=[16, 16], waves=8).body, (2,)
    yield "inplace", nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 1)), (4,)


BODIES = [pytest.param(body, shape, id=name) for name, body, shape in bodies()]


def closed_form_and_autograd(body, points):
    """Input gradients by both methods, each with a penalty's gradient in the weights."""
    weights = list(body.parameters())
    gradients = [input_gradient(body, points)]
    leaf = points.clone().requires_grad_()
    gradients += torch.autograd.grad(body(leaf).sum(), leaf, create_graph=True)
    for gradient in gradients:
        slopes = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
        yield (
            gradient,
            torch.autograd.grad(
                gradient_penalty(slopes), weights, allow_unused=True, materialize_grads=True
            ),
        )


def assert_equal_to_rounding(body, points):
    (ours, our_weight_gradients), (expected, expected_weight_gradients) = closed_form_and_autograd(
        body, points
    )
    assert torch.allclose(ours, expected, rtol=1e-12, atol=1e-14)
    for weight_gradient, reference in zip(
        our_weight_gradients, expected_weight_gradients, strict=True
    ):
        assert torch.allclose(weight_gradient, reference, rtol=1e-10, atol=1e-13)
    assert any(gradient.abs().max() > 0 for gradient in our_weight_gradients)


@pytest.mark.parametrize(("body", "shape"), BODIES)
def test_input_and_weight_gradients_agree_with_autograd(body, shape, rng):
    points = torch.randn(7, *shape, generator=rng, dtype=torch.float64)
    assert_equal_to_rounding(in_float64(body), points)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    list(product([1, 2, (3, 2)], [0, 1, (1, 2)], [1, 2], [1, 2])),
)
def test_every_stride_padding_dilation_and_grouping_is_supported(
    stride, padding, dilation, groups, rng
):
    body = convolution(
        kernel_size=3, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    points = torch.randn(3, 2, 11, 9, generator=rng, dtype=torch.float64)
    assert_equal_to_rounding(in_float64(body), points)


def test_at_a_kink_it_has_the_one_sided_derivative_of_autograd(rng):
    body = nn.Sequential(nn.ReLU(), nn.LeakyReLU(0.2), nn.Linear(2, 1))
    assert_equal_to_rounding(in_float64(body), torch.zeros(1, 2, dtype=torch.float64) + 1.0)
    points = torch.zeros(4, 2, dtype=torch.float64)
    assert torch.equal(input_gradient(body, points), points)


def test_points_are_not_changed_and_get_no_gradient(rng):
    body = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(2, 1))
    points = torch.randn(5, 2, generator=rng)
    before = points.clone()
    gradient = input_gradient(body, points.requires_grad_())
    assert torch.equal(points, before)
    (point_gradient,) = torch.autograd.grad(gradient.sum(), points, allow_unused=True)
    assert point_gradient is None


def hooked(module):
    module.register_forward_hook(lambda *_: None)
    return module


class LinearSubclass(nn.Linear):
    pass


UNSUPPORTED = {
    "layer norm": nn.GroupNorm(1, 2),
    "another activation": nn.Tanh(),
    "a hook": hooked(nn.ReLU()),
    "circular padding": nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"),
    "padding by name": nn.Conv2d(2, 2, 3, padding="same"),
    "a subclass": LinearSubclass(4, 4),
}


@pytest.mark.parametrize("layer", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_an_unsupported_layer_gives_none(layer):
    body = nn.Sequential(layer, nn.Flatten(), nn.Linear(32, 1))
    assert input_gradient(body, torch.zeros(1, 2, 4, 4)) is None


def test_fourier_features_after_a_layer_with_weights_give_none():
    features = FourierFeatures(torch.ones(2, 3))
    points = torch.zeros(1, 2)
    assert input_gradient(nn.Sequential(features, nn.Linear(8, 1)), points) is not None
    learned_phases = nn.Sequential(nn.Linear(2, 2), features, nn.Linear(8, 1))
    assert input_gradient(learned_phases, points) is None

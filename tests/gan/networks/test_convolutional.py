"""Convolutional and residual networks: shapes, independent scores, initialisation, refusals."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv_transpose2d

from gan.networks.convolutional import (
    convolution,
    convolutional_critic,
    convolutional_generator,
    transposed_convolution,
)
from gan.networks.residual import DownBlock, UpBlock, residual_critic, residual_generator
from gan.networks.upsampling import Upsampling
from gan.recipes.input_gradient import input_gradient

GENERATORS = [convolutional_generator, residual_generator]
CRITICS = [convolutional_critic, residual_critic]
SHAPES = [(1, 28, 28), (3, 28, 28), (2, 8, 12)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", GENERATORS)
def test_generated_images_have_pixels_in_0_to_1(make, shape, rng):
    images = make(rng, shape, channels=8, noise_size=5).sample(3, rng)
    assert images.shape == (3, *shape)
    assert 0 <= images.min() < images.max() <= 1


@pytest.mark.parametrize("norm", ["none", "layer"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", CRITICS)
def test_scores_are_independent_per_image(make, shape, norm, rng):
    critic = make(rng, shape, channels=8, norm=norm)
    images = torch.rand(4, *shape, generator=rng)
    single = torch.cat([critic(image[None]) for image in images])
    assert critic(images).shape == (4,)
    assert torch.allclose(critic(images), single, atol=1e-5)
    norms = {type(part) for part in critic.modules() if "Norm" in type(part).__name__}
    assert norms == ({nn.GroupNorm} if norm == "layer" else set())


@pytest.mark.parametrize("make", CRITICS)
def test_every_pixel_and_every_weight_has_a_gradient(make, rng):
    critic = make(rng, (1, 28, 28), channels=8)
    images = torch.rand(4, 1, 28, 28, generator=rng).requires_grad_()
    pixels, *weights = torch.autograd.grad(
        critic(images).square().sum(), [images, *critic.parameters()]
    )
    assert (pixels != 0).all()
    assert all((weight != 0).any() for weight in weights)


@pytest.mark.parametrize("make", GENERATORS)
def test_every_weight_of_a_generator_has_a_gradient_and_images_differ(make, rng):
    generator = make(rng, (1, 28, 28), channels=8)
    images = generator.sample(6, rng)
    gradients = torch.autograd.grad(images.square().sum(), list(generator.parameters()))
    assert all((gradient != 0).any() for gradient in gradients)
    assert torch.pdist(images.detach().flatten(1)).min() > 1e-3


def test_only_the_critic_without_norm_has_a_closed_form_input_gradient(rng):
    images = torch.rand(2, 1, 28, 28, generator=rng)
    assert input_gradient(convolutional_critic(rng, (1, 28, 28)).body, images) is not None
    assert (
        input_gradient(convolutional_critic(rng, (1, 28, 28), norm="layer").body, images) is None
    )


@pytest.mark.parametrize("make", [*GENERATORS, *CRITICS])
def test_weights_depend_only_on_the_given_generator(make):
    before = torch.get_rng_state()
    first, second = (
        make(torch.Generator().manual_seed(1), (1, 28, 28)).state_dict() for _ in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("make", [*GENERATORS, *CRITICS])
@pytest.mark.parametrize("shape", [(1, 30, 28), (1, 28, 27), (0, 28, 28), (28, 28)])
@pytest.mark.usefixtures("unchecked")
def test_a_shape_that_cannot_be_halved_twice_is_refused(make, shape, rng):
    with pytest.raises(ValueError, match=r"`shape` must be \(channels, height, width\)"):
        make(rng, shape)


@pytest.mark.parametrize("make", CRITICS)
@pytest.mark.usefixtures("unchecked")
def test_batch_norm_is_refused(make, rng):
    with pytest.raises(ValueError, match="`norm` must be one of none, layer, but is 'batch'"):
        make(rng, (1, 28, 28), norm="batch")


@pytest.mark.parametrize(("size", "stride"), [(3, 1), (5, 1), (4, 2), (5, 2)])
def test_a_convolution_keeps_or_halves_the_size(size, stride, rng):
    layer = convolution(2, 3, size, rng, stride=stride)
    assert layer(torch.zeros(1, 2, 12, 8)).shape == (1, 3, 12 // stride, 8 // stride)


@pytest.mark.parametrize("size", [2, 4, 6])
def test_a_transposed_convolution_doubles_the_size(size, rng):
    layer = transposed_convolution(2, 3, size, rng)
    assert layer(torch.zeros(1, 2, 5, 7)).shape == (1, 3, 10, 14)


@pytest.mark.parametrize("size", [2, 4, 6])
@pytest.mark.parametrize("n_out", [1, 3])
def test_upsampling_is_the_transposed_convolution_of_torch(size, n_out, rng):
    layer = transposed_convolution(5, n_out, size, rng)
    values = torch.randn(2, 5, 4, 7, generator=rng)
    expected = conv_transpose2d(values, layer.weight, layer.bias, 2, size // 2 - 1)
    assert isinstance(layer, Upsampling)
    torch.testing.assert_close(layer(values), expected, rtol=1e-5, atol=1e-6)


def test_initial_weights_of_a_convolution_have_torchs_standard_deviation():
    ours = convolution(20, 400, 5, torch.Generator().manual_seed(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        reference = nn.Conv2d(20, 400, 5)
    for weight, expected in zip(ours.parameters(), reference.parameters(), strict=True):
        assert weight.std().item() == pytest.approx(expected.std().item(), rel=0.1)


def test_a_residual_block_with_zero_weights_only_resizes(rng):
    values = torch.randn(2, 3, 4, 4, generator=rng)
    up, down = UpBlock(3, rng), DownBlock(3, "none", rng)
    for block in (up, down):
        for weight in block.parameters():
            nn.init.zeros_(weight)
    upsampled = values.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    assert torch.equal(up(values), upsampled)
    assert torch.allclose(down(upsampled), values)

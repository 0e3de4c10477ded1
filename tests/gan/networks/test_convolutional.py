"""Convolutional and residual players: any number of channels, each image by itself, no norm by
default, weights from the given source."""

import pytest
import torch
from torch import nn

from gan.networks.convolutional import (
    convolution,
    convolutional_critic,
    convolutional_generator,
    transposed_convolution,
)
from gan.networks.residual import DownBlock, UpBlock, residual_critic, residual_generator
from gan.recipes.input_gradient import input_gradient

GENERATORS = [convolutional_generator, residual_generator]
CRITICS = [convolutional_critic, residual_critic]
SHAPES = [(1, 28, 28), (3, 28, 28), (2, 8, 12)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", GENERATORS)
def test_a_generator_gives_images_with_pixels_between_0_and_1(make, shape, rng):
    images = make(rng, shape, channels=8, noise_size=5).sample(3, rng)
    assert images.shape == (3, *shape)
    assert 0 <= images.min() < images.max() <= 1


@pytest.mark.parametrize("norm", ["none", "layer"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("make", CRITICS)
def test_a_critic_scores_each_image_by_itself(make, shape, norm, rng):
    critic = make(rng, shape, channels=8, norm=norm)
    images = torch.rand(4, *shape, generator=rng)
    alone = torch.cat([critic(image[None]) for image in images])
    assert critic(images).shape == (4,)
    assert torch.allclose(critic(images), alone, atol=1e-5)
    norms = {type(part) for part in critic.modules() if "Norm" in type(part).__name__}
    assert norms == ({nn.GroupNorm} if norm == "layer" else set())


@pytest.mark.parametrize("make", CRITICS)
def test_every_pixel_counts_and_every_weight_learns(make, rng):
    critic = make(rng, (1, 28, 28), channels=8)
    images = torch.rand(4, 1, 28, 28, generator=rng).requires_grad_()
    pixels, *weights = torch.autograd.grad(
        critic(images).square().sum(), [images, *critic.parameters()]
    )
    assert (pixels != 0).all()
    assert all((weight != 0).any() for weight in weights)


@pytest.mark.parametrize("make", GENERATORS)
def test_every_weight_of_a_generator_learns_and_each_image_is_its_own(make, rng):
    generator = make(rng, (1, 28, 28), channels=8)
    images = generator.sample(6, rng)
    gradients = torch.autograd.grad(images.square().sum(), list(generator.parameters()))
    assert all((gradient != 0).any() for gradient in gradients)
    assert torch.pdist(images.detach().flatten(1)).min() > 1e-3


def test_the_plain_convolutional_critic_needs_no_double_backward(rng):
    images = torch.rand(2, 1, 28, 28, generator=rng)
    assert input_gradient(convolutional_critic(rng, (1, 28, 28)).body, images) is not None
    assert (
        input_gradient(convolutional_critic(rng, (1, 28, 28), norm="layer").body, images) is None
    )


@pytest.mark.parametrize("make", [*GENERATORS, *CRITICS])
def test_weights_come_from_the_given_source_and_leave_the_global_one_alone(make):
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


def test_initial_weights_of_a_convolution_are_spread_as_torch_spreads_them():
    ours = convolution(20, 400, 5, torch.Generator().manual_seed(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        theirs = nn.Conv2d(20, 400, 5)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.std().item() == pytest.approx(other.std().item(), rel=0.1)


def test_a_residual_block_that_has_learned_nothing_passes_on_its_input(rng):
    values = torch.randn(2, 3, 4, 4, generator=rng)
    up, down = UpBlock(3, rng), DownBlock(3, "none", rng)
    for block in (up, down):
        for weight in block.parameters():
            nn.init.zeros_(weight)
    repeated = values.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    assert torch.equal(up(values), repeated)
    assert torch.allclose(down(repeated), values)

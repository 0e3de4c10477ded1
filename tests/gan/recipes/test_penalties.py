"""The penalties on critics of known slope; most tests guard against a published defect."""

import pytest
import torch

from gan.networks import plane_critic
from gan.recipes.penalties import (
    chord_slopes,
    clip_weights,
    gradient_norms,
    gradient_penalty,
    hinge_penalty,
    one_sided_penalty,
)


def linear(slope):
    """The linear critic of the given slope along the first axis."""
    return lambda points: slope * points.flatten(1)[:, 0]


@pytest.fixture
def batch(rng):
    real, generated = torch.randn(2, 64, 3, generator=rng)
    return real, generated, torch.rand(64, generator=rng)


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_the_formula_at_its_slope(slope, batch):
    slopes = gradient_norms(linear(slope), *batch)
    assert torch.allclose(slopes, torch.full((64,), slope))
    assert float(gradient_penalty(slopes)) == pytest.approx((slope - 1) ** 2, abs=1e-6)
    assert float(one_sided_penalty(slopes)) == pytest.approx(max(0, slope - 1) ** 2, abs=1e-6)
    assert float(hinge_penalty(slopes)) == pytest.approx(max(0, slope - 1), abs=1e-6)


def test_every_pair_has_its_own_interpolation_weight():
    # The gradient norm of |x|^2 / 2 is |x|, the norm of the interpolated point.
    real, generated = torch.tensor([[4.0, 0.0], [0.0, 8.0]]), torch.zeros(2, 2)
    slopes = gradient_norms(
        lambda x: x.square().sum(1) / 2, real, generated, torch.tensor([0.25, 0.75])
    )
    assert torch.equal(slopes, torch.tensor([1.0, 6.0]))


def test_weights_1_and_0_are_the_real_and_the_generated_point():
    real, generated = torch.tensor([[3.0]]), torch.tensor([[5.0]])

    def square(x):
        return x.square().sum(1) / 2

    assert gradient_norms(square, real, generated, torch.ones(1)).item() == 3.0
    assert gradient_norms(square, real, generated, torch.zeros(1)).item() == 5.0


def test_the_penalty_has_its_gradient_in_the_weights(batch):
    weight = torch.tensor([3.0, 0.0, 0.0], requires_grad=True)
    slopes = gradient_norms(lambda x: x @ weight, *batch)
    (gradient,) = torch.autograd.grad(gradient_penalty(slopes), weight)
    assert torch.allclose(gradient, torch.tensor([4.0, 0.0, 0.0]))  # d (w - 1)^2 = 2 (w - 1)


def test_the_generator_gets_no_gradient_through_the_penalty(batch):
    real, generated, mix = batch
    slopes = gradient_norms(lambda x: x.square().sum(1), real, generated.requires_grad_(), mix)
    (gradient,) = torch.autograd.grad(slopes.sum(), generated, allow_unused=True)
    assert gradient is None


def test_clipping_bounds_every_weight_and_bias(rng):
    critic = plane_critic(rng)
    assert any(weight.abs().max() > 0.01 for weight in critic.parameters())
    clip_weights(critic, 0.01)
    assert all(weight.abs().max() <= 0.01 for weight in critic.parameters())


def test_penalties_are_means_over_the_points():
    slopes = torch.tensor([0.0, 0.5, 1.0, 3.0])
    assert float(gradient_penalty(slopes)) == (1 + 0.25 + 0 + 4) / 4
    assert float(one_sided_penalty(slopes)) == 4 / 4
    assert float(hinge_penalty(slopes)) == 2 / 4


@pytest.mark.parametrize("penalty", [gradient_penalty, one_sided_penalty, hinge_penalty])
@pytest.mark.parametrize("slopes", [gradient_norms, chord_slopes])
def test_every_penalty_of_a_flat_critic_has_a_finite_gradient(penalty, slopes, rng):
    real, generated = torch.randn(2, 8, 3, generator=rng)
    mix = torch.rand((8,) if slopes is gradient_norms else (2, 8), generator=rng)
    weight = torch.zeros(3, requires_grad=True)
    (gradient,) = torch.autograd.grad(
        penalty(slopes(lambda x: x @ weight, real, generated, mix)), weight
    )
    assert torch.equal(gradient, torch.zeros(3))


@pytest.fixture
def pairs(rng):
    real, generated = torch.randn(2, 64, 3, generator=rng, dtype=torch.float64)
    return real, generated, torch.rand(2, 64, generator=rng, dtype=torch.float64)


def chord_ends(real, generated, mix):
    """The two points of each chord: interpolated within pair i and within pair i - n/2."""
    partner = (torch.arange(len(real)) - len(real) // 2) % len(real)
    first, second = mix[:, :, None]
    return (
        first * real + (1 - first) * generated,
        second * real[partner] + (1 - second) * generated[partner],
    )


def test_a_chord_of_a_linear_critic_has_its_slope_times_the_cosine(pairs):
    weight = torch.tensor([3.0, -4.0, 0.0], dtype=torch.float64)
    a, b = chord_ends(*pairs)
    cosine = ((a - b) @ weight).abs() / (5 * (a - b).norm(dim=1))
    slopes = chord_slopes(lambda x: x @ weight, *pairs)
    assert torch.allclose(slopes, 5 * cosine, rtol=1e-12)
    assert slopes.max() <= 5 * (1 + 1e-12)
    assert (
        slopes.max() > 4
    )  # the cosine is uniform on [0, 1]: all 64 below 0.8 has probability 6e-7


def test_the_length_of_a_chord_is_over_all_pixels_and_channels(rng):
    real, generated = torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 4, 4)
    real[0] = 1.0
    mix = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    slopes = chord_slopes(lambda x: x.sum(dim=(1, 2, 3)), real, generated, mix)
    assert torch.allclose(slopes, torch.tensor([48**0.5, 0.0]))  # the second chord has length 0


def test_a_chord_of_length_0_has_slope_0_and_a_finite_gradient():
    points = torch.ones(4, 2)
    weight = torch.ones(2, requires_grad=True)
    slopes = chord_slopes(lambda x: x @ weight, points, points, torch.rand(2, 4))
    assert torch.equal(slopes, torch.zeros(4))
    (gradient,) = torch.autograd.grad(gradient_penalty(slopes), weight)
    assert torch.equal(gradient, torch.zeros(2))
    single = chord_slopes(lambda x: x @ weight, points[:1], points[:1] + 1, torch.rand(2, 1))
    assert single.isfinite().all()


def test_an_even_share_of_a_batch_has_chords_of_the_whole_batch(pairs):
    real, generated, mix = pairs

    def square(x):
        return x.square().sum(1)

    whole = chord_slopes(square, real, generated, mix)
    for rank in (0, 1):
        share = chord_slopes(square, real[rank::2], generated[rank::2], mix[:, rank::2])
        assert torch.equal(share, whole[rank::2])


def test_the_generator_gets_no_gradient_through_chords(pairs):
    real, generated, mix = pairs
    slopes = chord_slopes(lambda x: x.square().sum(1), real, generated.requires_grad_(), mix)
    assert not slopes.requires_grad

"""What holds a critic near 1-Lipschitz: a penalty on its slopes, or a box around its weights."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gan import networks
from gan.recipes.input_gradient import input_gradient

Critic = Callable[[Tensor], Tensor]


def gradient_norms(
    critic: Critic,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " n *shape"],
    mix: Float[Tensor, " n"],
    /,
) -> Float[Tensor, " n"]:
    """Norms of the critic's gradient at ``mix * real + (1 - mix) * generated``, one per point.

    The critic must score each point by itself: batch normalisation would mix them, and with it the
    gradients. Of a `Critic` whose layers are known to `gan.slopes` the gradient is written out;
    the others are differentiated twice. The result is the same, up to rounding.

    Args:
        critic: Maps points of shape ``(n, *shape)`` to scores of shape ``(n,)``.
        real: Real points.
        generated: As many generated points.
        mix: One number in [0, 1] per pair, the place on the segment between the two.

    Returns:
        Slopes in score per unit of length, in [0, inf), differentiable in the critic's weights.
    """
    share = mix.reshape(-1, *[1] * (real.ndim - 1))
    between = torch.lerp(generated.detach(), real.detach(), share)
    gradient = _written_out(critic, between)
    if gradient is None:
        between.requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    # vector_norm, not sqrt(sum of squares): its gradient at zero is zero, not NaN.
    return torch.linalg.vector_norm(gradient.flatten(start_dim=1), dim=1)


def _written_out(critic: Critic, points: Tensor) -> Tensor | None:
    """The gradient at each point without a second backward pass, if that is known."""
    if type(critic) is not networks.Critic or not isinstance(critic.body, nn.Sequential):
        return None
    return input_gradient(critic.body, points)


def chord_slopes(
    critic: Critic,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " n *shape"],
    mix: Float[Tensor, " 2 n"],
    /,
) -> Float[Tensor, " n"]:
    """Slopes of the critic's chords: ``|f(a) - f(b)| / |a - b|``, one per pair of points.

    Both points lie on segments between a real and a generated point: a on one, b on that half a
    batch away, so that an even share of the batch pairs the points that the whole batch pairs.
    No derivative in the points is taken, so training needs no second ones.

    Args:
        critic: Maps points of shape ``(n, *shape)`` to scores of shape ``(n,)``.
        real: Real points.
        generated: As many generated points.
        mix: Numbers in [0, 1], the places of a and b on their segments.

    Returns:
        Slopes in score per unit of length, in [0, inf), differentiable in the critic's weights;
        0 where the two points are one.
    """
    share = mix.reshape(*mix.shape, *[1] * (real.ndim - 1))
    real, generated = real.detach(), generated.detach()
    first = torch.lerp(generated, real, share[0])
    half = len(real) // 2
    second = torch.lerp(generated.roll(half, 0), real.roll(half, 0), share[1])
    length = torch.linalg.vector_norm((first - second).flatten(start_dim=1), dim=1)
    scores, others = critic(torch.cat([first, second])).split(len(real))
    return (scores - others).abs() / length.where(length > 0, math.inf)


def gradient_penalty(slopes: Float[Tensor, " n"], /) -> Float[Tensor, ""]:
    """Mean of ``(slope - 1)**2``, in [0, inf): two-sided (Gulrajani et al. 2017, eq. 3)."""
    return (slopes - 1).square().mean()


def one_sided_penalty(slopes: Float[Tensor, " n"], /) -> Float[Tensor, ""]:
    """Mean of ``max(0, slope - 1)**2``, in [0, inf): one-sided (Petzka et al. 2018, eq. 9)."""
    return (slopes - 1).relu().square().mean()


def hinge_penalty(slopes: Float[Tensor, " n"], /) -> Float[Tensor, ""]:
    """Mean of ``max(0, slope - 1)``, in [0, inf): one-sided and linear."""
    return (slopes - 1).relu().mean()


@torch.no_grad()
def clip_weights(module: nn.Module, bound: float, /) -> None:
    """Clip weights to [-bound, bound], in place (Arjovsky et al. 2017, algorithm 1, line 7)."""
    for weight in module.parameters():
        weight.clamp_(-bound, bound)

"""Lipschitz constraints of a critic: penalties on its slopes, and weight clipping."""

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

    The critic must score each point independently: batch normalisation would couple the gradients
    of a batch. Critics of layers that `input_gradient` supports are differentiated in closed form,
    all others by double backward; both agree up to rounding.

    Args:
        critic: Maps points of shape ``(n, *shape)`` to scores of shape ``(n,)``.
        real: Real points.
        generated: As many generated points.
        mix: Interpolation weights in [0, 1], one per pair.

    Returns:
        Slopes, shape ``(n,)``, in score per unit of length, in [0, inf); differentiable in the
        critic's weights.

    Source:
        Gulrajani et al. 2017, eq. 3.
    """
    weight = mix.reshape(-1, *[1] * (real.ndim - 1))
    interpolates = torch.lerp(generated.detach(), real.detach(), weight)
    gradient = _closed_form_gradient(critic, interpolates)
    if gradient is None:
        interpolates.requires_grad_()
        (gradient,) = torch.autograd.grad(
            critic(interpolates).sum(), interpolates, create_graph=True
        )
    # vector_norm, not sqrt(sum of squares): its gradient at zero is zero, not NaN.
    return torch.linalg.vector_norm(gradient.flatten(start_dim=1), dim=1)


def _closed_form_gradient(critic: Critic, points: Tensor) -> Tensor | None:
    """The gradient at each point by `input_gradient`; None if the critic is unsupported."""
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
    """Difference quotients of the critic, ``|f(a) - f(b)| / |a - b|``, one per pair of points.

    Both points interpolate between a real and a generated point: a within pair i, b within pair
    i - n/2, so that an even share of a batch (one process of several) has the pairs of the whole
    batch. Only first derivatives are needed to train with these slopes.

    Args:
        critic: Maps points of shape ``(n, *shape)`` to scores of shape ``(n,)``.
        real: Real points.
        generated: As many generated points.
        mix: Interpolation weights of a and b, in [0, 1].

    Returns:
        Slopes, shape ``(n,)``, in score per unit of length, in [0, inf); differentiable in the
        critic's weights; 0 where a = b.
    """
    weights = mix.reshape(*mix.shape, *[1] * (real.ndim - 1))
    real, generated = real.detach(), generated.detach()
    a = torch.lerp(generated, real, weights[0])
    half = len(real) // 2
    b = torch.lerp(generated.roll(half, 0), real.roll(half, 0), weights[1])
    length = torch.linalg.vector_norm((a - b).flatten(start_dim=1), dim=1)
    scores_a, scores_b = critic(torch.cat([a, b])).split(len(real))
    return (scores_a - scores_b).abs() / length.where(length > 0, math.inf)


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

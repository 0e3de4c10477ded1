"""What holds a critic near 1-Lipschitz: a penalty on its slopes, or a box around its weights."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Critic = Callable[[Tensor], Tensor]


def slopes_between(
    critic: Critic,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " n *shape"],
    mix: Float[Tensor, " n"],
    /,
) -> Float[Tensor, " n"]:
    """Norms of the critic's gradient at ``mix * real + (1 - mix) * generated``, one per point.

    The critic must score each point by itself: batch normalisation would mix them, and with it the
    gradients.

    Args:
        critic: Maps points of shape ``(n, *shape)`` to scores of shape ``(n,)``.
        real: Real points.
        generated: As many generated points.
        mix: One number in [0, 1] per pair, the place on the segment between the two.

    Returns:
        Slopes in score per unit of length, in [0, inf), differentiable in the critic's weights.
    """
    share = mix.reshape(-1, *[1] * (real.ndim - 1))
    between = torch.lerp(generated.detach(), real.detach(), share).requires_grad_()
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    # vector_norm, not sqrt(sum of squares): its gradient at zero is zero, not NaN.
    return torch.linalg.vector_norm(gradient.flatten(start_dim=1), dim=1)


def gradient_penalty(slopes: Float[Tensor, " n"], /) -> Float[Tensor, ""]:
    """Mean of ``(slope - 1)**2``, in [0, inf): two-sided (Gulrajani et al. 2017, eq. 3)."""
    return (slopes - 1).square().mean()


def one_sided_penalty(slopes: Float[Tensor, " n"], /) -> Float[Tensor, ""]:
    """Mean of ``max(0, slope - 1)**2``, in [0, inf): one-sided (Petzka et al. 2018, eq. 9)."""
    return (slopes - 1).relu().square().mean()


@torch.no_grad()
def clip_weights(module: nn.Module, bound: float, /) -> None:
    """Clip weights to [-bound, bound], in place (Arjovsky et al. 2017, algorithm 1, line 7)."""
    for weight in module.parameters():
        weight.clamp_(-bound, bound)

"""Losses of critics and generators: pure functions from scores to a scalar.

Scores are the raw outputs of a critic, one per point. Those of a GAN discriminator are logits,
D = sigmoid(score): log D and log(1 - D) are softplus functions of the score, which do not saturate
as ``log(sigmoid(x) + 1e-8)`` does.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus


def discriminator_loss(
    real: Float[Tensor, " n"], generated: Float[Tensor, " m"], /
) -> Float[Tensor, ""]:
    r"""Minus the value ``V(D, G) = E log D(real) + E log(1 - D(generated))``, in nats.

    Its minimum over all discriminators is ``2 log 2 - 2 JS``.

    Args:
        real: Logits of real points.
        generated: Logits of generated points.

    Returns:
        A scalar in [0, inf).

    Source:
        Goodfellow et al. 2014, theorem 1.
    """
    return softplus(-real).mean() + softplus(generated).mean()


def minimax_loss(generated: Float[Tensor, " m"], /) -> Float[Tensor, ""]:
    """``E log(1 - D(generated))``, the generator's term of the value, in nats.

    Args:
        generated: Logits of generated points.

    Returns:
        A scalar in (-inf, 0].

    Source:
        Goodfellow et al. 2014, eq. 1.
    """
    return -softplus(generated).mean()


def non_saturating_loss(generated: Float[Tensor, " m"], /) -> Float[Tensor, ""]:
    """``-E log D(generated)``, in nats; its gradient does not vanish where D is near 0.

    Args:
        generated: Logits of generated points.

    Returns:
        A scalar in [0, inf).

    Source:
        Goodfellow et al. 2014, section 3.
    """
    return softplus(-generated).mean()


def wasserstein_critic_loss(
    real: Float[Tensor, " n"], generated: Float[Tensor, " m"], /
) -> Float[Tensor, ""]:
    """Minus the critic's gap ``E f(real) - E f(generated)``, in the unit of the scores.

    Args:
        real: Scores of real points.
        generated: Scores of generated points.

    Returns:
        A scalar of either sign.

    Source:
        Arjovsky et al. 2017, eq. 2.
    """
    return generated.mean() - real.mean()


def wasserstein_generator_loss(generated: Float[Tensor, " m"], /) -> Float[Tensor, ""]:
    """``-E f(generated)``, in the unit of f (Arjovsky et al. 2017, algorithm 1, line 10)."""
    return -generated.mean()


def certified_critic_loss(
    real: Float[Tensor, " n"], generated: Float[Tensor, " m"], distances: Float[Tensor, " n m"], /
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    r"""Minus the mean of two lower bounds of the batch's exact EMD, and the larger of the two.

    Each bound is a Kantorovich dual objective: the scores of one side with their c-transform.

    .. math:: \overline{f(x)} + \frac1m \sum_j \min_i [ d(x_i, y_j) - f(x_i) ], \qquad
        - \overline{f(y)} + \frac1n \sum_i \min_j [ d(x_i, y_j) + f(y_j) ]

    Args:
        real: Scores of real points.
        generated: Scores of generated points.
        distances: Distance of every real to every generated point.

    Returns:
        Two scalars in the unit of the distances: the loss, and the larger bound, which is at most
        the exact EMD of the batch up to rounding.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10; with the first bound alone, Mallasto et
        al. 2019.
    """
    forward = real.mean() + (distances - real[:, None]).amin(dim=0).mean()
    backward = (distances + generated).amin(dim=1).mean() - generated.mean()
    return -(forward + backward) / 2, torch.maximum(forward, backward)


def taught_critic_loss(
    real: Float[Tensor, " n"],
    generated: Float[Tensor, " m"],
    potentials: tuple[Float[Tensor, " n"], Float[Tensor, " m"]],
    /,
) -> Float[Tensor, ""]:
    """Mean squared error of scores to exact potentials, up to the constant that is free in both.

    Args:
        real: Scores of real points.
        generated: Scores of generated points.
        potentials: Optimal potential at the real points, and minus that at the generated ones.

    Returns:
        A scalar in [0, inf), in the square of the unit of the scores.

    Source:
        Villani 2009, "Optimal transport", theorem 5.10, for the potentials.
    """
    errors = torch.cat([real, generated]) - torch.cat(potentials)
    return errors.var(correction=0)


CriticLoss = Callable[[Tensor, Tensor], Tensor]
GeneratorLoss = Callable[[Tensor], Tensor]

CRITIC_LOSSES: dict[
    str, CriticLoss
] = {  # "certified" needs distances, too: `certified_critic_loss`; "taught" needs potentials
    "minimax": discriminator_loss,
    "non-saturating": discriminator_loss,
    "wasserstein": wasserstein_critic_loss,
}
GENERATOR_LOSSES: dict[str, GeneratorLoss] = {
    "minimax": minimax_loss,
    "non-saturating": non_saturating_loss,
    "wasserstein": wasserstein_generator_loss,
    "certified": wasserstein_generator_loss,
    "taught": wasserstein_generator_loss,
}

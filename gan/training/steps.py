"""One step of either player: a batch, a loss, an update that is finite or not made."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.errors import TrainingError
from gan.evaluation.semi_dual_ascent import pairwise_distances
from gan.networks import Critic
from gan.recipes.losses import (
    CRITIC_LOSSES,
    GENERATOR_LOSSES,
    certified_critic_loss,
    wasserstein_critic_loss,
)
from gan.recipes.optimizers import Optimizer
from gan.recipes.penalties import (
    chord_slopes,
    clip_weights,
    gradient_norms,
    gradient_penalty,
    hinge_penalty,
    one_sided_penalty,
)
from gan.recipes.recipe import Recipe
from gan.training.devices import Devices
from gan.training.state import Training

PENALTIES = {
    "gradient-penalty": gradient_penalty,
    "one-sided-penalty": one_sided_penalty,
    "hinge-penalty": hinge_penalty,
    "finite-difference": gradient_penalty,
}


@dataclass(frozen=True, slots=True)
class CriticBatch:
    """What one critic step is made on: this process's share of a batch.

    Attributes:
        real: Real points, with the recipe's noise.
        generated: Generated points, likewise.
        mix: Places between the two at which slopes are penalised, shape ``(n,)``; of pairs of
            places ``(2, n)``; None if the recipe has no penalty. Fewer than n are between the
            first so many points.
    """

    real: Tensor
    generated: Tensor
    mix: Tensor | None


def critic_batch(
    recipe: Recipe,
    real: Tensor,
    generated: Tensor,
    /,
    *,
    noise: float,
    rng: torch.Generator,
    devices: Devices,
) -> CriticBatch:
    """Points for one critic step; the random numbers are drawn for all processes.

    Args:
        recipe: The method.
        real: Real points of the whole batch.
        generated: This process's share of the generated ones.
        noise: Standard deviation of the noise on both.
        rng: Source of randomness, in the same state in all processes.
        devices: The processes.

    Returns:
        This process's share.
    """
    n = len(real)
    mix = None
    if recipe.penalized:
        shape = (2, n) if recipe.constraint == "finite-difference" else (n,)
        mix = torch.rand(shape, generator=rng, device=rng.device)
        mix = mix[..., devices.rank :: devices.count]
    real = noisy(devices.share(real), noise, n, rng, devices)
    return CriticBatch(real, noisy(generated, noise, n, rng, devices), mix)


def noisy(
    share: Tensor, noise: float, n: int, rng: torch.Generator, devices: Devices, /
) -> Tensor:
    """This process's share of ``n`` points, with normal noise of this standard deviation."""
    if noise == 0:
        return share
    drawn = torch.randn(n, *share.shape[1:], generator=rng, device=rng.device)
    return share + noise * devices.share(drawn)


def critic_step(
    critic: Critic,
    optimizer: Optimizer,
    recipe: Recipe,
    batch: CriticBatch,
    devices: Devices,
    /,
) -> tuple[float, float]:
    """One update of the critic on one batch; the gap and the loss before it.

    Args:
        critic: Changed in place.
        optimizer: Of the critic's weights.
        recipe: The method.
        batch: This process's share of the points.
        devices: The processes.

    Returns:
        Mean score of real less that of generated points, or of the recipe that certifies, the
        bound that it proves; and the loss with its penalty.

    Raises:
        TrainingError: If a loss or a gradient is not finite; the critic is as it was.
        LostProcessError: If another process of the run is gone; likewise.
    """
    with devices.autocast():
        real, generated = _scores(critic, batch.real, batch.generated)
        gap = (real.mean() - generated.mean()).detach()
        if recipe.loss == "certified":
            # Alone, the bound lets a critic be nearly flat where all real points are nearly as far
            # (images), and a generator cannot learn from that; the gap raises it.
            loss, bound = certified_critic_loss(
                real, generated, pairwise_distances(batch.real, batch.generated)
            )
            loss = (loss + wasserstein_critic_loss(real, generated)) / 2
            gap = bound.detach()
        else:
            loss = CRITIC_LOSSES[recipe.loss](real, generated)
        if batch.mix is not None:
            chords, m = recipe.constraint == "finite-difference", batch.mix.shape[-1]
            slopes = (chord_slopes if chords else gradient_norms)(
                critic, batch.real[:m], batch.generated[:m], batch.mix
            )
            loss = loss + recipe.penalty_weight * PENALTIES[recipe.constraint](slopes.float())
    mean_gap, value = update(optimizer, loss, "critic", devices, beside=gap)
    if recipe.constraint == "clip":
        clip_weights(critic, recipe.clip)
    return mean_gap, value


def generator_step(training: Training, /) -> float:
    """One update of the generator; the loss before it."""
    recipe, devices, rng = training.recipe, training.devices, training.rng
    n = recipe.batch_size
    noise = devices.share(training.generator.noise(n, rng))
    with devices.autocast():
        generated = training.generator(noise).float()
        generated = noisy(generated, recipe.noise_at(training.done), n, rng, devices)
        scores = training.critic(generated).float()
        loss = GENERATOR_LOSSES[recipe.loss](scores)
    _, value = update(training.generator_optimizer, loss, "generator", devices, beside=loss)
    return value


def update(
    optimizer: Optimizer,
    loss: Tensor,
    who: str,
    devices: Devices,
    /,
    *,
    beside: Tensor,
) -> tuple[float, float]:
    """Apply one optimiser step, unless it would not be finite.

    Args:
        optimizer: Of the weights that are updated.
        loss: What falls along the step, on this process's share of the batch.
        who: The player's name in an error.
        devices: The processes.
        beside: Another number of this step, to be averaged over the processes, too.

    Returns:
        ``beside`` and ``loss``, averaged over the processes.

    Raises:
        TrainingError: If the loss or its gradient is not finite; no weight is changed then.
        LostProcessError: If another process of the run is gone; likewise.
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    own = torch.autograd.grad(loss, weights)
    *gradients, other, mean = devices.average([*own, beside.detach(), loss.detach()])
    value = mean.item()
    size = torch.stack(torch._foreach_norm(gradients)).norm().item()
    if not (math.isfinite(value) and math.isfinite(size)):
        raise TrainingError(
            f"the {who}'s loss is {value} and the norm of its gradient is {size}; both must be "
            "finite. The update was not applied. Lower `learning_rate`, or look for non-finite "
            "values in the data"
        )
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    optimizer.step()
    return other.item(), value


def set_learning_rate(optimizer: Optimizer, rate: float, /) -> None:
    """Of all its weights; a group may have a multiple of its own."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("multiple", 1.0)


def _scores(critic: Critic, real: Tensor, generated: Tensor) -> tuple[Tensor, Tensor]:
    """The critic's scores of both; in one pass, unless points of a batch see each other."""
    if critic.has_batch_norm:
        return critic(real).float(), critic(generated).float()
    scores, generated_scores = critic(torch.cat([real, generated])).float().split(len(real))
    return scores, generated_scores

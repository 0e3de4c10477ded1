"""One step of the critic or the generator: a batch, a loss, and an update if it is finite."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from gan.errors import TrainingError
from gan.evaluation.exact_potentials import exact_potentials
from gan.evaluation.semi_dual_ascent import pairwise_distances
from gan.networks import Critic
from gan.recipes.losses import (
    CRITIC_LOSSES,
    GENERATOR_LOSSES,
    certified_critic_loss,
    taught_critic_loss,
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


class Update(NamedTuple):
    """Numbers of one update of a network, means over the processes.

    Attributes:
        statistic: Scalar of the step: for a critic its gap, for a generator its loss.
        loss: The minimised loss before the update, with its penalty.
        gradient_norm: Euclidean norm of the gradient of the loss in all weights.
    """

    statistic: float
    loss: float
    gradient_norm: float


@dataclass(frozen=True, slots=True)
class CriticBatch:
    """Input of one critic step: this process's shard of a batch.

    Attributes:
        real: Real points with the recipe's noise, shape ``(n, *shape)``.
        generated: Generated points with the recipe's noise, same shape.
        mix: Interpolation weights of the points at which slopes are penalised, shape ``(m,)``, or
            ``(2, m)`` for pairs of points; they apply to the first m <= n points. None without a
            penalty.
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
    """This process's shard of a critic's batch; random numbers are drawn for the whole batch.

    Args:
        recipe: The method and its settings.
        real: Real points of the whole batch.
        generated: This process's shard of the generated points.
        noise: Standard deviation of the noise added to both.
        rng: Source of randomness, in the same state in all processes.
        devices: The processes of the run.

    Returns:
        Points with noise, and interpolation weights if the recipe has a penalty.
    """
    n = len(real)
    mix = None
    if recipe.penalized:
        shape = (2, n) if recipe.constraint == "finite-difference" else (n,)
        mix = torch.rand(shape, generator=rng, device=rng.device)
        mix = mix[..., devices.rank :: devices.world_size]
    real = with_noise(devices.shard(real), noise, n, rng, devices)
    return CriticBatch(real, with_noise(generated, noise, n, rng, devices), mix)


def with_noise(
    shard: Tensor, noise: float, n: int, rng: torch.Generator, devices: Devices, /
) -> Tensor:
    """A shard of ``n`` points, plus normal noise of standard deviation ``noise``."""
    if noise == 0:
        return shard
    batch_noise = torch.randn(n, *shard.shape[1:], generator=rng, device=rng.device)
    return shard + noise * devices.shard(batch_noise)


def critic_step(
    critic: Critic,
    optimizer: Optimizer,
    recipe: Recipe,
    batch: CriticBatch,
    devices: Devices,
    /,
) -> Update:
    """Update the critic once.

    Args:
        critic: The critic; changed in place.
        optimizer: Optimiser of its weights.
        recipe: The method and its settings.
        batch: This process's shard of the points.
        devices: The processes of the run.

    Returns:
        Gap, loss and norm of the gradient before the update. The gap is the mean score of real
        minus that of generated points; for the certified loss, the certified bound. The loss
        includes the penalty.

    Raises:
        TrainingError: If the loss or its gradient is not finite; the critic is unchanged.
        LostProcessError: If another process has ended; the critic is unchanged.
    """
    with devices.autocast():
        gap, loss = _gap_and_loss(critic, recipe, batch)
        if batch.mix is not None:
            m = batch.mix.shape[-1]
            slopes_of = (
                chord_slopes if recipe.constraint == "finite-difference" else gradient_norms
            )
            slopes = slopes_of(critic, batch.real[:m], batch.generated[:m], batch.mix)
            loss = loss + recipe.penalty_weight * PENALTIES[recipe.constraint](slopes.float())
    update = update_weights(optimizer, loss, "critic", devices, statistic=gap)
    if recipe.constraint == "clip":
        clip_weights(critic, recipe.clip)
    return update


def _gap_and_loss(critic: Critic, recipe: Recipe, batch: CriticBatch) -> tuple[Tensor, Tensor]:
    """Gap and loss of a batch, without the penalty."""
    real, generated = _scores(critic, batch.real, batch.generated)
    gap = (real.mean() - generated.mean()).detach()
    if recipe.loss == "taught":
        return gap, taught_critic_loss(real, generated, _potentials(batch))
    if recipe.loss != "certified":
        return gap, CRITIC_LOSSES[recipe.loss](real, generated)
    # Where all distances are nearly equal (images), the bound alone does not exclude a nearly
    # constant critic, which has almost no gradient for the generator; the gap raises the slope.
    cost = pairwise_distances(batch.real, batch.generated)
    certified_loss, bound = certified_critic_loss(real, generated, cost)
    return bound.detach(), (certified_loss + wasserstein_critic_loss(real, generated)) / 2


def _potentials(batch: CriticBatch) -> tuple[Tensor, Tensor]:
    """Exact potentials of a batch; NaN, which the update refuses, if a point is not finite."""
    if batch.real.isfinite().all() and batch.generated.isfinite().all():
        return exact_potentials(batch.real, batch.generated)
    real, generated = (
        points.new_full((len(points),), math.nan) for points in (batch.real, batch.generated)
    )
    return real, generated


def generator_step(training: Training, /) -> Update:
    """Update the generator once; its loss and gradient before the update."""
    recipe, devices, rng = training.recipe, training.devices, training.rng
    n = recipe.batch_size
    latent = devices.shard(training.generator.noise(n, rng))
    with devices.autocast():
        generated = training.generator(latent).float()
        generated = with_noise(generated, recipe.noise_at(training.progress), n, rng, devices)
        scores = training.critic(generated).float()
        loss = GENERATOR_LOSSES[recipe.loss](scores)
    optimizer = training.generator_optimizer
    return update_weights(optimizer, loss, "generator", devices, statistic=loss)


def update_weights(
    optimizer: Optimizer,
    loss: Tensor,
    network: str,
    devices: Devices,
    /,
    *,
    statistic: Tensor,
) -> Update:
    """Apply one optimiser step if loss and gradient are finite.

    Args:
        optimizer: Optimiser of the weights.
        loss: The minimised loss of this process's shard of the batch.
        network: Name of the network in an error.
        devices: The processes of the run.
        statistic: Another scalar of this step to average over the processes.

    Returns:
        Means of ``statistic`` and ``loss`` over the processes, and the norm of the gradient.

    Raises:
        TrainingError: If the loss or its gradient is not finite; no weight is changed.
        LostProcessError: If another process has ended; no weight is changed.
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    shard_gradients = torch.autograd.grad(loss, weights)
    *gradients, mean_statistic, mean_loss = devices.average([
        *shard_gradients,
        statistic.detach(),
        loss.detach(),
    ])
    value = mean_loss.item()
    norm = torch.stack(torch._foreach_norm(gradients)).norm().item()
    if not (math.isfinite(value) and math.isfinite(norm)):
        raise TrainingError(
            f"the {network}'s loss is {value} and the norm of its gradient is {norm}; both must "
            "be finite. The update was not applied. Lower `learning_rate`, or look for non-finite "
            "values in the data"
        )
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    optimizer.step()
    return Update(mean_statistic.item(), value, norm)


def set_learning_rate(optimizer: Optimizer, rate: float, /) -> None:
    """Set the learning rate of every group of weights, times its ``multiple`` if it has one."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("multiple", 1.0)


def _scores(critic: Critic, real: Tensor, generated: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of real and generated points: in one batch, or in two if there is batch norm."""
    if critic.has_batch_norm:
        return critic(real).float(), critic(generated).float()
    scores, generated_scores = critic(torch.cat([real, generated])).float().split(len(real))
    return scores, generated_scores

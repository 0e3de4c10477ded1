"""Gradient of a generator over the steps of its discriminator, for three losses.

The generator is fixed. Discriminators with independent initial weights and batches are trained
against it, and after some of their steps the gradient that the generator would get is measured.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from gan.data.dataset import DataSet
from gan.datasets import load_data_set
from gan.diagnose.critic_steps import DISCRIMINATOR_RECIPE, critic_steps, logarithmic_marks
from gan.diagnose.fixed_generator import sampler_of, with_he_weights
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.networks import NETWORKS, Critic, Generator
from gan.recipes.losses import GENERATOR_LOSSES
from gan.recipes.recipe import Recipe
from gan.runs.figure_style import (
    BLACK,
    MINIMAX_COLOR,
    NON_SATURATING_COLOR,
    PENALIZED_COLOR,
    legend_below,
)

Floats = NDArray[np.float64]
LOSSES = ("minimax", "non-saturating", "wasserstein")
STYLES = {
    "minimax": (MINIMAX_COLOR, "-", "s", "minimax, log(1 - D)"),
    "non-saturating": (NON_SATURATING_COLOR, "--", "^", "non-saturating, -log D"),
    "wasserstein": (PENALIZED_COLOR, "-.", "o", "Wasserstein with gradient penalty"),
}
GRADIENT_POINTS = 4096
MIN_FALL = 3.0  # decades, of minimax
MAX_SPAN = 1.0  # decades, of Wasserstein
UNTRAINED_STEPS = 10  # before which the gradient is that of random initial weights
MIN_AGREEMENT, MAX_AGREEMENT = 0.8, 0.5  # cosine, of Wasserstein and of non-saturating
PLATEAU = 0.5  # the last half of the steps, for the agreement of directions


@dataclass(frozen=True, slots=True)
class GeneratorGradients(DiagnosticResult):
    """Gradients of a fixed generator against the training of its discriminator.

    Attributes:
        steps: Discriminator steps before each measurement, shape ``(k,)``.
        norms: Norm of the generator's gradient by loss, each of shape ``(discriminators, k)``.
        agreement: Mean cosine between the gradients that independent discriminators give, by
            loss, each of shape ``(k,)``.
    """

    title = "The generator's gradient against discriminator steps, generator fixed"

    steps: tuple[int, ...]
    norms: dict[str, Floats]
    agreement: dict[str, Floats]

    def criteria(self) -> tuple[Criterion, ...]:
        """Fall of minimax, range of Wasserstein, and agreement of directions."""
        decades = {loss: np.log10(self._mean_norms(loss)) for loss in LOSSES}
        fall = float(decades["minimax"].max() - decades["minimax"][-1])
        span = float(np.ptp(decades["wasserstein"]))
        trained = np.array(self.steps) >= UNTRAINED_STEPS
        late_span = float(np.ptp(decades["wasserstein"][trained]))
        late = np.array(self.steps) >= PLATEAU * self.steps[-1]
        wasserstein, non_saturating = (
            float(self.agreement[loss][late].mean()) for loss in ("wasserstein", "non-saturating")
        )
        return (
            Criterion(
                f"minimax gradient falls by at least {MIN_FALL:g} decades",
                fall,
                fall >= MIN_FALL,
                "decades",
                "C9",
            ),
            Criterion(
                f"Wasserstein gradient stays within {MAX_SPAN:g} decade",
                span,
                span <= MAX_SPAN,
                "decades",
                "C9",
            ),
            Criterion(
                f"the same from step {UNTRAINED_STEPS} on, without the random initial weights",
                late_span,
                late_span <= MAX_SPAN,
                "decades",
                "C9",
            ),
            Criterion(
                f"cosine between Wasserstein gradients of independent critics at least "
                f"{MIN_AGREEMENT}",
                wasserstein,
                wasserstein >= MIN_AGREEMENT,
                claim="C10",
            ),
            Criterion(
                f"the same of non-saturating gradients at most {MAX_AGREEMENT} (noise)",
                non_saturating,
                non_saturating <= MAX_AGREEMENT,
                claim="C10",
            ),
        )

    def _mean_norms(self, loss: str) -> Floats:
        """Geometric mean of the norms over discriminators, shape ``(k,)``."""
        return np.exp(np.log(self.norms[loss]).mean(axis=0))

    def panels(self) -> list[Panel]:
        """Norms, and agreement between independent discriminators."""
        return [self._draw_norms, self._draw_agreement]

    def _draw_norms(self, axes: Axes) -> None:
        """Draw the norms over discriminator steps."""
        for loss in LOSSES:
            color, style, marker, label = STYLES[loss]
            axes.plot(self.steps, self.norms[loss].T, color=color, alpha=0.3, linewidth=1)
            axes.plot(
                *(self.steps, self._mean_norms(loss), style),
                color=color,
                marker=marker,
                label=label,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set(
            title="Norm of the gradient by loss",
            xlabel="discriminator steps",
            ylabel="norm of the generator's gradient",
        )
        legend_below(axes)

    def _draw_agreement(self, axes: Axes) -> None:
        """Draw the cosines between gradients of independent discriminators."""
        for loss in LOSSES[1:]:
            color, style, marker, label = STYLES[loss]
            axes.plot(
                *(self.steps, self.agreement[loss], style),
                color=color,
                marker=marker,
                label=label,
            )
        axes.axhline(0, color=BLACK, linewidth=0.8)
        axes.set_xscale("log")
        axes.set(
            title="Agreement of independent discriminators",
            xlabel="discriminator steps",
            ylabel="mean cosine between gradients",
            ylim=(-1.05, 1.05),
        )
        legend_below(axes)


def vanishing(
    *,
    data: str = "eight-gaussians",
    steps: int = 800,
    discriminators: int = 3,
    learning_rate: float = 3e-4,
    seed: int = 0,
) -> GeneratorGradients:
    """Train discriminators against a fixed, untrained generator, and measure its gradient.

    The discriminators start from He's initial weights, as in the code of WGAN-GP: from smaller
    ones the first gradients are those of a nearly constant function.

    Args:
        data: Name of a data set of vectors.
        steps: Steps of each discriminator, 10 or more.
        discriminators: Independent discriminators of each kind, 2 or more.
        learning_rate: Of Adam, for all of them.
        seed: Seed of the generator, the discriminators and the batches.

    Returns:
        Norm and direction of the generator's gradient for the minimax, the non-saturating and the
        Wasserstein loss.

    Raises:
        ConfigError: If a number is out of range.
        TrainingError: If a discriminator diverges.

    Source:
        Arjovsky and Bottou 2017, theorems 2.4 and 2.6, figures 2 and 3.
    """
    if steps < 10 or discriminators < 2 or not 0 < learning_rate < math.inf:
        raise ConfigError(
            "`steps` must be at least 10, `discriminators` at least 2 and `learning_rate` above "
            f"0, but are {steps}, {discriminators} and {learning_rate}"
        )
    source = load_data_set(data, None)
    generator = NETWORKS[source.networks].generator(
        torch.Generator().manual_seed(seed), source.shape
    )
    recipe = replace(
        DISCRIMINATOR_RECIPE,
        batch_size=256,
        learning_rate=learning_rate,
        betas=(0.5, 0.9),
        schedule="constant",
    )
    penalized = replace(recipe, loss="wasserstein", constraint="gradient-penalty")
    marks = logarithmic_marks(steps)[1:]
    by_loss: dict[str, list[Tensor]] = {loss: [] for loss in LOSSES}
    for k in range(discriminators):
        for settings, losses in ((recipe, LOSSES[:2]), (penalized, LOSSES[2:])):
            rng = torch.Generator().manual_seed(seed * discriminators + k + 1)
            rows = _gradients(source, generator, settings, losses, marks, rng)
            for loss in losses:
                by_loss[loss].append(rows[loss])
    stacked = {loss: torch.stack(rows) for loss, rows in by_loss.items()}
    return GeneratorGradients(
        marks,
        {loss: gradients.norm(dim=2).numpy() for loss, gradients in stacked.items()},
        {loss: _agreement(gradients) for loss, gradients in stacked.items()},
    )


def _gradients(
    data: DataSet,
    generator: Generator,
    recipe: Recipe,
    losses: tuple[str, ...],
    marks: tuple[int, ...],
    rng: torch.Generator,
) -> dict[str, Tensor]:
    """Gradients of the generator by loss, each of shape ``(k, weights)``, in float64."""
    critic = with_he_weights(NETWORKS[data.networks].critic(rng, data.shape))
    noise = generator.noise(GRADIENT_POINTS, torch.Generator().manual_seed(0))
    rows: dict[str, list[Tensor]] = {loss: [] for loss in losses}
    generated = sampler_of(generator)
    for step in critic_steps(critic, data.sample, generated, recipe, steps=marks[-1], rng=rng):
        if step in marks:
            for loss in losses:
                rows[loss].append(_gradient(generator, critic, noise, loss))
    return {loss: torch.stack(gradients) for loss, gradients in rows.items()}


def _gradient(generator: Generator, critic: Critic, noise: Tensor, loss: str) -> Tensor:
    """Gradient of the generator's loss in all its weights, as one vector."""
    value = GENERATOR_LOSSES[loss](critic(generator(noise)))
    parts = torch.autograd.grad(value, list(generator.parameters()))
    return torch.cat([part.flatten() for part in parts]).double()


def _agreement(gradients: Tensor) -> Floats:
    """Mean cosine over pairs of discriminators, shape ``(k,)``, of ``(discriminators, k, w)``."""
    n = len(gradients)
    unit = gradients / gradients.norm(dim=2, keepdim=True)
    # |sum of unit vectors|^2 = n + twice the sum of cosines over pairs.
    squares = unit.sum(dim=0).square().sum(dim=1)
    return ((squares - n) / (n * (n - 1))).numpy()

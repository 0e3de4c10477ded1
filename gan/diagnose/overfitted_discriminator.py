"""Discriminators of finite samples: JS by their training loss, on fresh points, and the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from divergences import densities
from gan.data.dataset import Sampler
from gan.data.finite_sample import FiniteSample
from gan.data.mixtures import GaussianMixture
from gan.diagnose.critic_steps import DISCRIMINATOR_RECIPE, critic_steps, logarithmic_marks
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.two_bumps import TwoBumps, normal_log_density
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.networks import Critic
from gan.networks.mlp import mlp_critic
from gan.recipes.losses import discriminator_loss
from gan.runs.figure_style import BLACK, BLUE, GREEN, VERMILION, legend_below

Floats = NDArray[np.float64]
LOG_2 = math.log(2)
DIMENSION = 20
WIDTHS = (0, 2, 8, 32, 128)  # of two hidden layers; 0 is a linear discriminator
BUMP_CENTER, BUMP_SIGMA = 0.95, 0.3122  # of variance 1: no linear discriminator helps
FRESH_POINTS = 20_000
FLOOR = -0.6  # nats, of the figure: an overfitted discriminator tells far less
MIN_TRAINING_JS = LOG_2 - 0.01  # nats, of two samples of one distribution
MIN_SHARE = 0.5  # of the true JS, that a weak discriminator misses


@dataclass(frozen=True, slots=True)
class OverfittedDiscriminators(DiagnosticResult):
    """JS told by discriminators of two samples: log 2 minus half of the loss, in nats.

    Attributes:
        n: Points in each sample.
        true_js: JS of the two different populations, by quadrature.
        steps: Steps of the strongest discriminator before each measurement, shape ``(k,)``.
        training_curve: JS by the training loss between samples of one distribution, ``(k,)``.
        fresh_curve: The same discriminators on fresh points, shape ``(k,)``.
        widths: Widths of the hidden layers, shape ``(w,)``; 0 of a linear discriminator.
        same_training: JS by the training loss between samples of one distribution, ``(w,)``.
        same_fresh: The same discriminators on fresh points, shape ``(w,)``.
        different_training: JS by the training loss between samples of different populations.
        different_fresh: The same discriminators on fresh points, shape ``(w,)``.
    """

    title = "A discriminator of finite samples tells their JS, not that of the populations"

    n: int
    true_js: float
    steps: tuple[int, ...]
    training_curve: Floats
    fresh_curve: Floats
    widths: tuple[int, ...]
    same_training: Floats
    same_fresh: Floats
    different_training: Floats
    different_fresh: Floats

    def criteria(self) -> tuple[Criterion, ...]:
        """JS of one distribution by a strong discriminator, of two by a weak one."""
        strong, fresh = float(self.same_training[-1]), float(self.same_fresh[-1])
        weak = float(self.different_training[0]) / self.true_js
        return (
            Criterion(
                "training loss between two samples of one distribution (JS 0) tells log 2 within "
                "0.01 nats",
                strong,
                strong >= MIN_TRAINING_JS,
                "nats",
            ),
            Criterion("on fresh points it tells at most 0", fresh, fresh <= 0, "nats"),
            Criterion(
                "a linear discriminator of two different populations tells at most half of their "
                "JS; share",
                weak,
                weak <= MIN_SHARE,
            ),
        )

    def panels(self) -> list[Panel]:
        """JS over training, and over the size of the discriminator for both pairs."""
        return [self._draw_training, self._draw_same, self._draw_different]

    def _draw_training(self, axes: Axes) -> None:
        """Draw JS over the steps of the strongest discriminator."""
        self._draw_pair(axes, self.steps, self.training_curve, self.fresh_curve)
        axes.axhline(0, color=GREEN, linestyle=":", label="truth: 0, one distribution")
        axes.set_xscale("symlog", linthresh=10)
        axes.set_xlim(left=0)
        axes.set(title="One distribution, two samples", xlabel="discriminator steps")
        legend_below(axes)

    def _draw_same(self, axes: Axes) -> None:
        """Draw JS over the width, between samples of one distribution."""
        self._draw_widths(axes, self.same_training, self.same_fresh)
        axes.axhline(0, color=GREEN, linestyle=":", label="truth: 0, one distribution")
        axes.set_title("A strong one tells too much")
        legend_below(axes)

    def _draw_different(self, axes: Axes) -> None:
        """Draw JS over the width, between samples of different populations."""
        self._draw_widths(axes, self.different_training, self.different_fresh)
        axes.axhline(self.true_js, color=GREEN, linestyle=":", label=f"truth: {self.true_js:.2f}")
        axes.set_title("A weak one tells too little")
        legend_below(axes)

    def _draw_widths(self, axes: Axes, training: Floats, fresh: Floats) -> None:
        """Draw JS over the width of the hidden layers."""
        self._draw_pair(axes, range(len(self.widths)), training, fresh)
        names = ["linear" if width == 0 else str(width) for width in self.widths]
        axes.set_xticks(range(len(self.widths)), names)
        axes.set_xlabel("width of the hidden layers")

    def _draw_pair(self, axes: Axes, x: Sequence[int], training: Floats, fresh: Floats) -> None:
        """Draw JS by the training loss and on fresh points."""
        axes.plot(x, training, "o-", color=VERMILION, label="JS by the training loss")
        axes.plot(x, np.maximum(fresh, FLOOR), "s--", color=BLUE, label="JS on fresh points")
        axes.axhline(LOG_2, color=BLACK, linestyle=":", linewidth=0.8, label="log 2")
        axes.set_ylim(FLOOR - 0.05, 0.8)
        axes.set_ylabel(f"JS (nats, cut off at {FLOOR:g})")


def overfitting(*, n: int = 256, steps: int = 1000, seed: int = 0) -> OverfittedDiscriminators:
    """Train discriminators of several sizes between finite samples, and test them on fresh points.

    One pair of samples is of the same normal distribution in 20 dimensions, the other of a normal
    distribution and of one with two bumps in its first coordinate, of the same variance.

    Args:
        n: Points in each sample, 2 or more.
        steps: Steps of each discriminator.
        seed: Seed of samples, weights and batches.

    Returns:
        JS by the training loss and on fresh points, over training and over the size.

    Raises:
        ConfigError: If a number is out of range.
        TrainingError: If a discriminator diverges.

    Source:
        Arora, Ge, Liang, Ma and Zhang 2017, "Generalization and equilibrium in generative
        adversarial nets"; Arjovsky and Bottou 2017, section 2.
    """
    if n < 2 or steps < 1:
        raise ConfigError(
            f"`n` must be at least 2 and `steps` at least 1, but are {n} and {steps}"
        )
    rng = torch.Generator().manual_seed(seed)
    same = [_discriminator(_normal, n, width, steps, rng) for width in WIDTHS]
    different = [_discriminator(_bumps, n, width, steps, rng) for width in WIDTHS]
    marks, training_curve, fresh_curve = same[-1]
    ends = np.array([
        [(training[-1], fresh[-1]) for _, training, fresh in results]
        for results in (same, different)
    ])
    return OverfittedDiscriminators(
        n, _true_js(), marks, training_curve, fresh_curve, WIDTHS, *ends[0].T, *ends[1].T
    )


def _normal(n: int, rng: torch.Generator) -> Tensor:
    """Points of the standard normal distribution, shape ``(n, 20)``."""
    return torch.randn(n, DIMENSION, generator=rng)


def _bumps(n: int, rng: torch.Generator) -> Tensor:
    """Normal points with two bumps in the first coordinate, shape ``(n, 20)``."""
    points = _normal(n, rng)
    points[:, :1] = _bump_mixture().sample(n, rng)
    return points


def _bump_mixture() -> GaussianMixture:
    """Two bumps on the line, of mean 0 and variance 1."""
    return GaussianMixture(torch.tensor([[-BUMP_CENTER], [BUMP_CENTER]]), BUMP_SIGMA)


def _true_js() -> float:
    """JS of the two populations by quadrature in the coordinate in which they differ, in nats."""
    bumps = TwoBumps(2 * BUMP_CENTER, BUMP_SIGMA)
    normal = partial(normal_log_density, mean=0.0, sigma=1.0)
    points = [-BUMP_CENTER, BUMP_CENTER]
    return densities.js(bumps.log_density, normal, (-math.inf, math.inf), points=points).value


def _discriminator(
    real: Sampler, n: int, width: int, steps: int, rng: torch.Generator
) -> tuple[tuple[int, ...], Floats, Floats]:
    """Steps, and JS told on the sample and on fresh points, of a discriminator of two samples."""
    x, y = real(n, rng), _normal(n, rng)
    fresh = real(FRESH_POINTS, rng), _normal(FRESH_POINTS, rng)
    critic = mlp_critic(rng, (DIMENSION,), hidden=[width] * 2 if width else [])
    samplers = FiniteSample(x).sample, FiniteSample(y).sample
    recipe = replace(DISCRIMINATOR_RECIPE, batch_size=min(n, 256))
    marks, curve = logarithmic_marks(steps), []
    for step in critic_steps(critic, *samplers, recipe, steps=steps, rng=rng):
        if step in marks:
            curve.append((_told_js(critic, x, y), _told_js(critic, *fresh)))
    training, unseen = np.array(curve).T
    return marks, training, unseen


@torch.no_grad()
def _told_js(critic: Critic, real: Tensor, generated: Tensor) -> float:
    """Log 2 minus half of the discriminator's loss, in nats."""
    return LOG_2 - float(discriminator_loss(critic(real), critic(generated))) / 2

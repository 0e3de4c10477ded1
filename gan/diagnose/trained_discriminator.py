"""A discriminator trained to the end between known densities, against the optimal one."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.special import expit, log_expit
from torch import Tensor

from divergences import log_space
from gan.diagnose.critic_steps import DISCRIMINATOR_RECIPE, critic_steps, logarithmic_marks
from gan.diagnose.generator_slopes import (
    divergence_slopes,
    optimal_loss_slope,
    trained_loss_slope,
)
from gan.diagnose.known_pairs import SCORED_AT_ONCE, TWO_BUMPS, known_pair
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.networks import Critic
from gan.networks.mlp import mlp_critic
from gan.networks.rescaling import rescaled_critic
from gan.runs.figure_style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    JS_COLOR,
    REVERSE_KL_COLOR,
    legend_below,
)

Floats = NDArray[np.float64]
LOG_2 = math.log(2)
THETA = 0.5  # units; where the discriminator is trained
THETAS = {1: np.linspace(-1, 1, 21), 2: np.linspace(-1, 1, 5)}  # units, by dimension
SCORED_CELLS = 20_000
MAX_VALUE_ERROR = 0.01  # nats
MAX_MEAN_ERROR = 0.02  # of D
MAX_IDENTITY_ERROR = 1e-4  # relative


@dataclass(frozen=True, slots=True)
class TrainedDiscriminator(DiagnosticResult):
    """A trained discriminator beside the optimal one, and the gradient of -log D.

    Values are in nats; slopes are derivatives in the position theta of the generator, in nats per
    unit of length.

    Attributes:
        data: Name of the data P.
        steps: Discriminator steps before each measurement, shape ``(k,)``.
        values: V(G, D) after them, exact on cells, shape ``(k,)``.
        js: JS of P and G.
        points: Points at which both discriminators are given, shape ``(n, d)``.
        trained: D of the trained discriminator, shape ``(n,)``.
        optimal: p / (p + g), shape ``(n,)``.
        mean_error: Mean of |D - p / (p + g)| under (p + g) / 2.
        thetas: Positions of the generator, shape ``(t,)``.
        reverse_kl_slopes: Derivative of KL(G || P), shape ``(t,)``.
        js_slopes: Derivative of -2 JS, shape ``(t,)``.
        loss_slopes: Derivative of E -log D with D optimal for theta and fixed, shape ``(t,)``.
        trained_at: Position at which the discriminator was trained.
        trained_slope: Derivative of E -log D there, with the trained discriminator.
    """

    title = "A trained discriminator against the optimal one, p / (p + g)"

    data: str
    steps: tuple[int, ...]
    values: Floats
    js: float
    points: Floats
    trained: Floats
    optimal: Floats
    mean_error: float
    thetas: Floats
    reverse_kl_slopes: Floats
    js_slopes: Floats
    loss_slopes: Floats
    trained_at: float
    trained_slope: float

    @property
    def best_value(self) -> float:
        """2 JS - 2 log 2, in nats."""
        return 2 * self.js - 2 * LOG_2

    def criteria(self) -> tuple[Criterion, ...]:
        """Value and shape of the discriminator, and the identity behind -log D."""
        error = float(abs(self.values[-1] - self.best_value))
        highest = float((self.values - self.best_value).max())
        slopes = self.reverse_kl_slopes + self.js_slopes
        identity = float(np.abs(self.loss_slopes - slopes).max() / np.abs(slopes).max())
        away = self.js_slopes[self.thetas != 0] * self.thetas[self.thetas != 0] < 0
        pushing = float(away.mean())
        return (
            Criterion(
                f"trained value within {MAX_VALUE_ERROR} nats of 2 JS - 2 log 2",
                error,
                error <= MAX_VALUE_ERROR,
                "nats",
                "C2",
            ),
            Criterion(
                "value never above 2 JS - 2 log 2; largest excess",
                highest,
                highest <= 1e-9,
                "nats",
                "C2",
            ),
            Criterion(
                f"mean |D - p / (p + g)| at most {MAX_MEAN_ERROR}",
                self.mean_error,
                self.mean_error <= MAX_MEAN_ERROR,
                claim="C2",
            ),
            Criterion(
                f"slope of -log D equals that of KL(G || P) - 2 JS; largest difference at most "
                f"{MAX_IDENTITY_ERROR:g} of the largest slope",
                identity,
                identity <= MAX_IDENTITY_ERROR,
                claim="C4",
            ),
            Criterion(
                "share of positions at which -2 JS pushes G away from the data is 1",
                pushing,
                pushing == 1,
                claim="C4",
            ),
        )

    def panels(self) -> list[Panel]:
        """Value over steps, both discriminators, and slopes over the generator's position."""
        draw = self._draw_on_line if self.points.shape[1] == 1 else self._draw_calibration
        return [self._draw_values, draw, self._draw_slopes]

    def _draw_values(self, axes: Axes) -> None:
        """Draw the value over discriminator steps and its limits."""
        axes.plot(self.steps, self.values, "o-", color=BLUE, label="V(G, D), trained")
        axes.axhline(self.best_value, color=JS_COLOR, linestyle="--", label="2 JS - 2 log 2")
        for value, style, label in (
            (0.0, "-", "0: disjoint"),
            (-2 * LOG_2, ":", "-2 log 2: P = G"),
        ):
            axes.axhline(value, color=GREY, linestyle=style, label=label)
        axes.set_xscale("symlog", linthresh=10)
        axes.set_xlim(left=0)
        axes.set(
            title="Training reaches 2 JS - 2 log 2",
            xlabel="discriminator steps",
            ylabel="value (nats)",
            ylim=(-1.7, 0.15),
        )
        legend_below(axes)

    def _draw_on_line(self, axes: Axes) -> None:
        """Draw both discriminators on the line."""
        x = self.points[:, 0]
        axes.plot(x, self.optimal, color=BLACK, linewidth=3, label="p / (p + g), optimal")
        axes.plot(x, self.trained, "--", color=BLUE, label="D, trained")
        axes.set(
            title="The trained D is p / (p + g)",
            xlabel="x",
            ylabel="probability of real",
            xlim=(-6, 6),
        )
        legend_below(axes)

    def _draw_calibration(self, axes: Axes) -> None:
        """Draw the trained discriminator over the optimal one."""
        axes.plot(self.optimal, self.trained, ".", color=BLUE, markersize=3, label="a cell")
        axes.plot([0, 1], [0, 1], "--", color=BLACK, label="equal")
        axes.set(
            title="The trained D is p / (p + g)",
            xlabel="p / (p + g), optimal",
            ylabel="D, trained",
        )
        legend_below(axes)

    def _draw_slopes(self, axes: Axes) -> None:
        """Draw the slopes of the parts of -log D over the position of the generator."""
        total = self.reverse_kl_slopes + self.js_slopes
        for values, color, style, label in (
            (self.reverse_kl_slopes, REVERSE_KL_COLOR, "--", "KL(G || P): pulls"),
            (self.js_slopes, JS_COLOR, "-.", "-2 JS: pushes"),
            (total, GREEN, "-", "their sum"),
        ):
            axes.plot(self.thetas, values, color=color, linestyle=style, label=label)
        axes.plot(
            *(self.thetas, self.loss_slopes, "o"),
            color=BLACK,
            fillstyle="none",
            label="-log D, D optimal",
        )
        axes.plot(
            *(self.trained_at, self.trained_slope, "*"),
            color=BLUE,
            markersize=13,
            label="-log D, D trained",
        )
        axes.set(
            title="-log D is KL(G || P) - 2 JS",
            xlabel="theta, position of G",
            ylabel="slope in theta (nats per unit)",
        )
        legend_below(axes, columns=2)


def optimal_discriminator(
    *, data: str = TWO_BUMPS, steps: int = 2000, width: int = 64, seed: int = 0
) -> TrainedDiscriminator:
    """Train a discriminator to the end between known densities, and compare it with the optimum.

    G is a normal distribution. The identity behind the non-saturating loss is checked as well: the
    derivative of E -log D, with D optimal and fixed, is that of KL(G || P) - 2 JS.

    Args:
        data: "two-bumps", on the line, or a data set of the plane with a known density.
        steps: Discriminator steps, 1 or more.
        width: Units in each of its three hidden layers.
        seed: Seed of weights and batches.

    Returns:
        The trained discriminator beside the optimal one.

    Raises:
        ConfigError: If the data set has no density, or a number is out of range.
        TrainingError: If the discriminator diverges.

    Source:
        Goodfellow et al. 2014, proposition 1; Arjovsky and Bottou 2017, theorem 2.5.
    """
    require_counts(steps=steps, width=width)
    pair, rng = known_pair(data), torch.Generator().manual_seed(seed)
    theta = THETA * pair.unit
    cells = pair.cells()
    log_p, log_g = pair.log_masses(cells), pair.generated_log_masses(cells, theta)
    p, g = np.exp(log_p), np.exp(log_g)
    network = mlp_critic(rng, (pair.dimension,), hidden=[width] * 3)
    critic = rescaled_critic(network, pair.unit)
    marks, values = logarithmic_marks(steps), []
    recipe = replace(DISCRIMINATOR_RECIPE, batch_size=1024)
    generated = pair.generated(theta)
    for step in critic_steps(critic, pair.sample, generated, recipe, steps=steps, rng=rng):
        if step in marks:
            logits = _logits(critic, cells)
            values.append(float(p @ log_expit(logits) + g @ log_expit(-logits)))
    best_logits = pair.optimal_logits(cells, theta).numpy()
    mean_error = float((p + g) / 2 @ np.abs(expit(logits) - expit(best_logits)))
    shown = slice(None, None, max(1, len(cells) // SCORED_CELLS))
    thetas = THETAS[pair.dimension] * pair.unit
    return TrainedDiscriminator(
        data,
        marks,
        np.array(values),
        float(log_space.js(log_p, log_g)),
        cells[shown].numpy(),
        expit(logits[shown]),
        expit(best_logits[shown]),
        mean_error,
        thetas,
        *divergence_slopes(pair, cells, log_p, thetas),
        np.array([optimal_loss_slope(pair, cells, float(t)) for t in thetas]),
        theta,
        trained_loss_slope(critic, cells, g),
    )


@torch.no_grad()
def _logits(critic: Critic, cells: Tensor) -> Floats:
    """Scores of the cells, in float64."""
    return (
        torch.cat([critic(part) for part in cells.float().split(SCORED_AT_ONCE)]).double().numpy()
    )

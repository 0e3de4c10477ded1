"""The gap of a penalised critic in units of W1, against the weight of its penalty."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gan.critics.pairs import named_pair
from gan.diagnose.fixed_generator import trained_critic
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.evaluation.critic_gap import ExactTransport
from gan.networks.mlp import mlp_critic
from gan.recipes.recipe import Constraint
from gan.recipes.registry import RECIPES
from gan.runs.figure_style import (
    EXACT_COLOR,
    GAP_COLOR,
    LINE_STYLES,
    PURPLE,
    legend_below,
)

PENALTY_WEIGHTS = (0.1, 1.0, 10.0, 100.0)
SIDES: dict[str, Constraint] = {
    "two-sided": "gradient-penalty",
    "one-sided": "one-sided-penalty",
}
COLORS, MARKERS = (GAP_COLOR, PURPLE), ("o", "s")  # of the sides
REFERENCE_WEIGHT, PAPER_WEIGHT = 0.1, 10.0  # of the toy script, and of the paper
MIN_RATIO_AT_REFERENCE = 3.0
MAX_RATIO_AT_PAPER = 0.9
MAX_ERROR_ONE_SIDED = 0.15
RECIPE = replace(RECIPES["wgan-gp"].quick, learning_rate=2e-3)


@dataclass(frozen=True, slots=True)
class PenaltyWeightSweep(DiagnosticResult):
    """Gap and knowledge of critics against the weight lambda, on fresh points.

    Attributes:
        exact: Exact EMD of the fresh points, in their unit.
        weights: Values of lambda, shape ``(k,)``.
        ratios: Gap over ``exact``, shape ``(2, k)``: two-sided and one-sided penalty.
        knowledge: Knowledge of the same critics, shape ``(2, k)``, in [0, 1].
    """

    title = '"The Wasserstein estimate" of a training script depends on lambda'

    exact: float
    weights: NDArray[np.float64]
    ratios: NDArray[np.float64]
    knowledge: NDArray[np.float64]

    def criteria(self) -> tuple[Criterion, ...]:
        """Gap over W1 at the weights in use."""
        at_reference = float(self.ratios[:, self._index(REFERENCE_WEIGHT)].min())
        two_sided, one_sided = (float(r) for r in self.ratios[:, self._index(PAPER_WEIGHT)])
        return (
            Criterion(
                "gap / W1 at lambda 0.1, the weight of the toy script, at least 3",
                at_reference,
                at_reference >= MIN_RATIO_AT_REFERENCE,
            ),
            Criterion(
                "gap / W1 at lambda 10, the weight of the paper, two-sided at most 0.9",
                two_sided,
                two_sided <= MAX_RATIO_AT_PAPER,
            ),
            Criterion(
                "gap / W1 at lambda 10, one-sided, within 0.15 of 1",
                one_sided,
                abs(one_sided - 1) <= MAX_ERROR_ONE_SIDED,
            ),
        )

    def _index(self, weight: float) -> int:
        """Position of a weight."""
        return int(np.flatnonzero(self.weights == weight)[0])

    def panels(self) -> list[Panel]:
        """Gap over W1, and knowledge."""
        return [self._draw_ratios, self._draw_knowledge]

    def _draw_ratios(self, axes: Axes) -> None:
        """Draw the gap in units of W1."""
        for name, ratios, color, style, marker in zip(
            SIDES, self.ratios, COLORS, LINE_STYLES, MARKERS, strict=False
        ):
            axes.plot(
                *(self.weights, ratios, style),
                color=color,
                marker=marker,
                label=f"{name} penalty",
            )
        axes.axhline(1, color=EXACT_COLOR, linewidth=1, label="exact")
        for weight, label in ((REFERENCE_WEIGHT, "toy script"), (PAPER_WEIGHT, "paper")):
            axes.axvline(weight, color="0.7", linewidth=0.8)
            axes.annotate(
                label, (weight, 0.45), (4, 0), ("data", "axes fraction"), "offset points"
            )
        axes.set(
            xscale="log",
            title="The gap depends on lambda",
            xlabel="weight of the penalty, lambda",
            ylabel="gap of the critic / exact W1",
        )
        legend_below(axes)

    def _draw_knowledge(self, axes: Axes) -> None:
        """Draw the knowledge."""
        for name, knowledge, color, style, marker in zip(
            SIDES, self.knowledge, COLORS, LINE_STYLES, MARKERS, strict=False
        ):
            axes.plot(
                *(self.weights, knowledge, style),
                color=color,
                marker=marker,
                label=f"{name} penalty",
            )
        axes.set(
            xscale="log",
            ylim=(0, 1),
            title="What the same critics prove",
            xlabel="weight of the penalty, lambda",
            ylabel="knowledge of fresh points (share)",
        )
        legend_below(axes)


def lambda_(
    *, steps: int = 1000, width: int = 128, points: int = 2000, seed: int = 0
) -> PenaltyWeightSweep:
    """Train critics of eight Gaussians against N(0, I) for several weights of the penalty.

    Args:
        steps: Critic steps.
        width: Width of the 3 hidden layers.
        points: Fresh points on each side.
        seed: Seed of weights, batches and points.

    Returns:
        Gap over exact W1 and knowledge, by weight, for the two-sided and the one-sided penalty.

    Raises:
        ConfigError: If a number is below 1.

    Source:
        Gulrajani et al. 2017, section 4; the authors' toy script has lambda 0.1.
    """
    require_counts(steps=steps, width=width, points=points)
    pair, network = named_pair("ring-normal"), partial(mlp_critic, hidden=[width] * 3)
    fresh = ExactTransport.between(*pair.samples(points, torch.Generator().manual_seed(seed)))
    ratios, knowledge = np.zeros((2, 2, len(PENALTY_WEIGHTS)))
    for i, constraint in enumerate(SIDES.values()):
        for k, weight in enumerate(PENALTY_WEIGHTS):
            recipe = replace(RECIPE, constraint=constraint, penalty_weight=weight)
            rng = torch.Generator().manual_seed(seed + 1)  # not of the points that are evaluated
            name = f"lambda {weight:g}"
            critic = trained_critic(pair, recipe, network, steps=steps, rng=rng, name=name)
            gap = fresh.critic_gap(critic)
            ratios[i, k], knowledge[i, k] = gap.gap / gap.exact, gap.knowledge
    return PenaltyWeightSweep(fresh.exact, np.array(PENALTY_WEIGHTS), ratios, knowledge)

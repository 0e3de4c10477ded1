"""Gap, knowledge and gradient direction of a clipped critic, against its bound c."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gan.critics.errors import errors_on_points
from gan.critics.pairs import named_pair
from gan.diagnose.fixed_generator import trained_critic
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.evaluation.critic_gap import ExactTransport
from gan.networks.mlp import mlp_critic
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES
from gan.runs.figure_style import CLIPPED_COLOR, EXACT_COLOR, PENALIZED_COLOR, legend_below

CLIPS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
MIN_DECADES = 3.0
MIN_KNOWLEDGE_RATIO = 2.0
CLIP_RECIPE = RECIPES["wgan"].quick
PENALTY_RECIPE = replace(RECIPES["wgan-gp"].quick, learning_rate=2e-3, penalty_weight=10.0)


@dataclass(frozen=True, slots=True)
class ClippedCritic:
    """A critic on fresh points.

    Attributes:
        ratio: Its gap over the exact EMD.
        knowledge: Its knowledge, in [0, 1].
        cosine: Mean cosine of its gradient and the displacement of the optimal plan, in [-1, 1].
    """

    ratio: float
    knowledge: float
    cosine: float


@dataclass(frozen=True, slots=True)
class ClippingSweep(DiagnosticResult):
    """Clipped critics against their bound, beside a penalised one.

    Attributes:
        clips: Bounds c, shape ``(k,)``.
        clipped: A critic for each bound.
        penalized: The critic under the gradient penalty with lambda 10.
        exact: Exact EMD of the points, in their unit.
    """

    title = "Clipped critics against the bound c, beside a penalised one"

    clips: NDArray[np.float64]
    clipped: tuple[ClippedCritic, ...]
    penalized: ClippedCritic
    exact: float

    def criteria(self) -> tuple[Criterion, ...]:
        """Range of the gap over c, and the best clipped critic against the penalised one."""
        gaps = np.abs([critic.ratio for critic in self.clipped])
        decades = float(np.log10(gaps.max() / gaps.min()))
        at_default = self.clipped[list(self.clips).index(CLIP_RECIPE.clip)]
        advantage = self.penalized.knowledge / max(at_default.knowledge, 1e-9)
        best_cosine = max(critic.cosine for critic in self.clipped)
        return (
            Criterion(
                "gap / W1 over c spans at least 3 decades",
                decades,
                decades >= MIN_DECADES,
                "decades",
                claim="C12",
            ),
            Criterion(
                "knowledge of the penalised critic at least twice that at c = 0.01",
                advantage,
                advantage >= MIN_KNOWLEDGE_RATIO,
                "times",
                claim="C14",
            ),
            Criterion(
                "cosine of the penalised critic's gradient above that of all clipped ones, by",
                self.penalized.cosine - best_cosine,
                self.penalized.cosine > best_cosine,
                claim="C14",
            ),
        )

    def panels(self) -> list[Panel]:
        """Gap, knowledge and cosine against c."""
        return [self._draw_gap, self._draw_knowledge, self._draw_cosine]

    def _draw_gap(self, axes: Axes) -> None:
        """Draw the gap in units of W1."""
        self._draw(
            axes, np.abs([of.ratio for of in self.clipped]), abs(self.penalized.ratio)
        )  # gaps of either sign, on a logarithmic axis
        axes.axhline(1, color=EXACT_COLOR, linewidth=1, label="exact")
        axes.set_yscale("log")
        axes.set(title="The gap grows by decades with c", ylabel="|gap| of the critic / exact W1")
        legend_below(axes)

    def _draw_knowledge(self, axes: Axes) -> None:
        """Draw the knowledge."""
        self._draw(axes, [of.knowledge for of in self.clipped], self.penalized.knowledge)
        axes.set(title="What they prove", ylim=(0, 1), ylabel="knowledge of fresh points (share)")
        legend_below(axes)

    def _draw_cosine(self, axes: Axes) -> None:
        """Draw the cosine of the gradient."""
        self._draw(axes, [of.cosine for of in self.clipped], self.penalized.cosine)
        axes.set(
            title="Direction of the gradient",
            ylim=(None, 1),
            ylabel="cosine of gradient and optimal transport",
        )
        legend_below(axes)

    def _draw(
        self, axes: Axes, clipped: Sequence[float] | NDArray[np.float64], penalized: float
    ) -> None:
        """Draw a number of the clipped critics against c, and that of the penalised one."""
        axes.plot(self.clips, clipped, color=CLIPPED_COLOR, marker="o", label="WGAN")
        axes.axhline(penalized, color=PENALIZED_COLOR, linestyle="--", label="WGAN-GP, lambda 10")
        axes.set(xscale="log", xlabel="bound of the weights, c")


def clipping(
    *, steps: int = 1000, width: int = 128, points: int = 2000, seed: int = 0
) -> ClippingSweep:
    """Train clipped critics of eight Gaussians against N(0, I) for several bounds.

    Args:
        steps: Critic steps.
        width: Width of the 3 hidden layers.
        points: Fresh points on each side.
        seed: Seed of weights, batches and points.

    Returns:
        Gap over exact W1, knowledge and gradient direction for each bound.

    Raises:
        ConfigError: If a number is below 1.

    Source:
        Arjovsky, Chintala and Bottou 2017, section 3; Gulrajani et al. 2017, section 3.
    """
    require_counts(steps=steps, width=width, points=points)
    pair, network = named_pair("ring-normal"), partial(mlp_critic, hidden=[width] * 3)
    fresh = ExactTransport.between(*pair.samples(points, torch.Generator().manual_seed(seed)))

    def evaluated(recipe: Recipe, name: str) -> ClippedCritic:
        rng = torch.Generator().manual_seed(seed + 1)  # not of the points that are evaluated
        critic = trained_critic(pair, recipe, network, steps=steps, rng=rng, name=name)
        errors = errors_on_points(critic, fresh)
        return ClippedCritic(errors.gap / errors.exact, errors.knowledge or 0.0, errors.cosine)

    clipped = tuple(evaluated(replace(CLIP_RECIPE, clip=c), f"c = {c:g}") for c in CLIPS)
    return ClippingSweep(
        np.array(CLIPS), clipped, evaluated(PENALTY_RECIPE, "penalty"), fresh.exact
    )

"""Value surfaces of a clipped, a penalised and the exact critic on three toy sets."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from gan.critics.fit_loop import Budget, fitted
from gan.critics.problem import Problem
from gan.critics.witness import WitnessCritic
from gan.diagnose.fixed_generator import data_with_unit_noise, trained_critic
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.evaluation.critic_gap import ExactTransport
from gan.evaluation.point_pair import ScoreFunction
from gan.networks.mlp import mlp_critic
from gan.recipes.registry import RECIPES
from gan.runs.figure_style import SEQUENTIAL_MAP

DATA = ("eight-gaussians", "twenty-five-gaussians", "swiss-roll")
KINDS = {
    "clipped": "WGAN, clipped",
    "penalized": "WGAN-GP",
    "exact": "Exact witness",
}
MAX_CLIPPED_SHARE = 0.5  # of the knowledge of the exact witness
MIN_PENALIZED_SHARE = 0.6
GRID_SIZE = 80
MARGIN = 0.1  # of the range of the data
LEVELS = 16
DRAWN_POINTS = 500
CLIP_RECIPE = replace(RECIPES["wgan"].quick, schedule="cosine")
# Lambda 0.1 as in the authors' toy script: a two-sided penalty of 10 asks for slope 1 everywhere.
PENALTY_RECIPE = replace(RECIPES["wgan-gp"].quick, learning_rate=2e-3, penalty_weight=0.1)


@dataclass(frozen=True, slots=True)
class Surface:
    """Values of a critic in the plane.

    Attributes:
        data: Name of the data set.
        kind: Kind of the critic: clipped, penalized or exact.
        x: Abscissas of the grid.
        y: Ordinates of the grid.
        values: Scores on the grid, shape ``(len(y), len(x))``, in the unit of the scores.
        points: Some real points, shape ``(n, 2)``.
        knowledge: Share of the distance beyond the baseline that the critic proves of fresh
            points, in [0, 1].
    """

    data: str
    kind: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    values: NDArray[np.float64]
    points: NDArray[np.float64]
    knowledge: float


@dataclass(frozen=True, slots=True)
class ValueSurfaces(DiagnosticResult):
    """Surfaces of all critics; the generator is fixed at the data plus unit noise.

    Attributes:
        surfaces: A surface for each kind of critic on each data set, by kind.
    """

    title = "Values of a clipped critic, of a penalised one and of the exact witness"
    columns = 3

    surfaces: tuple[Surface, ...]

    def criteria(self) -> tuple[Criterion, ...]:
        """Knowledge of fresh points against the witness's, on each data set."""
        knowledge = {(of.data, of.kind): of.knowledge for of in self.surfaces}
        criteria = []
        for data in dict.fromkeys(surface.data for surface in self.surfaces):
            clipped, penalized = (
                knowledge[data, kind] / max(knowledge[data, "exact"], 1e-9)
                for kind in ("clipped", "penalized")
            )
            criteria += [
                Criterion(
                    f"{data}: the clipped critic knows at most 50 % of what the witness does",
                    clipped,
                    clipped <= MAX_CLIPPED_SHARE,
                ),
                Criterion(
                    f"{data}: the penalised critic knows at least 60 % of what the witness does",
                    penalized,
                    penalized >= MIN_PENALIZED_SHARE,
                ),
            ]
        return tuple(criteria)

    def panels(self) -> list[Panel]:
        """A panel for each surface: a row for each kind of critic."""
        return [partial(_draw_surface, surface) for surface in self.surfaces]


def _draw_surface(surface: Surface, axes: Axes) -> None:
    """Draw the level sets of a surface over the real points."""
    axes.contourf(
        surface.x, surface.y, surface.values, levels=LEVELS, cmap=SEQUENTIAL_MAP, alpha=0.85
    )
    axes.contour(
        surface.x, surface.y, surface.values, levels=LEVELS, colors="black", linewidths=0.4
    )
    x, y = surface.points.T
    axes.scatter(x, y, s=5, color="white", edgecolors="black", linewidths=0.3)
    axes.set_aspect("equal")
    axes.set(
        title=f"{KINDS[surface.kind]}\n{surface.data}: knowledge {surface.knowledge:.0%}",
        xlabel="x (unit of the data)",
        ylabel="y (unit of the data)",
    )


def surfaces(
    *,
    steps: int = 1500,
    width: int = 128,
    points: int = 2000,
    seed: int = 0,
) -> ValueSurfaces:
    """Train a clipped and a penalised critic on three toy sets, and evaluate them on a grid.

    Beside them is the extension of the exact potentials of as many points: the surface that both
    approximate.

    Args:
        steps: Critic steps.
        width: Width of the 3 hidden layers.
        points: Points on each side of the exact witness, and as many fresh ones for knowledge.
        seed: Seed of weights and points.

    Returns:
        Nine surfaces.

    Raises:
        ConfigError: If a number is below 1.

    Source:
        Gulrajani et al. 2017, figure 1a.
    """
    require_counts(steps=steps, width=width, points=points)
    surfaces_of_data = [_surfaces_of(name, steps, width, points, seed) for name in DATA]
    return ValueSurfaces(tuple(of[kind] for kind in KINDS for of in surfaces_of_data))


def _surfaces_of(data: str, steps: int, width: int, n: int, seed: int) -> dict[str, Surface]:
    """The surface of each kind of critic on a data set."""
    pair = data_with_unit_noise(data)
    network = partial(mlp_critic, hidden=[width] * 3)
    rng = torch.Generator().manual_seed(seed)
    problem = Problem(pair.real, pair.generated, (2,), pair.unit)
    critics: dict[str, ScoreFunction] = {
        "clipped": trained_critic(pair, CLIP_RECIPE, network, steps=steps, rng=rng, name="clip"),
        "penalized": trained_critic(
            pair, PENALTY_RECIPE, network, steps=steps, rng=rng, name="penalty"
        ),
        "exact": fitted(WitnessCritic(n), problem, budget=Budget(), rng=rng).score,
    }
    fresh = ExactTransport.between(*pair.samples(n, rng))
    real = pair.real(DRAWN_POINTS, rng)
    return {
        kind: _surface(data, kind, critic, real, fresh.critic_gap(critic).knowledge)
        for kind, critic in critics.items()
    }


def _surface(
    data: str, kind: str, critic: ScoreFunction, real: Tensor, knowledge: float
) -> Surface:
    """Values of a critic on a grid around real points."""
    low, high = real.amin(0), real.amax(0)
    margin = MARGIN * (high - low)
    x, y = (
        torch.linspace(float(a), float(b), GRID_SIZE)
        for a, b in zip(low - margin, high + margin, strict=True)
    )
    with torch.no_grad():
        values = critic(torch.cartesian_prod(x, y)).reshape(GRID_SIZE, GRID_SIZE).T
    return Surface(
        data,
        kind,
        x.double().numpy(),
        y.double().numpy(),
        values.double().numpy(),
        real.double().numpy(),
        knowledge,
    )

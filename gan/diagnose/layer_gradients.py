"""Norm of the critic's gradient by layer of a deep MLP, under clipping and under the penalty."""

import copy
import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor, nn

from gan.critics.pairs import DistributionPair
from gan.diagnose.fixed_generator import data_with_unit_noise, trained_critic
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.networks import Critic
from gan.networks.mlp import mlp_critic
from gan.recipes.losses import wasserstein_critic_loss
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES
from gan.runs.figure_style import CLIPPED_COLOR, LINE_STYLES, PENALIZED_COLOR, legend_below

LAYERS = 12
CLIPS = (0.1, 0.01, 0.001)
MIN_CLIPPED_DECADES = 4.0
MAX_PENALIZED_DECADES = 1.0
MEASURED_POINTS = 1000
CLIP_RECIPE = replace(RECIPES["wgan"].quick, schedule="constant")
PENALTY_RECIPE = replace(
    RECIPES["wgan-gp"].quick, schedule="constant", learning_rate=1e-3, penalty_weight=10.0
)


@dataclass(frozen=True, slots=True)
class LayerGradients(DiagnosticResult):
    """Norms of the gradient of the critic's loss with respect to the output of each layer.

    Attributes:
        data: Name of the data set.
        clips: Bounds c of the clipped critics.
        clipped: Mean norm over the points, a row per bound, a column per hidden layer from the
            input on.
        penalized: The same of the critic under the gradient penalty.
    """

    title = "Gradients in a deep critic explode or vanish under clipping, not under the penalty"

    data: str
    clips: tuple[float, ...]
    clipped: NDArray[np.float64]
    penalized: NDArray[np.float64]

    def criteria(self) -> tuple[Criterion, ...]:
        """Decades that each curve spans."""
        clipped = tuple(
            Criterion(
                f"norms under clipping at c = {clip:g} span at least 4 decades",
                decades(norms),
                decades(norms) >= MIN_CLIPPED_DECADES,
                "decades",
            )
            for clip, norms in zip(self.clips, self.clipped, strict=True)
        )
        penalized = decades(self.penalized)
        return (
            *clipped,
            Criterion(
                "norms under the penalty span less than 1 decade",
                penalized,
                penalized < MAX_PENALIZED_DECADES,
                "decades",
            ),
        )

    def panels(self) -> list[Panel]:
        """All curves in one panel."""
        return [self._draw_norms]

    def _draw_norms(self, axes: Axes) -> None:
        """Draw the norms over the layers, relative to the last."""
        layers = np.arange(1, len(self.penalized) + 1)
        for clip, norms, style in zip(self.clips, self.clipped, LINE_STYLES[1:], strict=False):
            label = f"WGAN, c = {clip:g}: {_span(norms)}"
            axes.plot(layers, norms / norms[-1], color=CLIPPED_COLOR, linestyle=style, label=label)
        label = f"WGAN-GP: {_span(self.penalized)}"
        axes.plot(layers, self.penalized / self.penalized[-1], color=PENALIZED_COLOR, label=label)
        axes.set_yscale("log")
        axes.set_xticks(layers)
        axes.set(
            title=f"{len(layers)} ReLU layers on {self.data}: only the penalty keeps the gradient "
            "level",
            xlabel="hidden layer of the critic, from the input",
            ylabel="norm of the gradient,\nrelative to the last layer",
        )
        legend_below(axes)


def _span(norms: NDArray[np.float64]) -> str:
    """Decades of norms as text."""
    return f"{decades(norms):.1f} decades"


def decades(norms: NDArray[np.float64], /) -> float:
    """Decades between the largest and the smallest norm; infinite if one is 0."""
    if not norms.min() > 0:
        return math.inf
    return float(np.log10(norms.max() / norms.min()))


def layer_gradient_norms(
    critic: Critic, real: Tensor, generated: Tensor, /
) -> NDArray[np.float64]:
    """Mean norm of the gradient of the critic's loss at the output of each hidden layer.

    Args:
        critic: A critic whose body is a sequence of layers, of which linear ones are counted.
        real: Real points.
        generated: Generated points.

    Returns:
        A norm for each linear layer but the last, in float64, in which a norm of 1e-50 is no 0.
    """
    body = copy.deepcopy(critic.body).double()
    outputs, values = [], torch.cat([real, generated]).double()
    for layer in body.children():
        values = layer(values)
        if isinstance(layer, nn.Linear):
            outputs.append(values)
    scores = values.squeeze(1)
    loss = wasserstein_critic_loss(scores[: len(real)], scores[len(real) :])
    gradients = torch.autograd.grad(loss, outputs[:-1])
    norms = [torch.linalg.vector_norm(gradient, dim=1).mean() for gradient in gradients]
    return torch.stack(norms).numpy()


def depth(
    *,
    data: str = "swiss-roll",
    layers: int = LAYERS,
    steps: int = 300,
    width: int = 128,
    seed: int = 0,
) -> LayerGradients:
    """Train deep critics by clipping and by the penalty, and measure gradients by layer.

    Args:
        data: Data set of the plane; the generator is fixed at its points plus unit noise.
        layers: Hidden layers of the critics.
        steps: Critic steps.
        width: Width of the hidden layers.
        seed: Seed of weights, batches and measured points.

    Returns:
        Norms by layer for each bound c, and for the penalty.

    Raises:
        ConfigError: If a number is below 1, or the data are not of the plane.

    Source:
        Gulrajani et al. 2017, figure 1b.
    """
    require_counts(layers=layers, steps=steps, width=width)
    pair = data_with_unit_noise(data)
    recipes = [*(replace(CLIP_RECIPE, clip=clip) for clip in CLIPS), PENALTY_RECIPE]
    network = partial(mlp_critic, hidden=[width] * layers)
    norms = [_norms(pair, recipe, network, steps, seed) for recipe in recipes]
    return LayerGradients(data, CLIPS, np.array(norms[:-1]), norms[-1])


def _norms(
    pair: DistributionPair, recipe: Recipe, network: partial[Critic], steps: int, seed: int
) -> NDArray[np.float64]:
    """Norms by layer of a critic trained by a recipe."""
    rng = torch.Generator().manual_seed(seed)
    critic = trained_critic(pair, recipe, network, steps=steps, rng=rng, name=recipe.constraint)
    return layer_gradient_norms(critic, *pair.samples(MEASURED_POINTS, rng))

"""Weights of a clipped and of a penalised critic after training, as histograms."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gan.diagnose.fixed_generator import data_with_unit_noise, trained_critic
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.networks import Critic
from gan.networks.mlp import mlp_critic
from gan.recipes.registry import RECIPES
from gan.runs.figure_style import CLIPPED_COLOR, PENALIZED_COLOR

MIN_CLIPPED_SHARE = 0.9
MAX_PENALIZED_SHARE = 0.1
MIN_CENTRAL_SHARE = 0.8  # a uniform histogram has 0.5
MARGIN = 0.01  # of the extreme weight
BINS = 81
SETTINGS = {  # on a cosine: at a constant rate of 5 % of c, weights bounce off +-c
    "wgan": RECIPES["wgan"].quick,
    "wgan-gp": replace(RECIPES["wgan-gp"].quick, learning_rate=1e-3, penalty_weight=10.0),
}


@dataclass(frozen=True, slots=True)
class WeightHistogram:
    """Distribution of the weights of a critic's matrices; biases are left out.

    Attributes:
        extreme: Bound of the weights: c under clipping, else the largest absolute weight.
        share_at_extremes: Share of weights within 1 % of +-extreme, in [0, 1].
        edges: Edges of bins over [-extreme, extreme].
        shares: Share of all weights in each bin; sums to 1.
    """

    extreme: float
    share_at_extremes: float
    edges: NDArray[np.float64]
    shares: NDArray[np.float64]

    @property
    def central_share(self) -> float:
        """Share of the weights in the bins of the inner half, in [0, 1]."""
        centers = (self.edges[1:] + self.edges[:-1]) / 2
        return float(self.shares[np.abs(centers) <= self.extreme / 2].sum())

    @classmethod
    def of(cls, critic: Critic, /, *, bound: float | None = None) -> "WeightHistogram":
        """The histogram of a critic's weight matrices, of weights within a bound."""
        weights = np.concatenate([
            weight.detach().double().flatten().numpy()
            for weight in critic.parameters()
            if weight.ndim > 1
        ])
        extreme = bound or float(np.abs(weights).max())
        # Clipped weights are +-c in float32, which a bound in float64 may be a rounding below.
        counts, edges = np.histogram(np.clip(weights / extreme, -1, 1), BINS, (-1, 1))
        share = float((np.abs(weights) >= (1 - MARGIN) * extreme).mean())
        return cls(extreme, share, edges * extreme, counts / counts.sum())


@dataclass(frozen=True, slots=True)
class Weights(DiagnosticResult):
    """Weights of two critics of the same architecture against the same fixed generator.

    Attributes:
        data: Name of the data set.
        clip: Bound c of the clipped critic.
        clipped: Weights of the critic under weight clipping.
        penalized: Weights of the critic under the gradient penalty.
    """

    title = "Weights of the critic: clipping drives them to +-c, the penalty does not"

    data: str
    clip: float
    clipped: WeightHistogram
    penalized: WeightHistogram

    def criteria(self) -> tuple[Criterion, ...]:
        """Shares of weights at the extremes, and in the inner half."""
        clipped = self.clipped.share_at_extremes
        penalized = self.penalized.share_at_extremes
        return (
            Criterion(
                "at least 90 % of the clipped weights within 1 % of +-c",
                clipped,
                clipped >= MIN_CLIPPED_SHARE,
            ),
            Criterion(
                "under 10 % of the penalised weights within 1 % of their extremes",
                penalized,
                penalized < MAX_PENALIZED_SHARE,
            ),
            Criterion(
                "at least 80 % of the penalised weights within half of their extremes",
                self.penalized.central_share,
                self.penalized.central_share >= MIN_CENTRAL_SHARE,
            ),
        )

    def panels(self) -> list[Panel]:
        """A histogram for each constraint."""
        return [self._draw_clipped, self._draw_penalized]

    def _draw_clipped(self, axes: Axes) -> None:
        """Draw the weights under clipping."""
        share = self.clipped.share_at_extremes
        title = f"WGAN, c = {self.clip:g}: {share:.0%} of the weights at +-c"
        _draw(axes, self.clipped, CLIPPED_COLOR, title)

    def _draw_penalized(self, axes: Axes) -> None:
        """Draw the weights under the penalty."""
        share = self.penalized.share_at_extremes
        title = f"WGAN-GP: {share:.2%} of the weights at their extremes"
        _draw(axes, self.penalized, PENALIZED_COLOR, title)


def _draw(axes: Axes, histogram: WeightHistogram, color: str, title: str) -> None:
    """Draw a histogram on a logarithmic axis of shares."""
    axes.stairs(histogram.shares, histogram.edges, fill=True, color=color)
    axes.set_yscale("log")
    axes.set_ylim(1e-5, 1)
    axes.locator_params(axis="x", nbins=5)
    axes.set(title=title, xlabel="weight of the critic", ylabel="share of the weights per bin")


def weights(
    *, data: str = "swiss-roll", steps: int = 1500, width: int = 128, seed: int = 0
) -> Weights:
    """Train a clipped and a penalised critic, and count their weights at the extremes.

    The generator is fixed at the data plus unit noise; both critics are MLPs of 3 layers.

    Args:
        data: Data set of the plane.
        steps: Critic steps.
        width: Width of the hidden layers.
        seed: Seed of weights and batches.

    Returns:
        Both histograms.

    Raises:
        ConfigError: If a number is below 1, or the data are not of the plane.

    Source:
        Gulrajani et al. 2017, figure 1b.
    """
    require_counts(steps=steps, width=width)
    pair = data_with_unit_noise(data)
    network = partial(mlp_critic, hidden=[width] * 3)
    critics = {
        name: trained_critic(
            pair,
            recipe,
            network,
            steps=steps,
            rng=torch.Generator().manual_seed(seed),
            name=name,
        )
        for name, recipe in SETTINGS.items()
    }
    clip = SETTINGS["wgan"].clip
    return Weights(
        data,
        clip,
        WeightHistogram.of(critics["wgan"], bound=clip),
        WeightHistogram.of(critics["wgan-gp"]),
    )

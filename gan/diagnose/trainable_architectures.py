"""Recipes on several architectures of digits: which pairs train, by a criterion fixed here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor
from tqdm import tqdm

from divergences import sampled
from gan.data import mnist
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError, TrainingError, unknown_name
from gan.networks import Critic, Generator
from gan.networks.convolutional import convolutional_critic, convolutional_generator
from gan.networks.mlp import mlp_critic, mlp_generator
from gan.networks.residual import residual_critic, residual_generator
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES
from gan.runs.figure_style import (
    CLIPPED_COLOR,
    EXACT_COLOR,
    GREY,
    NON_SATURATING_COLOR,
    PENALIZED_COLOR,
    legend_below,
)
from gan.training.loop import Training, train

SHAPE = (1, 28, 28)
GREY_LEVELS = 255  # of the digits: samples are rounded to them, too
# "Trained": exact EMD at most halfway from the floor to the mean digit, which is what a generator
# of one blurred picture scores.
MIN_PROGRESS = 0.5
MIN_ARCHITECTURES = 3
FLOOR_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Architecture:
    """A generator and a critic of digits.

    Attributes:
        generator: Builds the generator: ``generator(rng, shape)``.
        critic: Builds the critic.
    """

    generator: Callable[[torch.Generator, tuple[int, ...]], Generator]
    critic: Callable[[torch.Generator, tuple[int, ...]], Critic]


ARCHITECTURES = {
    "MLP, 2 x 256": Architecture(
        partial(mlp_generator, hidden=[256] * 2, noise_size=64),
        partial(mlp_critic, hidden=[256] * 2),
    ),
    "deep MLP, 6 x 128": Architecture(
        partial(mlp_generator, hidden=[128] * 6, noise_size=64),
        partial(mlp_critic, hidden=[128] * 6),
    ),
    "narrow MLP": Architecture(
        partial(mlp_generator, hidden=[32, 128], noise_size=10),
        partial(mlp_critic, hidden=[128, 32]),
    ),
    "convolutional, no norm": Architecture(
        partial(convolutional_generator, channels=8, width=128),
        partial(convolutional_critic, channels=8, width=128),
    ),
    "residual": Architecture(
        partial(residual_generator, channels=8), partial(residual_critic, channels=8)
    ),
}
# One learning rate for both methods of Adam; RMSProp's for clipping is that of the quick recipe.
SETTINGS: dict[str, Recipe] = {
    "GAN": replace(RECIPES["gan"].quick, batch_size=64, learning_rate=1e-3),
    "WGAN": replace(RECIPES["wgan"].quick, batch_size=64),
    "WGAN-GP": replace(
        RECIPES["wgan-gp"].quick, batch_size=64, learning_rate=1e-3, penalty_weight=10.0
    ),
}
COLORS = {"GAN": NON_SATURATING_COLOR, "WGAN": CLIPPED_COLOR, "WGAN-GP": PENALIZED_COLOR}
HATCHES = {"GAN": "//", "WGAN": "..", "WGAN-GP": ""}


@dataclass(frozen=True, slots=True)
class TrainedArchitectures(DiagnosticResult):
    """Exact EMD of digits after training, by architecture and recipe.

    Attributes:
        architectures: Names of the architectures.
        emds: Exact EMD to fresh digits by recipe, one for each architecture; infinite where the
            training diverged.
        floor: Exact EMD of two samples of digits.
        mean_digit: Exact EMD of digits and copies of their mean.
        steps: Generator steps of each run.
    """

    title = "Which recipe trains which architecture? Exact EMD of generated digits"

    architectures: tuple[str, ...]
    emds: dict[str, tuple[float, ...]]
    floor: float
    mean_digit: float
    steps: int

    @property
    def limit(self) -> float:
        """Largest exact EMD of a generator that counts as trained."""
        return self.mean_digit - MIN_PROGRESS * (self.mean_digit - self.floor)

    def trained(self, recipe: str, /) -> list[bool]:
        """Whether a recipe trains each architecture."""
        return [emd <= self.limit for emd in self.emds[recipe]]

    @property
    def only_penalized(self) -> tuple[str, ...]:
        """Architectures that WGAN-GP trains and the others do not."""
        others = [self.trained(recipe) for recipe in self.emds if recipe != "WGAN-GP"]
        return tuple(
            name
            for name, is_trained, *by_others in zip(
                self.architectures, self.trained("WGAN-GP"), *others, strict=True
            )
            if is_trained and not any(by_others)
        )

    def criteria(self) -> tuple[Criterion, ...]:
        """Number of architectures that only WGAN-GP trains, and that it trains at all."""
        only, all_trained = len(self.only_penalized), sum(self.trained("WGAN-GP"))
        return (
            Criterion(
                "architectures that only WGAN-GP trains, at least 3",
                only,
                only >= MIN_ARCHITECTURES,
            ),
            Criterion(
                f"architectures that WGAN-GP trains, all {len(self.architectures)}",
                all_trained,
                all_trained == len(self.architectures),
            ),
        )

    def panels(self) -> list[Panel]:
        """Bars of exact EMD."""
        return [self._draw_bars]

    def _draw_bars(self, axes: Axes) -> None:
        """Draw a bar for each recipe on each architecture, and the limit."""
        positions, width = np.arange(len(self.architectures)), 0.27
        top = 2.2 * self.mean_digit
        for k, (recipe, emds) in enumerate(self.emds.items()):
            heights = np.minimum(np.nan_to_num(emds, posinf=top), top)
            bars = axes.bar(
                positions + (k - 1) * width,
                heights,
                width,
                color=COLORS[recipe],
                hatch=HATCHES[recipe],
                edgecolor="white",
                label=recipe,
            )
            axes.bar_label(bars, labels=[f"{emd:.1f}" for emd in emds], fontsize="small")
        for value, style, color, label in (
            (self.limit, "-", EXACT_COLOR, "trained: at most halfway from the floor"),
            (self.mean_digit, "--", GREY, "one blurred picture, the mean digit"),
            (self.floor, ":", GREY, "floor: two samples of digits"),
        ):
            axes.axhline(value, linestyle=style, color=color, linewidth=1.2, label=label)
        axes.set_xticks(positions, self.architectures)
        only = ", ".join(self.only_penalized) or "none"
        axes.set(
            title=f"Trained by WGAN-GP alone: {only}",
            xlabel=f"architecture of generator and critic ({self.steps} generator steps)",
            ylabel="exact EMD to fresh digits (pixels in [0, 1])",
            ylim=(0.8 * self.floor, top),
        )
        legend_below(axes, columns=2)


def architectures(
    *,
    steps: int = 800,
    names: tuple[str, ...] = tuple(ARCHITECTURES),
    points: int = 500,
    seed: int = 0,
    data_dir: Path | None = None,
) -> TrainedArchitectures:
    """Train GAN, WGAN and WGAN-GP on several architectures of digits for equally many steps.

    A pair counts as trained if the exact EMD of its samples to fresh digits is at most halfway
    from the sampling floor to that of the mean digit.

    Args:
        steps: Generator steps of each run.
        names: Architectures, keys of `ARCHITECTURES`.
        points: Digits on each side of an exact EMD.
        seed: Seed of weights, batches and digits.
        data_dir: Folder of the four MNIST files.

    Returns:
        Exact EMD of each pair, with floor and mean digit.

    Raises:
        ConfigError: If an architecture is unknown, or none is named.

    Source:
        Gulrajani et al. 2017, section 5.1 and figure 2.
    """
    if not names:
        raise ConfigError("`names` must name an architecture, but is empty")
    for name in names:
        if name not in ARCHITECTURES:
            raise ConfigError(unknown_name("architecture", name, ARCHITECTURES))
    train_digits, test_digits = (
        mnist.digits("train", data_dir=data_dir),
        mnist.digits("test", data_dir=data_dir),
    )
    rng = torch.Generator().manual_seed(seed)
    real = test_digits.sample_images_without_replacement(points, rng)
    floors = [exact_emd(train_digits.sample_images(points, rng), real) for _ in range(FLOOR_PAIRS)]
    mean = train_digits.sample_images(2000, rng).mean(dim=0, keepdim=True).expand_as(real)
    runs = [(recipe, name) for recipe in SETTINGS for name in names]
    bar = tqdm(runs, desc="architectures", unit="run", leave=False, disable=None)
    emds = {
        (recipe, name): _trained_emd(
            ARCHITECTURES[name], SETTINGS[recipe], train_digits, real, steps, seed
        )
        for recipe, name in bar
    }
    return TrainedArchitectures(
        names,
        {recipe: tuple(emds[recipe, name] for name in names) for recipe in SETTINGS},
        float(np.mean(floors)),
        exact_emd(mean, real),
        steps,
    )


def exact_emd(
    generated: Float[Tensor, " n 1 28 28"], real: Float[Tensor, " m 1 28 28"], /
) -> float:
    """Exact EMD of two sets of digits in 256 levels of grey, for pixels in [0, 1]."""
    levels = [
        (GREY_LEVELS * images).round().flatten(start_dim=1).double().numpy()
        for images in (generated, real)
    ]
    return float(sampled.emd(*levels).value) / GREY_LEVELS


def _trained_emd(
    architecture: Architecture,
    recipe: Recipe,
    digits: mnist.Digits,
    real: Tensor,
    steps: int,
    seed: int,
) -> float:
    """Exact EMD of the averaged generator after training; infinite if it diverged."""
    rng = torch.Generator().manual_seed(seed)
    networks = architecture.generator(rng, SHAPE), architecture.critic(rng, SHAPE)
    training = Training.start(*networks, recipe, steps=steps, rng=rng)
    try:
        for _ in train(training, real=digits.sample_images):
            pass
    except TrainingError:
        return float("inf")
    with torch.no_grad():
        generated = training.average.sample(len(real), torch.Generator().manual_seed(seed))
    return exact_emd(generated, real)

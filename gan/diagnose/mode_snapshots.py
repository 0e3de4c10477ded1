"""Snapshots of generators over training on eight Gaussians: hopping between modes, or not."""

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from tqdm import tqdm

import divergences
from gan.data.mixtures import GaussianMixture, eight_gaussians
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.metrics.modes import modes
from gan.networks import plane_critic, plane_generator
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES
from gan.runs.atomic_files import write_atomically
from gan.runs.figure_style import (
    NON_SATURATING_COLOR,
    PENALIZED_COLOR,
    REAL_COLOR,
    WIDTH,
    figure_style,
    new_panels,
    save_figure,
)
from gan.runs.frames import write_gif
from gan.training.loop import Training, train

LOG_2 = float(np.log(2))
MIN_HOP = LOG_2 / 2  # JS of the shares of modes in successive snapshots
MAX_STEADY = 0.05
MODES = 8
MIN_SHARE = 0.02
STRIP_SNAPSHOTS = 6
POINTS = 256
HALF_WIDTH = 3.2
STRIP_HEIGHT = 4.4  # inches
# The published settings of the GAN; at ten times its rate, shares of modes move less.
SETTINGS = {
    "GAN": RECIPES["gan"].paper,
    "WGAN-GP": replace(RECIPES["wgan-gp"].quick, schedule="constant", learning_rate=1e-3),
}
COLORS = {"GAN": NON_SATURATING_COLOR, "WGAN-GP": PENALIZED_COLOR}


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Samples of a generator over its training, from the same noise each time.

    Attributes:
        name: Name of the method.
        steps: Generator step of each snapshot, shape ``(k,)``.
        points: Samples, shape ``(k, n, 2)``.
        shares: Share of the samples nearest to each mode, shape ``(k, 8)``.
    """

    name: str
    steps: NDArray[np.int64]
    points: NDArray[np.float64]
    shares: NDArray[np.float64]

    @property
    def hops(self) -> NDArray[np.float64]:
        """JS of the shares of modes in successive snapshots, in nats, in [0, log 2]."""
        return np.asarray(divergences.js(self.shares[:-1], self.shares[1:]))

    @property
    def late_hops(self) -> NDArray[np.float64]:
        """`hops` in the second half of the snapshots."""
        return self.hops[len(self.hops) // 2 :]

    @property
    def covered(self) -> NDArray[np.int64]:
        """Number of modes with a share of 2 % or more, in each snapshot."""
        return (self.shares >= MIN_SHARE).sum(axis=1)


@dataclass(frozen=True, slots=True)
class ModeHopping(DiagnosticResult):
    """Snapshots of a GAN and of a WGAN-GP.

    Attributes:
        gan: Snapshots of the GAN with the non-saturating loss.
        wgan_gp: Snapshots of the WGAN-GP.
        real: Real points, shape ``(n, 2)``.
    """

    title = "Samples of a GAN and of a WGAN-GP over training"
    columns = STRIP_SNAPSHOTS

    gan: Snapshots
    wgan_gp: Snapshots
    real: NDArray[np.float64]

    def criteria(self) -> tuple[Criterion, ...]:
        """Changes of the shares of modes between snapshots of the second half, and coverage."""
        hop, steady = float(np.median(self.gan.late_hops)), float(self.wgan_gp.late_hops.max())
        half = len(self.gan.covered) // 2
        most = int(self.gan.covered[half:].max())
        last = int(self.wgan_gp.covered[-1])
        return (
            Criterion(
                "GAN: median JS of the shares of modes in successive snapshots at least log 2 / 2",
                hop,
                hop >= MIN_HOP,
                "nats",
            ),
            Criterion("GAN: fewer than 8 modes in every late snapshot", most, most < MODES),
            Criterion(
                "WGAN-GP: largest JS of the same at most 0.05",
                steady,
                steady <= MAX_STEADY,
                "nats",
            ),
            Criterion("WGAN-GP: all 8 modes in the last snapshot", last, last == MODES),
        )

    def panels(self) -> list[Panel]:
        """Snapshots of the second half: a row of the GAN, a row of the WGAN-GP."""
        return [
            partial(_draw_snapshot, snapshots, i, self.real)
            for snapshots in (self.gan, self.wgan_gp)
            for i in self._strip(snapshots)
        ]

    def _strip(self, snapshots: Snapshots) -> list[int]:
        """Positions of the last snapshots, as many as fit into a row, padded by the first."""
        last = len(snapshots.steps)
        return [max(0, i) for i in range(last - STRIP_SNAPSHOTS, last)]

    def figure(self) -> Figure:
        """The strip, in a figure of its height."""
        figure = DiagnosticResult.figure(self)
        figure.set_size_inches(WIDTH, STRIP_HEIGHT)
        return figure

    def save_extras(self, folder: Path, name: str) -> list[Path]:
        """Write all snapshots as an animation."""
        path = folder / f"{name}.gif"
        with tempfile.TemporaryDirectory() as frames_folder:
            frames = []
            for i in range(len(self.gan.steps)):
                frames.append(Path(frames_folder) / f"{i:04}.png")
                with figure_style():
                    figure, axes = new_panels(2, title=self.title)
                    for panel, snapshots in zip(axes, (self.gan, self.wgan_gp), strict=True):
                        _draw_snapshot(snapshots, i, self.real, panel)
                save_figure(figure, frames[-1])
            write_atomically(path, lambda part: write_gif(frames, part))
        return [path]


def _draw_snapshot(snapshots: Snapshots, i: int, real: NDArray[np.float64], axes: Axes) -> None:
    """Draw the samples of a snapshot over real points."""
    axes.scatter(real[:, 0], real[:, 1], s=12, color=REAL_COLOR, linewidths=0)
    x, y = snapshots.points[i].T
    axes.scatter(x, y, s=4, color=COLORS[snapshots.name], linewidths=0)
    axes.set(xlim=(-HALF_WIDTH, HALF_WIDTH), ylim=(-HALF_WIDTH, HALF_WIDTH), aspect="equal")
    axes.set(xticks=(-2, 0, 2), yticks=(-2, 0, 2))
    axes.set_title(f"{snapshots.name}, step {snapshots.steps[i]}", fontsize="small")


def mode_hopping(
    *, steps: int = 1200, snapshots: int = 20, width: int = 128, seed: int = 0
) -> ModeHopping:
    """Train a GAN and a WGAN-GP on eight Gaussians, and draw samples over training.

    The GAN has its published settings (Adam 2e-4), the WGAN-GP a learning rate of 1e-3.

    Args:
        steps: Generator steps of each.
        snapshots: Number of snapshots, evenly spaced.
        width: Width of the 3 hidden layers of all networks.
        seed: Seed of weights and batches.

    Returns:
        The snapshots of both.

    Raises:
        ConfigError: If there are fewer steps than snapshots, or fewer than two of these, or
            the width is below 1.

    Source:
        Arjovsky and Bottou 2017, section 2.2; Metz et al. 2017, figure 2, for the snapshots.
    """
    if not 2 <= snapshots <= steps:
        raise ConfigError(
            f"`snapshots` must be from 2 to `steps`, but are {snapshots} of {steps} steps"
        )
    require_counts(width=width)
    mixture = eight_gaussians()
    gan, wgan_gp = (
        _snapshots(name, recipe, mixture, steps, steps // snapshots, width, seed)
        for name, recipe in SETTINGS.items()
    )
    real = mixture.sample(POINTS, torch.Generator().manual_seed(seed))
    return ModeHopping(gan, wgan_gp, real.double().numpy().round(3))


def _snapshots(
    name: str,
    recipe: Recipe,
    mixture: GaussianMixture,
    steps: int,
    every: int,
    width: int,
    seed: int,
) -> Snapshots:
    """Train, and draw samples every few steps."""
    rng = torch.Generator().manual_seed(seed)
    networks = plane_generator(rng, width=width), plane_critic(rng, width=width)
    training = Training.start(*networks, recipe, steps=steps, rng=rng)
    numbers, points, shares = [], [], []
    bar = tqdm(
        train(training, real=mixture.sample), total=steps, desc=name, leave=False, disable=None
    )
    for step in bar:
        if step.number % every == 0:
            with torch.no_grad():
                sample = training.generator.sample(POINTS, torch.Generator().manual_seed(seed))
            numbers.append(step.number)
            points.append(sample.double().numpy().round(3))
            shares.append(divergences.normalize(modes(mixture, sample).shares))
    return Snapshots(name, np.array(numbers), np.array(points), np.array(shares))

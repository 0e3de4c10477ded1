"""JS read from discriminators on noised data, against quadrature of the noised densities."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.special import log_expit

from divergences import densities
from gan.data.dataset import Sampler
from gan.data.mixtures import GaussianMixture
from gan.diagnose.critic_steps import DISCRIMINATOR_RECIPE, critic_steps
from gan.diagnose.known_pairs import log_cell_masses
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.verdict import Criterion
from gan.networks import Critic
from gan.networks.mlp import mlp_critic
from gan.networks.rescaling import rescaled_critic
from gan.runs.figure_style import BLACK, BLUE, VERMILION, legend_below

Floats = NDArray[np.float64]
LOG_2 = math.log(2)
SIGMA = 0.05  # of each mode, without noise
MODES = (-2.0, 2.0)
SHIFTS = (0.5, 1.5)  # of the nearer and of the farther generator: their W1 distance to the data
NOISES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
MAX_ERROR = 0.02  # nats
CELLS = 8001
REACH = 8.0  # standard deviations of the noised modes


@dataclass(frozen=True, slots=True)
class NoisedDivergences(DiagnosticResult):
    """JS of two generators to the data at several levels of noise on both, in nats.

    Attributes:
        noises: Standard deviations of the noise, shape ``(k,)``.
        shifts: W1 distances of the generators to the data, without noise, shape ``(2,)``.
        exact: JS of the noised densities by quadrature, shape ``(2, k)``.
        read: log 2 minus half of the loss of the trained discriminator, shape ``(2, k)``.
    """

    title = "JS read from a discriminator on noised data"

    noises: tuple[float, ...]
    shifts: tuple[float, ...]
    exact: Floats
    read: Floats

    def criteria(self) -> tuple[Criterion, ...]:
        """Errors at each level, and the order of generators across levels."""
        error = float(np.abs(self.read - self.exact).max())
        near, far = self.read
        drop = float(near[0] - far[-1])
        return (
            Criterion(
                f"JS read within {MAX_ERROR} nats of quadrature at each noise level",
                error,
                error <= MAX_ERROR,
                "nats",
            ),
            Criterion(
                "without overlap it is log 2, whatever the distance: smallest reading at the "
                "lowest noise at least 0.69 nats",
                float(self.read[:, 0].min()),
                bool(self.read[:, 0].min() >= 0.69),
                "nats",
            ),
            Criterion(
                "not comparable between levels: the farther generator at the highest noise reads "
                "at least 0.3 nats lower than the nearer one at the lowest",
                drop,
                drop >= 0.3,
                "nats",
            ),
        )

    def panels(self) -> list[Panel]:
        """Readings over noise, and their errors."""
        return [self._draw_readings, self._draw_errors]

    def _draw_readings(self, axes: Axes) -> None:
        """Draw the exact JS and the readings over the noise."""
        for i, (color, style) in enumerate(((BLUE, "-"), (VERMILION, "--"))):
            name = f"generator at W1 = {self.shifts[i]:g}"
            axes.plot(self.noises, self.exact[i], style, color=color, label=f"{name}, quadrature")
            axes.plot(
                *(self.noises, self.read[i], "os"[i]),
                color=color,
                fillstyle="none",
                label=f"{name}, discriminator",
            )
        axes.axhline(LOG_2, color=BLACK, linestyle=":", linewidth=0.8, label="log 2")
        axes.set_xscale("log")
        axes.set(
            title="The same generator reads lower at more noise",
            xlabel="standard deviation of the noise",
            ylabel="JS (nats)",
            ylim=(0, 0.75),
        )
        legend_below(axes)

    def _draw_errors(self, axes: Axes) -> None:
        """Draw the errors of the readings."""
        for i, (color, marker) in enumerate(((BLUE, "o"), (VERMILION, "s"))):
            errors = self.read[i] - self.exact[i]
            name = f"generator at W1 = {self.shifts[i]:g}"
            axes.plot(self.noises, errors, marker=marker, color=color, label=name)
        for sign in (-1, 1):
            axes.axhline(
                sign * MAX_ERROR, color=BLACK, linestyle="--", label="criterion" * (sign > 0)
            )
        axes.set_xscale("log")
        axes.set(
            title="The discriminator's loss tells JS",
            xlabel="standard deviation of the noise",
            ylabel="error of the reading (nats)",
            ylim=(-1.6 * MAX_ERROR, 1.6 * MAX_ERROR),
        )
        legend_below(axes)


def noise(*, steps: int = 500, width: int = 64, seed: int = 0) -> NoisedDivergences:
    """Read JS from discriminators trained on noised data, at several levels of noise.

    The data are two narrow bumps, the generators are shifted copies without overlap. Normal noise
    on both sides makes the supports overlap; the noised densities are known.

    Args:
        steps: Steps of each discriminator.
        width: Units in each of its three hidden layers.
        seed: Seed of weights and batches.

    Returns:
        JS of two generators at each level, read and exact.

    Raises:
        ConfigError: If a number is out of range.
        TrainingError: If a discriminator diverges.

    Source:
        Arjovsky and Bottou 2017, section 3; Goodfellow et al. 2014, theorem 1.
    """
    require_counts(steps=steps, width=width)
    exact = [[_exact_js(shift, level) for level in NOISES] for shift in SHIFTS]
    rng = torch.Generator().manual_seed(seed)
    read = [[_read_js(shift, level, steps, width, rng) for level in NOISES] for shift in SHIFTS]
    return NoisedDivergences(NOISES, SHIFTS, np.array(exact), np.array(read))


def _noised(shift: float, level: float) -> GaussianMixture:
    """The bumps, shifted, with noise."""
    centers = torch.tensor(MODES, dtype=torch.float64)[:, None] + shift
    return GaussianMixture(centers, math.hypot(SIGMA, level))


def _exact_js(shift: float, level: float) -> float:
    """JS of the noised densities by quadrature, in nats."""
    pair = _noised(0.0, level), _noised(shift, level)

    def log_density(mixture: GaussianMixture, x: Floats) -> Floats:
        return mixture.log_density(torch.as_tensor(np.atleast_1d(x))[:, None]).numpy()

    points = [float(center) for mixture in pair for center in mixture.centers]
    real, generated = (partial(log_density, mixture) for mixture in pair)
    return densities.js(real, generated, (-math.inf, math.inf), points=points).value


def _read_js(shift: float, level: float, steps: int, width: int, rng: torch.Generator) -> float:
    """Log 2 minus half of the loss of a trained discriminator, in nats."""
    pair = _noised(0.0, level), _noised(shift, level)
    critic = rescaled_critic(mlp_critic(rng, (1,), hidden=[width] * 3), 2.0)
    real, generated = (_sampler(mixture) for mixture in pair)
    for _ in critic_steps(critic, real, generated, DISCRIMINATOR_RECIPE, steps=steps, rng=rng):
        pass
    return LOG_2 - _loss(critic, *pair) / 2


def _sampler(mixture: GaussianMixture) -> Sampler:
    """Sampler of a mixture in float32."""
    return lambda n, rng: mixture.sample(n, rng).float()


def _loss(critic: Critic, real: GaussianMixture, generated: GaussianMixture) -> float:
    """Loss of a discriminator under both densities, from fine cells, in nats."""
    end = max(float(generated.centers.max()), -float(real.centers.min())) + REACH * real.sigma
    cells = torch.linspace(-end, end, CELLS, dtype=torch.float64)[:, None]
    p, g = (np.exp(log_cell_masses(mixture.log_density(cells))) for mixture in (real, generated))
    with torch.no_grad():
        logits = critic(cells.float()).double().numpy()
    return -float(p @ log_expit(logits) + g @ log_expit(-logits))

"""Maximum likelihood on samples against the fit by KL: the same optimum, up to the sample."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.special import logsumexp

import divergences
from divergences import log_space
from gan.diagnose.gaussian_fits import GaussianFit, fitted_gaussian
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.two_bumps import TwoBumps, normal_log_density
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.runs.figure_style import BLACK, KL_COLOR, VERMILION

Floats = NDArray[np.float64]
MAX_EXCESS = 1e-4  # nats, at the largest sample
MAX_DIFFERENCE = 0.02  # nats, between the two curves
REACH = 10  # standard deviations, beyond which no density has mass
SLOPES = (-1.3, -0.7)  # of the excess over n, on logarithmic axes
MEANS = np.linspace(-2.0, 2.0, 9)


@dataclass(frozen=True, slots=True)
class LikelihoodFits(DiagnosticResult):
    """Fits of one Gaussian to samples of two bumps by maximum likelihood.

    Attributes:
        data: The two bumps P.
        by_kl: The fit with the smallest KL(P || G).
        sizes: Numbers of samples, shape ``(k,)``.
        excess: KL(P || G) of each fit by maximum likelihood, minus that of the best fit, in nats,
            shape ``(k, repetitions)``.
        means: Means of G along a curve with the standard deviation of the best fit.
        kl_curve: KL(P || G) along the curve, in nats.
        likelihood_curve: Minus the mean log-likelihood of the largest sample, minus the entropy
            of P, along the curve, in nats.
    """

    title = "Maximum likelihood is the minimisation of KL(P || G)"

    data: TwoBumps
    by_kl: GaussianFit
    sizes: tuple[int, ...]
    excess: Floats
    means: Floats
    kl_curve: Floats
    likelihood_curve: Floats

    @property
    def slope(self) -> float:
        """Exponent of the sample size in the mean excess."""
        means = self.excess.mean(axis=1)
        return float(np.polyfit(np.log(self.sizes), np.log(means), 1)[0])

    def criteria(self) -> tuple[Criterion, ...]:
        """Agreement of the curves and of the optima."""
        difference = float(np.abs(self.kl_curve - self.likelihood_curve).max())
        excess = float(self.excess[-1].mean())
        return (
            Criterion(
                f"-log-likelihood minus entropy of P within {MAX_DIFFERENCE} nats of KL(P || G)",
                difference,
                difference <= MAX_DIFFERENCE,
                "nats",
            ),
            Criterion(
                f"KL of the fit by likelihood at most {MAX_EXCESS:g} nats above the smallest",
                excess,
                excess <= MAX_EXCESS,
                "nats",
            ),
            Criterion(
                f"excess falls with the sample size n as n to a power in {list(SLOPES)}",
                self.slope,
                SLOPES[0] <= self.slope <= SLOPES[1],
            ),
        )

    def panels(self) -> list[Panel]:
        """Both objectives along a curve, and the excess over the sample size."""
        return [self._draw_objectives, self._draw_excess]

    def _draw_objectives(self, axes: Axes) -> None:
        """Draw KL and the negative log-likelihood over the mean of G."""
        axes.plot(self.means, self.kl_curve, color=KL_COLOR, label="KL(P || G)")
        axes.plot(
            *(self.means, self.likelihood_curve, "o"),
            color=VERMILION,
            fillstyle="none",
            label=f"-log-likelihood of {self.sizes[-1]:,} samples - H(P)",
        )
        axes.set(
            title="Both have the same values and the same minimum",
            xlabel="mean of G",
            ylabel="nats",
        )
        axes.legend(loc="upper center")

    def _draw_excess(self, axes: Axes) -> None:
        """Draw the excess of KL over the sample size."""
        for i in range(self.excess.shape[1]):
            axes.plot(
                *(self.sizes, self.excess[:, i], "."),
                color=VERMILION,
                alpha=0.4,
                label="one sample" if i == 0 else None,
            )
        axes.plot(
            *(self.sizes, self.excess.mean(axis=1), "o-"), color=VERMILION, label="mean of samples"
        )
        guide = self.excess[0].mean() * self.sizes[0] / np.array(self.sizes)
        axes.plot(self.sizes, guide, "--", color=BLACK, label="proportional to 1 / n")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set(
            title="The fit by likelihood reaches the smallest KL",
            xlabel="sample size n",
            ylabel="KL of the fit - smallest KL (nats)",
        )
        axes.legend(loc="lower left")


def likelihood(
    *,
    distance: float = 4.0,
    sigma: float = 0.5,
    max_exponent: int = 5,
    repetitions: int = 20,
    seed: int = 0,
) -> LikelihoodFits:
    """Fit one Gaussian to samples of two bumps by maximum likelihood, and compare with KL.

    Args:
        distance: Distance between the centers of the bumps.
        sigma: Standard deviation of each bump.
        max_exponent: Sample sizes are 10**1.5, 10**2, ... 10**max_exponent, 3 or more.
        repetitions: Samples of each size.
        seed: Seed of the samples.

    Returns:
        Excess of KL(P || G) by sample size, and both objectives along a curve.

    Raises:
        ConfigError: If a number is out of range.

    Source:
        White 1982, "Maximum likelihood estimation of misspecified models".
    """
    if max_exponent < 3 or repetitions < 1:
        raise ConfigError("`max_exponent` must be 3 or more, `repetitions` 1 or more")
    data, rng = TwoBumps(distance, sigma), torch.Generator().manual_seed(seed)
    best = fitted_gaussian(data, log_space.kl, start=(0.5, sigma))
    sizes = tuple(round(10**e) for e in np.arange(1.5, max_exponent + 0.1, 0.5))
    excess = np.array([
        [_excess(data, data.sample(n, rng), best) for _ in range(repetitions)] for n in sizes
    ])
    sample = data.sample(sizes[-1], rng)
    scale = best.standard_deviation
    entropy = _entropy(data)
    return LikelihoodFits(
        data,
        best,
        sizes,
        excess,
        MEANS,
        np.array([_kl(data, mean, scale) for mean in MEANS]),
        np.array([_negative_log_likelihood(sample, m, scale) - entropy for m in MEANS]),
    )


def _excess(data: TwoBumps, sample: Floats, best: GaussianFit) -> float:
    """KL(P || G) of the fit by maximum likelihood minus that of the best fit, in nats."""
    mean, scale = float(sample.mean()), float(sample.std())  # the maximum, in closed form
    grid = data.grid(2001)
    masses = divergences.normalize(np.exp(data.log_density(grid)))
    # KL(P || G) - KL(P || G*) = E_P log G* / G: the density of P cancels.
    log_ratio = normal_log_density(grid, best.mean, best.standard_deviation) - normal_log_density(
        grid, mean, scale
    )
    return float(masses @ log_ratio)


def _negative_log_likelihood(sample: Floats, mean: float, scale: float) -> float:
    """Minus the mean log-likelihood of a sample, in nats."""
    return -float(normal_log_density(sample, mean, scale).mean())


def _kl(data: TwoBumps, mean: float, scale: float) -> float:
    """KL(P || G) in nats, from cells of a fine grid."""
    end = REACH * scale
    grid = np.linspace(-end, end, 4001)
    logs = (data.log_density(grid), normal_log_density(grid, mean, scale))
    return float(log_space.kl(*(log - logsumexp(log) for log in logs)))


def _entropy(data: TwoBumps) -> float:
    """Differential entropy of the two bumps, in nats, from cells of a fine grid."""
    grid = data.grid(4001)
    masses = divergences.normalize(np.exp(data.log_density(grid)))
    return float(divergences.entropy(masses)) + math.log(grid[1] - grid[0])

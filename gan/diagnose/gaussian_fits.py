"""One Gaussian fitted to two bumps: by KL it covers both, by reverse KL it sits on one."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from divergences import densities, log_space
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.two_bumps import TwoBumps, normal_log_density
from gan.diagnose.verdict import Criterion
from gan.runs.figure_style import GREY, KL_COLOR, REVERSE_KL_COLOR

GRID_SIZE = 4001
GRID_REACH = 10  # standard deviations of P: also a broad G has its mass on the grid
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GaussianFit:
    """A normal distribution with the smallest divergence of one kind from two bumps.

    Attributes:
        mean: Its mean.
        standard_deviation: Its standard deviation.
        kl: KL(P || G) in nats, by quadrature.
        reverse_kl: KL(G || P) in nats, by quadrature.
        mass_of_bumps: Mass of G within 2 standard deviations of the left and of the right bump.
    """

    mean: float
    standard_deviation: float
    kl: float
    reverse_kl: float
    mass_of_bumps: tuple[float, float]


@dataclass(frozen=True, slots=True)
class GaussianFits(DiagnosticResult):
    """Fits of one Gaussian to two bumps by both directions of KL.

    Attributes:
        data: The two bumps P.
        by_kl: The fit by KL(P || G).
        by_reverse_kl: The fit by KL(G || P), from a start near the right bump.
    """

    title = "One Gaussian fitted to two bumps by KL and by reverse KL"

    data: TwoBumps
    by_kl: GaussianFit
    by_reverse_kl: GaussianFit

    def criteria(self) -> tuple[Criterion, ...]:
        """Coverage of both bumps by one fit, of one bump by the other."""
        data, covering, seeking = self.data, self.by_kl, self.by_reverse_kl
        error = max(
            abs(covering.mean - data.mean),
            abs(covering.standard_deviation - data.standard_deviation),
        )
        return (
            Criterion(
                "fit by KL(P || G) has the mean and standard deviation of P within 0.001",
                error,
                error <= 1e-3,
            ),
            Criterion(
                "smaller of the masses that the fit by KL(P || G) gives to the bumps at least 0.1",
                min(covering.mass_of_bumps),
                min(covering.mass_of_bumps) >= 0.1,
            ),
            Criterion(
                "mass of the fit by KL(G || P) on one bump at least 0.9",
                max(seeking.mass_of_bumps),
                max(seeking.mass_of_bumps) >= 0.9,
            ),
        )

    def panels(self) -> list[Panel]:
        """Densities, and both divergences over the mean of G."""
        return [self._draw_densities, self._draw_divergences]

    def _draw_densities(self, axes: Axes) -> None:
        """Draw the bumps and both fits."""
        x = self.data.grid(801)
        axes.fill_between(
            x, np.exp(self.data.log_density(x)), color=GREY, alpha=0.4, label="data P"
        )
        for fit, color, style, label in (
            (self.by_kl, KL_COLOR, "-", "G with the smallest KL(P || G)"),
            (self.by_reverse_kl, REVERSE_KL_COLOR, "--", "G with the smallest KL(G || P)"),
        ):
            density = np.exp(normal_log_density(x, fit.mean, fit.standard_deviation))
            axes.plot(x, density, color=color, linestyle=style, label=label)
        axes.set(
            title="KL covers both bumps, reverse KL sits on one", xlabel="x", ylabel="density"
        )
        axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
        axes.legend(loc="upper left")

    def _draw_divergences(self, axes: Axes) -> None:
        """Draw the values of both divergences at both fits, as bars."""
        labels = ["fit by KL(P || G)", "fit by KL(G || P)"]
        fits = (self.by_kl, self.by_reverse_kl)
        for offset, values, color, hatch, label in (
            (-0.2, [fit.kl for fit in fits], KL_COLOR, "", "KL(P || G)"),
            (0.2, [fit.reverse_kl for fit in fits], REVERSE_KL_COLOR, "//", "KL(G || P)"),
        ):
            bars = axes.bar(
                np.arange(2) + offset, values, 0.4, color=color, hatch=hatch, label=label
            )
            axes.bar_label(bars, fmt="%.2f")
        axes.set_xticks(range(2), labels)
        axes.set_ylim(top=1.15 * axes.get_ylim()[1])
        axes.set(title="Each fit is bad by the other divergence", ylabel="divergence (nats)")
        axes.legend(loc="upper left")


def kl_fit(*, distance: float = 4.0, sigma: float = 0.5) -> GaussianFits:
    """Fit one Gaussian to two bumps by KL(P || G) and by KL(G || P).

    Args:
        distance: Distance between the centers of the bumps.
        sigma: Standard deviation of each bump.

    Returns:
        Both fits, with both divergences by quadrature.

    Source:
        Arjovsky, Chintala and Bottou 2017, section 1; Bishop 2006, "Pattern recognition and
        machine learning", figure 10.3.
    """
    data = TwoBumps(distance, sigma)
    right = distance / 2
    return GaussianFits(
        data,
        fitted_gaussian(data, log_space.kl, start=(right / 2, sigma)),
        fitted_gaussian(data, log_space.reverse_kl, start=(right, sigma)),
    )


def fitted_gaussian(
    data: TwoBumps, divergence: Callable[[Floats, Floats], Any], /, *, start: tuple[float, float]
) -> GaussianFit:
    """The normal distribution with the smallest divergence from two bumps, near a start.

    Args:
        data: The two bumps.
        divergence: Divergence of two vectors of log probabilities, in nats.
        start: Mean and standard deviation at the start.

    Returns:
        The fit, optimal on a fine grid, with its divergences by quadrature.
    """
    end = GRID_REACH * data.standard_deviation
    x = np.linspace(-end, end, GRID_SIZE)
    data_logs = _normalized(data.log_density(x))

    def objective(parameters: Floats) -> float:
        logs = normal_log_density(x, parameters[0], math.exp(parameters[1]))
        return float(divergence(data_logs, _normalized(logs)))

    optimum = minimize(
        objective,
        (start[0], math.log(start[1])),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12},
    )
    mean, sigma = float(optimum.x[0]), math.exp(optimum.x[1])
    return GaussianFit(
        mean, sigma, *quadrature_divergences(data, mean, sigma), data.bump_masses(mean, sigma)
    )


def _normalized(logs: Floats) -> Floats:
    """Log probabilities in proportion to the exponentials of some numbers."""
    return logs - logsumexp(logs)


def quadrature_divergences(data: TwoBumps, mean: float, sigma: float) -> tuple[float, float]:
    """KL(P || G) and KL(G || P) of the density and a normal one, by quadrature."""
    line, points = (-math.inf, math.inf), [-data.center, data.center, mean]
    generated = partial(normal_log_density, mean=mean, sigma=sigma)
    kl = densities.kl(data.log_density, generated, line, points=points)
    reverse_kl = densities.reverse_kl(data.log_density, generated, line, points=points)
    return kl.value, reverse_kl.value

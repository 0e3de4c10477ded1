"""Generator steps against a fixed discriminator: its value falls, and later the JS rises."""

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.special import log_expit

import divergences
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.two_bumps import normal_log_density
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.runs.figure_style import (
    BLACK,
    GREEN,
    JS_COLOR,
    LINE_STYLES,
    MINIMAX_COLOR,
    NON_SATURATING_COLOR,
    PALETTE,
    legend_below,
)

Floats = NDArray[np.float64]
LOG_2 = math.log(2)
GRID = np.linspace(-30.0, 30.0, 6001)
FAR = 20.0  # standard deviations, beyond which JS is log 2 up to rounding
STEPS_PER_OPTIMUM = (1, 5, 25, 100)
SMALL_D = 0.01  # at which the slopes of both losses are compared


@dataclass(frozen=True, slots=True)
class Overshoot(DiagnosticResult):
    """A normal generator N(theta, 1) that moves towards P = N(0, 1) and past it.

    Attributes:
        theta: Positions of the generator, from the start on, shape ``(k,)``.
        fixed_value: V(G_theta, D0) with D0 optimal for the start, in nats.
        best_value: Maximum of V(G_theta, D) over D, 2 JS - 2 log 2, in nats.
        steps_per_optimum: Generator steps for each optimum of the discriminator, shape ``(s,)``.
        js: JS over the generator steps for each of them, in nats, shape ``(s, steps + 1)``.
        d: Values of D(x) for the two losses, shape ``(m,)``.
    """

    title = "A generator that moves too far against a fixed discriminator"

    theta: Floats
    fixed_value: Floats
    best_value: Floats
    steps_per_optimum: tuple[int, ...]
    js: Floats
    d: Floats

    @property
    def turn(self) -> int:
        """Index of the position with the smallest divergence."""
        return int(self.best_value.argmin())

    def criteria(self) -> tuple[Criterion, ...]:
        """Monotone fall of one value, fall and rise of the other, and the descents."""
        rises = float(np.diff(self.fixed_value).max())
        rise = float(self.best_value[-1] - self.best_value.min())
        few, many = self.js[0], self.js[-1]
        slopes = 1 / (1 - SMALL_D), 1 / SMALL_D
        ratio = slopes[1] / slopes[0]
        return (
            Criterion("largest rise of V(G, D0) on the way at most 0", rises, rises <= 0, "nats"),
            Criterion("max V(G, D) rises again, by at least 0.5 nats", rise, rise >= 0.5, "nats"),
            Criterion(
                "with one generator step per optimum, largest rise of JS at most 0",
                float(np.diff(few).max()),
                bool(np.diff(few).max() <= 1e-12),
                "nats",
            ),
            Criterion(
                f"with {self.steps_per_optimum[-1]} steps per optimum, largest JS after the first "
                "minimum at least 0.5 nats",
                float(many[many.argmin() :].max()),
                bool(many[many.argmin() :].max() >= 0.5),
                "nats",
            ),
            Criterion(
                f"slope of -log D at least 50 times that of log(1 - D) at D = {SMALL_D}",
                ratio,
                ratio >= 50,
            ),
        )

    def panels(self) -> list[Panel]:
        """Both values over theta, JS over generator steps, and the two losses."""
        return [self._draw_values, self._draw_descents, self._draw_losses]

    def _draw_values(self, axes: Axes) -> None:
        """Draw both values over the position of the generator."""
        axes.plot(self.theta, self.fixed_value, "--", color=GREEN, label="V(G, D0), D0 fixed")
        axes.plot(
            *(self.theta, self.best_value, "-"),
            color=JS_COLOR,
            label="max V(G, D) = 2 JS - 2 log 2",
        )
        axes.axvline(0, color=BLACK, linewidth=0.8, linestyle=":", label="position of the data")
        axes.plot(self.theta[0], self.best_value[0], "o", color=BLACK, label="start, D0 optimal")
        axes.invert_xaxis()
        axes.set(
            title="The loss falls on, the divergence rises",
            xlabel="theta, position of G",
            ylabel="nats",
        )
        legend_below(axes)

    def _draw_descents(self, axes: Axes) -> None:
        """Draw JS over generator steps, one curve for each number of steps per optimum."""
        for steps, js, color, style in zip(
            self.steps_per_optimum, self.js, PALETTE, LINE_STYLES, strict=False
        ):
            axes.plot(js, color=color, linestyle=style, label=f"{steps} per optimum")
        axes.axhline(LOG_2, color=BLACK, linewidth=0.8, linestyle=":", label="log 2")
        axes.set(
            title="Few generator steps per optimum suffice",
            xlabel="generator step",
            ylabel="JS (nats)",
        )
        legend_below(axes, columns=2)

    def _draw_losses(self, axes: Axes) -> None:
        """Draw both losses of the generator over D."""
        for values, color, style, label in (
            (np.log1p(-self.d), MINIMAX_COLOR, "-", "log(1 - D), flat near D = 0"),
            (-np.log(self.d), NON_SATURATING_COLOR, "--", "-log D, steep near D = 0"),
        ):
            axes.plot(self.d, values, color=color, linestyle=style, label=label)
        axes.set(
            title="Slopes near D = 0: -1, -1 / D",
            xlabel="D of a generated point",
            ylabel="loss of the generator (nats)",
        )
        legend_below(axes)


def overshooting(
    *, start: float = 2.0, end: float = -3.0, learning_rate: float = 0.1, steps: int = 100
) -> Overshoot:
    """Move a normal generator against a fixed optimal discriminator, and past the data.

    The data are N(0, 1) and the generator is N(theta, 1), so that the optimal discriminator is
    known. All expectations are sums over a fine grid.

    Args:
        start: Position of the generator for which D0 is optimal, above 0.
        end: Last position, beyond the data, below 0.
        learning_rate: Of gradient descent on V(G, D).
        steps: Generator steps of each descent.

    Returns:
        Both values over theta, and JS over generator steps for 1, 5, 25 and 100 generator steps
        per optimum of the discriminator.

    Raises:
        ConfigError: If a number is out of range.

    Source:
        Goodfellow et al. 2014, algorithm 1 and proposition 2.
    """
    if not (0 < start <= 10 and -10 <= end < 0 and learning_rate > 0 and steps >= 1):
        raise ConfigError(
            "`start` must be in (0, 10], `end` in [-10, 0), `learning_rate` positive and `steps` "
            f"at least 1, but are {start}, {end}, {learning_rate} and {steps}"
        )
    theta = np.linspace(start, end, 181)
    return Overshoot(
        theta,
        np.array([_value(t, start) for t in theta]),
        np.array([2 * _js(t) - 2 * LOG_2 for t in theta]),
        STEPS_PER_OPTIMUM,
        np.array([_descent(start, learning_rate, steps, k) for k in STEPS_PER_OPTIMUM]),
        np.linspace(0.005, 0.995, 199),
    )


def _masses(theta: float) -> Floats:
    """Masses of N(theta, 1) on the cells of the grid."""
    return divergences.normalize(np.exp(normal_log_density(GRID, theta, 1.0)))


def _js(theta: float) -> float:
    """JS of N(0, 1) and N(theta, 1), in nats."""
    if abs(theta) > FAR:
        return LOG_2
    return float(divergences.js(_masses(0.0), _masses(theta)))


def _logits(x: Floats, optimal_for: float) -> Floats:
    """Logits of the optimal discriminator of N(0, 1) against N(theta, 1): log p - log g."""
    return normal_log_density(x, 0.0, 1.0) - normal_log_density(x, optimal_for, 1.0)


def _value(theta: float, optimal_for: float) -> float:
    """V(G_theta, D) of the discriminator that is optimal for another position, in nats."""
    logits = _logits(GRID, optimal_for)
    return float(_masses(0.0) @ log_expit(logits) + _masses(theta) @ log_expit(-logits))


def _slope(theta: float, optimal_for: float) -> float:
    """Derivative of the value in theta: the mean derivative of log(1 - D) under N(theta, 1)."""
    d = np.exp(log_expit(_logits(GRID + theta, optimal_for)))
    return float(_masses(0.0) @ d) * optimal_for


def _descent(start: float, learning_rate: float, steps: int, per_optimum: int) -> Floats:
    """JS over the steps of gradient descent, with a new optimum every ``per_optimum`` steps."""
    theta, js = start, [_js(start)]
    optimal_for = start
    for step in range(steps):
        if step % per_optimum == 0:
            optimal_for = theta
        theta -= learning_rate * _slope(theta, optimal_for)
        js.append(_js(theta))
    return np.array(js)

"""Two parallel segments: KL, JS and W over their distance, and the gradients of JS and W."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

import divergences
from divergences import sampled
from gan.data.curves import VerticalSegments
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.runs.figure_style import BLACK, EMD_COLOR, JS_COLOR, KL_COLOR, legend_below

Floats = NDArray[np.float64]
LOG_2 = math.log(2)
HEIGHTS = 40  # of the cells of a segment
STEP_SIZE = 0.05  # of the descent in theta
DESCENT_STEPS = 40
DIFFERENCE = 1e-3
NEAR = 0.1  # below it, the EMD of samples is mostly their sampling floor


@dataclass(frozen=True, slots=True)
class SegmentDistances(DiagnosticResult):
    """Distances of two segments at distance theta.

    Arrays have shape ``(k,)``, one entry per theta; ``exact`` is from masses on common cells,
    ``sampled`` from independent samples. KL and JS are in nats, W in the unit of theta.

    Attributes:
        theta: Distances with a sign.
        exact_kl: KL(P || G).
        exact_js: JS.
        exact_w: W.
        sampled_kl: Estimate of KL(P || G) by nearest neighbours.
        sampled_js: Estimate of JS by nearest neighbours.
        sampled_w: Exact EMD of the samples.
        exact_js_slope: Derivative of JS by central differences; NaN next to theta = 0.
        exact_w_slope: Derivative of W by automatic differentiation; NaN at theta = 0.
        sampled_js_slope: Derivative of the estimate of JS.
        sampled_w_slope: Derivative of the EMD of the samples.
        descent_js: Theta over the steps of gradient descent on JS.
        descent_w: The same on W.
    """

    title = "Two parallel segments at distance theta"

    theta: Floats
    exact_kl: Floats
    exact_js: Floats
    exact_w: Floats
    sampled_kl: Floats
    sampled_js: Floats
    sampled_w: Floats
    exact_js_slope: Floats
    exact_w_slope: Floats
    sampled_js_slope: Floats
    sampled_w_slope: Floats
    descent_js: Floats
    descent_w: Floats

    def criteria(self) -> tuple[Criterion, ...]:
        """Values of the closed form, and gradients."""
        apart = self.theta != 0
        js_error = float(np.abs(self.exact_js[apart] / LOG_2 - 1).max())
        w_error = float(np.abs(self.exact_w[apart] / np.abs(self.theta[apart]) - 1).max())
        finite_kl = int(np.isfinite(self.exact_kl[apart]).sum())
        at_zero = float(np.max([v[~apart] for v in (self.exact_kl, self.exact_js, self.exact_w)]))
        js_slope = float(np.nanmax(np.abs([self.exact_js_slope, self.sampled_js_slope])))
        far = np.abs(self.theta) > NEAR
        signs = np.sign(self.theta[far])
        w_slope = float(np.abs(self.exact_w_slope[far] * signs - 1).max())
        sampled_slope = float((self.sampled_w_slope[far] * signs).min())
        return (
            Criterion("finite KL at theta other than 0: none", finite_kl, finite_kl == 0),
            Criterion("JS is log 2 there, relative error 1e-12", js_error, js_error <= 1e-12),
            Criterion("W is |theta|, relative error 1e-12", w_error, w_error <= 1e-12),
            Criterion("largest of the three at theta = 0 is 0", at_zero, at_zero == 0),
            Criterion("largest slope of JS, exact or sampled, is 0", js_slope, js_slope <= 1e-12),
            Criterion("slope of W differs from sign(theta) by 1e-12", w_slope, w_slope <= 1e-12),
            Criterion(
                f"slope of the EMD of samples at |theta| > {NEAR} at least 0.9, towards 0",
                sampled_slope,
                sampled_slope >= 0.9,
            ),
        )

    def panels(self) -> list[Panel]:
        """Distances, gradients and two descents."""
        return [self._draw_distances, self._draw_slopes, self._draw_descents]

    def _draw_distances(self, axes: Axes) -> None:
        """Draw KL, JS and W over theta."""
        top = 1.35 * float(np.nanmax(self.exact_w))
        infinite = np.isinf(self.exact_kl)
        axes.plot(
            *(self.theta[infinite], np.full(infinite.sum(), top), "^"),
            color=KL_COLOR,
            clip_on=False,
            label="KL: infinite",
        )
        jump = np.where(self.theta == 0, np.nan, self.exact_js)  # no line across the jump to 0
        axes.plot(self.theta, jump, color=JS_COLOR, linestyle="--", label="JS (nats)")
        axes.plot(self.theta, self.sampled_js, "s", **_hollow(JS_COLOR), label="JS of samples")
        axes.plot(self.theta, self.exact_w, color=EMD_COLOR, label="W")
        axes.plot(self.theta, self.sampled_w, "o", **_hollow(EMD_COLOR), label="W of samples")
        axes.set_ylim(-0.03, top)
        axes.set(title="Only W tells how far", xlabel="theta", ylabel="distance")
        legend_below(axes, columns=2)

    def _draw_slopes(self, axes: Axes) -> None:
        """Draw the derivatives in theta."""
        for values, marks, color, style, label in (
            (self.exact_js_slope, self.sampled_js_slope, JS_COLOR, "--", "JS"),
            (self.exact_w_slope, self.sampled_w_slope, EMD_COLOR, "-", "W"),
        ):
            axes.plot(self.theta, values, color=color, linestyle=style, label=f"slope of {label}")
            axes.plot(self.theta, marks, "o", **_hollow(color), label=f"{label} of samples")
        axes.set(
            title="Only W has a gradient",
            xlabel="theta",
            ylabel="derivative in theta",
            ylim=(-1.4, 1.4),
        )
        legend_below(axes, columns=2)

    def _draw_descents(self, axes: Axes) -> None:
        """Draw theta over the steps of both descents."""
        for values, color, style, label in (
            (self.descent_js, JS_COLOR, "--", "descent on JS"),
            (self.descent_w, EMD_COLOR, "-", "descent on W"),
        ):
            axes.plot(values, color=color, linestyle=style, label=label)
        axes.axhline(0, color=BLACK, linewidth=0.8)
        axes.set(title="Descent on W arrives", xlabel="step of gradient descent", ylabel="theta")
        legend_below(axes, columns=2)


def segments(
    *, max_theta: float = 1.0, intervals: int = 10, n: int = 300, seed: int = 0
) -> SegmentDistances:
    """Distances of two parallel segments over their distance theta, and their gradients.

    Args:
        max_theta: Largest distance.
        intervals: Intervals of theta on each side of 0.
        n: Points in each sample.
        seed: Seed of the samples.

    Returns:
        KL, JS and W from masses on common cells and from samples, and their derivatives.

    Raises:
        ConfigError: If a number is out of range.

    Source:
        Arjovsky, Chintala and Bottou 2017, example 1.
    """
    if not (0 < max_theta < math.inf) or intervals < 2 or n < 10:
        raise ConfigError(
            "`max_theta` must be positive, `intervals` at least 2 and `n` at least 10, but are "
            f"{max_theta}, {intervals} and {n}"
        )
    # Multiples, not linspace, so that 0 is exactly 0.
    theta = max_theta * np.arange(-intervals, intervals + 1) / intervals
    rng = torch.Generator().manual_seed(seed)
    real, moved = (VerticalSegments((0.0,)).sample(n, rng).double() for _ in range(2))
    exact = np.array([_exact_distances(t) for t in theta])
    estimates = np.array([_estimates(real, moved, t) for t in theta])
    heights = torch.linspace(0, 1, HEIGHTS, dtype=torch.float64)
    regular = torch.stack([torch.zeros_like(heights), heights], dim=1)
    return SegmentDistances(
        theta,
        exact[:, 0],
        exact[:, 1],
        exact[:, 2],
        estimates[:, 0],
        estimates[:, 1],
        estimates[:, 2],
        _central_differences(theta, exact[:, 1]),
        np.array([_w_slope(regular, regular, t) for t in theta]),
        _central_differences(theta, estimates[:, 1]),
        np.array([_w_slope(real, moved, t) for t in theta]),
        _descent(max_theta, _js_slope),
        _descent(max_theta, lambda t: _w_slope(regular, regular, t)),
    )


def _hollow(color: str) -> dict[str, Any]:
    """Style of the marks of samples."""
    return {"color": color, "fillstyle": "none", "markersize": 5}


def _masses(theta: float) -> tuple[Floats, Floats, Floats]:
    """Masses of both segments on common cells, shape ``(k,)``, and the cells, ``(k, 2)``."""
    abscissas = (0.0, theta) if theta else (0.0,)
    cells = np.array([(x, h) for x in abscissas for h in np.linspace(0, 1, HEIGHTS)])
    p, q = ((cells[:, 0] == x) / HEIGHTS for x in (0.0, theta))
    return p, q, cells


def _exact_distances(theta: float) -> tuple[float, float, float]:
    """KL, JS and W of the segments as masses on common cells."""
    p, q, cells = _masses(theta)
    cost = np.linalg.norm(cells[:, None] - cells, axis=2)
    kl, js = divergences.kl(p, q), divergences.js(p, q)
    return float(kl), float(js), float(divergences.emd(p, q, cost))


def _js_slope(theta: float) -> float:
    """Derivative of JS in theta, by central differences."""
    low, high = (
        float(divergences.js(*_masses(theta + sign * DIFFERENCE)[:2])) for sign in (-1, 1)
    )
    return (high - low) / (2 * DIFFERENCE)


def _estimates(real: Tensor, moved: Tensor, theta: float) -> tuple[float, float, float]:
    """KL, JS and W of two samples, the second moved to theta."""
    x, y = real.numpy(), (moved + torch.tensor([theta, 0.0])).numpy()
    return (
        float(sampled.kl(x, y, method="knn")),
        float(sampled.js(x, y, method="knn")),
        float(sampled.emd(x, y)),
    )


def _w_slope(real: Tensor, moved: Tensor, theta: float) -> float:
    """Derivative of the EMD in theta, by automatic differentiation; NaN at 0."""
    if theta == 0:
        return math.nan
    position = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    points = moved + torch.stack([position, torch.zeros_like(position)])
    (slope,) = torch.autograd.grad(torch.as_tensor(sampled.emd(real, points).value), position)
    return float(slope)


def _central_differences(theta: Floats, values: Floats) -> Floats:
    """Derivative by central differences, NaN where they reach theta = 0 and at both ends."""
    slopes = np.full_like(values, np.nan)
    slopes[1:-1] = (values[2:] - values[:-2]) / (theta[2:] - theta[:-2])
    middle = len(theta) // 2
    slopes[middle - 1 : middle + 2] = np.nan
    return slopes


def _descent(start: float, slope: Callable[[float], float]) -> Floats:
    """Theta over the steps of gradient descent with a decreasing step size."""
    theta = [start]
    for step in range(DESCENT_STEPS):
        gradient = slope(theta[-1])
        rate = STEP_SIZE * start * (1 - step / DESCENT_STEPS)
        theta.append(theta[-1] - rate * (0.0 if math.isnan(gradient) else gradient))
    return np.array(theta)

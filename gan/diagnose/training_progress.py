"""Gap, bounds and exact EMD over training: whether the gap tells progress, and when to stop."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from gan.datasets import load_data_set
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.settings import require_counts
from gan.diagnose.training_evaluations import (
    FLOOR_FACTOR,
    MIN_EVALUATIONS,
    SETTINGS,
    Progress,
    evaluated_training,
)
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.runs import run_metrics
from gan.runs.figure_style import (
    BASELINE_COLOR,
    CERTIFIED_COLOR,
    CLIPPED_COLOR,
    EXACT_COLOR,
    GAP_COLOR,
    GREY,
    PENALIZED_COLOR,
    legend_below,
)

MIN_CORRELATION = 0.9


@dataclass(frozen=True, slots=True)
class TrainingProgress(DiagnosticResult):
    """Evaluations of WGAN and WGAN-GP over training.

    Attributes:
        data: Name of the data set.
        floor: Sampling floor: exact EMD of two real samples of the same size.
        wgan: Evaluations of WGAN.
        wgan_gp: Evaluations of WGAN-GP.
        correlations: Rank correlation of gap and exact EMD above 1.3 times the floor, by method.
        stopped_by_gap: Exact EMD at the step that the smallest gap picks, by method.
        stopped_by_exact: Smallest exact EMD, by method.
    """

    title = "Does the gap of the critic tell progress? Gap and exact EMD over training"

    data: str
    floor: float
    wgan: Progress
    wgan_gp: Progress
    correlations: dict[str, float]
    stopped_by_gap: dict[str, float]
    stopped_by_exact: dict[str, float]

    def criteria(self) -> tuple[Criterion, ...]:
        """Rank correlation of WGAN-GP, and of WGAN."""
        return tuple(
            Criterion(
                f"rank correlation of gap and exact EMD of {name} above 0.9, where exact is above "
                "1.3 times the floor",
                correlation,
                correlation > MIN_CORRELATION,
                reason=self._missing(name),
            )
            for name, correlation in self.correlations.items()
        )

    def _missing(self, name: str) -> str:
        """Reason of a missing rank correlation; empty if there is one."""
        if math.isfinite(self.correlations[name]):
            return ""
        run = self.wgan if name == self.wgan.name else self.wgan_gp
        above = int((run.exact > FLOOR_FACTOR * self.floor).sum())
        if above < MIN_EVALUATIONS:
            return f"none, for {above} evaluations are above, and {MIN_EVALUATIONS} are needed"
        return "none, for gap or exact EMD is constant"

    def panels(self) -> list[Panel]:
        """Curves of each method, and gap against exact EMD."""
        return [self._draw_wgan, self._draw_wgan_gp, self._draw_ranks]

    def _draw_wgan(self, axes: Axes) -> None:
        """Draw the curves of WGAN."""
        self._draw_curves(axes, self.wgan)

    def _draw_wgan_gp(self, axes: Axes) -> None:
        """Draw the curves of WGAN-GP."""
        self._draw_curves(axes, self.wgan_gp)

    def _draw_curves(self, axes: Axes, run: Progress) -> None:
        """Draw the distances of a run over its steps, and the steps that would be picked."""
        for values, color, style, label in (
            (run.exact, EXACT_COLOR, "-", "exact EMD"),
            (run.gap, GAP_COLOR, "--", "gap of the critic"),
            (run.certified, CERTIFIED_COLOR, "-.", "certified by the critic"),
            (run.baseline, BASELINE_COLOR, ":", "baseline (constant critic)"),
        ):
            axes.plot(
                run.steps, np.where(values > 0, values, np.nan), style, color=color, label=label
            )
        axes.axhline(self.floor, color=GREY, linewidth=1, label="floor (two real samples)")
        for i, marker, label in (
            (run.stop_by_gap, "v", "stop by the gap"),
            (run.stop_by_exact, "*", "stop by exact EMD"),
        ):
            axes.plot(
                run.steps[i], run.exact[i], marker, color=EXACT_COLOR, markersize=9, label=label
            )
        axes.set_yscale("log")
        text = f"{self.correlations[run.name]:.2f}"
        axes.set(
            title=f"{run.name}: rank correlation {self._missing(run.name) or text}",
            xlabel=f"generator step on {self.data}",
            ylabel="distance (unit of the data)",
        )
        legend_below(axes)

    def _draw_ranks(self, axes: Axes) -> None:
        """Draw the gap against the exact EMD."""
        for run, color, marker in (
            (self.wgan, CLIPPED_COLOR, "s"),
            (self.wgan_gp, PENALIZED_COLOR, "o"),
        ):
            positive = run.gap > 0
            axes.scatter(
                run.exact[positive],
                run.gap[positive],
                s=18,
                color=color,
                marker=marker,
                label=run.name,
            )
        low, high = self.floor, float(max(self.wgan.exact.max(), self.wgan_gp.exact.max()))
        axes.plot([low, high], [low, high], color=EXACT_COLOR, linewidth=1, label="gap = exact")
        axes.axvline(
            FLOOR_FACTOR * self.floor, color=GREY, linestyle="--", label="1.3 times the floor"
        )
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        # An EMD falls by less than a decade: powers of ten may lie outside of the axis.
        ticks = np.geomspace(low, high, 4)
        axes.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
        axes.set(
            title="Gap against exact EMD",
            xlabel="exact EMD (unit of the data)",
            ylabel="gap (unit of the scores)",
        )
        legend_below(axes)


def progress(
    *,
    data: str = "eight-gaussians",
    steps: int = 1000,
    evaluations: int = 25,
    points: int = 2000,
    seed: int = 0,
    data_dir: Path | None = None,
) -> TrainingProgress:
    """Train WGAN and WGAN-GP, and hold the gap of the critic against exact EMD on the way.

    The critic has 500 steps before the first of the generator, and in WGAN-GP ten times its
    learning rate; gap and exact EMD are of the same fresh points.

    Args:
        data: Name of the data set.
        steps: Generator steps.
        evaluations: Number of evaluations, evenly spaced.
        points: Fresh points on each side of an evaluation.
        seed: Seed of weights, batches and points.
        data_dir: Folder of the four MNIST files.

    Returns:
        Evaluations of both, rank correlations, and the steps that early stopping would pick.

    Raises:
        ConfigError: If there are fewer steps than evaluations, no evaluation or no point.

    Source:
        Arjovsky, Chintala and Bottou 2017, section 4.2.
    """
    if not 1 <= evaluations <= steps:
        raise ConfigError(
            f"`evaluations` must be from 1 to `steps`, but are {evaluations} of {steps} steps"
        )
    require_counts(points=points)
    data_set = load_data_set(data, data_dir)
    floor = run_metrics.floor(data_set, points, torch.Generator().manual_seed(seed))
    every = steps // evaluations
    wgan, wgan_gp = (
        evaluated_training(name, data_set, steps, every, points, seed) for name in SETTINGS
    )
    runs = (wgan, wgan_gp)
    return TrainingProgress(
        data,
        floor,
        wgan,
        wgan_gp,
        {run.name: run.correlation(floor) for run in runs},
        {run.name: float(run.exact[run.stop_by_gap]) for run in runs},
        {run.name: float(run.exact[run.stop_by_exact]) for run in runs},
    )

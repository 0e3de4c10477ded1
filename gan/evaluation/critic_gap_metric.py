"""The gap of a critic as a metric object for a training loop of one's own."""

import statistics

import torch
from torch import Tensor

from divergences import DistributionError
from gan.evaluation.critic_gap import CriticGap, critic_gap
from gan.evaluation.point_pair import PointPair, Points, ScoreFunction

BLOCK_KEYS = ("gap", "slope", "baseline", "certified", "exact", "knowledge")


class CriticGapMetric:
    """`critic_gap` with the methods of a metric of torchmetrics: update, compute, reset.

    Each update is measured as a block of its own, with the critic as it is then. `compute`
    measures all points together, with the critic as it is at the end. The exact EMD of a small
    block is larger in the mean than that of all points, and so is the baseline: compare blocks
    only with blocks of the same size.

    Attributes:
        critic: As in `critic_gap`.
        blocks: One result for each update since the last reset.

    >>> metric = CriticGapMetric(lambda points: -points[:, 0])
    >>> metric.update(torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [4.0]]))
    >>> metric.update(torch.tensor([[0.5]]), torch.tensor([[3.0]]))
    >>> metric.mean_of_blocks()["gap"], metric.compute().gap
    (2.5, 2.5)
    """

    def __init__(self, critic: ScoreFunction, /) -> None:
        self.critic = critic
        self.blocks: list[CriticGap] = []
        self._points: list[PointPair] = []

    def update(self, real: Points, generated: Points, /) -> None:
        """Measure a block of points, and keep them for `compute`; as `critic_gap`.

        Args:
            real: Real points, shape ``(n, *shape)``.
            generated: Generated points, shape ``(m, *shape)``.

        Raises:
            DistributionError: If a point or a score is not finite, or shapes do not fit.
            SolverError: If the exact distance could not be computed.
        """
        self(real, generated)

    def __call__(self, real: Points, generated: Points, /) -> CriticGap:
        """Update, and return the result of the block alone."""
        points = PointPair.of(real, generated)
        self._require_shape(points)
        block = critic_gap(self.critic, points.real, points.generated)
        self._points.append(points)
        self.blocks.append(block)
        return block

    def mean_of_blocks(self) -> dict[str, float]:
        """Means over the updates, each with the same weight.

        Returns:
            Mean gap, slope, baseline, certified, exact and knowledge; NaN if one of them is.

        Raises:
            DistributionError: If there was no update since the last reset.
        """
        self._require_update()
        return {
            key: statistics.fmean(getattr(block, key) for block in self.blocks)
            for key in BLOCK_KEYS
        }

    def compute(self) -> CriticGap:
        """`critic_gap` of all points since the last reset, with the critic as it is now.

        Returns:
            Gap, slope, baseline, certified and exact of the whole.

        Raises:
            DistributionError: If there was no update since the last reset, or a score is not
                finite.
            SolverError: If the exact distance could not be computed.
        """
        self._require_update()
        return critic_gap(self.critic, *map(torch.cat, zip(*self._pairs(), strict=True)))

    def reset(self) -> None:
        """Forget all points and blocks."""
        self.blocks.clear()
        self._points.clear()

    def _pairs(self) -> list[tuple[Tensor, Tensor]]:
        """Real and generated points of each update."""
        return [(points.real, points.generated) for points in self._points]

    def _require_shape(self, points: PointPair) -> None:
        """Refuse points of another shape than those of earlier updates."""
        shapes = [tuple(pair.real.shape[1:]) for pair in (points, *self._points[:1])]
        if shapes[0] != shapes[-1]:
            raise DistributionError(
                f"`real` and `generated` must have the shape of points of earlier updates, "
                f"{shapes[1]}, but have {shapes[0]}: call reset() before another data set"
            )

    def _require_update(self) -> None:
        """Refuse to compute from nothing."""
        if not self._points:
            raise DistributionError(
                "there are no points to compute from: call update(real, generated) before"
            )

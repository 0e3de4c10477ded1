"""Maximum over the scale of scores of the bound that they certify: concave, piecewise linear."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gan.evaluation.c_transform import c_transforms
from gan.evaluation.pair_distances import EPS, PairDistances

MAX_PASSES = 40
SEARCH_RTOL = 1e-9  # of the part of the bound above that at scale 0
MAX_SUBSET = 1024
MAX_WHOLE = 1 << 22  # pairs; of more, a subset gives the first scales
FIRST_FACTORS = (0.8, 0.95, 1.05, 1.25)
BRACKET_SHARE = 0.05
ROUNDING_FACTOR = 16


@dataclass(frozen=True, slots=True)
class SideBound:
    """Bounds by the scores of one side, in the unit of the distances.

    Attributes:
        baseline: The bound at scale 0.
        value: The largest bound at a scale of at least 0.
        scale: That scale, in the unit of the points per unit of the scores.
        opposite: The largest bound at a scale of at most 0.
    """

    baseline: float
    value: float
    scale: float
    opposite: float


def best_scales(distances: PairDistances, scores: Float[Tensor, " m"], /) -> SideBound:
    """Largest bounds over the scales of both signs.

    Args:
        distances: Shape ``(n, m)``.
        scores: Scores of the columns, float64, finite.

    Returns:
        The bounds less their rounding errors, each at least 0.
    """
    largest = float(scores.abs().max())
    scores = scores / largest if largest > 0 else scores
    scores = scores - scores.mean()
    spread = float(scores.abs().max())
    unit = largest * spread
    scores = scores / spread if spread > 0 else scores
    as_given = float(np.ldexp(unit, -distances.exponent))
    first = [as_given] if 0 < as_given < math.inf else []
    search = _Search(distances, scores)
    search.maximize(first=[*first, *_scales_of_subset(distances, scores)])
    return search.result(unit)


def _scales_of_subset(distances: PairDistances, scores: Tensor) -> list[float]:
    """Scales around the best one of a part of the points; none of few points."""
    if len(distances.rows) * len(distances.columns) <= MAX_WHOLE:
        return []
    subset, columns = distances.subset(MAX_SUBSET)
    search = _Search(subset, scores[columns])
    search.maximize(first=[])
    best = max(search.tangents, key=lambda tangent: tangent.value).scale
    return [] if best == 0 else [best * factor for factor in FIRST_FACTORS]


@dataclass(frozen=True, slots=True, eq=False)
class _Tangent:
    """The bound at one scale, as a line that is above it at every other scale.

    Attributes:
        scale: The scale; infinite for the line of a limit.
        intercept: Mean distance of the rows to their minimizers.
        slope: Mean score less the mean score of the minimizers.
        minimizers: Column at which the c-transform of each row is attained, shape ``(n,)``.
        lengths: Distance of each row to it, shape ``(n,)``.
    """

    scale: float
    intercept: float
    slope: float
    minimizers: Int[Tensor, " n"]
    lengths: Float[Tensor, " n"]

    @property
    def value(self) -> float:
        """The bound at the scale."""
        return self.at(self.scale)

    def at(self, scale: float) -> float:
        """Height of the line."""
        return self.intercept + self.slope * scale


class _Search:
    """Cutting planes from both sides of the maximum, several scales at each pass over the pairs.

    A row with the same minimizer at both ends of a bracket has it at all scales between, so that
    only the other rows are computed again.
    """

    def __init__(self, distances: PairDistances, scores: Tensor) -> None:
        self.distances = distances
        self.scores = scores
        self.mean = float(scores.mean())
        self.left = self._limit(int(scores.argmin()), -math.inf)
        self.right = self._limit(int(scores.argmax()), math.inf)
        self.tangents: list[_Tangent] = []

    def maximize(self, first: Sequence[float]) -> None:
        """Evaluate scales until the maximum is known.

        Args:
            first: Scales to evaluate first, beside 0.
        """
        rows = torch.arange(len(self.distances.rows), device=self.scores.device)
        scales = [0.0, *first]
        for _ in range(MAX_PASSES):
            self._bracket(self._evaluate(scales, rows))
            if self._is_finished():
                return
            # A row with one minimizer at both ends of the bracket has it between them, too.
            rows = (self.left.minimizers != self.right.minimizers).nonzero()[:, 0]
            scales = self._next_scales()
            if not scales:
                return

    @property
    def zero(self) -> _Tangent:
        """The tangent at scale 0, the first."""
        return self.tangents[0]

    def result(self, unit: float) -> SideBound:
        """The bounds, less their rounding errors.

        Args:
            unit: Of the scores as they were given.

        Returns:
            The bounds in the unit of the distances.
        """
        mean_rounding = self.distances.mean_rounding(self.zero.lengths)

        def certified(tangent: _Tangent) -> float:
            magnitude = self.distances.longest + abs(tangent.scale)
            return max(0.0, tangent.value - ROUNDING_FACTOR * EPS * magnitude - mean_rounding)

        positive = max((t for t in self.tangents if t.scale >= 0), key=certified)
        opposite = max(certified(t) for t in self.tangents if t.scale <= 0)
        scale = self.distances.length(positive.scale) / unit if unit > 0 else 0.0
        return SideBound(certified(self.zero), certified(positive), scale, opposite)

    def _limit(self, column: int, scale: float) -> _Tangent:
        """Line of the scales that tend to infinity: every row has the extreme score."""
        minimizers = torch.full((len(self.distances.rows),), column, device=self.scores.device)
        return self._tangent(scale, minimizers, self.distances.to_column(column))

    def _tangent(self, scale: float, minimizers: Tensor, lengths: Tensor) -> _Tangent:
        """The line of the given minimizers."""
        slope = self.mean - float(self.scores[minimizers].mean())
        return _Tangent(scale, float(lengths.mean()), slope, minimizers, lengths)

    def _evaluate(self, scales: Sequence[float], rows: Int[Tensor, " k"]) -> list[_Tangent]:
        """Tangents at some scales by one pass over some rows; others are as at the left end."""
        minimizers = self.left.minimizers.repeat(len(scales), 1)
        lengths = self.left.lengths.repeat(len(scales), 1)
        potentials = [scale * self.scores for scale in scales]
        for part, picked, distance in c_transforms(self.distances, rows, potentials):
            minimizers[:, part], lengths[:, part] = picked, distance
        return [self._tangent(scale, minimizers[k], lengths[k]) for k, scale in enumerate(scales)]

    def _bracket(self, tangents: Sequence[_Tangent]) -> None:
        """Narrow the bracket of the maximum to the nearest rising and falling tangents."""
        self.tangents.extend(tangents)
        for tangent in tangents:
            if tangent.slope > 0 and tangent.scale > self.left.scale:
                self.left = tangent
            elif tangent.slope <= 0 and tangent.scale < self.right.scale:
                self.right = tangent

    def _crossing(self) -> float:
        """Scale at which the lines of both ends intersect."""
        left, right = self.left, self.right
        return (right.intercept - left.intercept) / (left.slope - right.slope)

    def _is_finished(self) -> bool:
        """Whether the best scale that was evaluated is as good as the best there is."""
        if self.left.slope <= 0 or self.right.slope >= 0 or self.left.scale >= self.right.scale:
            return True
        best = max(tangent.value for tangent in self.tangents)
        rounding = EPS * self.distances.longest
        excess = self.left.at(self._crossing()) - best
        return excess <= SEARCH_RTOL * (best - self.zero.value) + rounding

    def _next_scales(self) -> list[float]:
        """Scales inside the bracket, around where its derivative is interpolated to vanish."""
        left, right, crossing = self.left, self.right, self._crossing()
        if not math.isfinite(right.scale - left.scale):
            return self._inside([crossing / 2, crossing])
        width = right.scale - left.scale
        secant = left.scale + width * left.slope / (left.slope - right.slope)
        step = BRACKET_SHARE * width
        return self._inside([crossing, secant, secant - step, secant + step])

    def _inside(self, scales: Sequence[float]) -> list[float]:
        """The distinct scales that are inside the bracket."""
        return sorted({scale for scale in scales if self.left.scale < scale < self.right.scale})

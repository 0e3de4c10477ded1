r"""Extrapolation of the exact EMD of samples to the W1 of the populations.

The exact EMD W(n) of n points of each distribution falls to the W1 of the populations, in high
dimension as slowly as n^(-1/d). The rate is not assumed here but measured, by the EMD s(n) of two
samples of *one* distribution, whose limit is known to be 0. Points are displaced by sampling in
directions of no relation to the transport; where these are orthogonal to it, lengths add in
squares:

.. math:: W(n)^2 = W_1^2 + \kappa \, s(n)^2 .

This is a model, not a theorem. Its error is estimated by the difference of the limits that the
smaller and the larger sizes give.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from divergences import DistributionError
from divergences._typing import Floats

MIN_SIZES = 4
MIN_DRAWS = 2


@dataclass(frozen=True, slots=True)
class PopulationLimit:
    """Extrapolated W1 of two populations, with its errors.

    Attributes:
        value: The limit that the larger sizes give, at least 0, in the unit of the points.
        statistical_error: Standard error over the draws (jackknife).
        model_error: Difference from the limit that the smaller sizes give.
        upper_bound: Mean EMD at the largest size, in the mean at least the W1 of the populations.
        upper_bound_error: Its standard error.
        degrees_of_freedom: Draws less 1.
    """

    value: float
    statistical_error: float
    model_error: float
    upper_bound: float
    upper_bound_error: float
    degrees_of_freedom: int

    @property
    def standard_error(self) -> float:
        """Root of the sum of squares of both errors."""
        return math.hypot(self.statistical_error, self.model_error)

    def interval(self, confidence: float = 0.95, /) -> tuple[float, float]:
        """Interval of nominal coverage, at least 0 and at most the bound of the largest size.

        Args:
            confidence: Nominal coverage, in (0, 1).

        Returns:
            Lower and upper endpoint: Student quantile of the statistical errors, normal quantile
            of the model error.
        """
        level = (1 + confidence) / 2
        student = float(special.stdtrit(self.degrees_of_freedom, level))
        half = math.hypot(
            student * self.statistical_error, float(special.ndtri(level)) * self.model_error
        )
        top = self.upper_bound + student * self.upper_bound_error
        return min(max(0.0, self.value - half), top), min(self.value + half, top)


def population_limit(emd: Floats, self_distance: Floats, /) -> PopulationLimit:
    """W1 of the populations, extrapolated from the exact EMD at several sample sizes.

    Args:
        emd: Mean EMD of samples, shape ``(draws, sizes)``, of sizes in increasing order; draws
            are independent, the sizes of a draw may use the same points.
        self_distance: Mean EMD of two samples of one distribution, over both distributions,
            likewise; decreasing in the size.

    Returns:
        The limit and its errors.

    Raises:
        DistributionError: If shapes differ, there are fewer than 4 sizes or 2 draws, a number is
            negative or not finite, or the self-distances do not decrease in the mean.

    Source:
        Efron 1982, "The jackknife, the bootstrap and other resampling plans", chapter 3.

    >>> s = np.array([0.8, 0.6, 0.5, 0.4])
    >>> limit = population_limit(np.sqrt([9 + s**2] * 2), np.array([s] * 2))
    >>> round(limit.value, 9), round(limit.standard_error, 9)
    (3.0, 0.0)
    """
    emd, self_distance = np.asarray(emd, float), np.asarray(self_distance, float)
    _require_series(emd, self_distance)
    draws, half = len(emd), (emd.shape[1] + 1) // 2
    larger = _limit(emd, self_distance, slice(-half, None))
    left_out = np.array([
        _limit(np.delete(emd, i, 0), np.delete(self_distance, i, 0), slice(-half, None))
        for i in range(draws)
    ])
    jackknife = math.sqrt((draws - 1) * float(left_out.var()))
    last = emd[:, -1]
    return PopulationLimit(
        larger,
        jackknife,
        abs(larger - _limit(emd, self_distance, slice(half))),
        float(last.mean()),
        float(last.std(ddof=1)) / math.sqrt(draws),
        draws - 1,
    )


def _require_series(emd: Floats, self_distance: Floats) -> None:
    """Refuse series that no limit can be extrapolated from."""
    if emd.shape != self_distance.shape or emd.ndim != 2:
        raise DistributionError(
            "`emd` and `self_distance` must have one shape (draws, sizes), but have "
            f"{emd.shape} and {self_distance.shape}"
        )
    if len(emd) < MIN_DRAWS or emd.shape[1] < MIN_SIZES:
        raise DistributionError(
            f"`emd` must have at least {MIN_DRAWS} draws of {MIN_SIZES} sizes, but has shape "
            f"{emd.shape}"
        )
    for name, values in (("emd", emd), ("self_distance", self_distance)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise DistributionError(f"`{name}` must be finite and at least 0")
    if not (np.diff(self_distance.mean(axis=0)) < 0).all():
        raise DistributionError(
            "`self_distance` must decrease with the size, in the mean over draws: order the sizes "
            "from the smallest to the largest, or take more draws"
        )


def _limit(emd: Floats, self_distance: Floats, sizes: slice) -> float:
    """Root of the intercept of the squared mean EMD on the squared mean self-distance."""
    squares = emd.mean(axis=0)[sizes] ** 2
    scale = self_distance.mean(axis=0)[sizes] ** 2
    slope = float(np.polynomial.polynomial.polyfit(scale, squares, 1)[1])
    return math.sqrt(max(0.0, float(squares.mean()) - slope * float(scale.mean())))

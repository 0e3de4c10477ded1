"""Coordinates of different units: their shares of a transport cost, and their common scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import array_api_compat
import numpy as np

from divergences._typing import Array, Floats
from divergences.errors import DistributionError
from divergences.sampled._estimate import Estimate
from divergences.sampled._point_clouds import PointCloud, PointCloudPair
from divergences.sampled._population_interval import PopulationInterval

Scale = Literal["std"]
MAX_LISTED_SHARES = 3
MIN_DOMINANT_SHARE = 0.9  # of one coordinate, from which units are asked about
MIN_LISTED_SHARE = 0.1  # the largest share below which no coordinate stands out
SCALED_UNIT = ", in standard deviations of x"  # ends the estimand


def cost_shares(emd: Estimate, /) -> Floats | None:
    r"""Share of each coordinate in a Euclidean transport cost.

    .. math:: s_k = \frac1{EMD} \sum_{ij} f_{ij} \, (x_{ik} - y_{jk})^2 / \lVert x_i - y_j \rVert

    Args:
        emd: An estimate of `sampled.emd`.

    Returns:
        Shares that sum to 1, shape ``(d,)``; None for a cost of 0, another metric or order, or an
        estimate of another function.
    """
    interval = emd.interval
    if not isinstance(interval, PopulationInterval):
        return None
    ground = interval.ground
    if ground.metric != "euclidean" or ground.order != 1:
        return None
    if ground.x.shape[1] == 1:
        return np.ones(1) if emd.value > 0 else None
    arcs = interval.optimum.arcs
    squares = (ground.x[arcs.rows] - ground.y[arcs.cols]) ** 2
    lengths = np.sqrt(squares.sum(axis=1, keepdims=True))
    parts = np.divide(squares, lengths, out=np.zeros_like(squares), where=lengths > 0)
    costs: Floats = arcs.mass @ parts
    return costs / costs.sum() if costs.sum() > 0 else None


def sentence_on_shares(emd: Estimate, names: Sequence[str] | None = None, /) -> Iterator[str]:
    """A sentence on the coordinates that make up most of a transport cost, if some stand out.

    Args:
        emd: An estimate of `sampled.emd`.
        names: Names of the coordinates; None for their numbers.

    Yields:
        The sentence; with a way to compare coordinates of different units, if one dominates.
    """
    shares = cost_shares(emd)
    if shares is None or len(shares) == 1 or shares.max() < MIN_LISTED_SHARE:
        return
    order = np.argsort(-shares, kind="stable")[:MAX_LISTED_SHARES]
    named = [f"coordinate {k}" if names is None else names[k] for k in range(len(shares))]
    parts = ", ".join(f"{named[k]} {_percentage(float(shares[k]))}" for k in order)
    rest = len(shares) - len(order)
    sentence = f"Shares of the EMD: {parts}{f', {rest} others the rest' if rest else ''}."
    if shares.max() >= MIN_DOMINANT_SHARE and not emd.estimand.endswith(SCALED_UNIT):
        sentence += (
            ' If units differ, compare in standard deviations of x: scale="std", or --scale std.'
        )
    yield sentence


def _percentage(share: float) -> str:
    """A share of which nothing is rounded to all or none."""
    if 0 < share < 1e-4:
        return "below 0.01%"
    return "over 99.99%" if 0.9999 < share < 1 else f"{100 * share:.2f}%"


def standard_deviations(cloud: PointCloud, /) -> Floats:
    """Standard deviation of each coordinate under the masses of the points, shape ``(d,)``."""
    points = cloud.coordinates
    spread = np.abs(points - points[:1]).max(axis=0)
    unit = np.where(spread > 0, spread, 1.0)  # no square over- or underflows
    relative = (points - points[:1]) / unit
    mean = np.average(relative, axis=0, weights=cloud.masses)
    variance = np.average((relative - mean) ** 2, axis=0, weights=cloud.masses)
    return np.where(spread > 0, unit * np.sqrt(variance), 0.0)


def scaled(clouds: PointCloudPair, scale: Scale | None, /) -> PointCloudPair:
    """Both samples with each coordinate divided by its standard deviation in x, a constant.

    Args:
        clouds: The samples.
        scale: "std", or None for no change.

    Returns:
        The scaled samples.

    Raises:
        DistributionError: If a coordinate is constant in x, or a quotient overflows.
    """
    if scale is None:
        return clouds
    deviations = standard_deviations(clouds.x)
    constant = np.flatnonzero(deviations == 0)
    if len(constant):
        raise DistributionError(
            '`scale`="std" divides by standard deviations in `x`, but coordinate '
            f"{constant[0]} is constant there; leave that coordinate out: "
            f"numpy.delete(x, {constant[0]}, axis=1) and numpy.delete(y, {constant[0]}, axis=1)"
        )
    return PointCloudPair(
        replace(clouds.x, points=_divided(clouds.x.points, deviations)),
        replace(clouds.y, points=_divided(clouds.y.points, deviations)),
    )


def _divided(points: Array, deviations: Floats) -> Array:
    """Points divided by the deviations, in their own type and on their device."""
    xp = array_api_compat.array_namespace(points)
    device = array_api_compat.device(points)
    quotients = points / xp.asarray(deviations, dtype=points.dtype, device=device)
    if not bool(xp.all(xp.isfinite(quotients))):
        raise DistributionError(
            '`scale`="std" overflows: a coordinate is more than 1e308 standard deviations of `x` '
            "away; drop that point"
        )
    return quotients


def in_scaled_unit(emd: Estimate, scale: Scale | None, /) -> Estimate:
    """The estimate with the unit of scaled samples in its estimand."""
    return emd if scale is None else replace(emd, estimand=f"{emd.estimand}{SCALED_UNIT}")

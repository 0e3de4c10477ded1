"""Jensen-Shannon divergence of more than two distributions."""

from types import ModuleType

import array_api_compat
from numpy.typing import ArrayLike

from divergences import checks
from divergences.checks import Array
from divergences.discrete import series
from divergences.discrete.series import power_series
from divergences.errors import DistributionError


def js_mixture(
    distributions: ArrayLike,
    /,
    *,
    weights: ArrayLike | None = None,
    axis: int = -1,
    base: float | None = None,
) -> Array:
    r"""Jensen-Shannon divergence of n weighted distributions, in nats (or other units).

    .. math:: \sum_j w_j \, KL(p_j || m), \qquad m = \sum_j w_j p_j

    The entropy of the mixture less the mean entropy of its parts: what an outcome tells about the
    part that it came from. For two of the same weight it is `js`.

    Args:
        distributions: Probabilities, shape ``(n, ..., k)``: one distribution per first index.
        weights: w, at least 0, shape ``(n,)``, summing to 1 as in `kl`; equal by default.
        axis: The axis that the outcomes are on; not the first.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values from 0 to the entropy of the weights.

    Raises:
        DistributionError: If there is no distribution, one is none along ``axis``, or the weights
            do not fit.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 5.1.

    >>> round(float(js_mixture([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])), 12)
    1.098612288668
    """
    xp = checks.namespace(distributions=distributions, weights=weights)
    like = checks.first_array(distributions, weights)
    p = checks.real_array("distributions", distributions, xp, like=like)
    dtype = p.dtype
    if p.ndim < 2 or axis in (0, -p.ndim):
        raise DistributionError(
            "`distributions` must have shape (n, ..., k), its outcomes not on the first axis, but "
            f"has shape {tuple(p.shape)} and axis {axis}"
        )
    p = checks.probabilities("distributions", p, xp, axis=axis)
    shares = _shares(weights, p, xp)
    gaps = _gaps(p, xp)
    mean_gap = xp.sum(shares * gaps, axis=0, keepdims=True)
    first = p[:1, ...] / xp.sum(p[:1, ...], axis=-1, keepdims=True)
    mixture = first + mean_gap
    rise = (gaps - mean_gap) / xp.where(mixture > 0, mixture, 1.0)  # p_j / m - 1
    terms = shares * mixture * _convex(rise, xp)
    value = xp.sum(xp.sum(terms, axis=0), axis=-1)
    return checks.scalar(value / checks.log_base(base), dtype, xp)


def _shares(weights: Array | None, p: Array, xp: ModuleType) -> Array:
    """The weights over their sum, along the first axis of ``p``."""
    n = p.shape[0]
    shape = (n,) + (1,) * (p.ndim - 1)
    if weights is None:
        return xp.full(shape, 1 / n, dtype=xp.float64, device=array_api_compat.device(p))
    array = checks.real_array("weights", weights, xp, like=p)
    if tuple(array.shape) != (n,):
        raise DistributionError(
            f"`weights` must have one entry per distribution, shape ({n},), but has shape "
            f"{tuple(array.shape)}"
        )
    array = checks.probabilities("weights", array, xp, axis=0)
    return xp.reshape(array / xp.sum(array), shape)


def _gaps(p: Array, xp: ModuleType) -> Array:
    """Each normalised distribution less the first, with its digits where they are close."""
    total = xp.sum(p[:1, ...], axis=-1, keepdims=True)
    gap = p - p[:1, ...]
    excess = xp.sum(gap, axis=-1, keepdims=True)
    return (gap - p * (excess / (total + excess))) / total


def _convex(rise: Array, xp: ModuleType) -> Array:
    """``(1 + r) log(1 + r) - r`` for r from -1 on, by the series of KL where it is small."""
    half = rise / (2 + rise)  # so that 1 + r = (1 + half) / (1 - half)
    small = xp.abs(half) < series.BELOW
    d = xp.where(small, half, 0.0)
    near = 2 * d * d / (1 - d) * (1 + (1 + d) * d * power_series(d * d, series.ARTANH))
    up = xp.where(small | (rise <= -1), 0.0, rise)
    far = (1 + up) * xp.log1p(up) - rise
    return xp.where(small, near, far)

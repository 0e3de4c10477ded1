"""Jensen-Shannon divergence of more than two distributions."""

from types import ModuleType

import array_api_compat
from numpy.typing import ArrayLike

from divergences import _checks
from divergences._discrete import series
from divergences._discrete.series import power_series
from divergences._typing import Array
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
    xp, array = _stacked("distributions", distributions, weights, axis)
    p = _checks.probabilities("distributions", array, xp, axis=axis)
    value = from_gaps(p, p - p[:1, ...], weights, xp)
    return _checks.scalar(value / _checks.log_base(base), array.dtype, xp)


def js_mixture_of_logs(
    log_distributions: Array, weights: Array | None, axis: int, base: float | None, /
) -> Array:
    """The same of log-probabilities: `divergences.log_space.js_mixture`."""
    name = "log_distributions"
    xp, array = _stacked(name, log_distributions, weights, axis)
    logs = _checks.log_probabilities(name, array, xp, axis=axis)
    mass = logs > -xp.inf
    logs = xp.where(mass, logs, 0.0)
    p = xp.where(mass, xp.exp(logs), 0.0)
    close = mass & mass[:1, ...] & (xp.abs(logs - logs[:1, ...]) < 1)
    step = xp.where(close, logs - logs[:1, ...], 0.0)
    gaps = xp.where(close, p[:1, ...] * xp.expm1(step), p - p[:1, ...])
    value = from_gaps(p, gaps, weights, xp)
    return _checks.scalar(value / _checks.log_base(base), array.dtype, xp)


def from_gaps(p: Array, gaps: Array, weights: Array | None, xp: ModuleType, /) -> Array:
    """JS of masses ``p``, outcomes last, and their differences from the first, in all digits."""
    shares = _shares(weights, p, xp)
    gaps = _normalised(p, gaps, xp)
    mean_gap = xp.sum(shares * gaps, axis=0, keepdims=True)
    first = p[:1, ...] / xp.sum(p[:1, ...], axis=-1, keepdims=True)
    mixture = first + mean_gap
    rise = (gaps - mean_gap) / xp.where(mixture > 0, mixture, 1.0)  # p_j / m - 1
    terms = shares * mixture * _convex(rise, xp)
    value = xp.sum(xp.sum(terms, axis=0), axis=-1)
    return xp.where(value > 0, value, 0.0)


def _stacked(
    name: str, distributions: Array, weights: Array | None, axis: int
) -> tuple[ModuleType, Array]:
    """The namespace, and the array of all distributions."""
    xp = _checks.namespace(**{name: distributions, "weights": weights})
    like = _checks.first_array(distributions, weights)
    array = _checks.real_array(name, distributions, xp, like=like)
    if array.ndim < 2 or axis in (0, -array.ndim):
        raise DistributionError(
            f"`{name}` must have shape (n, ..., k), its outcomes not on the first axis, but has "
            f"shape {tuple(array.shape)} and axis {axis}"
        )
    return xp, array


def _shares(weights: Array | None, p: Array, xp: ModuleType) -> Array:
    """The weights over their sum, along the first axis of ``p``."""
    n = p.shape[0]
    shape = (n,) + (1,) * (p.ndim - 1)
    if weights is None:
        return xp.full(shape, 1 / n, dtype=xp.float64, device=array_api_compat.device(p))
    array = _checks.real_array("weights", weights, xp, like=p)
    if tuple(array.shape) != (n,):
        raise DistributionError(
            f"`weights` must have one entry per distribution, shape ({n},), but has shape "
            f"{tuple(array.shape)}"
        )
    array = _checks.probabilities("weights", array, xp, axis=0)
    return xp.reshape(array / xp.sum(array), shape)


def _normalised(p: Array, gaps: Array, xp: ModuleType) -> Array:
    """Each normalised distribution less the first, from the masses less the first."""
    total = xp.sum(p[:1, ...], axis=-1, keepdims=True)
    excess = xp.sum(gaps, axis=-1, keepdims=True)
    return (gaps - p * (excess / (total + excess))) / total


def _convex(rise: Array, xp: ModuleType) -> Array:
    """``(1 + r) log(1 + r) - r`` for r from -1 on, by the series of KL where it is small."""
    half = rise / (2 + rise)  # so that 1 + r = (1 + half) / (1 - half)
    small = xp.abs(half) < series.BELOW
    d = xp.where(small, half, 0.0)
    near = 2 * d * d / (1 - d) * (1 + (1 + d) * d * power_series(d * d, series.ARTANH))
    up = xp.where(small | (rise <= -1), 0.0, rise)
    far = (1 + up) * xp.log1p(up) - rise
    return xp.where(small, near, far)

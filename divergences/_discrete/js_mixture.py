"""Jensen-Shannon divergence of any number of weighted distributions."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import array_api_compat

from divergences import _checks
from divergences._discrete.series import bennett_function
from divergences._typing import Array, ArrayLike, of_one
from divergences.errors import DistributionError


@of_one
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

    The entropy of the mixture minus the mean entropy of its components: the mutual information of
    an outcome and its component. Equal to `js` for two components of equal weight.

    Args:
        distributions: Probabilities, shape ``(n, ..., k)``: one distribution per first index.
        weights: w, at least 0, shape ``(n,)``, summing to 1 as in `kl`; equal by default.
        axis: Axis of the outcomes; not the first.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, entropy of the weights].

    Raises:
        DistributionError: If the first axis is empty, one of its entries is not a distribution
            along ``axis``, or the weights are not a distribution of n outcomes.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 5.1.

    >>> round(float(js_mixture([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])), 12)
    1.098612288668
    """
    xp, array = _checked_stack("distributions", distributions, weights, axis)
    p = _checks.probabilities("distributions", array, xp, axis=axis)
    value = _js_from_differences(p, p - p[:1, ...], weights, xp)
    return _checks.scalar(value / _checks.log_base(base), array.dtype, xp)


def js_mixture_of_logs(
    log_distributions: Any, weights: Any, axis: int, base: float | None, /
) -> Array:
    """`js_mixture` of log-probabilities, for `divergences.log_space`."""
    name = "log_distributions"
    xp, array = _checked_stack(name, log_distributions, weights, axis, absent=-math.inf)
    logs = _checks.log_probabilities(name, array, xp, axis=axis)
    support = logs > -xp.inf
    logs = xp.where(support, logs, 0.0)
    p = xp.where(support, xp.exp(logs), 0.0)
    close = support & support[:1, ...] & (xp.abs(logs - logs[:1, ...]) < 1)
    log_ratio = xp.where(close, logs - logs[:1, ...], 0.0)
    differences = xp.where(close, p[:1, ...] * xp.expm1(log_ratio), p - p[:1, ...])
    value = _js_from_differences(p, differences, weights, xp)
    return _checks.scalar(value / _checks.log_base(base), array.dtype, xp)


def _js_from_differences(p: Array, differences: Array, weights: Any, xp: ModuleType) -> Array:
    """JS of masses ``p``, outcomes last, given their accurate differences from the first."""
    w = _normalized_weights(weights, p, xp)
    differences = _normalized_differences(p, differences, xp)
    mean_difference = xp.sum(w * differences, axis=0, keepdims=True)
    first = p[:1, ...] / xp.sum(p[:1, ...], axis=-1, keepdims=True)
    mixture = first + mean_difference
    # p_j / m - 1
    excess = (differences - mean_difference) / xp.where(mixture > 0, mixture, 1.0)
    terms = w * mixture * bennett_function(excess, xp)
    value = xp.sum(xp.sum(terms, axis=0), axis=-1)
    return xp.where(value > 0, value, 0.0)


def _checked_stack(
    name: str, distributions: Any, weights: Any, axis: int, *, absent: float = 0.0
) -> tuple[ModuleType, Array]:
    """The namespace, and the array of all distributions."""
    distributions = _checks.aligned_distributions(distributions, name=name, missing=absent)
    xp = _checks.namespace(**{name: distributions, "weights": weights})
    like = _checks.first_array(distributions, weights)
    array = _checks.real_array(name, distributions, xp, like=like)
    if array.ndim < 2 or axis in (0, -array.ndim):
        raise DistributionError(
            f"`{name}` must have shape (n, ..., k), its outcomes not on the first axis, but has "
            f"shape {tuple(array.shape)} and axis {axis}; stack the distributions along axis 0"
        )
    return xp, array


def _normalized_weights(weights: Array | None, p: Array, xp: ModuleType) -> Array:
    """The weights divided by their sum, along the first axis of ``p``."""
    n = p.shape[0]
    shape = (n,) + (1,) * (p.ndim - 1)
    if weights is None:
        return xp.full(shape, 1 / n, dtype=xp.float64, device=array_api_compat.device(p))
    array = _checks.real_array("weights", weights, xp, like=p)
    if tuple(array.shape) != (n,):
        raise DistributionError(
            f"`weights` must have one entry per distribution, shape ({n},), but has shape "
            f"{tuple(array.shape)}; pass None for equal weights"
        )
    array = _checks.probabilities("weights", array, xp, axis=0)
    return xp.reshape(array / xp.sum(array), shape)


def _normalized_differences(p: Array, differences: Array, xp: ModuleType) -> Array:
    """Differences of the normalized distributions from the first, from those of the masses."""
    total = xp.sum(p[:1, ...], axis=-1, keepdims=True)
    excess = xp.sum(differences, axis=-1, keepdims=True)
    return (differences - p * (excess / (total + excess))) / total

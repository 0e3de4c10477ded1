"""Jensen-Shannon divergence of any number of weighted distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat

from divergences import _checks
from divergences._discrete import cross_entropies
from divergences._discrete.differentiation import Differentiable
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
    an outcome and its component. Equal to `js` for two components of equal weight. Relative error
    below 2e-15, also for tiny weights.

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

    def parts(p: Array, w: Array) -> Mixture:
        return Mixture(xp, p, p - p[:1, ...], w)

    def derivatives(value: Array, p: Array, w: Array) -> tuple[Array, Array]:
        mixture = parts(p, w)
        by_p = mixture.derivative_by_mass() / xp.sum(p, axis=-1, keepdims=True)
        return by_p, mixture.derivative_by_weight(value)

    value = _evaluated(parts, derivatives, p, _checked_weights(weights, p, xp), xp)
    return _checks.scalar(value / _checks.log_base(base), array.dtype, xp)


def js_mixture_of_logs(
    log_distributions: Any, weights: Any, axis: int, base: float | None, /
) -> Array:
    """`js_mixture` of log-probabilities, for `divergences.log_space`."""
    name = "log_distributions"
    xp, array = _checked_stack(name, log_distributions, weights, axis, absent=-math.inf)
    logs = _checks.log_probabilities(name, array, xp, axis=axis)

    def parts(logs: Array, w: Array) -> Mixture:
        support = logs > -xp.inf
        logs = xp.where(support, logs, 0.0)
        p = xp.where(support, xp.exp(logs), 0.0)
        close = support & support[:1, ...] & (xp.abs(logs - logs[:1, ...]) < 1)
        log_ratio = xp.where(close, logs - logs[:1, ...], 0.0)
        differences = xp.where(close, p[:1, ...] * xp.expm1(log_ratio), p - p[:1, ...])
        return Mixture(xp, p, differences, w)

    def derivatives(value: Array, logs: Array, w: Array) -> tuple[Array, Array]:
        mixture = parts(logs, w)
        return mixture.derivative_by_log_mass(), mixture.derivative_by_weight(value)

    value = _evaluated(parts, derivatives, logs, _checked_weights(weights, logs, xp), xp)
    return _checks.scalar(value / _checks.log_base(base), array.dtype, xp)


class Mixture:
    """Distributions in terms of their mixture, without cancellation.

    Attributes:
        xp: The array namespace.
        p: The distributions, normalized, shape ``(n, ..., k)``.
        weights: Their weights, normalized, shape ``(n, ..., 1)``.
        mixture: Their mean m, shape ``(1, ..., k)``.
        excess: ``p / m - 1``, 0 where m is 0.
        quotient: ``p / m``, 1 where m is 0.
        total_weight: Sum of the weights before they were normalized, shape ``(1, ..., 1)``.
    """

    def __init__(self, xp: ModuleType, p: Array, differences: Array, weights: Array) -> None:
        """Normalize the masses, given their accurate differences from the first."""
        self.xp = xp
        self.total_weight = xp.sum(weights, axis=0, keepdims=True)
        self.weights = weights / self.total_weight
        self.p = p / xp.sum(p, axis=-1, keepdims=True)
        differences = _normalized_differences(p, differences, xp)
        mean_difference = xp.sum(self.weights * differences, axis=0, keepdims=True)
        self.mixture = xp.sum(self.weights * self.p, axis=0, keepdims=True)
        positive = self.mixture > 0
        m = xp.where(positive, self.mixture, 1.0)
        excess = (differences - mean_difference) / m
        self.excess = xp.where(excess > -1, excess, -1.0)  # by rounding of subnormal numbers
        self.quotient = xp.where(positive, self.p / m, 1.0)

    def value(self) -> Array:
        """Sum of ``w m [(1 + u) log(1 + u) - u]`` for the excess u."""
        xp = self.xp
        value = xp.sum(xp.sum(self.weights * self._terms(), axis=0), axis=-1)
        return xp.where(value > 0, value, 0.0)

    def derivative_by_mass(self) -> Array:
        """``w [log(p / m) - KL(p || m)]``, the derivative by normalized masses minus its mean."""
        major, balance = self._balance()
        p = self.xp.where(major, self.p, 1.0)
        return self.xp.where(major, balance / p, self._unbalanced())

    def derivative_by_log_mass(self) -> Array:
        """The derivative by the mass, times the mass."""
        major, balance = self._balance()
        return self.xp.where(major, balance, self.p * self._unbalanced())

    def _balance(self) -> tuple[Array, Array]:
        """Mask of masses above 1/2, and the derivatives times them, by those at other masses."""
        major = self.p > 0.5
        others = self.xp.where(major, 0.0, self.p * self._unbalanced())
        return major, -self.xp.sum(others, axis=-1, keepdims=True)

    def _unbalanced(self) -> Array:
        xp = self.xp
        medium = xp.abs(self.excess) < 0.5
        log_of_medium = xp.log1p(xp.where(medium, self.excess, 0.0))
        positive = self.quotient > 0
        log_of_others = xp.log(xp.where(positive & ~medium, self.quotient, 1.0))
        log_ratio = xp.where(medium, log_of_medium, xp.where(positive, log_of_others, -1.0))
        weighted = self.weights > 0
        if_alone = -xp.log(xp.where(weighted, self.weights, 1.0))  # p / m where p alone grows
        log_ratio = xp.where(self.mixture > 0, log_ratio, if_alone)
        return self.weights * (log_ratio - self._kl_to_mixture())

    def derivative_by_weight(self, value: Array) -> Array:
        """``KL(p || m)`` minus its mean under the weights, over the total of the weights."""
        return (self._kl_to_mixture() - value[None, ..., None]) / self.total_weight

    def _kl_to_mixture(self) -> Array:
        """``KL(p || m)`` of each distribution, shape ``(n, ..., 1)``."""
        return self.xp.sum(self._terms(), axis=-1, keepdims=True)

    def _terms(self) -> Array:
        return self.mixture * bennett_function(self.excess, self.quotient, self.xp)


def _evaluated(
    form: Callable[[Array, Array], Mixture],
    derivatives: Callable[..., tuple[Array, Array]],
    p: Array,
    weights: Array,
    xp: ModuleType,
) -> Array:
    """JS in nats for checked distributions and weights, the first axis of each the components."""
    # First the largest weight: differences are from the distribution the mixture is closest to.
    order = xp.argsort(weights, descending=True)
    original_order = xp.argsort(order)
    p, weights = xp.take(p, order, axis=0), xp.take(weights, order)
    weights = xp.reshape(weights, (-1, *[1] * (p.ndim - 1)))
    weights = xp.broadcast_to(weights, (*p.shape[:-1], 1))

    def value(p: Array, w: Array) -> Array:
        value = form(p, w).value()
        # At most the entropy of the weights, summed in the caller's order, but for rounding.
        entries = xp.take(w[(slice(None), *[0] * (w.ndim - 1))], original_order)
        largest = cross_entropies.of_masses(entries, entries, xp)
        return xp.where(value > largest, largest, value)

    return Differentiable(value, derivatives, axes=(0, -1))(xp, p, weights)


def _checked_stack(
    name: str, distributions: Any, weights: Any, axis: int, *, absent: float = 0.0
) -> tuple[ModuleType, Array]:
    """The namespace, and the array of all distributions."""
    distributions = _checks.aligned_distributions(distributions, name=name, missing=absent)
    xp = _checks.namespace(**{name: distributions, "weights": weights})
    like = _checks.first_array(distributions, weights)
    array = _checks.real_array(name, distributions, xp, like=like)
    axis = _checks.whole_number("axis", axis, "a whole number")
    if array.ndim < 2 or axis in (0, -array.ndim):
        raise DistributionError(
            f"`{name}` must have shape (n, ..., k), its outcomes not on the first axis, but has "
            f"shape {tuple(array.shape)} and axis {axis}; stack the distributions along axis 0"
        )
    return xp, array


def _checked_weights(weights: Any, p: Array, xp: ModuleType) -> Array:
    """The weights, shape ``(n,)``, equal by default."""
    n = p.shape[0]
    if weights is None:
        return xp.full((n,), 1 / n, dtype=xp.float64, device=array_api_compat.device(p))
    array = _checks.real_array("weights", weights, xp, like=p)
    if tuple(array.shape) != (n,):
        raise DistributionError(
            f"`weights` must have one entry per distribution, shape ({n},), but has shape "
            f"{tuple(array.shape)}; pass None for equal weights"
        )
    return _checks.probabilities("weights", array, xp, axis=0)


def _normalized_differences(p: Array, differences: Array, xp: ModuleType) -> Array:
    """Differences of the normalized distributions from the first, from those of the masses."""
    total = xp.sum(p[:1, ...], axis=-1, keepdims=True)
    excess = xp.sum(differences, axis=-1, keepdims=True)
    return (differences - p * (excess / (total + excess))) / total

"""Wasserstein distances of many pairs of sets of points on the line, by their quantiles."""

from dataclasses import dataclass
from types import ModuleType

import array_api_compat
import numpy as np
from numpy.typing import ArrayLike

from divergences import checks
from divergences.checks import Array
from divergences.errors import DistributionError
from divergences.transport.distances import require_order, require_representable


def wasserstein_1d(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    order: float = 1.0,
) -> Array:
    r"""Wasserstein distances W_p of pairs of point sets on the line, in their unit of length.

    .. math:: \Big( \int_0^1 |F^{-1}(t) - G^{-1}(t)|^p \, dt \Big)^{1/p}

    with F and G the distribution functions of the two sets. For one pair, `sampled.emd` gives the
    same number with exact masses and a proof; this one takes a batch at once, in the arrays' own
    library. Sums of weights are rounded: that leaves an error of about ``n * 1e-16`` of the
    largest distance to the power p, and weights below 1e-16 of the total may vanish.

    Args:
        x: Points, shape ``(..., n)``.
        y: Points, shape ``(..., m)``; the batch shapes broadcast.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(..., n)``; divided by their
            sum. Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(..., m)``; divided by their sum. Equal
            by default.
        order: The p, at least 1 and finite.

    Returns:
        Shape ``(...)``, in [0, ∞). Torch tensors carry gradients in points and weights, 0 where
        points coincide.

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, or there
            is no such order, or a distance is too large for the type of the points.

    Source:
        Villani 2003, "Topics in optimal transportation", theorem 2.18.

    >>> wasserstein_1d([[0.0, 1.0], [0.0, 3.0]], [0.0, 1.0, 2.0, 3.0], order=2).round(6).tolist()
    [1.224745, 0.707107]
    """
    require_order(order)
    return _Lines.of(x, y, x_weights, y_weights).distances(float(order))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Pairs of weighted point sets on the line, checked, in float64.

    Attributes:
        xp: Their array namespace.
        x: Shape ``(..., n)``.
        y: Shape ``(..., m)``.
        p: Weights of x, shape ``(..., n)``, or None.
        q: Weights of y, shape ``(..., m)``, or None.
        dtype: The type of the points.
    """

    xp: ModuleType
    x: Array
    y: Array
    p: Array | None
    q: Array | None
    dtype: object

    @classmethod
    def of(cls, x: Array, y: Array, p: Array | None, q: Array | None) -> "_Lines":
        """The arguments of `wasserstein_1d`, checked."""
        xp = checks.namespace(x=x, y=y, x_weights=p, y_weights=q)
        like = checks.first_array(x, y, p, q)
        x, y = (checks.lines(k, v, xp, like=like) for k, v in (("x", x), ("y", y)))
        p = checks.line_weights("x_weights", p, x.shape[-1], xp, like=x)
        q = checks.line_weights("y_weights", q, y.shape[-1], xp, like=y)
        given = [a.shape[:-1] for a in (x, y, p, q) if a is not None]
        try:
            batch = np.broadcast_shapes(*given)
        except ValueError:
            raise DistributionError(
                "points and weights must broadcast, but their batch shapes are "
                f"{', '.join(str(tuple(shape)) for shape in given)}"
            ) from None

        def whole(a: Array | None) -> Array | None:
            if a is None:
                return None
            return xp.broadcast_to(xp.astype(a, xp.float64), (*batch, a.shape[-1]))

        return cls(xp, whole(x), whole(y), whole(p), whole(q), xp.result_type(x, y))

    @property
    def device(self) -> object:
        """Where the points are."""
        return array_api_compat.device(self.x)

    def distances(self, order: float) -> Array:
        """The Wasserstein distances of this order, shape ``(...)``."""
        xp = self.xp
        starts, ends, mass, exponent = self._quantiles()
        lengths = xp.abs(starts - ends)
        # A constant, so that no power of the largest distance over- or underflows.
        farthest = checks.numpy_values(lengths).max(axis=-1, keepdims=True)
        farthest = np.ones_like(farthest) if order == 1 else np.where(farthest > 0, farthest, 1.0)
        unit = xp.asarray(farthest, device=self.device)
        work = xp.sum(mass * (lengths / unit) ** order, axis=-1)
        if order != 1:
            above = work > 0
            work = xp.where(above, xp.where(above, work, 1.0) ** (1 / order), 0.0)
        values = self._times(work * unit[..., 0], exponent[..., 0])
        require_representable(checks.numpy_values(values), "ground")
        limit = float(xp.finfo(self.dtype).max)
        largest = float(checks.numpy_values(values).max(initial=0.0))
        if largest > limit:
            raise DistributionError(
                f"a distance is {largest:.6g}, more than {self.dtype} can hold; pass float64"
            )
        return checks.scalar(values, self.dtype, xp)

    def _quantiles(self) -> tuple[Array, Array, Array, Array]:
        """Both quantile functions on their common steps, the lengths of these, and their unit."""
        xp = self.xp
        sides = (np.abs(checks.numpy_values(a)) for a in (self.x, self.y))
        exponent = np.frexp(np.maximum(*(a.max(axis=-1, keepdims=True) for a in sides)))[1]
        x, y = (self._times(a, -exponent) for a in (self.x, self.y))
        x_order, y_order = (xp.argsort(a, axis=-1, stable=True) for a in (x, y))
        x, y = xp.take_along_axis(x, x_order, axis=-1), xp.take_along_axis(y, y_order, axis=-1)
        if self.p is None and self.q is None:
            steps = _equal_steps(x.shape[-1], y.shape[-1])
            rows, cols, mass = (xp.asarray(a, device=self.device) for a in steps)
            return xp.take(x, rows, axis=-1), xp.take(y, cols, axis=-1), mass, exponent
        rows, cols, mass = self._steps(x_order, y_order)
        starts, ends = xp.take_along_axis(x, rows, axis=-1), xp.take_along_axis(y, cols, axis=-1)
        return starts, ends, mass, exponent

    def _steps(self, x_order: Array, y_order: Array) -> tuple[Array, Array, Array]:
        """Places on both sides along the plan, and the masses there."""
        xp = self.xp
        x_levels, y_levels = self._levels(self.p, x_order), self._levels(self.q, y_order)
        inner = xp.concat([x_levels, y_levels], axis=-1)
        order = xp.argsort(inner, axis=-1, stable=True)
        inner = xp.take_along_axis(inner, order, axis=-1)
        along_x = order < x_levels.shape[-1]
        rows, cols = (
            xp.cumulative_sum(xp.astype(steps, xp.int64), axis=-1, include_initial=True)
            for steps in (along_x, ~along_x)
        )
        edge = xp.zeros_like(x_order[..., :1], dtype=xp.float64)
        ends = xp.concat([edge, inner, edge + 1], axis=-1)
        return rows, cols, ends[..., 1:] - ends[..., :-1]

    def _levels(self, weights: Array | None, order: Array) -> Array:
        """The distribution function after each sorted point but the last."""
        xp = self.xp
        if weights is None:
            weights = xp.ones_like(order, dtype=xp.float64)
        largest = checks.numpy_values(weights).max(axis=-1, keepdims=True)
        weights = self._times(weights, -np.frexp(largest)[1])
        sums = xp.cumulative_sum(xp.take_along_axis(weights, order, axis=-1), axis=-1)
        return sums[..., :-1] / sums[..., -1:]

    def _times(self, values: Array, exponent: Array) -> Array:
        """The values times powers of two, of which the factors may not be floats."""
        half = exponent // 2
        with np.errstate(over="ignore"):
            for factor in (np.ldexp(1.0, half), np.ldexp(1.0, exponent - half)):
                values = values * self.xp.asarray(factor, device=self.device)
        return values


def _equal_steps(n: int, m: int) -> tuple[Array, Array, Array]:
    """The same of n equal masses and m equal masses: whole numbers, so nothing is rounded."""
    levels = np.union1d(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
    mass = np.diff(levels, prepend=0) / (n * m)
    return (levels - 1) // m, (levels - 1) // n, mass

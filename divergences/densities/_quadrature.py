"""Integrals of functions of two densities over their support, by scipy's `quad_vec`."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks.values import as_float, shortened
from divergences._results import Number, html_table
from divergences._typing import Floats
from divergences.errors import DistributionError, SolverError

LogDensity = Callable[[Any], Any]
"""Log-density at each of an array of points, -inf where there is no mass."""
Integrand = Callable[[Floats, Floats, Floats], Floats]
"""Non-negative function of both log-densities, and of ``|x| / |dx/du|``, at an array of points."""

MAX_MASS_ERROR = 1e-8  # a larger difference of the total mass from 1 is refused
TARGET_RELATIVE_ERROR = 1e-11
MAX_RELATIVE_ERROR = 1e-9  # a larger final error is refused
LOG_DENSITY_ROUNDING = 2.0**-50  # relative rounding error of a log-density
MAX_INTERVALS = 2000
MAX_LOG_DENSITY = 709.0  # its exponential is a float
MAX_ABS_U = 350.0  # x is within exp(-u) of an end there, or exp(u), whose square is a float
TAIL_FACTOR = 1000.0  # integral beyond MAX_ABS_U over the integrand there, if it decays as u^-2


@dataclass(frozen=True, slots=True, eq=False)
class Integral(Number):
    """A divergence by quadrature, which acts as its value.

    Attributes:
        value: In nats.
        error: Estimated bound of the absolute error: the error estimate of the quadrature plus the
            propagated rounding errors of the log-densities. 0 for a value of inf.
    """

    value: float
    error: float

    def __str__(self) -> str:
        """Value and error in one line."""
        return f"{self.value:.12g} nats, error at most {self.error:.1g}"

    def __repr__(self) -> str:
        """The line that `str` gives, with the name of the class."""
        return f"<Integral {self}>"

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        rows = [("value", f"{self.value:.12g} nats"), ("error", f"at most {self.error:.1g}")]
        return html_table("divergence by quadrature", rows)


class InfiniteDivergenceError(Exception):
    """A point with p > 0 and q = 0."""


class NegativeValueError(Exception):
    """A negative value of what may be a density."""


class DensityPair:
    """Two log-densities on a common support, divided into panels.

    Each panel between two adjacent ends or split points is mapped to u in (-inf, inf), which turns
    singularities and algebraic tails at its ends into exponential decay; the panels are integrated
    as one sum.
    """

    def __init__(
        self,
        log_densities: dict[str, LogDensity],
        support: tuple[float, float],
        points: Iterable[float],
        *,
        split_points: Iterable[float] = (),
        max_intervals: int | None = None,
    ) -> None:
        """Check the arguments; the latter split points may lie outside of the support."""
        for name, log_density in log_densities.items():
            _checks.require_function(name, log_density, "a log-density: a function of an array")
        self.log_densities = log_densities
        self.max_intervals = MAX_INTERVALS if max_intervals is None else max_intervals
        self.support = low, high = _checked_support(support)
        inside = {float(x) for x in split_points if low < x < high}
        points = _sorted_points(points)
        outside = [x for x in points if not low < x < high]
        if outside:
            raise DistributionError(
                f"`points` must lie within the support {self.support}, but {outside[0]} does not; "
                "drop it"
            )
        ends = np.array([low, *sorted(inside | set(points)), high])
        self.low, self.high = ends[:-1], ends[1:]

    def evaluate(self, u: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Both log-densities, the points x(u) and the derivatives dx/du, one entry per panel."""
        x, derivative = _change_of_variable(self.low, self.high, u)
        log_p, log_q = (self._log_density(name, x) for name in self.log_densities)
        return log_p, log_q, x, derivative

    def is_density(self, name: str) -> bool:
        """Whether the values of a log-density are at least 0 and integrate to 1."""
        position = list(self.log_densities).index(name)

        def values(log_p: Floats, log_q: Floats, _x_over_derivative: Floats) -> Floats:
            density = (log_p, log_q)[position]
            if np.any(density < 0):
                raise NegativeValueError
            return density

        try:
            mass, error = self.integral(values, absolute=MAX_MASS_ERROR)
        except (DistributionError, SolverError, NegativeValueError):
            return False
        return bool(abs(mass - 1) <= MAX_MASS_ERROR + error)

    def _log_density(self, name: str, x: Floats) -> Floats:
        with np.errstate(over="ignore", under="ignore"):  # x * x may overflow in the tails
            returned = self.log_densities[name](x)
        values = np.asarray(_checks.real_array(name, returned, _checks.NUMPY), np.float64)
        if values.shape not in ((), x.shape):
            raise DistributionError(
                f"`{name}` must return one number for each point, but for points of shape "
                f"{x.shape} returned an array of shape {values.shape}"
            )
        values = np.broadcast_to(values, x.shape)
        invalid = ~(values < MAX_LOG_DENSITY)
        if np.any(invalid):
            raise DistributionError(
                f"`{name}` must be below {MAX_LOG_DENSITY:.0f} and not NaN, but is "
                f"{values[invalid][0]} at {x[invalid][0]!s}; correct it, or pass a singularity in "
                "`points`"
            )
        return values

    def integral(
        self, integrand: Integrand, *, absolute: float, relative: float = TARGET_RELATIVE_ERROR
    ) -> tuple[Any, float]:
        """Integral over the support, to a ``relative`` or an ``absolute`` error.

        Returns:
            The integral and an estimated bound of its error.

        Raises:
            SolverError: If the error is far above both.
        """
        from scipy.integrate import quad_vec

        def integrand_of_u(u: float) -> Any:
            log_p, log_q, x, derivative = self.evaluate(min(max(u, -MAX_ABS_U), MAX_ABS_U))
            with np.errstate(divide="ignore"):  # the derivative may underflow to 0
                x_over_derivative = np.abs(x) / derivative
            values = integrand(log_p, log_q, x_over_derivative)
            return np.sum(values * derivative, axis=-1) * (abs(u) <= MAX_ABS_U)

        value, error = quad_vec(
            integrand_of_u,
            -math.inf,
            math.inf,
            epsrel=relative,
            epsabs=absolute,
            norm="max",
            limit=self.max_intervals,
        )
        at_ends = integrand_of_u(-MAX_ABS_U) + integrand_of_u(MAX_ABS_U)
        error = float(error + TAIL_FACTOR * np.max(at_ends))
        max_relative = MAX_RELATIVE_ERROR / TARGET_RELATIVE_ERROR * relative
        if not error <= max_relative * np.max(value) + 10 * absolute:
            raise SolverError(
                f"the quadrature did not converge: its value is {value} with an error of "
                f"{error:.1e}; pass jumps, singularities and narrow peaks as `points`, or check "
                "that the divergence is finite"
            )
        return value, error


def _change_of_variable(low: Floats, high: Floats, u: float) -> tuple[Floats, Floats]:
    """Points x(u) of the panels (low, high), and their derivatives dx/du."""
    if np.isinf(low[0]) and np.isinf(high[0]):
        return np.array([math.sinh(u)]), np.array([math.cosh(u)])
    from_low, from_high = 1 / (1 + math.exp(-u)), 1 / (1 + math.exp(u))
    with np.errstate(invalid="ignore"):  # infinite panels, which are replaced below
        width = high - low
        x = low + width * from_low if u < 0 else high - width * from_high
        derivative = width * (from_low * from_high)
    x = np.where(np.isinf(high), low + math.exp(u), np.where(np.isinf(low), high - math.exp(u), x))
    derivative = np.where(np.isinf(width), math.exp(u), derivative)
    # A point that rounds to an end, a possible singularity, is moved inside.
    return np.clip(x, np.nextafter(low, math.inf), np.nextafter(high, -math.inf)), derivative


def _sorted_points(points: Iterable[float]) -> list[float]:
    """The split points in increasing order, each once."""
    listed = list(points) if isinstance(points, set | frozenset) else points
    array = np.asarray(_checks.real_array("points", listed, _checks.NUMPY), np.float64)
    if array.ndim != 1:
        raise DistributionError(
            f"`points` must be a list of numbers within the support, but is {shortened(points)}; "
            "pass one number as [number]"
        )
    return sorted(set(array.tolist()))


def _checked_support(support: tuple[float, float]) -> tuple[float, float]:
    """Check that the support is an interval (a, b) with a < b."""
    try:
        low, high = (as_float(end) for end in support)
    except (TypeError, ValueError):  # no pair
        low = high = None
    if low is None or high is None:
        raise DistributionError(
            f"`support` must be a pair of numbers (a, b), but is {shortened(support)}; "
            "for the whole line pass (-inf, inf)"
        )
    if not low < high:
        raise DistributionError(
            f"`support` must be (a, b) with a < b, but is ({low}, {high}); order the ends"
        )
    return low, high


def divergence(pair: DensityPair, integrand: Integrand, sensitivity: Integrand) -> Integral:
    """Integral of a non-negative function of the two log-densities.

    Args:
        pair: The log-densities, required to integrate to 1.
        integrand: The function.
        sensitivity: Its change per unit of relative error of the log-densities.

    Returns:
        The integral and its error; inf if the integrand raises `InfiniteDivergenceError`.
    """

    def rounding(log_p: Floats, log_q: Floats, x_over_derivative: Floats) -> Floats:
        """Error by the rounding of the log-densities, and of x near an end other than 0."""
        of_x = np.minimum(2.0**-52 * x_over_derivative, 1.0)
        from_x = of_x * integrand(log_p, log_q, x_over_derivative)
        return LOG_DENSITY_ROUNDING * sensitivity(log_p, log_q, x_over_derivative) + from_x

    _require_normalized(pair)
    try:
        rounding_error, _ = pair.integral(rounding, absolute=1e-300, relative=0.01)
        value, error = pair.integral(integrand, absolute=float(rounding_error) + 1e-300)
    except InfiniteDivergenceError:
        return Integral(math.inf, 0.0)
    return Integral(float(value), error + float(rounding_error))


def _require_normalized(pair: DensityPair) -> None:
    """Refuse densities that do not integrate to 1."""

    def densities(log_p: Floats, log_q: Floats, _x_over_derivative: Floats) -> Floats:
        return np.exp(np.stack([log_p, log_q]))

    masses, error = pair.integral(densities, absolute=MAX_MASS_ERROR / 10)
    for name, mass in zip(pair.log_densities, masses, strict=True):
        if abs(mass - 1) > MAX_MASS_ERROR + error:
            raise DistributionError(
                f"the density of `{name}` must integrate to 1 over the support {pair.support}, "
                f"but integrates to {float(mass)!r}; subtract the log of that, widen the support, "
                "or pass `points` near a narrow peak"
            )

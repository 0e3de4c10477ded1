"""Integrals over the support of two densities, by scipy's `quad_vec`."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences._typing import Array
from divergences.errors import DistributionError, SolverError

LogDensity = Callable[[Any], Any]
"""Log-density of each of an array of points, -inf where there is no mass."""
Integrand = Callable[[Array, Array, Array], Array]
"""At an array of points, of the two log-densities and of the points over their speed; >= 0."""

NORMALISED = 1e-8  # by how much the integral of a density may differ from 1
RELATIVE, ACCEPTED = 1e-11, 1e-9  # error that the quadrature aims at, and that it may end with
ROUNDING = 2.0**-50  # of a log-density, relative
LARGEST = 709.0  # of a log-density: its exponential is a float
FARTHEST = 350.0  # of u, where x comes within exp(-u) of an end, or is exp(u) and x * x a float
TAIL = 1000.0  # what lies farther is at most this times the integrand there, if it falls as u^-2


@dataclass(frozen=True, slots=True)
class Integral:
    """A divergence by quadrature.

    Attributes:
        value: In nats.
        error: Estimated bound of the absolute error: the quadrature's own estimate, plus what the
            rounding of the log-densities can amount to. 0 for a value of inf.
    """

    value: float
    error: float


class InfiniteDivergenceError(Exception):
    """A point with p > 0 and q = 0."""


class Pair:
    """Two log-densities and where to integrate them, checked.

    Each panel between two ends, or points, is mapped to u in (-inf, inf), so that singularities
    and algebraic tails at its ends become exponential ones; the panels are integrated as one sum.
    """

    def __init__(
        self,
        densities: dict[str, LogDensity],
        support: tuple[float, float],
        points: Iterable[float],
    ) -> None:
        self.densities = densities
        self.support = low, high = _interval(support)
        inside = sorted({float(x) for x in points})
        outside = [x for x in inside if not low < x < high]
        if outside:
            raise DistributionError(
                f"`points` must lie within the support {self.support}, but {outside[0]} does not; "
                "drop it"
            )
        ends = np.array([low, *inside, high])
        self.low, self.high = ends[:-1], ends[1:]

    def at(self, u: float) -> tuple[Array, Array, Array, Array]:
        """Both log-densities at the panels' points of parameter u, the points, their speeds."""
        x, speed = _places(self.low, self.high, u)
        first, second = (self._log(name, x) for name in self.densities)
        return first, second, x, speed

    def _log(self, name: str, x: Array) -> Array:
        with np.errstate(over="ignore", under="ignore"):  # far out, x * x is inf
            values = np.asarray(self.densities[name](x), np.float64)
        if values.shape not in ((), x.shape):
            raise DistributionError(
                f"`{name}` must give one number for each point, but for points of shape {x.shape} "
                f"gives an array of shape {values.shape}"
            )
        values = np.broadcast_to(values, x.shape)
        bad = ~(values < LARGEST)
        if np.any(bad):
            raise DistributionError(
                f"`{name}` must be below {LARGEST:.0f} and no NaN, but is {values[bad][0]} at "
                f"{x[bad][0]!s}; correct it, or name a singularity in `points`"
            )
        return values

    def integral(
        self, integrand: Integrand, *, smallest: float, relative: float = RELATIVE
    ) -> tuple[Any, float]:
        """Integral over the support, to a ``relative`` or an absolute error ``smallest``.

        Returns:
            The integral and an estimated bound of its error.

        Raises:
            SolverError: If the error stays above both by far.
        """
        from scipy.integrate import quad_vec

        def along(u: float) -> Any:
            log_p, log_q, x, speed = self.at(min(max(u, -FARTHEST), FARTHEST))
            inside = abs(u) <= FARTHEST
            return np.sum(integrand(log_p, log_q, np.abs(x) / speed) * speed, axis=-1) * inside

        value, error = quad_vec(
            along, -math.inf, math.inf, epsrel=relative, epsabs=smallest, norm="max", limit=2000
        )
        error = float(error + TAIL * np.max(along(-FARTHEST) + along(FARTHEST)))
        if not error <= ACCEPTED / RELATIVE * relative * np.max(value) + 10 * smallest:
            raise SolverError(
                f"the quadrature did not converge, it reached {value} with an error of {error:.1e}"
                "; pass jumps, singularities and narrow peaks as `points`, or see whether the "
                "divergence is infinite"
            )
        return value, error


def _places(low: Array, high: Array, u: float) -> tuple[Array, Array]:
    """Points of the panels (low, high) at the parameter u, and their derivatives by u."""
    if np.isinf(low[0]) and np.isinf(high[0]):
        return np.array([math.sinh(u)]), np.array([math.cosh(u)])
    rise, left = 1 / (1 + math.exp(-u)), 1 / (1 + math.exp(u))
    with np.errstate(invalid="ignore"):  # of infinite panels, whose values are not used
        width = high - low
        x = low + width * rise if u < 0 else high - width * left
        speed = width * (rise * left)
    x = np.where(np.isinf(high), low + math.exp(u), np.where(np.isinf(low), high - math.exp(u), x))
    speed = np.where(np.isinf(width), math.exp(u), speed)
    # A point that rounds to an end, where there may be a singularity, stays inside.
    return np.clip(x, np.nextafter(low, math.inf), np.nextafter(high, -math.inf)), speed


def _interval(support: tuple[float, float]) -> tuple[float, float]:
    """The ends of the support, refused if there is nothing between them."""
    try:
        low, high = (float(end) for end in support)
    except (TypeError, ValueError):
        raise DistributionError(
            f"`support` must be a pair of numbers (a, b), but is {support!r}; "
            "for the whole line pass (-inf, inf)"
        ) from None
    if not low < high:
        raise DistributionError(
            f"`support` must be (a, b) with a < b, but is ({low}, {high}); order the ends"
        )
    return low, high


def divergence(pair: Pair, integrand: Integrand, rounding: Integrand) -> Integral:
    """Integral of a non-negative function of the two log-densities.

    Args:
        pair: The log-densities, which are to integrate to 1.
        integrand: The function.
        rounding: What it changes where each log-density is wrong by its own size.

    Returns:
        The integral; inf where `InfiniteDivergenceError` comes from the integrand.
    """

    def noise(log_p: Array, log_q: Array, stretch: Array) -> Array:
        """The rounding of logarithms, and of x, where an end other than 0 is near."""
        moved = np.minimum(2.0**-52 * stretch, 1.0) * integrand(log_p, log_q, stretch)
        return ROUNDING * rounding(log_p, log_q, stretch) + moved

    _require_normalised(pair)
    try:
        noisy, _ = pair.integral(noise, smallest=1e-300, relative=0.01)
        value, error = pair.integral(integrand, smallest=float(noisy) + 1e-300)
    except InfiniteDivergenceError:
        return Integral(math.inf, 0.0)
    return Integral(float(value), error + float(noisy))


def _require_normalised(pair: Pair) -> None:
    """Refuse densities that do not integrate to 1."""

    def masses(log_p: Array, log_q: Array, _stretch: Array) -> Array:
        return np.exp(np.stack([log_p, log_q]))

    found, error = pair.integral(masses, smallest=NORMALISED / 10)
    for name, mass in zip(pair.densities, found, strict=True):
        if abs(mass - 1) > NORMALISED + error:
            raise DistributionError(
                f"the density of `{name}` must integrate to 1 over the support {pair.support}, "
                f"but integrates to {float(mass)!r}; subtract the log of that, widen the support, "
                "or pass `points` near a narrow peak"
            )

"""Distributions of scipy.stats, frozen or of its new classes, as log-densities with a support."""

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from divergences.densities._quadrature import LogDensity
from divergences.errors import DistributionError

LEVELS = (0.1, 0.5, 0.9)  # of the quantiles at which the line is split


class Distribution(Protocol):
    """A distribution of the line with the methods of scipy's frozen ones."""

    def support(self) -> Any: ...


def is_distribution(value: Any, /) -> bool:
    """Whether a value has the methods of a distribution of the line in scipy.stats."""
    has_log_density = hasattr(value, "logpdf") or hasattr(value, "logpmf")
    return has_log_density and hasattr(value, "support") and not isinstance(value, type)


def is_discrete(value: Any, /) -> bool:
    """Whether a distribution has probabilities of single numbers in place of a density."""
    if not (is_distribution(value) and hasattr(value, "logpmf")):
        return False
    return not hasattr(value, "logpdf") or any(
        "Discrete" in base.__name__ for base in type(value).__mro__
    )


def support_of(name: str, distribution: Any, /) -> tuple[float, float]:
    """Both ends of the support.

    Returns:
        The ends, possibly infinite.

    Raises:
        DistributionError: If its parameters are arrays, invalid or missing.
    """
    try:
        low, high = distribution.support()
    except TypeError as error:
        raise DistributionError(
            f"`{name}` is a family of distributions without parameters ({error}); pass one "
            "distribution, such as scipy.stats.gamma(2.5)"
        ) from None
    if np.ndim(low) or np.ndim(high):
        raise DistributionError(
            f"`{name}` must be one distribution, but its parameters have shape "
            f"{np.broadcast_shapes(np.shape(low), np.shape(high))}; pass them one by one"
        )
    if not low <= high:
        raise DistributionError(
            f"`{name}` has invalid parameters: its support is ({low}, {high}); correct them"
        )
    return float(low), float(high)


def log_density_of(distribution: Any, /) -> LogDensity:
    """The log-density or log-probability, without the warnings of scipy far in the tails."""
    found = parameters_of(distribution)
    if found is not None and found[0] in LOG_PROBABILITIES:
        name, parameters = found
        return lambda x: LOG_PROBABILITIES[name](x - parameters["loc"], parameters)
    method = distribution.logpmf if is_discrete(distribution) else distribution.logpdf

    def log_density(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return method(x)

    return log_density


def parameters_of(distribution: Any, /) -> tuple[str, dict[str, float]] | None:
    """Name and parameters of a frozen distribution of scipy, with its location.

    Returns:
        Both; None for other objects.
    """
    family = getattr(distribution, "dist", None)
    name, shapes = getattr(family, "name", None), getattr(family, "shapes", None)
    if not (isinstance(name, str) and hasattr(distribution, "args")):
        return None
    names = [*(shapes.replace(" ", "").split(",") if shapes else []), "loc"]
    named = dict(zip(names, distribution.args, strict=False))
    return name, {"loc": 0.0, **named, **distribution.kwds}


def _log_planck(x: Any, parameters: dict[str, float]) -> Any:
    rate = parameters["lambda_"]
    return np.where(x >= 0, math.log(-math.expm1(-rate)) - rate * x, -math.inf)


def _log_logser(x: Any, parameters: dict[str, float]) -> Any:
    p = parameters["p"]
    positive = np.where(x >= 1, x, 1)
    value = positive * math.log(p) - np.log(positive) - math.log(-math.log1p(-p))
    return np.where(x >= 1, value, -math.inf)


# Those of scipy are logarithms of probabilities, and -inf where these underflow.
LOG_PROBABILITIES = {"planck": _log_planck, "logser": _log_logser}


def split_points_of(distribution: Any, /) -> list[float]:
    """Quantiles, of a mixture those of its components: no peak is then between two points."""
    parts = getattr(distribution, "components", [distribution])
    quantile: Callable[[Any, float], Any] = (
        (lambda d, level: d.icdf(level))
        if hasattr(parts[0], "icdf")
        else (lambda d, level: d.ppf(level))
    )
    with np.errstate(all="ignore"):
        quantiles = [float(quantile(part, level)) for part in parts for level in LEVELS]
    return [x for x in quantiles if math.isfinite(x)]


def refuse_other_objects(name: str, value: Any, /) -> None:
    """Refuse objects with a density that are neither a log-density nor a distribution of the line.

    Raises:
        DistributionError: With the call that gives the divergence.
    """
    if callable(value):
        owner, method = getattr(value, "__self__", None), getattr(value, "__name__", "")
        if method in ("pdf", "pmf", "cdf", "sf") and hasattr(owner, f"log{method}"):
            raise DistributionError(
                f"`{name}` must be a log-density, but is the method `{method}` of a distribution; "
                "pass the distribution itself, or its method `logpdf`"
            )
        return
    if hasattr(value, "logpdf"):
        raise DistributionError(
            f"`{name}` is no distribution of the line; for normal distributions of several "
            "dimensions use divergences.closed_forms.kl of two MultivariateNormal"
        )
    if hasattr(value, "log_prob"):
        raise DistributionError(
            f"`{name}` is a distribution of torch; pass its log-density, "
            f"lambda x: {name}.log_prob(torch.from_numpy(x)).numpy(), with a `support`"
        )

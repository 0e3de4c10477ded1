"""Parametric families of distributions, and the look-up of a formula by family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from divergences import _checks
from divergences._results import counted
from divergences._typing import ArrayLike
from divergences.closed_forms._parameters import (
    store_number,
    store_positive,
    store_read_only_array,
)
from divergences.errors import DistributionError

MAX_SHOWN_NUMBERS = 9  # of a parameter that is an array


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal distribution on the line.

    Attributes:
        mean: Any finite number.
        standard_deviation: Above 0; the root of the variance.
    """

    mean: float
    standard_deviation: float

    def __post_init__(self) -> None:
        """Check the parameters."""
        store_number(self, "mean")
        store_positive(self, "standard_deviation", "a point mass has no density")


@dataclass(frozen=True, slots=True, eq=False)
class MultivariateNormal:
    """Normal distribution in d dimensions.

    Attributes:
        mean: Shape ``(d,)``.
        covariance: Shape ``(d, d)``, symmetric and positive definite; the lower triangle is used.
    """

    mean: ArrayLike
    covariance: ArrayLike

    def __post_init__(self) -> None:
        """Check the parameters and store read-only copies."""
        mean, covariance = (
            store_read_only_array(self, "mean", 1),
            store_read_only_array(self, "covariance", 2),
        )
        if covariance.shape != (mean.size, mean.size):
            raise DistributionError(
                f"`covariance` must have shape (d, d) = ({mean.size}, {mean.size}) for a `mean` "
                f"of {mean.size} entries, but has shape {covariance.shape}"
            )
        deviations = np.sqrt(np.abs(np.diag(covariance)))
        scale = deviations[:, None] * deviations
        if np.any(np.abs(covariance - covariance.T) > 1e-12 * scale):
            raise DistributionError(
                "`covariance` must be symmetric, but is not; if it is up to rounding, pass "
                "(covariance + covariance.T) / 2"
            )
        try:
            np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            raise DistributionError(
                "`covariance` must be positive definite, but has an eigenvalue of 0 or below; "
                "drop coordinates that are linear functions of the others"
            ) from None

    def __repr__(self) -> str:
        """The parameters as lists; of many dimensions, only their number."""
        mean, covariance = np.asarray(self.mean), np.asarray(self.covariance)
        if covariance.size > MAX_SHOWN_NUMBERS:
            return f"<MultivariateNormal in {counted(mean.size, 'dimension')}>"
        return f"MultivariateNormal(mean={mean.tolist()}, covariance={covariance.tolist()})"


@dataclass(frozen=True, slots=True)
class Exponential:
    """Exponential distribution on [0, inf).

    Attributes:
        rate: Above 0; 1 / mean.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the parameter."""
        store_positive(self, "rate", "it is 1 / mean")


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma distribution on [0, inf), of mean ``shape / rate``.

    Attributes:
        shape: Above 0.
        rate: Above 0; 1 / scale.
    """

    shape: float
    rate: float

    def __post_init__(self) -> None:
        """Check the parameters."""
        store_positive(self, "shape", "it is mean**2 / variance")
        store_positive(self, "rate", "it is 1 / scale")


@dataclass(frozen=True, slots=True)
class Beta:
    """Beta distribution on [0, 1], of mean ``alpha / (alpha + beta)``.

    Attributes:
        alpha: Above 0; the density behaves like ``x ** (alpha - 1)`` at 0.
        beta: Above 0; the density behaves like ``(1 - x) ** (beta - 1)`` at 1.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        """Check the parameters."""
        store_positive(self, "alpha", "it is a number of pseudo-observations")
        store_positive(self, "beta", "it is a number of pseudo-observations")


@dataclass(frozen=True, slots=True)
class Poisson:
    """Poisson distribution on 0, 1, 2, ...

    Attributes:
        rate: At least 0; the mean. A rate of 0 gives the point mass at 0.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the parameter."""
        if store_number(self, "rate") < 0:
            raise DistributionError(
                f"`rate` must be at least 0, but is {self.rate!r}; it is the mean"
            )


@dataclass(frozen=True, slots=True)
class Bernoulli:
    """Bernoulli distribution on {0, 1}.

    Attributes:
        probability: Probability of the outcome 1, in [0, 1].
    """

    probability: float

    def __post_init__(self) -> None:
        """Check the parameter."""
        if not 0 <= store_number(self, "probability") <= 1:
            raise DistributionError(
                f"`probability` must be in [0, 1], but is {self.probability!r}; from log-odds z "
                "it is 1 / (1 + exp(-z))"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Categorical:
    """Distribution of k unordered outcomes.

    Attributes:
        probabilities: Shape ``(k,)``; numbers that sum to 1 within 1e-9 are divided by their sum.
    """

    probabilities: ArrayLike

    def __post_init__(self) -> None:
        """Check the parameter and store a read-only copy."""
        array = store_read_only_array(self, "probabilities", 1)
        _checks.probabilities("probabilities", array, _checks.namespace(), axis=-1)

    def __repr__(self) -> str:
        """The probabilities as a list; of many outcomes, only their number."""
        probabilities = np.asarray(self.probabilities)
        if probabilities.size > MAX_SHOWN_NUMBERS:
            return f"<Categorical of {counted(probabilities.size, 'outcome')}>"
        return f"Categorical(probabilities={probabilities.tolist()})"


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform distribution on the interval [low, high].

    Attributes:
        low: Any finite number.
        high: Above ``low``.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Check the parameters."""
        if store_number(self, "high") <= store_number(self, "low"):
            raise DistributionError(
                f"`high` must be above `low`, but they are {self.high!r} and {self.low!r}; a "
                "point mass has no density"
            )


Family = (
    Normal
    | MultivariateNormal
    | Exponential
    | Gamma
    | Beta
    | Poisson
    | Bernoulli
    | Categorical
    | Uniform
)
FAMILIES = get_args(Family)
Formulas = Mapping[type, Callable[[Any, Any], float]]


def evaluate_formula(p: Family, q: Family, formulas: Formulas, name: str, advice: str) -> float:
    """Value of the formula for the common family of ``p`` and ``q``.

    Args:
        p: First distribution.
        q: Second distribution.
        formulas: Formula of each family that has one.
        name: Name of the quantity, for messages.
        advice: Alternatives to a closed form, for messages.

    Returns:
        The value of the formula.

    Raises:
        DistributionError: If ``p`` or ``q`` is of no family, they are of different families, or
            their family has no formula.
    """
    names = ", ".join(family.__name__ for family in FAMILIES)
    for argument, value in (("p", p), ("q", q)):
        if not isinstance(value, FAMILIES):
            raise DistributionError(
                f"`{argument}` must be a distribution of divergences.closed_forms ({names}), but "
                f"is a {type(value).__name__}; construct one of them (KL and JS of frozen "
                "distributions of scipy on the line are in divergences.densities)"
            )
    p_family, q_family = type(p).__name__, type(q).__name__
    if p_family != q_family:
        raise DistributionError(
            f"`p` and `q` must be of one family, but are {p_family} and {q_family}; {advice}"
        )
    if type(p) not in formulas:
        supported = ", ".join(family.__name__ for family in formulas)
        raise DistributionError(
            f"`{name}` of two {p_family} distributions has no closed form, unlike that of "
            f"{supported}; {advice}"
        )
    return formulas[type(p)](p, q)

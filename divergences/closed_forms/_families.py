"""The families: their parameters, and what two distributions must share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from divergences import _checks
from divergences.closed_forms._parameters import number, positive, read_only_array
from divergences.errors import DistributionError


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
        number(self, "mean")
        positive(self, "standard_deviation", "for a point mass there is no density")


@dataclass(frozen=True, slots=True, eq=False)
class MultivariateNormal:
    """Normal distribution in d dimensions.

    Attributes:
        mean: Shape ``(d,)``.
        covariance: Shape ``(d, d)``, symmetric and positive definite; the lower triangle counts.
    """

    mean: ArrayLike
    covariance: ArrayLike

    def __post_init__(self) -> None:
        """Check the parameters, and keep copies of them that nobody can change."""
        mean, covariance = read_only_array(self, "mean", 1), read_only_array(self, "covariance", 2)
        if covariance.shape != (mean.size, mean.size):
            raise DistributionError(
                f"`covariance` must have shape (d, d) = ({mean.size}, {mean.size}) for a `mean` "
                f"of {mean.size} entries, but has shape {covariance.shape}"
            )
        roots = np.sqrt(np.abs(np.diag(covariance)))
        if np.any(np.abs(covariance - covariance.T) > 1e-12 * roots[:, None] * roots):
            raise DistributionError(
                "`covariance` must be symmetric, but is not; if only rounding differs, pass "
                "(covariance + covariance.T) / 2"
            )
        try:
            np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            raise DistributionError(
                "`covariance` must be positive definite, but has an eigenvalue of 0 or below; "
                "drop coordinates that depend on the others"
            ) from None


@dataclass(frozen=True, slots=True)
class Exponential:
    """Exponential distribution on [0, inf).

    Attributes:
        rate: Above 0; 1 / mean.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the parameter."""
        positive(self, "rate", "it is 1 / mean")


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
        positive(self, "shape", "it is mean**2 / variance")
        positive(self, "rate", "it is 1 / scale")


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
        positive(self, "alpha", "it is a number of pseudo-observations")
        positive(self, "beta", "it is a number of pseudo-observations")


@dataclass(frozen=True, slots=True)
class Poisson:
    """Poisson distribution on 0, 1, 2, ...

    Attributes:
        rate: At least 0; the mean. A rate of 0 is the point mass at 0.
    """

    rate: float

    def __post_init__(self) -> None:
        """Check the parameter."""
        if number(self, "rate") < 0:
            raise DistributionError(
                f"`rate` must be at least 0, but is {self.rate!r}; it is the mean"
            )


@dataclass(frozen=True, slots=True)
class Bernoulli:
    """Bernoulli distribution on {0, 1}.

    Attributes:
        probability: Of the outcome 1, in [0, 1].
    """

    probability: float

    def __post_init__(self) -> None:
        """Check the parameter."""
        if not 0 <= number(self, "probability") <= 1:
            raise DistributionError(
                f"`probability` must be in [0, 1], but is {self.probability!r}; from log-odds z "
                "it is 1 / (1 + exp(-z))"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Categorical:
    """Distribution of k outcomes without order or distance.

    Attributes:
        probabilities: Shape ``(k,)``; numbers that sum to 1 within 1e-9 are taken as exactly
            proportional to what was passed.
    """

    probabilities: ArrayLike

    def __post_init__(self) -> None:
        """Check the parameter, and keep a copy of it that nobody can change."""
        array = read_only_array(self, "probabilities", 1)
        _checks.probabilities("probabilities", array, _checks.namespace(), axis=-1)


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
        if number(self, "high") <= number(self, "low"):
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


def formula_of(p: Family, q: Family, formulas: Formulas, name: str, advice: str) -> float:
    """The value of the formula that the one family of ``p`` and ``q`` has.

    Args:
        p: First distribution.
        q: Second distribution.
        formulas: What is known, by family.
        name: Of the quantity, for messages.
        advice: What else to do where nothing is known.

    Returns:
        The formula's value.

    Raises:
        DistributionError: If ``p`` or ``q`` is of no family, they are of two, or nothing is known.
    """
    names = ", ".join(family.__name__ for family in FAMILIES)
    for argument, value in (("p", p), ("q", q)):
        if not isinstance(value, FAMILIES):
            raise DistributionError(
                f"`{argument}` must be a distribution of divergences.closed_forms ({names}), but "
                f"is a {type(value).__name__}"
            )
    ours, theirs = type(p).__name__, type(q).__name__
    if ours != theirs:
        raise DistributionError(
            f"`p` and `q` must be of one family, but are {ours} and {theirs}; {advice}"
        )
    if type(p) not in formulas:
        known = ", ".join(family.__name__ for family in formulas)
        raise DistributionError(
            f"`{name}` of two {ours} distributions has no closed form, it is known for {known}; "
            f"{advice}"
        )
    return formulas[type(p)](p, q)

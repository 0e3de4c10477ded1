"""All the distances of two samples at once, as a table and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from divergences import _checks
from divergences.sampled._density_ratio.estimator import DensityRatioEstimator
from divergences.sampled._density_ratio.functionals import JS, KL, REVERSE_KL
from divergences.sampled._density_ratio.methods import Method
from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import NAMES, reading
from divergences.sampled._point_clouds import Points
from divergences.sampled._report import record, table, words
from divergences.sampled._transport import emd

NEIGHBOURS = 5  # for method "knn", as in `sampled.kl`


@dataclass(frozen=True, slots=True)
class Comparison:
    """The distances of two samples, each with its interval.

    Attributes:
        kl: KL(x || y), in nats.
        reverse_kl: KL(y || x), in nats.
        js: Jensen-Shannon divergence, in nats.
        emd: Exact EMD of the points, in their unit, with a bracket for the populations.
        n: Points in x.
        m: Points in y.
        d: Dimension of the points.
    """

    kl: Estimate
    reverse_kl: Estimate
    js: Estimate
    emd: Estimate
    n: int
    m: int
    d: int

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The four estimates by name."""
        return {name: getattr(self, name) for name in NAMES}

    @property
    def reading(self) -> tuple[str, ...]:
        """What the numbers say, in plain words."""
        return reading(self.estimates, self.d)

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON; what is not finite as the text "nan", "inf" or "-inf"."""
        return record(self.estimates, self.d)

    def __str__(self) -> str:
        """A table and what it says."""
        return f"{table(self.estimates, self.d)}\n\n{words(self.reading)}"


def compare(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    method: Method = "auto",
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
    progress: bool = False,
) -> Comparison:
    """KL both ways, JS (nats) and exact EMD (unit of the points) of two samples.

    ``print`` it to see a table of the values with their intervals, and what they say in words.
    What each is an estimate of, and how, is said by `sampled.kl`, `sampled.js` and `sampled.emd`;
    the log-ratios behind KL and JS are estimated once for all three.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        method: How KL and JS are estimated, as `sampled.kl` has it; "knn" is the fast one.
        confidence: In what share of repetitions each interval is meant to hold its quantity of
            the populations.
        rng: What divides the points into folds. By default the same for every call.
        progress: Whether exact transport of many points shows a progress bar, with the gap.

    Returns:
        The four estimates, with the sizes.

    Raises:
        DistributionError: If points or weights are not finite or do not fit each other, or the
            confidence is not between 0 and 1.
        SolverError: If exact transport did not finish, or could not be proved optimal.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> found = compare(rng.normal(size=200), rng.normal(size=300) + 1, method="knn")
    >>> found.reading
    ('The samples differ: every interval lies above 0.',)
    """
    _checks.confidence(confidence)
    inputs = Points.of(x, y, x_weights, y_weights)
    found = dict(
        quantities(
            inputs.x,
            inputs.y,
            x_weights=inputs.p,
            y_weights=inputs.q,
            method=method,
            confidence=confidence,
            rng=rng,
            progress=progress,
        )
    )
    return Comparison(**found, n=inputs.sizes[0], m=inputs.sizes[1], d=inputs.x.shape[1])


def quantities(
    x: ArrayLike,
    y: ArrayLike,
    /,
    *,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    method: Method = "auto",
    confidence: float = 0.95,
    rng: np.random.Generator | None = None,
    progress: bool = False,
) -> Iterator[tuple[str, Estimate]]:
    """The estimates of `compare`, each with its name as soon as it is there.

    Args:
        x: As in `compare`.
        y: As in `compare`.
        x_weights: As in `compare`.
        y_weights: As in `compare`.
        method: As in `compare`.
        confidence: As in `compare`.
        rng: As in `compare`.
        progress: As in `compare`.

    Yields:
        Name and estimate.
    """
    question = DensityRatioEstimator.of(x, y, x_weights, y_weights, confidence, rng)
    for name, functional in (("kl", KL), ("reverse_kl", REVERSE_KL), ("js", JS)):
        yield name, question.estimate(functional, method, NEIGHBOURS)
    yield (
        "emd",
        emd(
            x,
            y,
            x_weights=x_weights,
            y_weights=y_weights,
            confidence=confidence,
            progress=progress,
        ),
    )

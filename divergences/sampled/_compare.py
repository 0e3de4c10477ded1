"""KL, reverse KL, JS and exact EMD of two samples at once, as a table and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from divergences import _checks
from divergences._results import html_list, html_table
from divergences._transport.solve import SolverOptions
from divergences._typing import ArrayLike, Floats
from divergences.sampled._coordinates import Scale, cost_shares, in_scaled_unit, scaled
from divergences.sampled._density_ratio.estimator import DensityRatioEstimator
from divergences.sampled._density_ratio.functionals import JS, KL, REVERSE_KL
from divergences.sampled._density_ratio.methods import Method
from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import DISPLAY_NAMES, interpretation
from divergences.sampled._missing import CompleteRows, Missing
from divergences.sampled._point_clouds import PointCloudPair
from divergences.sampled._report import (
    bullet_list,
    json_record,
    row_cells,
    sample_sizes,
    table,
    title,
)
from divergences.sampled._transport import emd_estimate

KNN_NEIGHBOURS = 5  # the default of `sampled.kl`


@dataclass(frozen=True, slots=True)
class Comparison:
    """KL, reverse KL, JS and EMD of two samples, each with its confidence interval.

    Attributes:
        kl: KL(x || y), in nats.
        reverse_kl: KL(y || x), in nats.
        js: Jensen-Shannon divergence, in nats.
        emd: Exact EMD of the points, in their unit, with an interval for the populations.
        n: Number of points in x.
        m: Number of points in y.
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
        return {name: getattr(self, name) for name in DISPLAY_NAMES}

    @property
    def cost_shares(self) -> Floats | None:
        """Share of each coordinate in the EMD, shape ``(d,)``, summing to 1; None for an EMD of 0.

        A move of length ``r`` counts for a coordinate with its squared difference divided by r.
        """
        return cost_shares(self.emd)

    @property
    def summary(self) -> tuple[str, ...]:
        """Conclusions that the intervals support, and caveats, in sentences."""
        return interpretation(self.estimates, self.d)

    def as_dict(self) -> dict[str, Any]:
        """Estimates and summary for JSON; non-finite numbers as text: "nan", "inf", "-inf"."""
        return json_record(self.estimates, self.d)

    def __str__(self) -> str:
        """A table of the estimates, and the summary."""
        return f"{table(self.estimates, self.d)}\n\n{bullet_list(self.summary)}"

    def __repr__(self) -> str:
        """The four values in one line."""
        sizes = sample_sizes(self.n, self.m, self.d)
        return f"<Comparison {title(self.estimates)}; {sizes}>"

    def _repr_html_(self) -> str:
        """The table and the summary for a notebook."""
        level = f"{100 * self.kl.confidence:g}% interval"
        rows = (row_cells(key, estimate) for key, estimate in self.estimates.items())
        header = ("", "value", level, "unit", "method")
        caption = sample_sizes(self.n, self.m, self.d)
        return html_table(caption, [header, *rows], header=True) + html_list(self.summary)


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
    missing: Missing = "refuse",
    scale: Scale | None = None,
) -> Comparison:
    """KL in both directions, JS (nats) and exact EMD (unit of the points) of two samples.

    ``print`` shows the estimates with their intervals in a table, and a summary in words. The
    estimators are those of `sampled.kl`, `sampled.js` and `sampled.emd`; the log-ratios of KL and
    JS are estimated once for all three.

    Args:
        x: Points, shape ``(n, d)``, or ``(n,)`` on the line.
        y: Points, shape ``(m, d)``.
        x_weights: Masses of the points of ``x``, at least 0, shape ``(n,)``; divided by their sum.
            Equal by default.
        y_weights: Masses of the points of ``y``, shape ``(m,)``; divided by their sum. Equal by
            default.
        method: Estimator of KL and JS, as in `sampled.kl`; "knn" is the fastest.
        confidence: Nominal coverage of each interval for the populations.
        rng: Generator that divides the points into folds. By default one of a fixed seed.
        progress: Whether exact transport of many points shows a progress bar, with the gap.
        missing: "refuse" raises an error where an entry is missing (NaN, None, NA); "drop" leaves
            out the rows that have one, and a note counts them.
        scale: "std" divides each coordinate of both samples by its standard deviation in ``x``
            (the reference, under ``x_weights``), so that EMD does not depend on their units, and
            is not symmetric.

    Returns:
        The four estimates, with the sizes and the dimension of the samples.

    Raises:
        DistributionError: If points or weights are not finite, their shapes do not match, the
            confidence is not between 0 and 1, or a coordinate to scale is constant in ``x``.
        SolverError: If exact transport did not finish, or could not certify the optimum.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> comparison = compare(rng.normal(size=400), rng.normal(size=500) + 1, method="knn")
    >>> comparison.summary
    ('The samples differ: every interval lies above 0.',)
    """
    confidence = _checks.confidence(confidence)
    if scale is not None:
        _checks.choice("scale", scale, get_args(Scale))
    rows = CompleteRows.of(x, y, x_weights, y_weights, missing)
    clouds = PointCloudPair.of(*rows.samples)
    computed = iter_estimates(
        clouds, method=method, confidence=confidence, rng=rng, progress=progress, scale=scale
    )
    estimates = {name: rows.noted(estimate) for name, estimate in computed}
    return Comparison(**estimates, n=clouds.x.n, m=clouds.y.n, d=clouds.x.d)


def iter_estimates(
    clouds: PointCloudPair,
    /,
    *,
    method: Method,
    confidence: float,
    rng: np.random.Generator | None,
    progress: bool,
    scale: Scale | None = None,
) -> Iterator[tuple[str, Estimate]]:
    """Compute the estimates of `compare` one after the other.

    Args:
        clouds: Both samples.
        method: As in `compare`.
        confidence: As in `compare`, validated.
        rng: As in `compare`.
        progress: As in `compare`.
        scale: As in `compare`, validated.

    Yields:
        Name and estimate.
    """
    clouds = scaled(clouds, scale)
    estimator = DensityRatioEstimator.of_clouds(clouds, confidence, rng)
    for name, functional in (("kl", KL), ("reverse_kl", REVERSE_KL), ("js", JS)):
        yield name, estimator.estimate(functional, method, KNN_NEIGHBOURS)
    options = SolverOptions(method=None, time_limit=None, progress=progress)
    yield "emd", in_scaled_unit(emd_estimate(clouds, options, confidence=confidence), scale)

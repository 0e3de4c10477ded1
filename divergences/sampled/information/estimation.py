"""From log-ratios at the points, and counts at the atoms, to a divergence and its standard error."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from divergences.sampled.information import counts, stack
from divergences.sampled.information.atoms import Atoms
from divergences.sampled.information.functionals import JS, Functional
from divergences.sampled.information.samples import Samples
from divergences.transport.proof import Floats


@dataclass(frozen=True, slots=True)
class Ratios:
    """Estimated log-ratios ``log(p / q)`` at points that have a density.

    Attributes:
        value: At each point, by what has not seen it, shape ``(n + m,)``.
        smooth: The same with less noise and more bias, for what is not linear in it: JS, and
            standard errors.
        noise: Variance of each of these, for which JS is corrected.
        fitted: The combination of models that they come from; None for neighbours and cells.
        scores: Held-out loss of each model.
        models: Names of those that count.
    """

    value: Floats
    smooth: Floats
    noise: Floats
    fitted: stack.Stack | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()


def divergence(
    functional: Functional, samples: Samples, found: Atoms, ratios: Ratios | None, /
) -> tuple[float, float]:
    """A divergence of two samples, and its standard error.

    Args:
        functional: Which.
        samples: All points.
        found: Their atoms.
        ratios: Of the points that are at none; None if there are no such points.

    Returns:
        The value and the error, in nats.
    """
    n, m = samples.n, samples.m
    value = counts.from_counts(functional, found.x, found.y, n, m)
    effect = np.zeros(n + m)
    at = np.flatnonzero(found.cell >= 0)
    if len(at):
        ratio = counts.smoothed_log_ratio(found.x, found.y, n, m)[found.cell[at]]
        mine = int((at < n).sum())
        effect[at] = functional.terms(ratio, mine) + functional.shifts(ratio, mine)
    effect *= samples.share
    if ratios is not None:
        part, added = _dense(functional, samples, found, ratios)
        value += part
        effect[found.dense] += added
    return value, _error(samples, effect)


def _dense(
    functional: Functional, samples: Samples, found: Atoms, ratios: Ratios
) -> tuple[float, Floats]:
    """What the points with a density add to the value, and what each of them did to it."""
    places = found.dense
    dense = samples.among(places)
    share = samples.share[places]
    p, q = float(share[: dense.n].sum()), float(share[dense.n :].sum())
    shift = np.log(p / q)
    smooth = ratios.smooth + shift
    at = smooth if functional is JS else ratios.value + shift
    bend = ratios.noise * functional.bend(smooth) / 2
    value = float(share @ (functional.terms(at, dense.n) - bend))
    effect = share * functional.terms(smooth, dense.n)
    push = share * functional.slopes(smooth, dense.n)
    if ratios.fitted is None:
        return value, effect + share * functional.shifts(smooth, dense.n)
    # More of p among the dense points raises all of their log-ratios, and more of q lowers them.
    raised = push.sum() * share / np.repeat([p, -q], [dense.n, dense.m])
    return value, effect + raised + stack.influence(dense, ratios.fitted, push)


def _error(samples: Samples, effect: Floats) -> float:
    """Standard error of a sum of what each point did, the points being drawn on each side."""
    variance = 0.0
    for side in (slice(0, samples.n), slice(samples.n, None)):
        share = samples.share[side]
        off = effect[side] - share * effect[side].sum()
        variance += float(off @ off)
    return float(np.sqrt(variance))

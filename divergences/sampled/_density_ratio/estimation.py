"""From log-ratios at points, and counts at atoms, to a divergence and its standard error."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from divergences._typing import Floats
from divergences.sampled._density_ratio import counts, stacking
from divergences.sampled._density_ratio.atoms import Atoms
from divergences.sampled._density_ratio.functionals import JS, Functional
from divergences.sampled._density_ratio.pooled_sample import PooledSample

FITTING = 1.15  # what fitting the models adds to the error of their combination, as measured


@dataclass(frozen=True, slots=True)
class Ratios:
    """Estimated log-ratios ``log(p / q)`` at points that have a density.

    Attributes:
        value: At each point, by what has not seen it, shape ``(n + m,)``.
        smooth: The same with less noise and more bias, for what is not linear in it: JS, and
            standard errors.
        noise: Variance of each of these, for which JS is corrected.
        fitted: The combination of models that they come from; None for neighbours.
        others: Log-ratios of each model by itself, shape ``(models, n + m)``.
        likely: Probability of each of these, from what they say of held-out points.
        scores: Held-out loss of each model.
        models: Names of those that count.
    """

    value: Floats
    smooth: Floats
    noise: Floats
    fitted: stacking.Stack | None = None
    others: Floats = field(default_factory=lambda: np.empty((0, 0)))
    likely: Floats = field(default_factory=lambda: np.empty(0))
    scores: Mapping[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()


def divergence(
    functional: Functional, samples: PooledSample, found: Atoms, ratios: Ratios | None, /
) -> tuple[float, float]:
    """A divergence of two samples, and its standard error.

    The error is that of the points' effects on the value, to first order, together with the
    spread of the values that likely models give, and with the smallest difference that samples of
    these sizes can show.

    Args:
        functional: Which.
        samples: All points.
        found: Their atoms.
        ratios: Of the points that are at none; None if there are no such points.

    Returns:
        The value and the error, in nats.
    """
    n, m = samples.n, samples.m
    value, corrected = counts.from_counts(functional, found.x, found.y, n, m)
    effect, spread = _at_atoms(functional, samples, found), 0.0
    if ratios is not None:
        dense = _Dense(functional, samples, found, ratios)
        value += dense.value(ratios)
        effect[found.dense] += dense.effect(ratios)
        spread = dense.spread(ratios)
    least = functional.grain * sum(1 / size for size in samples.effective)
    return value, math.hypot(_error(samples, effect), spread, corrected, least)


def _at_atoms(functional: Functional, samples: PooledSample, found: Atoms) -> Floats:
    """What each point at an atom did to the value."""
    effect = np.zeros(len(samples.z))
    at = np.flatnonzero(found.cell >= 0)
    ratio = counts.smoothed_log_ratio(found.x, found.y, samples.n, samples.m)[found.cell[at]]
    mine = int((at < samples.n).sum())
    effect[at] = functional.terms(ratio, mine) + functional.shifts(ratio, mine)
    return effect * samples.share


class _Dense:
    """The points that are at no atom.

    Attributes:
        functional: The divergence.
        samples: These points.
        share: What each counts in the mean over all points of its side.
        p: Their share of the first sample.
        q: Their share of the second.
    """

    def __init__(
        self, functional: Functional, samples: PooledSample, found: Atoms, ratios: Ratios
    ) -> None:
        self.functional, self.samples = functional, samples.subset(found.dense)
        self.share = samples.share[found.dense]
        n = self.samples.n
        self.p, self.q = float(self.share[:n].sum()), float(self.share[n:].sum())
        self.smooth = self._among_all(ratios.smooth)

    def _among_all(self, ratios: Floats) -> Floats:
        """Log-ratios between parts of the samples as those between the samples."""
        return ratios + np.log(self.p / self.q)

    def value(self, ratios: Ratios) -> float:
        """What they add to the divergence."""
        functional = self.functional
        at = self.smooth if functional is JS else self._among_all(ratios.value)
        bend = ratios.noise * functional.bend(self.smooth) / 2
        return float(self.share @ (functional.terms(at, self.samples.n) - bend))

    def effect(self, ratios: Ratios) -> Floats:
        """What each of them did to that."""
        functional, n, share = self.functional, self.samples.n, self.share
        effect = share * functional.terms(self.smooth, n)
        if ratios.fitted is None:
            return effect + share * functional.shifts(self.smooth, n)
        push = share * functional.slopes(self.smooth, n)
        # More of p among these points raises all of their log-ratios, and more of q lowers them.
        raised = push.sum() * share / np.repeat([self.p, -self.q], [n, self.samples.m])
        # How many of them there are has no effect on the models, which know what to expect.
        through = self._centred(stacking.influence(self.samples, ratios.fitted, push))
        return effect + raised + through + (FITTING - 1) * self._centred(effect + through)

    def _centred(self, effect: Floats) -> Floats:
        """Effects of mean 0 on each side."""
        off = effect.copy()
        for side in (slice(0, self.samples.n), slice(self.samples.n, None)):
            share = self.share[side]
            off[side] -= share * (effect[side].sum() / share.sum())
        return off

    def spread(self, ratios: Ratios) -> float:
        """How much the values differ that likely models give by themselves."""
        if len(ratios.likely) == 0:
            return 0.0
        own = self.value(ratios)
        off = [
            float(self.share @ self.functional.terms(self._among_all(other), self.samples.n)) - own
            for other in ratios.others
        ]
        return float(np.sqrt(ratios.likely @ np.square(off)))


def _error(samples: PooledSample, effect: Floats) -> float:
    """Standard error of a sum of what each point did, the points being drawn on each side."""
    variance = 0.0
    for side in (slice(0, samples.n), slice(samples.n, None)):
        share = samples.share[side]
        off = effect[side] - share * effect[side].sum()
        variance += float(off @ off)
    return float(np.sqrt(variance))

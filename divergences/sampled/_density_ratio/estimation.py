"""Divergence and standard error from log-ratios in the continuous part and counts at atoms."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio import counts, stacking
from divergences.sampled._density_ratio.atoms import Atoms
from divergences.sampled._density_ratio.functionals import JS, Functional
from divergences.sampled._density_ratio.pooled_sample import PooledSample

BLOCK_SIZE = 80  # close points, beyond which the noise of nearest neighbours is independent
STACKING_ERROR_FACTOR = 1.15  # measured: the fitting of the models inflates the standard error


@dataclass(frozen=True, slots=True)
class LogRatios:
    """Estimated log-ratios ``log(p / q)`` at the points of the continuous part.

    Attributes:
        levels: Estimates at each point, shape ``(levels, n + m)``: held-out, or by some numbers of
            neighbours, in increasing order.
        variances: Variance of each estimate, shape ``(levels, n + m)``.
        weights: Weight of the divergence of each level, of sum 1, shape ``(levels,)``.
        spatial_order: Permutation of the points in which close points follow each other, shape
            ``(n + m,)``; needed for several levels.
        relative_bias: Order of the bias that remains with nearest neighbours, relative to the
            divergence.
        stack: The stacked models; None for nearest neighbours.
        per_model: Log-ratios by each model alone, shape ``(models, n + m)``.
        model_probabilities: Posterior probability of each model, shape ``(models,)``.
        scores: Held-out log loss of each model, in nats.
        selected_models: Names of the stacked models; none if no difference was found.
    """

    levels: Floats
    variances: Floats
    weights: Floats
    spatial_order: Indices = field(default_factory=lambda: np.empty(0, np.intp))
    relative_bias: float = 0.0
    stack: stacking.Stack | None = None
    per_model: Floats = field(default_factory=lambda: np.empty((0, 0)))
    model_probabilities: Floats = field(default_factory=lambda: np.empty(0))
    scores: Mapping[str, float] = field(default_factory=dict)
    selected_models: tuple[str, ...] = ()

    @property
    def smoothed(self) -> Floats:
        """Estimates of least variance, for standard errors, shape ``(n + m,)``."""
        return np.asarray(self.levels[-1])


def divergence_and_error(
    functional: Functional, samples: PooledSample, atoms: Atoms, log_ratios: LogRatios | None, /
) -> tuple[float, float]:
    """A divergence of two samples and its standard error, in nats.

    The error combines the influence of each point, the spread between the models, the bias as far
    as it shows and the smallest divergence that samples of these sizes can resolve.

    Args:
        functional: The divergence.
        samples: All points.
        atoms: Their atoms.
        log_ratios: Log-ratios in the continuous part; None if it is empty.

    Returns:
        The divergence and its standard error.
    """
    n, m = samples.n, samples.m
    value, bias = counts.divergence_from_counts(functional, atoms.x_counts, atoms.y_counts, n, m)
    influences, systematic = _influences_at_atoms(functional, samples, atoms), [bias]
    if log_ratios is not None:
        part = _ContinuousPart(functional, samples, atoms, log_ratios)
        value += part.value()
        influences[atoms.continuous_indices] += part.influences()
        systematic += [part.model_spread(), part.normalization_error()]
        systematic += [*part.extrapolation_errors(), log_ratios.relative_bias * part.value()]
    resolution = functional.ratio_to_kl * sum(1 / size for size in samples.effective_sizes)
    return value, math.hypot(_standard_error(samples, influences), *systematic, resolution)


def _influences_at_atoms(functional: Functional, samples: PooledSample, atoms: Atoms) -> Floats:
    """Influence of each point at an atom on the divergence, shape ``(n + m,)``; 0 elsewhere."""
    influences = np.zeros(len(samples.points))
    indices = np.flatnonzero(atoms.cell_indices >= 0)
    cell_log_ratios = counts.smoothed_log_ratios(
        atoms.x_counts, atoms.y_counts, samples.n, samples.m
    )
    log_ratios = cell_log_ratios[atoms.cell_indices[indices]]
    n = int((indices < samples.n).sum())
    influences[indices] = functional.terms(log_ratios, n) + functional.density_influences(
        log_ratios, n
    )
    return influences * samples.masses


class _ContinuousPart:
    """Contribution of the continuous part to a divergence.

    Attributes:
        functional: The divergence.
        samples: Points of the continuous part.
        masses: Mass of each of these points in its whole sample.
        p_mass: Mass of the continuous part of the first sample.
        q_mass: Mass of the continuous part of the second sample.
        log_ratios: Log-ratios of the continuous parts, each normalized to mass 1.
        smoothed: Smoothed log-ratios of the whole samples.
    """

    def __init__(
        self, functional: Functional, samples: PooledSample, atoms: Atoms, log_ratios: LogRatios
    ) -> None:
        self.functional = functional
        self.samples = samples.subset(atoms.continuous_indices)
        self.masses = samples.masses[atoms.continuous_indices]
        self.p_mass, self.q_mass = (float(self.masses[side].sum()) for side in self.samples.sides)
        self.log_ratios = log_ratios
        self.smoothed = self._of_whole_samples(log_ratios.smoothed)

    def _of_whole_samples(self, log_ratios: Floats) -> Floats:
        """Log-ratios of the whole samples from those of the normalized continuous parts."""
        return log_ratios + np.log(self.p_mass / self.q_mass)

    def value(self) -> float:
        """Contribution to the divergence, in nats."""
        return float(self.log_ratios.weights @ self._terms_by_level().sum(axis=1))

    def extrapolation_errors(self) -> tuple[float, float]:
        """Errors of the extrapolation from several numbers of neighbours.

        Returns:
            The standard error of its noise, which comes on top of that of the smoothed level, as
            they are uncorrelated (Hausman 1978), and the extrapolated bias; both 0 with one level.
        """
        if len(self.log_ratios.levels) == 1:
            return 0.0, 0.0
        terms = self._terms_by_level()
        differences = (terms[0] - terms[-1])[self.log_ratios.spatial_order]
        count = max(2, len(differences) // BLOCK_SIZE)
        blocks = np.array([block.sum() for block in np.array_split(differences, count)])
        noise = float(self.log_ratios.weights[0] * np.sqrt(count * blocks.var(ddof=1)))
        return noise, self.value() - float(terms[-1].sum())

    def normalization_error(self) -> float:
        """Bias of log-ratios of models whose means of ``p / q`` and ``q / p`` are not 1.

        Returns:
            The effect of a constant error of the log-ratios, of the size of the defect, in nats; 0
            for nearest neighbours, and for JS, which is the optimum of the models' log loss, so
            that their errors change it in second order only.
        """
        if self.log_ratios.stack is None or self.functional is JS:
            return 0.0
        log_ratios, n = self.log_ratios.smoothed, self.samples.n
        slopes = self.masses * self.functional.slopes(self.smoothed, n)
        p, q = self.samples.sides
        masses = self.samples.masses
        return math.hypot(
            float(slopes[p].sum()) * _normalization_defect(log_ratios[q], masses[q]),
            float(slopes[q].sum()) * _normalization_defect(-log_ratios[p], masses[p]),
        )

    def _terms_by_level(self) -> Floats:
        """Term of each point by each level, less its bias, shape ``(levels, points)``."""
        levels = self._of_whole_samples(self.log_ratios.levels)
        bias = self.log_ratios.variances * self.functional.curvature(levels) / 2
        terms = np.stack([self.functional.terms(level, self.samples.n) for level in levels])
        return np.asarray(self.masses * (terms - bias))

    def influences(self) -> Floats:
        """Influence of each point on the contribution, shape ``(points,)``."""
        functional, n, masses = self.functional, self.samples.n, self.masses
        direct = masses * functional.terms(self.smoothed, n)
        if self.log_ratios.stack is None:
            return direct + masses * functional.density_influences(self.smoothed, n)
        gradient = masses * functional.slopes(self.smoothed, n)
        # The mass of p in the continuous part raises all of its log-ratios, that of q lowers them.
        part_masses = np.repeat([self.p_mass, -self.q_mass], [n, self.samples.m])
        through_masses = gradient.sum() * masses / part_masses
        # Centred, since the models take the number of points on each side as given.
        through_models = self._centred(
            stacking.coefficient_influences(self.samples, self.log_ratios.stack, gradient)
        )
        inflation = (STACKING_ERROR_FACTOR - 1) * self._centred(direct + through_models)
        return direct + through_masses + through_models + inflation

    def _centred(self, influences: Floats) -> Floats:
        """Influences less their mean on each side."""
        centred = influences.copy()
        for side in self.samples.sides:
            masses = self.masses[side]
            centred[side] -= masses * (influences[side].sum() / masses.sum())
        return centred

    def model_spread(self) -> float:
        """Root mean square deviation of each model's contribution, by model probability."""
        if len(self.log_ratios.model_probabilities) == 0:
            return 0.0
        value, n = self.value(), self.samples.n
        deviations = [
            float(self.masses @ self.functional.terms(self._of_whole_samples(log_ratios), n))
            - value
            for log_ratios in self.log_ratios.per_model
        ]
        return float(np.sqrt(self.log_ratios.model_probabilities @ np.square(deviations)))


def _normalization_defect(log_ratios: Floats, masses: Floats) -> float:
    """Logarithm of the mean of ``exp(log_ratios)`` by masses of sum 1, beyond its own noise.

    Returns:
        The absolute value; 0 if it is within one standard error.
    """
    defect = float(special.logsumexp(log_ratios, b=masses))
    relative = masses * (np.exp(log_ratios - defect) - 1)
    return math.sqrt(max(0.0, defect**2 - float(relative @ relative)))


def _standard_error(samples: PooledSample, influences: Floats) -> float:
    """Standard error of a sum of influences of points drawn independently on each side."""
    variance = 0.0
    for side in samples.sides:
        masses = samples.masses[side]
        centred = influences[side] - masses * influences[side].sum()
        variance += float(centred @ centred)
    return float(np.sqrt(variance))

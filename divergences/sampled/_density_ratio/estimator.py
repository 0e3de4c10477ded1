"""Density-ratio estimator of two samples, with one set of log-ratios for all divergences."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, get_args

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from divergences import _checks
from divergences._checks.samples import (
    require_no_gradient,
    require_sample,
    scale_coordinates,
)
from divergences._typing import ArrayLike, Indices
from divergences.errors import DistributionError
from divergences.sampled._density_ratio import methods
from divergences.sampled._density_ratio.atoms import Atoms, find_atoms
from divergences.sampled._density_ratio.estimation import LogRatios, divergence_and_error
from divergences.sampled._density_ratio.functionals import JS, KL, Functional
from divergences.sampled._density_ratio.interval import (
    METHODS_WITH_INTERVAL,
    kl_lower_bound_at_atoms,
    normal_interval,
)
from divergences.sampled._density_ratio.methods import Method
from divergences.sampled._density_ratio.notes import (
    atom_notes,
    infinity_note,
    no_interval_note,
    support_note,
)
from divergences.sampled._density_ratio.pooled_sample import PooledSample
from divergences.sampled._density_ratio.support_overlap import (
    MAX_FRACTION_OUTSIDE_SUPPORT,
    fraction_outside_support,
)
from divergences.sampled._estimate import Endpoints, Estimate
from divergences.sampled._point_clouds import PointCloudPair

_Fit = tuple[Atoms, LogRatios | None]
MIN_EXPECTED_COUNT = 10  # expected count at an atom, for a count of 0 to mean probability 0


@dataclass(frozen=True, slots=True)
class DensityRatioEstimator:
    """Two samples, their atoms and the log-ratios estimated so far.

    Attributes:
        samples: The points, without constant coordinates.
        atoms: Their atoms.
        like: Array whose library, type and device the values have.
        confidence: Nominal coverage of the intervals.
        seed: Seed of the folds, the same for all divergences.
        log_ratio_cache: Log-ratios by method and number of neighbours.
    """

    samples: PooledSample
    atoms: Atoms
    like: Any
    confidence: float
    seed: int
    log_ratio_cache: dict[tuple[str, int], LogRatios] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        x_weights: ArrayLike | None,
        y_weights: ArrayLike | None,
        confidence: float,
        rng: np.random.Generator | None,
    ) -> DensityRatioEstimator:
        """Validate the arguments of `kl` and find the atoms."""
        confidence = _checks.confidence(confidence)
        categorical = _checks.is_categorical(x) or _checks.is_categorical(y)
        if categorical:
            x, y = _checks.category_codes(x, y)
        for name, sample in (("x", x), ("y", y)):
            require_sample(name, sample)
        clouds = PointCloudPair.of(x, y, x_weights, y_weights)
        return cls.of_clouds(clouds, confidence, rng, categorical=categorical)

    @classmethod
    def of_clouds(
        cls,
        clouds: PointCloudPair,
        confidence: float,
        rng: np.random.Generator | None,
        *,
        categorical: bool = False,
    ) -> DensityRatioEstimator:
        """Find the atoms of two point clouds.

        Args:
            clouds: The samples.
            confidence: Nominal coverage of the intervals, validated.
            rng: Generator of the seed of the folds; None for a fixed seed.
            categorical: Whether the points are codes of categories.

        Returns:
            The estimator.

        Raises:
            DistributionError: If the points require gradients or cannot be scaled, ``rng`` is not
                a generator, or atoms have unequal weights.
        """
        seed = 0 if rng is None else int(_checks.random_generator(rng).integers(2**32))
        for name, cloud in (("x", clouds.x), ("y", clouds.y)):
            require_no_gradient(name, cloud.points)
        weighted = clouds.with_positive_weight()
        x, y = scale_coordinates(weighted.x.coordinates, weighted.y.coordinates)
        samples = PooledSample.of(x, y, *weighted.masses)
        atoms = find_atoms(samples, categorical=categorical)
        if samples.has_unequal_weights and len(atoms.x_counts):
            raise DistributionError(
                "`x_weights` and `y_weights` require samples of densities, but "
                f"{len(atoms.x_counts)} values are repeated (atoms): sum the weights at each "
                "value and pass both sets of sums, each divided by its total, to `divergences.kl`"
            )
        return cls(samples, atoms, clouds.like, confidence, seed)

    def estimate(self, functional: Functional, method: Method, neighbours: int) -> Estimate:
        """Estimate of one divergence, with its interval and notes."""
        _checks.choice("method", method, get_args(Method))
        fit = atoms, log_ratios = self._atoms_and_log_ratios(method, neighbours)
        value, error = divergence_and_error(functional, self.samples, atoms, log_ratios)
        value = min(max(value, 0.0), functional.upper_bound)
        ends: Endpoints | None
        is_missing = self._is_missing(functional)
        if is_missing.any():
            value, error = math.inf, math.nan
            ends, notes = self._infinite_interval(functional, is_missing)
        else:
            ends, notes = self._finite_interval(value, error, functional, method, fit)
        return Estimate(
            value=self._as_input(value),
            estimand=functional.estimand,
            method=_method_description(method, log_ratios),
            n=self.samples.n,
            m=self.samples.m,
            interval=ends,
            confidence=self.confidence,
            standard_error=error,
            scores={} if log_ratios is None else log_ratios.scores,
            notes=atom_notes(self.atoms) + notes,
        )

    def _atoms_and_log_ratios(self, method: Method, neighbours: int) -> _Fit:
        """Atoms, with the cells of a histogram, and log-ratios of the continuous part, if any."""
        rng = np.random.default_rng(self.seed)
        if method == "histogram":
            return methods.with_histogram_cells(self.samples, self.atoms, rng), None
        if len(self.atoms.continuous_indices) == 0:
            return self.atoms, None
        requirement = "a whole number of at least 1"
        neighbours = _checks.whole_number("neighbours", neighbours, requirement, low=1)
        key = (method, neighbours)
        if key not in self.log_ratio_cache:
            continuous = self.samples.subset(self.atoms.continuous_indices)
            self.log_ratio_cache[key] = (
                methods.knn_log_ratios(continuous, neighbours)
                if method == "knn"
                else methods.classifier_log_ratios(continuous, method, rng)
            )
        return self.atoms, self.log_ratio_cache[key]

    def _finite_interval(
        self, value: float, error: float, functional: Functional, method: Method, fit: _Fit
    ) -> tuple[Endpoints | None, tuple[str, ...]]:
        """Interval of a finite estimate; without an upper end where the supports may differ."""
        atoms, log_ratios = fit
        notes: tuple[str, ...] = ()
        fraction = self._fraction_outside_support(functional, atoms, log_ratios)
        if fraction > MAX_FRACTION_OUTSIDE_SUPPORT and not self.atoms.is_remainder.any():
            notes = (support_note(fraction),)
        is_counted = len(self.atoms.continuous_indices) == 0
        if not is_counted and method not in METHODS_WITH_INTERVAL:
            return None, (*notes, no_interval_note(method))
        kind = "counts" if is_counted else method
        low, high = normal_interval(functional, value, error, self.confidence, kind)
        if self.atoms.is_remainder.any():
            return Endpoints(low, functional.upper_bound), ()
        return Endpoints(low, math.inf if notes else high), notes

    def _infinite_interval(
        self, functional: Functional, is_missing: NDArray[np.bool_]
    ) -> tuple[Endpoints, tuple[str, ...]]:
        """Interval of an infinite estimate, from its lower bound, and the reason."""
        counts, _, n, m = self._counts_and_sizes(functional, self.atoms)
        low = kl_lower_bound_at_atoms(counts, is_missing, n, m, self.confidence)
        names = ("x", "y") if functional is KL else ("y", "x")
        return Endpoints(low, math.inf), (infinity_note(self.atoms, counts, is_missing, m, names),)

    def _fraction_outside_support(
        self, functional: Functional, atoms: Atoms, log_ratios: LogRatios | None
    ) -> float:
        """Fraction of the first argument's points probably outside the second's support."""
        if functional is JS:
            return 0.0
        counts, other_counts, n, _ = self._counts_and_sizes(functional, atoms)
        outside = float(counts[other_counts == 0].sum())
        if log_ratios is not None:
            continuous = self.samples.subset(atoms.continuous_indices)
            side = 0 if functional is KL else 1
            modelled = None if log_ratios.stack is None else log_ratios.smoothed
            size = (continuous.n, continuous.m)[side]
            outside += size * fraction_outside_support(continuous, side, modelled)
        return outside / n

    def _is_missing(self, functional: Functional) -> NDArray[np.bool_]:
        """Mask of the atoms that make a KL infinite: many points expected, none observed."""
        if functional is JS:
            return np.zeros(len(self.atoms.x_counts), bool)
        counts, other_counts, n, m = self._counts_and_sizes(functional, self.atoms)
        is_expected = (counts >= MIN_EXPECTED_COUNT) & (counts * m >= MIN_EXPECTED_COUNT * n)
        return (other_counts == 0) & is_expected

    def _counts_and_sizes(
        self, functional: Functional, atoms: Atoms
    ) -> tuple[Indices, Indices, int, int]:
        """Counts at the atoms, then sizes, of the first and second argument of a KL."""
        n, m = self.samples.n, self.samples.m
        if functional is KL:
            return atoms.x_counts, atoms.y_counts, n, m
        return atoms.y_counts, atoms.x_counts, m, n

    def _as_input(self, value: float) -> Any:
        """A value in the library, type and device of the points."""
        xp = _checks.namespace(x=self.like)
        device = array_api_compat.device(self.like)
        return xp.asarray(value, dtype=self.like.dtype, device=device)[()]


def _method_description(method: Method, log_ratios: LogRatios | None) -> str:
    """The method, with the selected models of "auto"."""
    if log_ratios is None:
        return "counts" if method != "histogram" else "histogram"
    if method != "auto":
        return method
    return f"auto: {' + '.join(log_ratios.selected_models) or 'no difference found'}"

"""Two samples and what is asked of them; log-ratios are estimated once for all divergences."""

import math
from dataclasses import dataclass, field
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from divergences import _checks
from divergences._checks.samples import generator, require_sample, scaled
from divergences.errors import DistributionError
from divergences.sampled._density_ratio import methods
from divergences.sampled._density_ratio.atoms import Atoms, atoms
from divergences.sampled._density_ratio.estimation import Ratios, divergence
from divergences.sampled._density_ratio.functionals import JS, KL, Functional
from divergences.sampled._density_ratio.interval import interval
from divergences.sampled._density_ratio.methods import Method
from divergences.sampled._density_ratio.pooled_sample import PooledSample
from divergences.sampled._density_ratio.support_overlap import UNSEEN, beyond_sight, isolated
from divergences.sampled._estimate import Ends, Estimate
from divergences.sampled._point_clouds import Points

EXPECTED = 10  # points that a sample should have at an atom of the other, for none to mean none


@dataclass(frozen=True, slots=True)
class DensityRatioEstimator:
    """Two samples, their atoms, and what was estimated of them so far.

    Attributes:
        samples: The points, without coordinates that are the same in all of them.
        found: Their atoms.
        like: An array of the kind that is returned.
        confidence: Of intervals.
        seed: Of the generators that divide the points, so that all answers agree.
        known: Log-ratios by method and number of neighbours.
    """

    samples: PooledSample
    found: Atoms
    like: Any
    confidence: float
    seed: int
    known: dict[tuple[str, int], Ratios] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        p: ArrayLike | None,
        q: ArrayLike | None,
        confidence: float,
        rng: np.random.Generator | None,
    ) -> "DensityRatioEstimator":
        """The arguments of `kl`, checked."""
        _checks.confidence(confidence)
        seed = 0 if rng is None else int(generator(rng).integers(2**32))
        for name, sample in (("x", x), ("y", y)):
            require_sample(name, sample)
        points = Points.of(x, y, p, q).with_positive_weight()
        samples = PooledSample.of(*scaled(*points.values), *points.masses)
        found = atoms(samples)
        if samples.weighted and len(found.x):
            raise DistributionError(
                f"`x_weights` and `y_weights` are for points with densities, but {len(found.x)} "
                "values are taken again and again: count those with their weights, and give the "
                "weighted shares to `divergences.kl`"
            )
        like = points.x if points.x.dtype == points.xp.float64 else points.y
        return cls(samples, found, like, confidence, seed)

    def estimate(self, functional: Functional, method: Method, neighbours: int) -> Estimate:
        """The estimate of one divergence."""
        methods.require_method(method)
        samples, found, ratios = self.samples, self.found, None
        rng = np.random.default_rng(self.seed)
        if method == "histogram":
            found = methods.by_histogram(samples, found, rng)
        elif len(found.dense):
            ratios = self._ratios(method, neighbours, rng)
        value, error = divergence(functional, samples, found, ratios)
        value = min(max(value, 0.0), functional.largest)
        fitted = ratios is not None and ratios.fitted is not None
        low, high = interval(functional, value, error, self.confidence, fitted=fitted)
        notes = self._notes()
        missing, share = self._missing(functional), self._unseen(functional, found, ratios)
        if missing.any():
            value, high, low = math.inf, math.inf, self._least(functional, missing)
            notes += (self._why_infinite(functional, missing),)
        elif self.found.mixed.any():
            high = functional.largest
        elif share > UNSEEN:
            high = math.inf
            notes += (
                f"{share:.0%} of the points lie where the other sample has none near: the "
                "divergence may be much larger, and infinite",
            )
        return Estimate(
            self._returned(value),
            functional.of,
            _name(method, ratios),
            samples.n,
            samples.m,
            Ends(low, high),
            self.confidence,
            error if math.isfinite(value) else math.nan,
            {} if ratios is None else ratios.scores,
            notes,
        )

    def _returned(self, value: float) -> Any:
        """A number in the library and type of the points."""
        xp = _checks.namespace(x=self.like)
        device = array_api_compat.device(self.like)
        return xp.asarray(value, dtype=self.like.dtype, device=device)[()]

    def _unseen(self, functional: Functional, found: Atoms, ratios: Ratios | None) -> float:
        """Share of the points at which the other sample cannot tell the ratio from infinity."""
        if functional is JS:
            return 0.0
        mine, other, n, _ = self._sides(functional, found)
        count = float(mine[other == 0].sum())
        if ratios is not None:
            dense, side = self.samples.subset(found.dense), int(functional is not KL)
            part = (slice(0, dense.n), slice(dense.n, None))[side]
            beyond = beyond_sight(ratios.smooth[part] * (1 - 2 * side), (dense.m, dense.n)[side])
            extrapolated = np.average(beyond, weights=dense.weight[part]) if ratios.fitted else 0.0
            count += (dense.n, dense.m)[side] * max(float(extrapolated), isolated(dense, side))
        return count / n

    def _ratios(self, method: Method, neighbours: int, rng: np.random.Generator) -> Ratios:
        """Log-ratios where there is a density, estimated at the first call."""
        key = (method, neighbours)
        if key not in self.known:
            dense = self.samples.subset(self.found.dense)
            if method == "knn":
                self.known[key] = methods.by_neighbours(dense, neighbours)
            else:
                self.known[key] = methods.by_classifiers(dense, method, rng)
        return self.known[key]

    def _sides(self, functional: Functional, found: Atoms) -> tuple[Any, Any, int, int]:
        """Counts at the atoms of the side that the mean is over, and of the other."""
        n, m = self.samples.n, self.samples.m
        return (found.x, found.y, n, m) if functional is KL else (found.y, found.x, m, n)

    def _missing(self, functional: Functional) -> Any:
        """Which atoms make it infinite: the other side should have many points there."""
        if functional is JS:
            return np.zeros(len(self.found.x), bool)
        mine, other, n, m = self._sides(functional, self.found)
        return (other == 0) & (mine >= EXPECTED) & (mine * m >= EXPECTED * n)

    def _least(self, functional: Functional, missing: Any) -> float:
        """What it is at least, by any one atom, all of which might have been chosen."""
        mine, _, n, m = self._sides(functional, self.found)
        chance = (1 - self.confidence) / 4 / len(mine)
        p = special.betaincinv(mine[missing], n - mine[missing] + 1, chance)  # Clopper-Pearson
        q = np.minimum(-math.log(chance) / m, p)
        return float((special.rel_entr(p, q) + special.rel_entr(1 - p, 1 - q)).max())

    def _why_infinite(self, functional: Functional, missing: Any) -> str:
        """In words, where one sample has an atom and the other no point."""
        mine, _, _, size = self._sides(functional, self.found)
        names = ("x", "y") if functional is KL else ("y", "x")
        place = int(np.argmax(np.where(missing, mine, 0)))
        more = f", and so at {missing.sum() - 1} more" if missing.sum() > 1 else ""
        if self.found.mixed[place]:
            return (
                f"infinite: {mine[place]} points of {names[0]} are at values of their own, and "
                f"all {size} of {names[1]} at repeated ones{more}"
            )
        return (
            f"infinite: {mine[place]} points of {names[0]} share one value, which none of the "
            f"{size} points of {names[1]} takes{more}"
        )

    def _notes(self) -> tuple[str, ...]:
        """What a reader should know of atoms."""
        count, dense = len(self.found.x), len(self.found.dense)
        if count == 0:
            return ()
        if self.found.mixed.any():
            rest = int((self.found.x + self.found.y)[self.found.mixed][0])
            return (
                f"{rest} points, too few on one side for a density, are at no repeated value: "
                "they count as one value more, and so the divergence may be larger",
            )
        if dense == 0:
            values = f"{count} value{'s' * (count > 1)}"
            return (f"the data are discrete: {values}, whose frequencies are compared",)
        share = 1 - dense / len(self.samples.z)
        values = f"{count} repeated value{'s' * (count > 1)}"
        return (f"{share:.1%} of the points are at {values}, counted as atoms",)


def _name(method: Method, ratios: Ratios | None) -> str:
    """The method, with what it came to."""
    if ratios is None:
        return "counts" if method != "histogram" else "histogram"
    if method != "auto":
        return method
    return f"auto: {' + '.join(ratios.models) or 'no difference found'}"

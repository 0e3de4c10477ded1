"""Two samples and what is asked of them; log-ratios are estimated once for all divergences."""

import math
from dataclasses import dataclass, field
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import ArrayLike

from divergences import checks
from divergences.errors import DistributionError
from divergences.sampled.estimate import Ends, Estimate
from divergences.sampled.information import methods
from divergences.sampled.information.atoms import Atoms, atoms
from divergences.sampled.information.estimation import Ratios, divergence
from divergences.sampled.information.functionals import JS, KL, Functional
from divergences.sampled.information.interval import interval
from divergences.sampled.information.methods import Method
from divergences.sampled.information.samples import Samples
from divergences.sampled.information.sight import UNSEEN, beyond_sight, isolated
from divergences.sampled.points import Points
from divergences.transport.proof import Floats

EXPECTED = 10  # points that a sample should have at an atom of the other, for none to mean none
SHOWN = 3  # rows that a message names


@dataclass(frozen=True, slots=True)
class Question:
    """Two samples, their atoms, and what was estimated of them so far.

    Attributes:
        samples: The points, without coordinates that are the same in all of them.
        found: Their atoms.
        like: An array of the kind that is returned.
        confidence: Of intervals.
        seed: Of the generators that divide the points, so that all answers agree.
        known: Log-ratios by method and number of neighbours.
    """

    samples: Samples
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
    ) -> "Question":
        """The arguments of `kl`, checked."""
        checks.confidence(confidence)
        seed = 0 if rng is None else int(_generator(rng).integers(2**32))
        for name, sample in (("x", x), ("y", y)):
            _require_sample(name, sample)
        points = Points.of(x, y, p, q)
        samples = Samples.of(*_scaled(*points.values), *points.masses)
        like = points.x if points.x.dtype == points.xp.float64 else points.y
        return cls(samples, atoms(samples), like, confidence, seed)

    def answer(self, functional: Functional, method: Method, neighbours: int) -> Estimate:
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
            error,
            {} if ratios is None else ratios.scores,
            notes,
        )

    def _returned(self, value: float) -> Any:
        """A number in the library and type of the points."""
        xp = checks.namespace(x=self.like)
        device = array_api_compat.device(self.like)
        return xp.asarray(value, dtype=self.like.dtype, device=device)[()]

    def _unseen(self, functional: Functional, found: Atoms, ratios: Ratios | None) -> float:
        """Share of the points at which the other sample cannot tell the ratio from infinity."""
        if functional is JS:
            return 0.0
        mine, other, n, _ = self._sides(functional, found)
        count = float(mine[other == 0].sum())
        if ratios is not None:
            dense, side = self.samples.among(found.dense), int(functional is not KL)
            part = (slice(0, dense.n), slice(dense.n, None))[side]
            beyond = beyond_sight(
                ratios.smooth[part] * (1 - 2 * side), (dense.m, dense.n)[side], ratios.near
            )
            share = np.average(beyond, weights=dense.weight[part])
            count += (dense.n, dense.m)[side] * max(float(share), isolated(dense, side))
        return count / n

    def _ratios(self, method: Method, neighbours: int, rng: np.random.Generator) -> Ratios:
        """Log-ratios where there is a density, estimated at the first call."""
        key = (method, neighbours)
        if key not in self.known:
            dense = self.samples.among(self.found.dense)
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
        return (other == 0) & (mine * m >= EXPECTED * n)

    def _least(self, functional: Functional, missing: Any) -> float:
        """What the divergence is at least, with what chance leaves the other side of the atoms."""
        mine, _, n, m = self._sides(functional, self.found)
        chance = (1 - self.confidence) / 2
        seen = mine[missing].sum() / n
        p = max(0.0, seen - 2 * math.sqrt(seen * (1 - seen) / n))
        q = min(1.0, -math.log(chance) / m)
        if p <= q:
            return 0.0
        rest = (1 - p) * math.log((1 - p) / (1 - q)) if p < 1 else 0.0
        return p * math.log(p / q) + rest

    def _why_infinite(self, functional: Functional, missing: Any) -> str:
        """In words, where one sample has an atom and the other no point."""
        mine, _, _, size = self._sides(functional, self.found)
        names = ("x", "y") if functional is KL else ("y", "x")
        place = int(np.argmax(np.where(missing, mine, 0)))
        more = f", and so at {missing.sum() - 1} more" if missing.sum() > 1 else ""
        return (
            f"infinite: {mine[place]} points of {names[0]} share one value, which none of the "
            f"{size} points of {names[1]} takes{more}"
        )

    def _notes(self) -> tuple[str, ...]:
        """What a reader should know of atoms."""
        count, dense = len(self.found.x), len(self.found.dense)
        if count == 0:
            return ()
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


def _generator(rng: np.random.Generator) -> np.random.Generator:
    """The generator.

    Returns:
        It.

    Raises:
        DistributionError: If it is none.
    """
    if not isinstance(rng, np.random.Generator):
        raise DistributionError(
            f"`rng` must be a numpy.random.Generator, as np.random.default_rng(0) is, or None, "
            f"but is {rng!r}"
        )
    return rng


def _require_sample(name: str, sample: Any) -> None:
    """Refuse what is no sample, rows that are not finite, and gradients, which would be lost.

    Raises:
        DistributionError: Naming the rows.
    """
    if sample is None:
        raise DistributionError(f"`{name}` must be a sample, shape (n, d), but is None")
    if getattr(sample, "requires_grad", False):
        raise DistributionError(
            f"`{name}` requires a gradient, and estimates from samples have none: pass "
            f"{name}.detach()"
        )
    values = checks.numpy_values(sample) if array_api_compat.is_array_api_obj(sample) else sample
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return  # which `Points` refuses
    if array.ndim not in (1, 2) or array.size == 0:
        return  # likewise
    rows = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if len(rows):
        shown = ", ".join(map(str, rows[:SHOWN]))
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        keep = f"np.isfinite({name}).all(axis=1)" if array.ndim == 2 else f"np.isfinite({name})"
        raise DistributionError(
            f"`{name}` must be finite, but has NaN or infinite entries in "
            f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}; take them out: {name}[{keep}]"
        )


def _scaled(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coordinates in units in which nothing overflows, without those that never differ."""
    low = np.minimum(x.min(axis=0), y.min(axis=0))
    high = np.maximum(x.max(axis=0), y.max(axis=0))
    differs = low < high
    if not differs.any():
        return np.zeros((len(x), 1)), np.zeros((len(y), 1))
    unit = np.frexp(np.maximum(np.abs(low), np.abs(high)))[1][differs]
    return np.ldexp(x[:, differs], -unit), np.ldexp(y[:, differs], -unit)

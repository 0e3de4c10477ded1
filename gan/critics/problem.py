"""What a critic is fitted to, for how long, and what comes of it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from divergences import DistributionError
from gan.data.dataset import Sampler
from gan.errors import TrainingError
from gan.networks import Critic

Score = Callable[[Tensor], Tensor]
Maker = Callable[[torch.Generator, tuple[int, ...]], Critic]


@dataclass(frozen=True, slots=True)
class Problem:
    """Two distributions, of which a critic is to score the first higher.

    Attributes:
        real: Draws points of the first: ``real(n, rng)``, shape ``(n, *shape)``.
        generated: Draws points of the second.
        shape: Of one point.
        unit: How large the points are.
        points: All points that there are of each, if these are fixed sets; None if the critic may
            draw fresh ones for ever.
    """

    real: Sampler
    generated: Sampler
    shape: tuple[int, ...]
    unit: float = 1.0
    points: tuple[Tensor, Tensor] | None = None

    @classmethod
    def of_points(
        cls,
        real: Float[Tensor, " n *shape"],
        generated: Float[Tensor, " m *shape"],
        /,
        *,
        unit: float = 1.0,
    ) -> "Problem":
        """Two fixed sets, which are drawn from with replacement.

        Args:
            real: Points of the first.
            generated: Points of the second.
            unit: How large they are.

        Returns:
            The problem, of the points in float32.

        Raises:
            DistributionError: If a set is empty, not finite or not of rows, or the shapes of
                points differ, or the unit is no length.
        """
        if real.shape[1:] != generated.shape[1:] or real.ndim < 2:
            shapes = f"{tuple(real.shape)} and {tuple(generated.shape)}"
            raise DistributionError(
                "`real` and `generated` must have points of one shape, (n, ...) and (m, ...), but "
                f"have {shapes}"
            )
        for name, points in (("real", real), ("generated", generated)):
            if not (points.numel() and points.isfinite().all()):
                raise DistributionError(f"`{name}` must hold points, all of them finite")
        if not (math.isfinite(unit) and unit > 0):
            raise DistributionError(f"`unit` must be a positive length, but is {unit}")
        sets = real.detach().float(), generated.detach().float()
        return cls(_rows_of(sets[0]), _rows_of(sets[1]), tuple(real.shape[1:]), unit, sets)

    def fixed(self, n: int, rng: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """The fixed sets, or else ``n`` points of each, drawn now."""
        if self.points is not None:
            return self.points
        return self.real(n, rng), self.generated(n, rng)


def _rows_of(points: Tensor) -> Sampler:
    """Draws rows, with replacement."""

    def sample(n: int, rng: torch.Generator) -> Tensor:
        return points[torch.randint(len(points), (n,), generator=rng, device=rng.device)]

    return sample


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a fit may take, whichever ends first.

    Attributes:
        steps: Updates of the critic.
        seconds: Of wall time; a fit that this ends depends on the machine.
    """

    steps: int = 1000
    seconds: float = math.inf

    def __post_init__(self) -> None:
        """Refuse a budget of nothing."""
        if self.steps < 1 or not self.seconds > 0:
            raise ValueError(
                f"`steps` must be at least 1 and `seconds` above 0, but they are {self.steps} "
                f"and {self.seconds}"
            )


@dataclass(frozen=True, slots=True)
class Fit:
    """A critic as it stands.

    Attributes:
        score: Scores of points, one each; it follows the fit as that goes on.
        step: Updates so far.
        seconds: Wall time of set-up and updates so far.
        finished: Whether the budget is used.
        lipschitz: Whether the critic's slopes are at most 1 by construction, up to rounding.
    """

    score: Score
    step: int
    seconds: float
    finished: bool
    lipschitz: bool = False

    @torch.no_grad()
    def gap(
        self, real: Float[Tensor, " n *shape"], generated: Float[Tensor, " m *shape"], /
    ) -> float:
        """Mean score of real less that of generated points, in the unit of the scores."""
        return float(self.score(real).mean() - self.score(generated).mean())


@runtime_checkable
class Estimator(Protocol):
    """A way to find a critic."""

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Fit a critic, yielding it after each update, so the caller may look and stop.

        Args:
            problem: What to fit it to.
            budget: How long.
            rng: Source of randomness.

        Yields:
            The critic as it stands; the last one is finished.

        Raises:
            TrainingError: If a loss is not finite; what was yielded last still stands.
        """
        ...


def fitted(
    estimator: Estimator, problem: Problem, /, *, budget: Budget, rng: torch.Generator
) -> Fit:
    """The critic at the end of its budget; arguments and errors as of `Estimator.fit`."""
    last = None
    for fit in estimator.fit(problem, budget=budget, rng=rng):
        last = fit
    if last is None:
        raise TrainingError("the estimator gave no critic")
    return last

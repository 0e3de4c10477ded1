"""The protocol of estimators, and the loop of those that update a critic step by step."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critics.problem import Problem
from gan.errors import TrainingError
from gan.evaluation.point_pair import ScoreFunction

CHECKPOINT_STEPS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)  # and the last


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a fit, which ends at the first that is reached.

    Attributes:
        steps: Updates of the critic.
        seconds: Wall time; a fit that this ends depends on the machine.
    """

    steps: int = 1000
    seconds: float = math.inf

    def __post_init__(self) -> None:
        """Refuse a budget without a step or without time."""
        if self.steps < 1 or not self.seconds > 0:
            raise ValueError(
                f"`steps` must be at least 1 and `seconds` above 0, but they are {self.steps} "
                f"and {self.seconds}"
            )


@dataclass(frozen=True, slots=True)
class Fit:
    """A critic during or after its fit.

    Attributes:
        score: Maps points to one score each; it changes with further updates.
        step: Updates so far.
        seconds: Wall time of set-up and updates so far.
        finished: Whether the budget is used.
        lipschitz: Whether the critic's slopes are at most 1 by construction, up to rounding.
    """

    score: ScoreFunction
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
    """An estimator of W1 by the gap of a critic."""

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Fit a critic, yielding it after each update, so that the caller can measure and stop.

        Args:
            problem: The two distributions.
            budget: Limits of steps and time.
            rng: Source of randomness.

        Yields:
            The critic after the update; the last one is finished.

        Raises:
            TrainingError: If a loss is not finite; the critic yielded last is unchanged.
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
        raise TrainingError("`estimator` must yield at least one critic, but yielded none")
    return last


def run_updates(
    update: Callable[[float], object],
    score: ScoreFunction,
    budget: Budget,
    /,
    *,
    start: float,
    lipschitz: bool = False,
) -> Iterator[Fit]:
    """Update a critic until the budget is used, yielding it after each update.

    Args:
        update: One update, given the share of the budget that is used, in [0, 1).
        score: The critic that is updated.
        budget: Limits; the caller's time between two updates is not counted.
        start: Start of the set-up of the fit, by `time.monotonic`.
        lipschitz: Whether the critic's slopes are at most 1 by construction.

    Yields:
        The critic after the update.
    """
    step, seconds, progress = 0, 0.0, 0.0
    while progress < 1:
        update(progress)
        seconds += time.monotonic() - start
        step += 1
        progress = max(step / budget.steps, seconds / budget.seconds)
        yield Fit(score, step, seconds, progress >= 1, lipschitz)
        start = time.monotonic()

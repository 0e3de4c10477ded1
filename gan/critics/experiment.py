"""A critic looked at while it is fitted, by one of the two questions."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from gan.critics.errors import CriticErrors, on_points, on_populations
from gan.critics.pairs.distribution_pair import Pair
from gan.critics.problem import Budget, Estimator, Fit, Problem
from gan.evaluation.critic_gap import Truth
from gan.runs.measures import seeded

Question = Literal["same-points", "population"]

LOOKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
POINTS = 4096


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A critic after some steps.

    Attributes:
        step: Updates so far.
        seconds: That they took; looking does not count.
        verdict: How well it does.
        fit: The critic.
    """

    step: int
    seconds: float
    verdict: CriticErrors
    fit: Fit

    def record(self) -> dict[str, Any]:
        """What was seen, in plain values."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            **asdict(self.verdict),
            "error": self.verdict.error,
            "certified_error": self.verdict.certified_error,
        }


class Experiment:
    """A pair and a question about it, to hold estimators against.

    Attributes:
        pair: The pair.
        question: On the very points that the critic sees, or on the populations.
        problem: What the critic is fitted to.
        truth: The points and their exact transport, of the first question.
        w1: Distance of the populations, of the second.
    """

    def __init__(self, pair: Pair, question: Question, seed: int, /, *, n: int = POINTS) -> None:
        self.pair = pair
        self.question = question
        self._seed = seed
        self.truth: Truth | None = None
        self.w1: float | None = None
        if question == "population":
            known = pair.w1()
            if known is None:
                raise ValueError(
                    "`pair` must have a known W1 for the question of populations; ask about the "
                    "same points"
                )
            self.w1 = known[0]
            self.problem = Problem(pair.real, pair.generated, pair.shape, pair.unit)
        else:
            rng = self._rng(0)
            points = pair.real(n, rng), pair.generated(n, rng)
            self.truth = Truth.of(*points)
            self.problem = Problem.of_points(*points, unit=pair.unit)

    @property
    def exact(self) -> float:
        """What the gap estimates."""
        return self.truth.exact if self.truth is not None else float(self.w1 or 0.0)

    def looks(
        self,
        estimator: Estimator,
        budget: Budget,
        /,
        *,
        stopped: Callable[[], bool] = lambda: False,
        only_last: bool = False,
    ) -> Iterator[Checkpoint]:
        """Fit, looking after 1, 3, 10, 30, ... steps and at the end.

        Args:
            estimator: How the critic is found.
            budget: How long it may take.
            stopped: Whether to end after this step.
            only_last: Checkpoint at the end only.

        Yields:
            What was seen.

        Raises:
            TrainingError: If the fit diverges.
            DistributionError: If a score is not finite.
        """
        for fit in estimator.fit(self.problem, budget=budget, rng=self._rng(1)):
            end = fit.finished or stopped()
            if end or (fit.step in LOOKS and not only_last):
                yield Checkpoint(fit.step, fit.seconds, self._verdict(fit), fit)
            if end:
                return

    def _verdict(self, fit: Fit) -> CriticErrors:
        """By the question."""
        if self.truth is not None:
            return on_points(fit.score, self.truth)
        return on_populations(fit.score, self.pair, self.exact, self._rng(2))

    def _rng(self, purpose: int) -> torch.Generator:
        """A source of randomness of its own for each purpose."""
        return seeded(torch.device("cpu"), self._seed, purpose)

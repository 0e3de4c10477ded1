"""An estimator's errors during its fit, and its knowledge of fresh points."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import torch

from gan.critics.errors import CriticErrors, errors_on_points, errors_on_populations
from gan.critics.fit_loop import CHECKPOINT_STEPS, Budget, Estimator, Fit
from gan.critics.pairs.distribution_pair import DistributionPair
from gan.critics.problem import Problem
from gan.critics.unseen import unseen_points
from gan.evaluation.critic_gap import CriticGap, ExactTransport
from gan.runs.run_metrics import seeded_generator

Question = Literal["same-points", "population"]

DEFAULT_SAMPLE_SIZE = 4096
FRESH_KNOWLEDGE_SIZE = 2048  # on populations; else as many as the points of the fit

# Random streams of one seed: measuring must neither change the fit nor repeat its points.
POINTS_STREAM, FIT_STREAM, FRESH_STREAM, KNOWLEDGE_STREAM = range(4)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A critic and its errors after some steps.

    Attributes:
        step: Updates so far.
        seconds: Wall time of the updates, without that of measuring.
        errors: Errors of the critic.
        fit: The critic.
        fresh: Gap, bounds, knowledge and exact EMD on fresh points of the pair, which the fit has
            not drawn; None if the pair has too few of them.
    """

    step: int
    seconds: float
    errors: CriticErrors
    fit: Fit
    fresh: CriticGap | None = None

    def record(self) -> dict[str, Any]:
        """Steps, seconds, errors and knowledge as plain values; None for NaN."""
        fresh = self.fresh
        numbers = {
            **asdict(self.errors),
            "error": self.errors.error,
            "certified_error": self.errors.certified_error,
            "knowledge": self.errors.knowledge,
            "fresh_error": None if fresh is None else fresh.error,
            "fresh_knowledge": None if fresh is None else fresh.knowledge,
            "fresh": None if fresh is None else asdict(fresh),
        }
        return {
            "step": self.step,
            "seconds": self.seconds,
            **{
                key: None if isinstance(value, float) and math.isnan(value) else value
                for key, value in numbers.items()
            },
        }


class Experiment:
    """A pair of distributions and the kind of error to measure estimators by.

    Attributes:
        pair: The pair.
        question: "same-points": errors on ``n`` points of each, to which the critic is fitted.
            "population": errors on fresh points; needs a pair of known W1.
        problem: The problem that critics are fitted to.
        exact_transport: The points and their exact transport, of "same-points"; else None.
        w1: Distance of the populations, of "population"; else None.
    """

    def __init__(
        self,
        pair: DistributionPair,
        question: Question,
        seed: int,
        /,
        *,
        n: int = DEFAULT_SAMPLE_SIZE,
    ) -> None:
        self.pair = pair
        self.question = question
        self._seed = seed
        self._fresh_size = n if question == "same-points" else FRESH_KNOWLEDGE_SIZE
        self.exact_transport: ExactTransport | None = None
        self.w1: float | None = None
        if question == "population":
            w1_and_error = pair.w1()
            if w1_and_error is None:
                raise ValueError(
                    "`pair` must have a known W1 for the question 'population', but has none; "
                    "take 'same-points'"
                )
            self.w1 = w1_and_error[0]
            self.problem = Problem(pair.real, pair.generated, pair.shape, pair.unit)
        else:
            rng = self._rng(POINTS_STREAM)
            points = pair.samples(n, rng)
            self.exact_transport = ExactTransport.between(*points)
            self.problem = Problem.of_points(*points, unit=pair.unit)

    @property
    def exact(self) -> float:
        """Value that the gap estimates: the exact EMD of the points, or the populations' W1."""
        if self.exact_transport is not None:
            return self.exact_transport.exact
        return float(self.w1 or 0.0)

    @cached_property
    def fresh_transport(self) -> ExactTransport | None:
        """Fresh points of the pair and their exact transport.

        As many as the points of the fit, of "same-points", and none of them; 2048 on populations.
        None if the pair is of finite sets that have too few other points.
        """
        rng = self._rng(KNOWLEDGE_STREAM)
        seen = self.problem.points or (None, None)
        real, generated = (
            unseen_points(sampler, self._fresh_size, rng, points)
            for sampler, points in zip((self.pair.real, self.pair.generated), seen, strict=True)
        )
        if real is None or generated is None:
            return None
        return ExactTransport.between(real, generated)

    def checkpoints(
        self,
        estimator: Estimator,
        budget: Budget,
        /,
        *,
        stopped: Callable[[], bool] = lambda: False,
        only_last: bool = False,
    ) -> Iterator[Checkpoint]:
        """Fit a critic, measuring its errors after 1, 3, 10, 30, ... steps and at the end.

        Args:
            estimator: Fits the critic.
            budget: Limits of steps and time.
            stopped: Called after each step; True ends the fit there.
            only_last: Measure at the end only.

        Yields:
            The critic and its errors.

        Raises:
            TrainingError: If the fit diverges.
            DistributionError: If a score is not finite.
        """
        for fit in estimator.fit(self.problem, budget=budget, rng=self._rng(FIT_STREAM)):
            is_last = fit.finished or stopped()
            if is_last or (fit.step in CHECKPOINT_STEPS and not only_last):
                fresh = self.fresh_transport
                yield Checkpoint(
                    fit.step,
                    fit.seconds,
                    self._errors(fit),
                    fit,
                    None if fresh is None else fresh.critic_gap(fit.score),
                )
            if is_last:
                return

    def _errors(self, fit: Fit) -> CriticErrors:
        """Errors on the same points, or on the same fresh points at every checkpoint."""
        if self.exact_transport is not None:
            return errors_on_points(fit.score, self.exact_transport)
        return errors_on_populations(fit.score, self.pair, self.exact, self._rng(FRESH_STREAM))

    def _rng(self, stream: int) -> torch.Generator:
        """Generator of one of the independent streams of the seed."""
        return seeded_generator(torch.device("cpu"), self._seed, stream)

"""The loop of every fit that goes step by step."""

import time
from collections.abc import Callable, Iterator

from gan.critics.problem import Budget, Fit, Score


def stepped(
    update: Callable[[float], object],
    score: Score,
    budget: Budget,
    /,
    *,
    begun: float,
    lipschitz: bool = False,
) -> Iterator[Fit]:
    """Update until the budget is used, yielding after each.

    Args:
        update: One update, given the share of the budget that is used, in [0, 1).
        score: The critic that is updated.
        budget: How long; what the caller does between two updates does not count.
        begun: When the fit began to be set up, by `time.monotonic`.
        lipschitz: Whether the critic's slopes are at most 1 by construction.

    Yields:
        The critic as it stands.
    """
    step, seconds, used = 0, 0.0, 0.0
    while used < 1:
        update(used)
        seconds += time.monotonic() - begun
        step += 1
        used = max(step / budget.steps, seconds / budget.seconds)
        yield Fit(score, step, seconds, used >= 1, lipschitz)
        begun = time.monotonic()

"""Batches of transport problems between histograms, over leading axes that broadcast."""

import math
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from divergences import _checks, _parallel
from divergences._transport.forbidden_pairs import NoFinitePlanError
from divergences._transport.result import Optimum
from divergences._transport.simplex import histogram_optimum
from divergences._typing import Array, Floats
from divergences.errors import DistributionError, PairwiseInterrupt, SolverError

MAX_CHUNKS = 32  # a chunk of the batch is one task of a process

Index = tuple[int, ...]
Problem = tuple[Array, Array, Array]
Outcome = Optimum | SolverError | NoFinitePlanError


def batch_shape(p: Array, q: Array, cost: Array, /) -> tuple[int, ...]:
    """Common shape of the leading axes of masses and costs.

    Args:
        p: Shape ``(..., n)``.
        q: Shape ``(..., m)``.
        cost: Shape ``(n, m)`` or ``(..., n, m)``.

    Returns:
        The shape of the batch; empty for a single problem.

    Raises:
        DistributionError: If the leading axes do not broadcast, or an array has too few axes.
    """
    if p.ndim == 1 and q.ndim == 1 and cost.ndim == 2:
        return ()
    for name, array, axes in (("p", p, 1), ("q", q, 1), ("cost", cost, 2)):
        if array.ndim < axes:
            words = "at least one axis" if axes == 1 else "the axes of `p` and of `q`"
            raise DistributionError(
                f"`{name}` must have {words}, but has shape {tuple(array.shape)}"
            )
    leading = tuple(p.shape[:-1]), tuple(q.shape[:-1]), tuple(cost.shape[:-2])
    try:
        return np.broadcast_shapes(*leading)
    except ValueError:
        raise DistributionError(
            "the leading axes of `p`, `q` and `cost` must broadcast, but are "
            f"{leading[0]}, {leading[1]} and {leading[2]}; `cost` ends in (len(p), len(q))"
        ) from None


def problems(
    p: Array, q: Array, cost: Array, shape: tuple[int, ...], xp: ModuleType, /
) -> Iterator[tuple[Index, Problem]]:
    """Index, masses and cost of each problem of a batch."""
    p, q = xp.broadcast_to(p, (*shape, p.shape[-1])), xp.broadcast_to(q, (*shape, q.shape[-1]))
    if cost.ndim > 2:
        cost = xp.broadcast_to(cost, (*shape, *cost.shape[-2:]))
    for index in np.ndindex(shape):
        yield index, (p[index], q[index], cost[index] if cost.ndim > 2 else cost)


def optima(batch: list[tuple[Index, Problem]], n_jobs: int | None, /) -> list[Optimum]:
    """Solve each problem of a batch, in parallel processes.

    Args:
        batch: Index, checked masses and checked costs of each problem.
        n_jobs: Number of processes; None for the default of joblib.

    Returns:
        The optima in the order of the problems.

    Raises:
        DistributionError: If infinite costs cut off mass; the message starts with the index of
            the problem.
        SolverError: If a problem was not solved; the message starts with its index.
        PairwiseInterrupt: If interrupted; it carries the distances that were done.
    """
    size = max(1, math.ceil(len(batch) / MAX_CHUNKS))
    chunks = [batch[start : start + size] for start in range(0, len(batch), size)]
    tasks = [_numpy_chunk(chunk) for chunk in chunks]
    outcomes: list[list[Outcome]] = [[] for _ in chunks]
    try:
        for task, results in _parallel.unordered_results(_solve_chunk, tasks, n_jobs=n_jobs):
            outcomes[task] = results
    except KeyboardInterrupt:
        raise PairwiseInterrupt(_distances_so_far(chunks, outcomes)) from None
    solved = []
    flat = (outcome for chunk in outcomes for outcome in chunk)
    for (index, _), outcome in zip(batch, flat, strict=True):
        if isinstance(outcome, NoFinitePlanError):
            raise DistributionError(f"problem {list(index)}: {outcome}")
        if isinstance(outcome, SolverError):
            raise SolverError(f"problem {list(index)}: {outcome}", bracket=outcome.bracket)
        solved.append(outcome)
    return solved


def _distances_so_far(
    chunks: list[list[tuple[Index, Problem]]], outcomes: list[list[Outcome]]
) -> Floats:
    """Distances of the solved problems, and NaN for the others, in the shape of the batch."""
    last = chunks[-1][-1][0]
    distances = np.full([i + 1 for i in last], np.nan)
    for chunk, results in zip(chunks, outcomes, strict=True):
        for (index, _), outcome in zip(chunk, results, strict=False):
            if isinstance(outcome, Optimum):
                distances[index] = outcome.cost
    return distances


def _numpy_chunk(
    chunk: list[tuple[Index, Problem]],
) -> tuple[list[Floats], list[Floats], list[Floats]]:
    """Masses and costs as numpy arrays; one cost if all problems share it."""
    p, q = ([_in_numpy(problem[k]) for _, problem in chunk] for k in (0, 1))
    first = chunk[0][1][2]
    shared = all(problem[2] is first for _, problem in chunk)
    costs = [first] if shared else [problem[2] for _, problem in chunk]
    return p, q, [_in_numpy(cost) for cost in costs]


def _in_numpy(array: Array) -> Floats:
    """The array in numpy and float64."""
    values: Floats = _checks.numpy_values(array).astype(np.float64, copy=False)
    return values


def _solve_chunk(p: list[Floats], q: list[Floats], costs: list[Floats]) -> list[Outcome]:
    """The optimum of each problem, or its error."""
    costs = costs * len(p) if len(costs) == 1 else costs
    results: list[Outcome] = []
    for problem in zip(p, q, costs, strict=True):
        try:
            results.append(histogram_optimum(*problem))
        except (SolverError, NoFinitePlanError) as error:
            results.append(error)
    return results

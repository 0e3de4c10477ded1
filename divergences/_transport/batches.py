"""Many transport problems between histograms, of leading axes that broadcast."""

import math
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from divergences import _checks, _parallel
from divergences._transport.result import Optimum
from divergences._transport.simplex import dense_transport
from divergences._typing import Array, Floats
from divergences.errors import DistributionError, SolverError

CHUNKS = 32  # tasks into which a batch is divided


def batch_shape(p: Array, q: Array, cost: Array, /) -> tuple[int, ...]:
    """The leading axes that masses and costs share.

    Args:
        p: Shape ``(..., n)``.
        q: Shape ``(..., m)``.
        cost: Shape ``(n, m)`` or ``(..., n, m)``.

    Returns:
        The shape of the batch; empty for a single problem.

    Raises:
        DistributionError: If the leading axes do not broadcast.
    """
    if p.ndim == 1 and q.ndim == 1 and cost.ndim == 2:
        return ()
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
) -> Iterator[tuple[tuple[int, ...], tuple[Array, Array, Array]]]:
    """Each problem of a batch with its index."""
    p, q = xp.broadcast_to(p, (*shape, p.shape[-1])), xp.broadcast_to(q, (*shape, q.shape[-1]))
    if cost.ndim > 2:
        cost = xp.broadcast_to(cost, (*shape, *cost.shape[-2:]))
    for index in np.ndindex(shape):
        yield index, (p[index], q[index], cost[index] if cost.ndim > 2 else cost)


def optima(
    batch: list[tuple[tuple[int, ...], tuple[Array, Array, Array]]], n_jobs: int | None, /
) -> list[Optimum]:
    """The optimum of each problem, found in several processes.

    Args:
        batch: Checked masses and costs, with the index of each problem.
        n_jobs: How many processes.

    Returns:
        The optima in the order of the problems.

    Raises:
        SolverError: If one was not found; naming its index.
    """
    size = max(1, math.ceil(len(batch) / CHUNKS))
    chunks = [batch[start : start + size] for start in range(0, len(batch), size)]
    tasks = [_in_numpy(chunk) for chunk in chunks]
    found: list[list[Optimum | SolverError]] = [[] for _ in chunks]
    for place, results in _parallel.results(_solve_all, tasks, n_jobs=n_jobs):
        found[place] = results
    solved = []
    for (index, _), one in zip(batch, (one for chunk in found for one in chunk), strict=True):
        if isinstance(one, SolverError):
            raise SolverError(f"problem {list(index)}: {one}", bracket=one.bracket)
        solved.append(one)
    return solved


def _in_numpy(
    chunk: list[tuple[tuple[int, ...], tuple[Array, Array, Array]]],
) -> tuple[list[Floats], list[Floats], list[Floats]]:
    """Masses that sum to 1 and costs; a cost that all share is there once."""
    p, q = ([_checks.normalised(problem[k]) for _, problem in chunk] for k in (0, 1))
    first = chunk[0][1][2]
    shared = all(problem[2] is first for _, problem in chunk)
    costs = [first] if shared else [problem[2] for _, problem in chunk]
    return p, q, [_checks.numpy_values(c).astype(np.float64, copy=False) for c in costs]


def _solve_all(
    p: list[Floats], q: list[Floats], costs: list[Floats]
) -> list[Optimum | SolverError]:
    """The optimum of each problem, or why there is none."""
    costs = costs * len(p) if len(costs) == 1 else costs
    results: list[Optimum | SolverError] = []
    for problem in zip(p, q, costs, strict=True):
        try:
            results.append(dense_transport(*problem))
        except SolverError as error:
            results.append(error)
    return results

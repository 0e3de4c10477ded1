"""Distance matrices: distances of many pairs of distributions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences import _parallel
from divergences._pairwise.blocks import Failure, TileDistances
from divergences._pairwise.distances import DistanceName
from divergences._pairwise.problem import PairwiseProblem, pairwise_problem
from divergences._typing import ArrayLike, Floats
from divergences.errors import PairwiseError, PairwiseInterrupt

MAX_JOBS = 4  # that the default size of a tile is meant for


def pairwise(
    distributions: Sequence[Any] | ArrayLike,
    /,
    other: Sequence[Any] | ArrayLike | None = None,
    *,
    distance: DistanceName | Callable[..., Any] | None = None,
    cost: Any = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Floats:
    """Distance matrix of distributions: of point clouds, or of histograms.

    Runs in processes of this machine, or, inside ``with joblib.parallel_config(backend="dask")``
    and the like, on a cluster; their number does not change a bit of the result.

    Args:
        distributions: k distributions. Each is an array: points, shape ``(n, d)``, or
            probabilities, shape ``(n,)``, as ``distance`` takes them; or a pair
            ``(points, weights)``. The rows of an array or a frame of shape ``(k, n)`` are
            histograms. Mappings, Series and columns of frames are aligned by label.
        other: l more distributions, the columns of the matrix. By default the same as the rows.
        distance: A name: "emd", "js", "js_distance", "kl", "reverse_kl", "jeffreys", "hellinger",
            "total_variation", "chi2" or "cross_entropy"; or a function of two distributions that
            returns a number, or an estimate with a ``value``, such as
            ``functools.partial(sampled.emd, metric="cityblock")``; picklable if there are several
            processes. Weights are passed as ``x_weights`` and ``y_weights``. By default exact
            EMD: `sampled.emd`, or, with ``cost``, `emd`. Each pair is computed once if the
            distance is known to be symmetric: if it is one of the first seven but "kl" and
            "reverse_kl", `sampled.emd` under a metric that has a name, or `sampled.js`. Of all
            other functions, both entries of a pair are computed.
        cost: Ground cost of histograms, shape ``(n, n)``, for all pairs; with labels, a frame, a
            mapping of pairs of labels, or a function of two.
        n_jobs: Number of processes; -1 for one per core; None for that of
            `joblib.parallel_config`, or else one.
        progress: Whether to show a progress bar.

    Returns:
        Distances from rows to columns, shape ``(k, l)``, float64.

    Raises:
        DistributionError: If there are no distributions, all are refused, they look like
            histograms and there is neither a distance nor a cost, labels cannot be aligned, both
            ``distance`` and ``cost`` are given, or the cost is invalid.
        PairwiseError: If pairs failed; it names them, and carries the distances of all others.
        PairwiseInterrupt: If interrupted; it carries the distances that were done.

    >>> pairwise([[[0.0], [1.0]], [[2.0], [3.0]], [[0.0], [3.0]]]).tolist()
    [[0.0, 2.0, 1.0], [2.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    >>> pairwise([[0.5, 0.5], [1.0, 0.0]], distance="total_variation").tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """
    problem = pairwise_problem(distributions, other, distance, cost)
    shape, symmetric = (len(problem.rows), len(problem.columns)), problem.is_symmetric
    tiles = _tiles(*shape, symmetric, problem.tile)
    matrix, failures = np.full(shape, np.nan), list[Failure]()
    try:
        for index, (block, block_failures) in _parallel.unordered_results(
            _tile_distances,
            [_task(problem, tile) for tile in tiles],
            n_jobs=n_jobs,
            progress=progress,
            description="pairs",
        ):
            tile = tiles[index]
            matrix[tile.rows, tile.cols] = block
            if symmetric:
                matrix[tile.cols, tile.rows] = block.T
            failures += [
                (tile.rows.start + i, tile.cols.start + j, e) for i, j, e in block_failures
            ]
    except KeyboardInterrupt:
        raise PairwiseInterrupt(matrix) from None
    if failures:
        raise PairwiseError(matrix, sorted(failures, key=lambda failure: failure[:2]))
    return matrix


@dataclass(frozen=True, slots=True)
class _Tile:
    """A block of the distance matrix.

    Attributes:
        rows: Its rows.
        cols: Its columns.
    """

    rows: slice
    cols: slice


def _tiles(k: int, l: int, symmetric: bool, tile: TileDistances) -> list[_Tile]:  # noqa: E741  # as in `pairwise`
    """Square blocks that cover the matrix, or its upper triangle, a few for each process."""
    pairs = k * l / 2 if symmetric else k * l
    side = int(np.clip(np.sqrt(pairs / (tile.tiles_per_job * MAX_JOBS)), 1, tile.max_side))
    rows, cols = (
        [slice(start, min(size, start + side)) for start in range(0, size, side)]
        for size in (k, l)
    )
    return [_Tile(i, j) for i in rows for j in cols if not symmetric or i.start <= j.start]


def _task(
    problem: PairwiseProblem, tile: _Tile
) -> tuple[TileDistances, list[Any], list[Any], bool]:
    """Arguments of `_tile_distances` for a tile."""
    upper = problem.is_symmetric and tile.rows == tile.cols
    return problem.tile, problem.rows[tile.rows], problem.columns[tile.cols], upper


def _tile_distances(
    tile: TileDistances, rows: list[Any], columns: list[Any], upper: bool
) -> tuple[Floats, list[Failure]]:
    """Distances of a tile, and the failures: the task of a process."""
    return tile(rows, columns, upper)

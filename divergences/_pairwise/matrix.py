"""Distance matrices: distances of many pairs of distributions."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from divergences import _parallel
from divergences._pairwise.distances import distance_function, validated_elements
from divergences._typing import ArrayLike, Floats
from divergences.errors import PairwiseError, PairwiseInterrupt

Failure = tuple[int, int, Exception]
TILES_PER_JOB = 8  # so that all processes end at about the same time
MAX_JOBS = 4  # that the default size of a tile is meant for
MAX_TILE_SIDE = 32


def pairwise(
    distributions: Sequence[Any],
    /,
    other: Sequence[Any] | None = None,
    *,
    distance: Callable[..., Any] | None = None,
    cost: ArrayLike | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Floats:
    """Distance matrix of distributions: of point clouds, or of histograms.

    Runs in processes of this machine, or, inside ``with joblib.parallel_config(backend="dask")``
    and the like, on a cluster.

    Args:
        distributions: k distributions. Each is an array: points, shape ``(n, d)``, or
            probabilities, shape ``(n,)``, as ``distance`` takes them; or a pair
            ``(points, weights)``.
        other: l more distributions, the columns of the matrix. By default the same as the rows:
            then the distance must be symmetric, and each pair is computed once. For a distance
            that is not symmetric, such as `kl`, pass the same list twice.
        distance: A function of two distributions, such as `js` or
            ``functools.partial(sampled.emd, metric="cityblock")``; picklable if there are several
            processes. Weights are passed as ``x_weights`` and ``y_weights``. By default exact
            EMD: `sampled.emd`, or, with ``cost``, `emd`; these validate each distribution once.
        cost: Ground cost of histograms, shape ``(n, n)``, for all pairs.
        n_jobs: Number of processes; -1 for one per core; None for that of
            `joblib.parallel_config`, or else one.
        progress: Whether to show a progress bar.

    Returns:
        Distances from rows to columns, shape ``(k, l)``, float64.

    Raises:
        DistributionError: If there are no distributions, both ``distance`` and ``cost``, or a
            cost that is invalid, or not symmetric where each pair is computed once.
        PairwiseError: If pairs failed; it names them, and carries the distances of all others.
        PairwiseInterrupt: If interrupted; it carries the distances that were done.

    >>> pairwise([[[0.0], [1.0]], [[2.0], [3.0]], [[0.0], [3.0]]]).tolist()
    [[0.0, 2.0, 1.0], [2.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    symmetric = other is None
    validate, function = distance_function(distance, cost, symmetric=symmetric)
    rows = validated_elements("distributions", distributions, validate)
    columns = rows if other is None else validated_elements("other", other, validate)
    tiles = _tiles(len(rows), len(columns), symmetric)
    matrix, failures = np.full((len(rows), len(columns)), np.nan), list[Failure]()
    tasks = [
        (function, rows[t.rows], columns[t.cols], symmetric and t.rows == t.cols) for t in tiles
    ]
    try:
        for index, (block, block_failures) in _parallel.unordered_results(
            _tile_distances, tasks, n_jobs=n_jobs, progress=progress, description="pairs"
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


def _tiles(k: int, l: int, symmetric: bool) -> list[_Tile]:  # noqa: E741  # as in the docstring
    """Square blocks that cover the matrix, or its upper triangle, a few for each process."""
    pairs = k * l / 2 if symmetric else k * l
    side = int(np.clip(np.sqrt(pairs / (TILES_PER_JOB * MAX_JOBS)), 1, MAX_TILE_SIDE))
    rows, cols = (
        [slice(start, min(size, start + side)) for start in range(0, size, side)]
        for size in (k, l)
    )
    return [_Tile(i, j) for i in rows for j in cols if not symmetric or i.start <= j.start]


def _tile_distances(
    function: Callable[[Any, Any], float], rows: list[Any], columns: list[Any], symmetric: bool
) -> tuple[Floats, list[Failure]]:
    """Distances of all pairs of a tile, NaN where they fail, and the failures."""
    block, failures = np.full((len(rows), len(columns)), np.nan), []
    for i, a in enumerate(rows):
        for j, b in enumerate(columns):
            if symmetric and j < i:
                block[i, j] = block[j, i]
                continue
            try:
                block[i, j] = function(a, b)
            except Exception as error:  # noqa: BLE001  # the other pairs do not depend on it
                failures.append((i, j, _picklable(error)))
    return block, failures


def _picklable(error: Exception) -> Exception:
    """The error, or a `RuntimeError` with its message if it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error

"""Distances of many pairs: the distance matrix."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divergences import _parallel, sampled
from divergences._checks import numpy_values
from divergences._transport import emd
from divergences._typing import Floats
from divergences.errors import DistributionError, PairwiseError, PairwiseInterrupt

Failure = tuple[int, int, Exception]
TILES_PER_JOB = 8  # so that all processes end at about the same time
LARGEST_TILE = 32


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
    """Distance of every pair of distributions: of point clouds, or of histograms.

    Runs in processes of this machine, or, inside ``with joblib.parallel_config(backend="dask")``
    and the like, on a cluster.

    Args:
        distributions: k of them. Each is an array: points, shape ``(n, d)``, or probabilities,
            shape ``(n,)``, as ``distance`` takes them; or a pair ``(points, weights)``.
        other: l more of them, to which to take the distances. By default the same ones: then the
            distance must be symmetric, and each pair is computed once. For a distance that is not
            symmetric, such as `kl`, pass the same list twice.
        distance: A function of two of them, such as `js` or
            ``functools.partial(sampled.emd, metric="cityblock")``; picklable if there are several
            processes. Weights are passed on as ``x_weights`` and ``y_weights``. By default exact
            EMD: `sampled.emd`, or, with ``cost``, `emd`.
        cost: Ground cost of histograms, shape ``(n, n)``, for all pairs.
        n_jobs: How many processes; -1 for one per core; None for what `joblib.parallel_config`
            says, or else one.
        progress: Whether to show a progress bar.

    Returns:
        Distances from rows to columns, shape ``(k, l)``, float64.

    Raises:
        DistributionError: If there are no distributions, both ``distance`` and ``cost``, or a
            cost that is not symmetric where each pair is computed once.
        PairwiseError: If pairs failed; it names them, and carries the distances of all others.
        PairwiseInterrupt: If interrupted; it carries the distances that were done.

    >>> pairwise([[[0.0], [1.0]], [[2.0], [3.0]], [[0.0], [3.0]]]).tolist()
    [[0.0, 2.0, 1.0], [2.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    left, symmetric = _elements("distributions", distributions), other is None
    right = left if other is None else _elements("other", other)
    function = _function(distance, cost)
    if symmetric and cost is not None:
        _require_symmetric(np.asarray(cost))
    tiles = _tiles(len(left), len(right), symmetric)
    matrix, failures = np.full((len(left), len(right)), np.nan), list[Failure]()
    tasks = [
        (function, left[t.rows], right[t.cols], symmetric and t.rows == t.cols) for t in tiles
    ]
    try:
        for place, (block, failed) in _parallel.results(
            _tile, tasks, n_jobs=n_jobs, progress=progress, description="pairs"
        ):
            tile = tiles[place]
            matrix[tile.rows, tile.cols] = block
            if symmetric:
                matrix[tile.cols, tile.rows] = block.T
            failures += [(tile.rows.start + i, tile.cols.start + j, e) for i, j, e in failed]
    except KeyboardInterrupt:
        raise PairwiseInterrupt(matrix) from None
    if failures:
        raise PairwiseError(matrix, sorted(failures, key=lambda failure: failure[:2]))
    return matrix


@dataclass(frozen=True, slots=True)
class _Tile:
    """Rows and columns of a part of the matrix."""

    rows: slice
    cols: slice


def _tiles(k: int, l: int, symmetric: bool) -> list[_Tile]:  # noqa: E741  # as in the docstring
    """Square parts of the matrix, or of its upper half; a few for each process."""
    pairs = k * l / 2 if symmetric else k * l
    side = int(np.clip(np.sqrt(pairs / (TILES_PER_JOB * 4)), 1, LARGEST_TILE))
    rows, cols = (
        [slice(start, min(size, start + side)) for start in range(0, size, side)]
        for size in (k, l)
    )
    return [_Tile(i, j) for i in rows for j in cols if not symmetric or i.start <= j.start]


def _tile(
    function: Callable[[Any, Any], float], left: list[Any], right: list[Any], symmetric: bool
) -> tuple[Floats, list[Failure]]:
    """Distances of all pairs of a tile, NaN where they fail, and the failures."""
    block, failures = np.full((len(left), len(right)), np.nan), []
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            if symmetric and j < i:
                block[i, j] = block[j, i]
                continue
            try:
                block[i, j] = function(a, b)
            except Exception as error:  # noqa: BLE001  # whatever it is, the other pairs go on
                failures.append((i, j, _portable(error)))
    return block, failures


def _portable(error: Exception) -> Exception:
    """The error, or one like it that can be sent from process to process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _function(
    distance: Callable[..., Any] | None, cost: ArrayLike | None
) -> Callable[[Any, Any], float]:
    """The distance of two elements as a number.

    Returns:
        A function that can be sent to other processes, if the distance can.

    Raises:
        DistributionError: If both are given.
    """
    if cost is not None:
        if distance is not None:
            raise DistributionError(
                "`cost` is for the exact EMD of histograms: give either `cost` or `distance`"
            )
        return partial(_histogram_emd, np.asarray(cost))
    return partial(_number, sampled.emd if distance is None else distance)


def _require_symmetric(cost: NDArray[Any]) -> None:
    """Refuse a ground cost under which the way there costs other than the way back.

    Raises:
        DistributionError: Naming a pair of outcomes.
    """
    if cost.ndim != 2 or cost.shape[0] != cost.shape[1]:
        return  # which `emd` refuses
    unequal = np.argwhere(cost != cost.T)
    if len(unequal):
        i, j = unequal[0]
        raise DistributionError(
            f"`cost` must be symmetric where each pair is computed once, but cost[{i}, {j}] = "
            f"{cost[i, j]} and cost[{j}, {i}] = {cost[j, i]}; pass the distributions twice"
        )


def _histogram_emd(cost: NDArray[Any], p: Any, q: Any) -> float:
    """Exact EMD of two histograms."""
    return float(emd(p, q, cost))


def _number(distance: Callable[..., Any], a: Any, b: Any) -> float:
    """A distance between elements, with or without weights, as a number."""
    weights = {}
    if _is_weighted(a):
        a, weights["x_weights"] = a
    if _is_weighted(b):
        b, weights["y_weights"] = b
    value = distance(a, b, **weights)
    return float(getattr(value, "value", value))


def _elements(name: str, distributions: Sequence[Any]) -> list[Any]:
    """The distributions as a list.

    Returns:
        Them, tensors as numpy arrays.

    Raises:
        DistributionError: If there are none.
    """
    elements = list(distributions)
    if not elements:
        raise DistributionError(f"`{name}` must hold at least one distribution, but is empty")
    return [
        tuple(_plain(part) for part in element) if _is_weighted(element) else _plain(element)
        for element in elements
    ]


def _is_weighted(element: Any) -> bool:
    """Whether it is a pair of points and weights, and not a vector of two probabilities."""
    return isinstance(element, tuple) and len(element) == 2 and np.ndim(_plain(element[0])) > 0


def _plain(array: Any) -> Any:
    """What processes can share: values in numpy, of tensors; all else as it is."""
    return numpy_values(array) if hasattr(array, "detach") else array

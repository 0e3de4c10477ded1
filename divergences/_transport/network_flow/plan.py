"""Plans from sources to targets, by the masses that move."""

import numpy as np
from scipy.sparse import coo_array

from divergences._transport.certificate import Arcs
from divergences._typing import Floats


def plan_of_moves(moves: Arcs, common: Floats, /) -> coo_array:
    """A plan of the masses that move, with common mass left where it is.

    Args:
        moves: Source, target and mass of each move.
        common: Masses that stay where they are, shape ``(n,)``.

    Returns:
        The plan, shape ``(n, n)``.
    """
    stays, n = np.flatnonzero(common), len(common)
    masses = np.concatenate([common[stays], moves.mass])
    rows, cols = (np.concatenate([stays, ends]) for ends in (moves.rows, moves.cols))
    plan = coo_array((masses, (rows, cols)), shape=(n, n))
    plan.sum_duplicates()
    return plan


def moves_of(pieces: list[tuple[int, int, float]], /) -> Arcs:
    """The moves of a list of sources, targets and masses, without their costs."""
    rows, cols, masses = zip(*pieces, strict=True) if pieces else ((), (), ())
    ends = np.array(rows, dtype=np.intp), np.array(cols, dtype=np.intp)
    return Arcs(*ends, np.array(masses, dtype=np.float64), np.zeros(len(pieces)))

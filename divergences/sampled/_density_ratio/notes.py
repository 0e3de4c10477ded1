"""Notes of an estimate on atoms, infinite values and missing intervals."""

import numpy as np
from numpy.typing import NDArray

from divergences._typing import Indices
from divergences.sampled._density_ratio.atoms import Atoms
from divergences.sampled._density_ratio.interval import MIN_COVERAGE


def atom_notes(atoms: Atoms, /) -> tuple[str, ...]:
    """Note on the treatment of repeated values; none without atoms."""
    atom_count, point_count = len(atoms.x_counts), len(atoms.cell_indices)
    continuous_count = len(atoms.continuous_indices)
    if atom_count == 0:
        return ()
    if atoms.is_remainder.any():
        remainder = int((atoms.x_counts + atoms.y_counts)[atoms.is_remainder][0])
        return (
            f"{remainder} points, too few on one side for a density, are at no repeated value: "
            "they count as one further value, so that the divergence may be larger",
        )
    plural = "s" * (atom_count > 1)
    if continuous_count == 0:
        return (f"the data are discrete: {atom_count} value{plural}, compared by frequency",)
    fraction = 1 - continuous_count / point_count
    return (
        f"{fraction:.1%} of the points are at {atom_count} repeated value{plural}, counted as "
        "atoms",
    )


def infinity_note(
    atoms: Atoms,
    own_counts: Indices,
    is_missing: NDArray[np.bool_],
    size: int,
    names: tuple[str, str],
    /,
) -> str:
    """Reason for an infinite KL: the largest atom missing from the other sample.

    Args:
        atoms: All atoms.
        own_counts: Counts of the first argument of KL at each atom, shape ``(k,)``.
        is_missing: Mask of the atoms missing from the second argument, not all False.
        size: Number of points of the second argument.
        names: Names of the samples of the first and second argument.

    Returns:
        One sentence.
    """
    own, other = names
    index = int(np.argmax(np.where(is_missing, own_counts, 0)))
    more = f", and so at {is_missing.sum() - 1} more" if is_missing.sum() > 1 else ""
    if atoms.is_remainder[index]:
        return (
            f"infinite: {own_counts[index]} points of {own} are at no repeated value, but all "
            f"{size} points of {other} are{more}"
        )
    return (
        f"infinite: {own_counts[index]} points of {own} share one value, which none of the "
        f"{size} points of {other} takes{more}"
    )


def support_note(fraction: float, /) -> str:
    """Note on the fraction of points outside the support of the other sample."""
    return (
        f"{fraction:.0%} of the points lie outside the support of the other sample: the "
        "divergence may be much larger, even infinite"
    )


def no_interval_note(method: str, /) -> str:
    """Note on the reason for which an estimate of a method has no interval."""
    return (
        f'no interval: its error has an unknown bias, and 95 % intervals of "{method}" held the '
        f"true value in fewer than {MIN_COVERAGE * 100:g} % of the repetitions of some measured "
        'cases; pass method="auto" for an interval'
    )

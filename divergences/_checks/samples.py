"""What a caller of `kl` passed: samples without NaN, in units in which nothing overflows."""

from typing import Any

import array_api_compat
import numpy as np

from divergences import _checks
from divergences._typing import Floats
from divergences.errors import DistributionError

SHOWN = 3  # rows that a message names
FARTHEST = 1e-100  # deviation of half of the points, of the largest coordinate


def generator(rng: np.random.Generator) -> np.random.Generator:
    """The generator that a caller passed.

    Returns:
        It.

    Raises:
        DistributionError: If it is none.
    """
    if not isinstance(rng, np.random.Generator):
        raise DistributionError(
            f"`rng` must be a numpy.random.Generator, as np.random.default_rng(0) is, or None, "
            f"but is {rng!r}"
        )
    return rng


def require_sample(name: str, sample: Any) -> None:
    """Refuse what is no sample, rows that are not finite, and gradients, which would be lost.

    Raises:
        DistributionError: Naming the rows.
    """
    if sample is None:
        raise DistributionError(f"`{name}` must be a sample, shape (n, d), but is None")
    if getattr(sample, "requires_grad", False):
        raise DistributionError(
            f"`{name}` requires a gradient, and estimates from samples have none: pass "
            f"{name}.detach()"
        )
    values = _checks.numpy_values(sample) if array_api_compat.is_array_api_obj(sample) else sample
    try:
        array = np.asarray(values)
    except ValueError:
        return  # which `Points` refuses
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or array.size == 0:
        return  # likewise
    rows = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if len(rows):
        shown = ", ".join(map(str, rows[:SHOWN]))
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        keep = f"np.isfinite({name}).all(axis=1)" if array.ndim == 2 else f"np.isfinite({name})"
        raise DistributionError(
            f"`{name}` must be finite, but has NaN or infinite entries in "
            f"{'row' if len(rows) == 1 else 'rows'} {shown}{more}; take them out: {name}[{keep}]"
        )


def scaled(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coordinates in units in which nothing overflows, without those that never differ.

    Returns:
        Both samples.

    Raises:
        DistributionError: If a point is so far out that floats cannot tell the others apart.
    """
    z = np.concatenate([x, y])
    differs = z.min(axis=0) < z.max(axis=0)
    if not differs.any():
        return np.zeros((len(x), 1)), np.zeros((len(y), 1))
    z = z[:, differs]
    unit = np.frexp(np.abs(z).max(axis=0))[1]
    small = np.ldexp(z, -unit)
    away = np.median(np.abs(small - np.median(small, axis=0)), axis=0)
    if ((away > 0) & (away < FARTHEST)).any() or _lost(z, small):
        row = int(np.argmax(np.abs(small).max(axis=1)))
        name, place = ("x", row) if row < len(x) else ("y", row - len(x))
        raise DistributionError(
            f"`{name}`[{place}] is more than 1e100 times as far out as others: floats cannot "
            "tell those apart beside it. Take it out, or the logarithm of all"
        )
    return small[: len(x)], small[len(x) :]


def _lost(values: Floats, small: Floats) -> bool:
    """Whether values have become 0."""
    return bool(np.count_nonzero(values) > np.count_nonzero(small))

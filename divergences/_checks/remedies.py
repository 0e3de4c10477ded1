"""Remedies for vectors that are not probabilities: common errors, recognized by the values."""

from types import ModuleType

import array_api_compat
import numpy as np

from divergences._checks.arrays import numpy_values
from divergences._typing import Array, Floats


def remedy_for_total(name: str, vectors: Array, axis: int, single_tolerance: float, /) -> str:
    """Advice for vectors along the last axis that do not sum to 1, as code that runs.

    Args:
        name: Name of the argument.
        vectors: Values of at least 0, with the outcomes on the last axis.
        axis: The caller's axis of the outcomes.
        single_tolerance: Rounding of a total of float32 probabilities.

    Returns:
        The end of a sentence.
    """
    option = "" if axis == -1 else f", axis={axis}"
    normalized = f"divergences.normalize({name}{option})"
    values = _concrete(vectors)
    if values is None:
        return f"normalize it, {normalized}"
    with np.errstate(over="ignore"):
        total, sums = float(values.sum()), values.sum(axis=-1)
    flat = f"numpy.ravel({name})" if isinstance(vectors, np.ndarray) else f"{name}.ravel()"
    if values.ndim > 1 and abs(total - 1) <= single_tolerance:
        return f"all of its entries together sum to 1: pass it as one vector, {flat}"
    if np.all(np.abs(sums - 1) <= single_tolerance) and np.array_equal(
        values, values.astype(np.float32)
    ):
        return f"it is a float64 copy of float32 probabilities: normalize it, {normalized}"
    if values.max() > 1 and not np.array_equal(values, np.rint(values)):
        return (
            f"normalize it, {normalized}; or, if its entries are measurements, estimate the "
            "divergence of the samples by divergences.sampled"
        )
    return f"normalize it, {normalized}"


def remedy_for_negative(name: str, vectors: Array, single_tolerance: float, /) -> str | None:
    """Advice for vectors with negative entries; None where no slip is recognized.

    Args:
        name: Name of the argument.
        vectors: Values with the outcomes on the last axis.
        single_tolerance: Rounding of a total of float32 probabilities.

    Returns:
        The end of a sentence, or None.
    """
    values = _concrete(vectors)
    if values is None:
        return None
    if np.all(values <= 0):
        totals = np.exp(values).sum(axis=-1)
        if np.all(np.abs(totals - 1) <= single_tolerance):
            return (
                f"`{name}` holds log-probabilities: use the function of the same name in "
                "divergences.log_space"
            )
    if np.isfinite(values).all():
        return (
            "if its entries are measurements, estimate the divergence of the samples by "
            "divergences.sampled"
        )
    return None


def remedy_for_log_total(name: str, axis: int, xp: ModuleType, /) -> str:
    """Advice for log-probabilities whose exponentials do not sum to 1, as code that runs.

    Args:
        name: Name of the argument.
        axis: The axis of the outcomes.
        xp: The namespace of the argument.

    Returns:
        The end of a sentence.
    """
    if array_api_compat.is_torch_namespace(xp):
        return f"normalize it, {name}.log_softmax({axis})"
    library = "jax.nn" if array_api_compat.is_jax_namespace(xp) else "scipy.special"
    return f"normalize it, {library}.log_softmax({name}, axis={axis})"


def _concrete(vectors: Array) -> Floats | None:
    """Values as a float64 numpy array; None for an array that jax traces."""
    try:
        return np.asarray(numpy_values(vectors), dtype=np.float64)
    except TypeError:
        return None

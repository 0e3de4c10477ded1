"""Containers other than arrays and lists: converted to numpy, or refused with a remedy."""

import numbers
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from divergences._checks.labels import plain
from divergences._checks.values import as_float, shortened
from divergences.errors import DistributionError

# Families of divergences.closed_forms by their names in scipy.stats.
CLOSED_FORMS = {
    "norm": "Normal",
    "Normal": "Normal",
    "StandardNormal": "Normal",
    "expon": "Exponential",
    "gamma": "Gamma",
    "beta": "Beta",
    "poisson": "Poisson",
    "bernoulli": "Bernoulli",
    "uniform": "Uniform",
    "Uniform": "Uniform",
    "multivariate_normal_frozen": "MultivariateNormal",
}


def as_array_or_list(name: str, value: Any, /) -> Any:
    """The values of a container that is neither an array nor a list; others unchanged.

    Labels are dropped: whoever pairs two labelled objects aligns them before.

    Returns:
        An array, or nested lists.

    Raises:
        DistributionError: If the container is masked, sparse, structured, or has no order.
    """
    value = plain(value)
    if isinstance(value, np.ma.MaskedArray):
        return _unmasked(name, value)
    if isinstance(value, np.ndarray) and value.dtype.names is not None:
        raise DistributionError(
            f"`{name}` is a structured array with fields {', '.join(value.dtype.names)}; pass its "
            f"rows: {name}.tolist()"
        )
    refuse_sparse(name, value)
    _refuse_distribution(name, value)
    if value is None:
        raise DistributionError(f"`{name}` must be an array, but is None")
    if isinstance(value, set | frozenset):
        raise DistributionError(
            f"`{name}` is a set, which has no order; pass a list, or a mapping by outcome"
        )
    if isinstance(value, str | bytes):
        raise DistributionError(f"`{name}` must hold numbers, but is the text {value[:20]!r}")
    is_view = isinstance(value, Iterable) and not hasattr(value, "__getitem__")
    return list(value) if is_view else value


def _unmasked(name: str, value: np.ma.MaskedArray[Any, Any]) -> Any:
    """Data of a masked array that masks nothing.

    Returns:
        The data, as an array without a mask.

    Raises:
        DistributionError: If an entry is masked.
    """
    count = int(np.ma.getmaskarray(value).sum())
    if count == 0:
        return np.ma.getdata(value)
    raise DistributionError(
        f"`{name}` is a masked array with {count} masked entries; pass `{name}.compressed()`, or "
        f"`{name}.filled(0)`"
    )


def _refuse_distribution(name: str, value: Any) -> None:
    """Refuse a distribution of scipy.stats where an array is meant.

    Raises:
        DistributionError: With the function that takes it, or with a sample of it.
    """
    if isinstance(value, type) or not (hasattr(value, "logpdf") or hasattr(value, "logpmf")):
        return
    kind = f"`{name}` is a distribution of scipy.stats, not an array"
    if name not in ("p", "q", "log_p", "log_q"):
        draw = "rvs(size=1000)" if hasattr(value, "rvs") else "sample(1000)"
        raise DistributionError(f"{kind}; pass a sample of it, {name}.{draw}")
    p, q = ("log_p", "log_q") if name.startswith("log_") else ("p", "q")
    remedies = []
    if hasattr(value, "support"):
        remedies.append(f"pass both to a function of divergences.densities, such as kl({p}, {q})")
    name_in_scipy = getattr(getattr(value, "dist", value), "name", type(value).__name__)
    family = CLOSED_FORMS.get(name_in_scipy)
    if family is not None:
        remedies.append(f"use a function of divergences.closed_forms, such as kl, of two {family}")
    raise DistributionError(f"{kind}; {', or '.join(remedies) or 'pass its probabilities'}")


def refuse_sparse(name: str, value: Any, /) -> None:
    """Refuse sparse arrays and matrices of scipy, torch and pydata.

    Raises:
        DistributionError: If so; the message gives the call that makes the array dense.
    """
    if "sparse" in str(getattr(value, "layout", "")):
        raise DistributionError(f"`{name}` is sparse; pass `{name}.to_dense()`")
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise DistributionError(f"`{name}` is sparse; pass `{name}.toarray()`")
    if hasattr(value, "todense") and hasattr(value, "nnz"):
        raise DistributionError(f"`{name}` is sparse; pass `{name}.todense()`")


def numbers_of_objects(name: str, array: Any, /) -> Any:
    """Float64 values of an array of Python numbers, such as Fraction, Decimal or large int.

    Returns:
        Float64 array of the same shape.

    Raises:
        DistributionError: If an entry is not a real number, or too large for a float.
    """
    entries = array.reshape(-1).tolist()
    missing = [k for k, x in enumerate(entries) if _is_missing(x)]
    if missing:
        first = missing[0]
        raise DistributionError(
            f"`{name}` has {len(missing)} missing values, the first "
            f"`{name}`{_index(array, first)} = {shortened(entries[first])}; drop or fill them"
        )
    for k, x in enumerate(entries):
        if not isinstance(x, numbers.Real | Decimal):
            raise DistributionError(
                f"`{name}` must hold real numbers, but `{name}`{_index(array, k)} = "
                f"{shortened(x)} is of type {type(x).__name__}{_remedy_of_pairs(name, array)}"
            )
    floats = [as_float(x) for x in entries]
    if None in floats:
        raise DistributionError(
            f"`{name}` has numbers beyond 1.8e308, which no float can hold; divide all of them by "
            "a constant"
        )
    return np.array(floats, dtype=np.float64).reshape(array.shape)


def _remedy_of_pairs(name: str, array: Any) -> str:
    """Remedy for rows of a label and a number, such as ``value_counts`` of polars; or nothing."""
    if array.ndim != 2 or array.shape[1] != 2 or not all(isinstance(x, str) for x in array[:, 0]):
        return ""
    return (
        f"; pass rows of a label and a number as a mapping: dict(numpy.asarray({name}).tolist())"
    )


def _index(array: Any, flat: int) -> str:
    """Index of an entry in brackets, for a message; nothing for that of a single number."""
    return str([int(k) for k in np.unravel_index(flat, array.shape)]) if array.ndim else ""


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float) and value != value

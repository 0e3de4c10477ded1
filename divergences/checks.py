"""The one place that looks at what a caller passed."""

import math
import numbers
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NoReturn

import array_api_compat
import numpy as np

from divergences.errors import DistributionError

Array = Any
"""An array of any namespace of the array API standard: numpy, torch, jax, ..."""

REAL_DTYPES = "float64, float32, or an integer type"


def namespace(**arguments: Array) -> ModuleType:
    """The array namespace that the arguments share; lists, tuples and numbers count as numpy.

    Args:
        **arguments: What the caller passed, by the name it has there.

    Returns:
        The namespace, as array-api-compat wraps it.

    Raises:
        DistributionError: If the arguments mix libraries or devices, or hold no values.
    """
    given = {k: v for k, v in arguments.items() if array_api_compat.is_array_api_obj(v)}
    if not given:
        return array_api_compat.array_namespace(np.empty(0))
    names = " and ".join(f"`{name}`" for name in given)
    libraries = {array_api_compat.array_namespace(value) for value in given.values()}
    if len(libraries) > 1:
        kinds = sorted(
            xp.__name__.removeprefix("array_api_compat.").partition(".")[0] for xp in libraries
        )
        raise DistributionError(
            f"{names} come from different libraries ({', '.join(kinds)}); convert all of them to "
            "one, for example with torch.as_tensor(...) or numpy.asarray(...)"
        )
    devices = {str(array_api_compat.device(value)) for value in given.values()}
    devices.discard("None")  # an array that jax takes a gradient by does not tell
    if len(devices) > 1:
        raise DistributionError(
            f"{names} are on different devices ({', '.join(sorted(devices))}); "
            "move all of them to one"
        )
    if "meta" in devices:
        raise DistributionError(
            f"{names} must hold values, but the device meta keeps none; pass tensors of another"
        )
    return libraries.pop()


def first_array(*arguments: Any) -> Array | None:
    """The first argument that is an array: where its siblings that are lists belong."""
    return next((a for a in arguments if array_api_compat.is_array_api_obj(a)), None)


def real_array(name: str, value: Array, xp: ModuleType, /, *, like: Array | None = None) -> Array:
    """``value`` as a real array of ``xp``: float64 and float32 as they are, integers as float64.

    Args:
        name: What the caller calls the argument.
        value: An array, or nested lists of numbers.
        xp: The namespace of the result.
        like: An array whose device a list is put on.

    Returns:
        An array of ``xp``, float64 or float32.

    Raises:
        DistributionError: If ``value`` is no array of real numbers.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise DistributionError(
            f"`{name}` is a masked array; pass `{name}.compressed()`, or `{name}.filled(0)`"
        )
    if not array_api_compat.is_array_api_obj(value):
        value = array = _array_of_list(name, value)
        if not array_api_compat.is_numpy_namespace(xp):
            device = None if like is None else array_api_compat.device(like)
            value = _in_float64(name, lambda: xp.asarray(array, device=device), xp)
    if isinstance(value, np.ndarray) and not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    if "sparse" in str(getattr(value, "layout", "")):
        raise DistributionError(f"`{name}` is sparse; pass `{name}.to_dense()`")
    if xp.isdtype(value.dtype, ("integral", "bool")):
        return _float64(name, value, xp)
    if value.dtype not in (xp.float32, xp.float64):
        raise DistributionError(
            f"`{name}` must hold {REAL_DTYPES}, but its type is {value.dtype}; convert it"
        )
    return value


def _float64(name: str, array: Array, xp: ModuleType) -> Array:
    """The array in float64, which everything is computed in."""
    return _in_float64(name, lambda: xp.astype(array, xp.float64, copy=False), xp)


def _in_float64(name: str, convert: Callable[[], Array], xp: ModuleType) -> Array:
    """What ``convert`` gives, where the library and the device have float64."""
    # Asked for float64 while it is switched off, jax gives float32.
    if array_api_compat.is_jax_namespace(xp) and "float64" not in (
        xp.__array_namespace_info__().dtypes(kind="real floating")
    ):
        raise DistributionError(
            f"`{name}` is for jax, whose float64 is switched off, and all is computed in float64; "
            "switch it on: jax.config.update('jax_enable_x64', True)"
        )
    try:
        return convert()
    except TypeError as error:  # torch's, on mps
        raise DistributionError(
            f"`{name}` is on a device that has no float64, and all is computed in float64; "
            f"pass it from the CPU: {name}.cpu()"
        ) from error


def _array_of_list(name: str, value: Any) -> Any:
    """Nested lists of numbers as a numpy array."""
    parts = value if isinstance(value, list | tuple) else ()
    foreign = [a for a in parts if array_api_compat.is_array_api_obj(a)]
    if not all(isinstance(part, np.generic | np.ndarray) for part in foreign):
        raise DistributionError(f"`{name}` is a list of tensors; stack them: torch.stack({name})")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DistributionError(
            f"`{name}` must be an array or nested lists whose rows all have the same length, "
            f"but {error}"
        ) from None
    if array.dtype.kind not in "biuf":
        raise DistributionError(
            f"`{name}` must hold {REAL_DTYPES}, but holds {array.dtype.name} values: "
            f"{_short(value)}"
        )
    return array


def _short(value: Any) -> str:
    """``repr``, cut to half a line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def non_negative(name: str, array: Array, xp: ModuleType, /) -> None:
    """Refuse an array that is empty, or has a negative, infinite or NaN entry.

    Raises:
        DistributionError: Naming the first offender and its place.
    """
    if math.prod(array.shape) == 0:
        raise DistributionError(f"`{name}` must not be empty, but has shape {tuple(array.shape)}")
    good = xp.isfinite(array) & (array >= 0)
    if _holds(name, xp.all(good)):
        return
    place, value = _first(array, ~good, xp)
    wrong = "negative" if value < 0 and value > -math.inf else "not finite"
    raise DistributionError(
        f"`{name}` must be finite and >= 0, but `{name}`{place} = {value} is {wrong}"
    )


def finite(name: str, array: Array, xp: ModuleType, /) -> None:
    """Refuse an array that is empty, or has an infinite or NaN entry.

    Raises:
        DistributionError: Naming the first offender and its place.
    """
    if math.prod(array.shape) == 0:
        raise DistributionError(f"`{name}` must not be empty, but has shape {tuple(array.shape)}")
    good = xp.isfinite(array)
    if not _holds(name, xp.all(good)):
        place, value = _first(array, ~good, xp)
        raise DistributionError(f"`{name}` must be finite, but `{name}`{place} = {value}")


def _first(array: Array, offends: Array, xp: ModuleType) -> tuple[list[int], float]:
    """Index and value of the first offending entry."""
    flat = int(xp.argmax(xp.reshape(xp.astype(offends, xp.int8), (-1,))))
    index = [int(i) for i in np.unravel_index(flat, tuple(array.shape))]
    return index, _number(array[tuple(index)])


def _number(value: Array) -> float:
    """A number for a message."""
    try:
        return float(value)
    except TypeError:  # jax, while it takes a gradient, tells no more than the bits
        bits = np.asarray(value.view(f"int{8 * value.dtype.itemsize}"))
        return float(bits.view(value.dtype))


def _holds(name: str, condition: Array) -> bool:
    """Whether a condition on the values holds: the one place where a check waits for them."""
    try:
        return bool(condition)
    except TypeError as error:  # jax's, while it compiles
        raise DistributionError(
            f"the values of `{name}` are looked at, but are not known while jax compiles or maps; "
            "call this outside of jax.jit and jax.vmap: batches go in as they are"
        ) from error


def probabilities(name: str, array: Array, xp: ModuleType, /, *, axis: int) -> Array:
    """Refuse what is no probability vector along ``axis``; else the vectors in float64.

    Returns:
        The vectors along the last axis.

    Raises:
        DistributionError: If there is no such axis, an entry is negative, infinite or NaN, or a
            vector does not sum to 1 within 1e-9 (1e-5 for float32).
    """
    array = _outcomes_last(name, array, xp, axis)
    tolerance = 1e-5 if array.dtype == xp.float32 else 1e-9
    vectors = _float64(name, array, xp)
    off = _off_1(vectors, xp)
    # Of values at least 0, none of them NaN, that add up to about 1, none is infinite.
    if not _holds(name, (xp.min(vectors) >= 0) & xp.all(off <= tolerance)):
        non_negative(name, array, xp)
        _refuse_sum(name, vectors, xp, axis)
    return vectors


def _outcomes_last(name: str, array: Array, xp: ModuleType, axis: int) -> Array:
    """The array with ``axis`` last, and in the order of memory: else sums lose digits."""
    if array.ndim == 0:
        raise DistributionError(
            f"`{name}` must have at least one axis, but is the number {_number(array)}"
        )
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise DistributionError(f"`axis` must be a whole number, but is {axis!r}")
    if not -array.ndim <= axis < array.ndim:
        raise DistributionError(f"`axis` is {axis}, but `{name}` has shape {tuple(array.shape)}")
    if math.prod(array.shape) == 0:
        raise DistributionError(f"`{name}` must not be empty, but has shape {tuple(array.shape)}")
    array = xp.moveaxis(array, axis, -1)
    return np.ascontiguousarray(array) if isinstance(array, np.ndarray) else array


def _off_1(vectors: Array, xp: ModuleType) -> Array:
    """How far the sums along the last axis are from 1."""
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite sum is not 1 either
        return xp.abs(xp.sum(vectors, axis=-1) - 1)


def _refuse_sum(
    name: str, vectors: Array, xp: ModuleType, axis: int, *, log: bool = False
) -> NoReturn:
    """Say which of the vectors along the last axis, the caller's ``axis``, is farthest off 1."""
    off = _off_1(vectors, xp)
    worst = int(xp.argmax(xp.reshape(off, (-1,))))
    index = tuple(int(i) for i in np.unravel_index(worst, tuple(off.shape)))
    where = f" (vector {list(index)})" if index else ""
    remedy = (
        f"subtract the logarithm of that from `{name}`"
        if log
        else f"normalise it: {name} / {name}.sum(axis={axis}, keepdims=True)"
    )
    what = f"the exponentials of `{name}`" if log else f"`{name}`"
    with np.errstate(over="ignore"):
        total = _number(xp.sum(vectors, axis=-1)[index])
    raise DistributionError(
        f"{what} must sum to 1 along axis {axis}, but sums to {total!r}{where}; "
        f"if it is meant up to a factor, {remedy}"
    )


def log_probabilities(name: str, array: Array, xp: ModuleType, /, *, axis: int) -> Array:
    """Refuse what are no log-probabilities along ``axis``; else the vectors in float64.

    Returns:
        The vectors along the last axis.

    Raises:
        DistributionError: If there is no such axis, an entry is NaN or inf, or the probabilities
            of a vector do not sum to 1 within 1e-9 (1e-5 for float32).
    """
    array = _outcomes_last(name, array, xp, axis)
    tolerance = 1e-5 if array.dtype == xp.float32 else 1e-9
    vectors = _float64(name, array, xp)
    # NaN and inf count as e here, which is off by more than any tolerance.
    exponentials = xp.exp(xp.where(vectors < 1, vectors, 1.0))
    if _holds(name, xp.all(_off_1(exponentials, xp) <= tolerance)):
        return vectors
    bad = xp.isnan(array) | (array == xp.inf)
    if _holds(name, xp.any(bad)):
        place, value = _first(array, bad, xp)
        raise DistributionError(
            f"`{name}` must hold log-probabilities, at most 0, but `{name}`{place} = {value}"
        )
    _refuse_sum(name, exponentials, xp, axis, log=True)


def aligned(p: Any, q: Any, /) -> tuple[Any, Any]:
    """Two dicts of probabilities by outcome as two lists over all their outcomes.

    Returns:
        The two lists; anything but dicts as it is.

    Raises:
        DistributionError: If only one is a dict, or a value is no number.
    """
    dicts = [isinstance(a, Mapping) for a in (p, q)]
    if not any(dicts):
        return p, q
    if not all(dicts):
        raise DistributionError(
            "`p` and `q` must both be dicts by outcome, or both arrays, but one is each"
        )
    outcomes = list(dict.fromkeys([*p, *q]))
    return [p.get(outcome, 0) for outcome in outcomes], [q.get(outcome, 0) for outcome in outcomes]


def broadcast_outcomes(p: Array, q: Array, xp: ModuleType, /) -> tuple[Array, Array]:
    """``p`` and ``q`` of one shape; a single outcome is not stretched over many.

    Returns:
        ``p`` and ``q``, each broadcast to that shape.

    Raises:
        DistributionError: If the last axes differ, or the other axes do not broadcast.
    """
    if p.shape[-1] != q.shape[-1]:
        raise DistributionError(
            f"`p` and `q` must have the same number of outcomes, but `p` has {p.shape[-1]} "
            f"and `q` has {q.shape[-1]}"
        )
    try:
        return tuple(xp.broadcast_arrays(p, q))
    except (ValueError, RuntimeError):  # numpy's and torch's
        shapes = f"{tuple(p.shape[:-1])} and {tuple(q.shape[:-1])}"
        raise DistributionError(
            f"`p` and `q` must broadcast, but their batch shapes are {shapes}"
        ) from None


def log_base(base: float | None, /) -> float:
    """The natural logarithm of ``base``, 1 for nats.

    Returns:
        What a result in nats is to be divided by.

    Raises:
        DistributionError: If ``base`` is not a finite number above 1.
    """
    if base is None:
        return 1.0
    if not (isinstance(base, numbers.Real) and 1 < base < math.inf):
        raise DistributionError(
            f"`base` must be a finite number above 1, or None for nats, but is {base!r}"
        )
    return math.log(base)


def numpy_values(array: Array, /) -> Any:
    """The array's values in numpy, without its gradient; no copy where they lie there already."""
    if hasattr(array, "detach"):  # torch refuses to hand over a tensor that carries a gradient
        array = array.detach()
    return np.asarray(array_api_compat.to_device(array, "cpu"))


def masses(name: str, array: Array, xp: ModuleType, /) -> None:
    """Refuse what is no vector of masses: one axis, at least 0, not all 0.

    Raises:
        DistributionError: Saying which.
    """
    if array.ndim != 1:
        raise DistributionError(f"`{name}` must have one axis, but has shape {tuple(array.shape)}")
    non_negative(name, array, xp)
    if not _holds(name, xp.any(array > 0)):
        raise DistributionError(
            f"`{name}` must hold some mass, but all of its {array.shape[0]} entries are 0"
        )


def equal_totals(p: Array, q: Array, xp: ModuleType, /) -> None:
    """Refuse masses of different totals, at any unit of mass.

    Raises:
        DistributionError: If the totals differ by more than 1e-9 of the larger one (1e-5 for
            float32).
    """
    tolerance = 1e-5 if xp.float32 in (p.dtype, q.dtype) else 1e-9
    totals = [_total(p), _total(q)]
    unit = max(exponent for _, exponent in totals)
    p_total, q_total = (math.ldexp(total, exponent - unit) for total, exponent in totals)
    if abs(p_total - q_total) > tolerance * max(p_total, q_total):
        raise DistributionError(
            "`p` and `q` must have the same total mass, but sum(p) / sum(q) = "
            f"{_quotient(p_total, q_total)}; normalise both: p / p.sum() and q / q.sum()"
        )


def _total(array: Array) -> tuple[float, int]:
    """The sum as ``total * 2**exponent``, which does not overflow."""
    scaled, exponent = _scaled(array)
    return math.fsum(scaled), exponent


def _quotient(a: float, b: float) -> str:
    """``a / b`` for a message."""
    return repr(a / b) if b > 0 else "inf"


def _scaled(array: Array) -> tuple[Any, int]:
    """Float64 values in numpy, the largest in [1/2, 1), and the power of two divided out."""
    values = numpy_values(array).astype(np.float64, copy=False)
    exponent = math.frexp(float(values.max()))[1]
    return np.ldexp(values, -exponent), exponent


def normalised(array: Array, /) -> Any:
    """Checked masses divided by their sum, in numpy and float64."""
    scaled, _ = _scaled(array)
    return scaled / math.fsum(scaled)


def cost_matrix(cost: Array, n: int, m: int, xp: ModuleType, /) -> None:
    """Refuse a ground cost that is not n by m, or has a negative, infinite or NaN entry.

    Raises:
        DistributionError: Saying which.
    """
    if tuple(cost.shape) != (n, m):
        raise DistributionError(
            f"`cost` must have shape (len(p), len(q)) = ({n}, {m}), "
            f"but has shape {tuple(cost.shape)}"
        )
    non_negative("cost", cost, xp)


def points(name: str, value: Any, xp: ModuleType, /, *, like: Array | None = None) -> Array:
    """Finite points of shape ``(n, d)``; a vector of n numbers counts as n points of the line.

    Returns:
        Shape ``(n, d)``, float64 or float32.

    Raises:
        DistributionError: If there is no point, a coordinate is not finite, or there are not one
            or two axes.
    """
    array = real_array(name, value, xp, like=like)
    if array.ndim not in (1, 2):
        raise DistributionError(
            f"`{name}` must be points of shape (n, d), or (n,) on the line, "
            f"but has shape {tuple(array.shape)}"
        )
    finite(name, array, xp)
    return array if array.ndim == 2 else xp.reshape(array, (-1, 1))


def weights(name: str, value: Any, n: int, xp: ModuleType, /, *, like: Array) -> Array | None:
    """Masses of n points, or None for equal ones.

    Returns:
        Shape ``(n,)``, with the total that was passed; or None.

    Raises:
        DistributionError: If there are not n, one is negative, infinite or NaN, or all are 0.
    """
    if value is None:
        return None
    array = real_array(name, value, xp, like=like)
    masses(name, array, xp)
    if array.shape[0] != n:
        raise DistributionError(
            f"`{name}` must have one entry per point, {n}, but has {array.shape[0]}"
        )
    return array


def scalar(value: Array, dtype: Any, xp: ModuleType, /) -> Array:
    """A result in the precision it is returned in; numpy arrays of no axis become numbers."""
    value = xp.astype(value, dtype, copy=False)
    return value[()] if value.ndim == 0 else value

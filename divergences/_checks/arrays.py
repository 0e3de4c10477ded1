"""Validation of arrays of any library: namespace, type of numbers, range of entries."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np

from divergences._checks.containers import as_array_or_list, numbers_of_objects
from divergences._checks.labels import is_labelled
from divergences._checks.values import shortened
from divergences._typing import Array
from divergences.errors import DistributionError

NUMPY = array_api_compat.array_namespace(np.empty(0))
FLOAT64 = np.dtype(np.float64)
REAL_DTYPES = "float64, float32, or an integer type"


def namespace(**arguments: Any) -> ModuleType:
    """Array namespace that the arguments share; lists, tuples and numbers count as numpy.

    Args:
        **arguments: Arguments of the caller, by name.

    Returns:
        The namespace, as array-api-compat wraps it.

    Raises:
        DistributionError: If the arguments are of several libraries or devices, or without values.
    """
    if all(value is None or type(value) is np.ndarray for value in arguments.values()):
        return NUMPY
    given = {k: v for k, v in arguments.items() if array_api_compat.is_array_api_obj(v)}
    if not given:
        return NUMPY
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
    devices.discard("None")  # an array traced by jax has no device
    if len(devices) > 1:
        raise DistributionError(
            f"{names} are on different devices ({', '.join(sorted(devices))}); "
            "move all of them to one"
        )
    if "meta" in devices:
        raise DistributionError(
            f"{names} must hold values, but tensors on the device meta have none; pass tensors of "
            "another device"
        )
    return libraries.pop()


def first_array(*arguments: Any) -> Array | None:
    """The first array among the arguments, on whose device lists are put; None without one."""
    return next((a for a in arguments if array_api_compat.is_array_api_obj(a)), None)


def real_array(name: str, value: Any, xp: ModuleType, /, *, like: Array | None = None) -> Array:
    """``value`` as a real array of ``xp``: float64 and float32 as they are, integers as float64.

    Args:
        name: Name of the argument in messages.
        value: An array, or nested lists of numbers.
        xp: The namespace of the result.
        like: An array whose device a list is put on.

    Returns:
        An array of ``xp``, float64 or float32.

    Raises:
        DistributionError: If ``value`` is not an array of real numbers.
    """
    if type(value) is np.ndarray and value.dtype is FLOAT64:
        return value
    value = as_array_or_list(name, value)
    if not array_api_compat.is_array_api_obj(value):
        value = array = _array_of_list(name, value)
        if not array_api_compat.is_numpy_namespace(xp):
            device = None if like is None else array_api_compat.device(like)
            if not array.flags.writeable:
                array = array.copy()  # torch warns of views that it could not write to
            value = _in_float64(name, lambda: xp.asarray(array, device=device), xp)
    if array_api_compat.is_numpy_namespace(xp):
        value = _native_values(name, value)
    if xp.isdtype(value.dtype, ("integral", "bool")):
        return float64(name, value, xp)
    if value.dtype not in (xp.float32, xp.float64):
        raise DistributionError(
            f"`{name}` must hold {REAL_DTYPES}, but its type is {value.dtype}; "
            f"{_conversion_of(name, value)}"
        )
    return value


def _native_values(name: str, value: Array) -> Any:
    """Values of an array as a numpy array of numbers in the byte order of the machine.

    Returns:
        An array of numpy.

    Raises:
        DistributionError: If objects are no real numbers, or a tensor requires a gradient, which a
            result in numpy would not carry.
    """
    if getattr(value, "requires_grad", False):
        raise DistributionError(
            f"`{name}` requires a gradient, which the result would not carry; pass {name}.detach()"
        )
    namespace(**{name: value})  # refuses tensors without values
    try:
        array = numpy_values(value)
    except TypeError:  # torch's, of types that numpy does not have
        raise DistributionError(
            f"`{name}` must hold {REAL_DTYPES}, but its type is {value.dtype}; convert it to "
            "float64"
        ) from None
    if array.dtype.kind == "O":
        return numbers_of_objects(name, array)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def float64(name: str, array: Array, xp: ModuleType) -> Array:
    """The array in float64, the precision of every computation."""
    return _in_float64(name, lambda: xp.astype(array, xp.float64, copy=False), xp)


def _in_float64(name: str, convert: Callable[[], Array], xp: ModuleType) -> Array:
    """Result of ``convert``, or a refusal where the library or the device has no float64."""
    # Asked for float64 while it is switched off, jax gives float32.
    if array_api_compat.is_jax_namespace(xp) and "float64" not in (
        xp.__array_namespace_info__().dtypes(kind="real floating")
    ):
        raise DistributionError(
            f"`{name}` is for jax, whose float64 is switched off, but divergences are computed in "
            "float64; switch it on: jax.config.update('jax_enable_x64', True)"
        )
    try:
        return convert()
    except TypeError as error:  # torch's, on mps
        raise DistributionError(
            f"`{name}` is on a device without float64, but divergences are computed in float64; "
            f"move it to the CPU: {name}.cpu()"
        ) from error


def _array_of_list(name: str, value: Any) -> Any:
    """Nested lists of numbers as a numpy array."""
    parts = value if isinstance(value, list | tuple) else ()
    if any(is_labelled(part) for part in parts):
        raise DistributionError(
            f"`{name}` is a list of labelled objects, which are aligned by label in a frame: "
            f"pandas.DataFrame({name}).fillna(0)"
        )
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
    if array.dtype.kind == "O":
        array = numbers_of_objects(name, array)
    if array.dtype.kind not in "biuf":
        raise DistributionError(
            f"`{name}` must hold {REAL_DTYPES}, but holds {_kind_of_values(array)}: "
            f"{shortened(value)}; {_conversion_of(name, array)}"
        )
    return array


def _kind_of_values(array: Array) -> str:
    """Name of the type of an array's entries: text, or that of its dtype."""
    return "text" if array.dtype.kind in "US" else f"{array.dtype.name} values"


def _conversion_of(name: str, array: Array) -> str:
    """Remedy for an array of a type that is not a real number's."""
    kind = getattr(array.dtype, "kind", None)
    if kind in ("U", "S", "T"):
        return f"if they are numbers, convert them: numpy.asarray({name}, dtype=float)"
    if kind in ("m", "M"):
        return f"convert them to numbers of one unit: numpy.asarray({name}).astype('int64')"
    if kind == "c" or "complex" in str(array.dtype):
        return f"pass the real part, {name}.real, or the absolute value, abs({name})"
    if hasattr(array, "detach"):
        return f"convert it: {name}.double()"
    return f"convert it: {name}.astype('float64')"


def non_negative(name: str, array: Array, xp: ModuleType, /, *, remedy: str | None = None) -> None:
    """Refuse an array that is empty, or has a negative, infinite or NaN entry.

    Args:
        name: Name of the argument in messages.
        array: The array.
        xp: Namespace of the array.
        remedy: Advice that ends the message.

    Raises:
        DistributionError: If so; the message gives the first such entry and its index.
    """
    if math.prod(array.shape) == 0:
        raise DistributionError(f"`{name}` must not be empty, but has shape {tuple(array.shape)}")
    if type(array) is np.ndarray and array.min() >= 0 and array.max() < math.inf:
        return
    good = xp.isfinite(array) & (array >= 0)
    if holds(name, xp.all(good)):
        return
    place, value = first_offender(array, ~good, xp)
    wrong = "negative" if value < 0 and value > -math.inf else "not finite"
    raise DistributionError(
        f"`{name}` must be finite and >= 0, but `{name}`{place} = {value} is {wrong}"
        + (f"; {remedy}" if remedy else "")
    )


def finite(name: str, array: Array, xp: ModuleType, /) -> None:
    """Refuse an array that is empty, or has an infinite or NaN entry.

    Raises:
        DistributionError: If so; the message gives the first such entry and its index.
    """
    if math.prod(array.shape) == 0:
        raise DistributionError(f"`{name}` must not be empty, but has shape {tuple(array.shape)}")
    if is_finite_numpy(array):
        return
    good = xp.isfinite(array)
    if not holds(name, xp.all(good)):
        place, value = first_offender(array, ~good, xp)
        raise DistributionError(f"`{name}` must be finite, but `{name}`{place} = {value}")


def is_finite_numpy(array: Array, /) -> bool:
    """Whether a nonempty array is a numpy array of finite numbers, without an array of answers."""
    if not isinstance(array, np.ndarray) or type(array) is not np.ndarray:
        return False
    return bool(array.min() > -math.inf and array.max() < math.inf)


def first_offender(array: Array, offends: Array, xp: ModuleType) -> tuple[list[int], float]:
    """Index and value of the first entry where ``offends`` holds."""
    flat = int(xp.argmax(xp.reshape(xp.astype(offends, xp.int8), (-1,))))
    index = [int(i) for i in np.unravel_index(flat, tuple(array.shape))]
    return index, number(array[tuple(index)])


def number(value: Any) -> float:
    """The value as a Python float, for a message."""
    if hasattr(value, "detach"):  # torch warns of numbers of tensors with a gradient
        value = value.detach()
    try:
        return float(value)
    except TypeError:  # an array traced by jax gives its bits only
        bits = np.asarray(value.view(f"int{8 * value.dtype.itemsize}"))
        return float(bits.view(value.dtype))


def holds(name: str, condition: Array) -> bool:
    """Whether a condition on the values holds; synchronizes with the device."""
    try:
        return bool(condition)
    except RuntimeError as error:  # torch's, on the device meta
        raise DistributionError(
            f"`{name}` must hold values, but has none on its device; pass an array of another one"
        ) from error
    except TypeError as error:  # jax's, while it compiles
        raise DistributionError(
            f"the values of `{name}` are checked, but jax has none while it compiles or maps; "
            "call this function outside of jax.jit and jax.vmap: it takes batches as they are"
        ) from error


def numpy_values(array: Array, /) -> Any:
    """Values as a numpy array, detached from the gradient; a view where possible."""
    if type(array) is np.ndarray:
        return array
    if hasattr(array, "detach"):  # numpy takes no tensor with a gradient or on a GPU
        array = array_api_compat.to_device(array.detach(), "cpu")
    return np.asarray(array)


def scalar(value: Array, dtype: Any, xp: ModuleType, /) -> Array:
    """A result in ``dtype``; a numpy array without axes becomes a numpy number."""
    value = xp.astype(value, dtype, copy=False)
    return value[()] if value.ndim == 0 else value

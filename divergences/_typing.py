"""Types of arrays and of the functions of arrays, once for the whole package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Rows = slice | Indices
FloatOrFloats = np.float64 | Floats
RealArray = NDArray[np.floating | np.integer | np.bool_]
Options = ParamSpec("Options")


class Array(Protocol):
    """An array of any namespace of the array API standard: numpy, torch, jax, ..."""

    @property
    def shape(self) -> Any: ...
    @property
    def ndim(self) -> Any: ...
    @property
    def size(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def device(self) -> Any: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __float__(self) -> float: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __rtruediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...
    def __abs__(self) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __le__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...
    def __and__(self, other: Any, /) -> Any: ...
    def __or__(self, other: Any, /) -> Any: ...
    def __invert__(self) -> Any: ...


class Shaped(Protocol):
    """An object with a shape: an array of any library, a pandas, polars or xarray object."""

    @property
    def shape(self) -> Any: ...


class Vector(Protocol):
    """A list, tuple or range of numbers.

    ``__contains__`` of any object distinguishes them from strings and bytes, which accept only
    their own type.
    """

    def __len__(self) -> int: ...
    def __contains__(self, value: object, /) -> bool: ...
    def __getitem__(self, index: int, /) -> float: ...


class Nested(Protocol):
    """Numbers in lists or tuples of any depth."""

    def __len__(self) -> int: ...
    def __contains__(self, value: object, /) -> bool: ...
    def __getitem__(self, index: int, /) -> float | Nested | RealArray: ...


Numbers = RealArray | Nested
ArrayLike = Shaped | Nested
Histogram = Mapping[Any, float]
Cost = ArrayLike | Mapping[Any, float] | Callable[[Any, Any], float]


class OfPair(Protocol[Options]):
    """A divergence of two distributions: the kind of its result follows from theirs."""

    @overload
    def __call__(
        self, p: Tensor, q: Tensor | Numbers, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> Tensor: ...
    @overload
    def __call__(
        self, p: Numbers, q: Tensor, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> Tensor: ...
    @overload
    def __call__(
        self, p: Histogram, q: Histogram, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> np.float64: ...
    @overload
    def __call__(
        self, p: RealArray, q: Numbers, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> FloatOrFloats: ...
    @overload
    def __call__(
        self, p: Numbers, q: RealArray, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> FloatOrFloats: ...
    @overload
    def __call__(
        self, p: Vector, q: Vector, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> np.float64: ...
    @overload
    def __call__(
        self, p: Numbers, q: Numbers, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> FloatOrFloats: ...
    @overload
    def __call__(
        self, p: ArrayLike, q: ArrayLike, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> Any: ...


class OfOne(Protocol[Options]):
    """A function of one distribution: the kind of its result follows from the argument."""

    @overload
    def __call__(self, p: Tensor, /, *args: Options.args, **kwargs: Options.kwargs) -> Tensor: ...
    @overload
    def __call__(
        self, p: Histogram, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> np.float64: ...
    @overload
    def __call__(
        self, p: RealArray, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> FloatOrFloats: ...
    @overload
    def __call__(
        self, p: Vector, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> np.float64: ...
    @overload
    def __call__(
        self, p: Numbers, /, *args: Options.args, **kwargs: Options.kwargs
    ) -> FloatOrFloats: ...
    @overload
    def __call__(self, p: ArrayLike, /, *args: Options.args, **kwargs: Options.kwargs) -> Any: ...


def of_pair(function: Callable[Concatenate[Any, Any, Options], Any], /) -> OfPair[Options]:
    """Declare that the result of ``function`` is of the kind of its two arguments.

    Returns:
        The function itself, with overloads for a type checker and for an editor.
    """
    return function


def of_one(function: Callable[Concatenate[Any, Options], Any], /) -> OfOne[Options]:
    """Declare that the result of ``function`` is of the kind of its argument.

    Returns:
        The function itself, with overloads for a type checker and for an editor.
    """
    return function

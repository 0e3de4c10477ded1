"""Results that act as numbers; their display as a line of text, or as a table in a notebook."""

import html
import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from divergences._checks import numpy_values


def _of_value(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method of one operand: ``function`` of the value."""

    def method(self: Any) -> Any:
        return function(self.value)

    return method


def _with_value(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A method of two operands, with the value as the first."""

    def method(self: Any, other: Any) -> Any:
        return function(self.value, _value_of(other))

    return method


def _after_value(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A method of two operands, with the value as the second."""

    def method(self: Any, other: Any) -> Any:
        return function(_value_of(other), self.value)

    return method


def _as_float(function: Callable[[float, Any], Any]) -> Callable[[Any, Any], Any]:
    """A comparison of the value, as a float."""

    def method(self: Any, other: Any) -> Any:
        return function(float(self), _value_of(other))

    return method


class Number:
    """A result that acts as its value: in arithmetic, comparisons, formats and arrays of numpy.

    Arithmetic returns what it would of the value, for a tensor a tensor with its gradient. Two
    results are equal if their values are, and have the hash of the value as a float; a value of
    NaN equals nothing.

    Attributes:
        value: The value, a float or an array of one number.
    """

    __slots__ = ()
    value: Any

    def __float__(self) -> float:
        """The value as a float."""
        return float(numpy_values(self.value))

    def __int__(self) -> int:
        """The value without its fraction."""
        return int(float(self))

    def __bool__(self) -> bool:
        """Whether the value is not 0."""
        return bool(float(self))

    def __round__(self, digits: int | None = None) -> float:
        """The value as a float, rounded; without ``digits``, an int."""
        return round(float(self), digits)

    def __format__(self, specification: str) -> str:
        """The value as a float in this format; without one, the line that `str` gives."""
        return format(float(self), specification) if specification else str(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The value as an array of numpy without axes."""
        return np.array(float(self), dtype=dtype or np.float64)

    def __eq__(self, other: object) -> Any:
        """Whether the value equals a number, or the value of another result."""
        return float(self) == _value_of(other)

    def __hash__(self) -> int:
        """Hash of the value as a float."""
        return hash(float(self))

    __lt__, __le__ = _as_float(operator.lt), _as_float(operator.le)
    __gt__, __ge__ = _as_float(operator.gt), _as_float(operator.ge)
    __add__, __radd__ = _with_value(operator.add), _after_value(operator.add)
    __sub__, __rsub__ = _with_value(operator.sub), _after_value(operator.sub)
    __mul__, __rmul__ = _with_value(operator.mul), _after_value(operator.mul)
    __truediv__, __rtruediv__ = _with_value(operator.truediv), _after_value(operator.truediv)
    __floordiv__, __rfloordiv__ = _with_value(operator.floordiv), _after_value(operator.floordiv)
    __mod__, __rmod__ = _with_value(operator.mod), _after_value(operator.mod)
    __pow__, __rpow__ = _with_value(operator.pow), _after_value(operator.pow)
    __neg__, __pos__ = _of_value(operator.neg), _of_value(operator.pos)
    __abs__ = _of_value(operator.abs)


def _value_of(other: Any) -> Any:
    """The value of a result; anything else unchanged."""
    return other.value if isinstance(other, Number) else other


def html_table(title: str, rows: Iterable[Iterable[object]], /, *, header: bool = False) -> str:
    """Table in HTML, for a notebook.

    Args:
        title: Caption.
        rows: Entries of each row; the first is a heading.
        header: Whether the first row is one of headings.

    Returns:
        The source of the table; special characters are escaped.
    """
    lines = [f"<table><caption>{html.escape(title)}</caption>"]
    for index, row in enumerate(rows):
        cells = [html.escape(str(entry)) for entry in row]
        n_headings = len(cells) if header and index == 0 else 1
        tags = ["th"] * n_headings + ["td"] * (len(cells) - n_headings)
        entries = (f"<{tag}>{cell}</{tag}>" for tag, cell in zip(tags, cells, strict=True))
        lines.append(f"<tr>{''.join(entries)}</tr>")
    return "".join([*lines, "</table>"])


def html_list(sentences: Iterable[str], /) -> str:
    """Sentences as a list in HTML; special characters are escaped."""
    return f"<ul>{''.join(f'<li>{html.escape(sentence)}</li>' for sentence in sentences)}</ul>"


def counted(count: int, noun: str, /) -> str:
    """A number and its noun, in the plural unless it is 1."""
    return f"{count:,} {noun}{'s' * (count != 1)}"

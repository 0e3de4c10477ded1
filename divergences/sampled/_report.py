"""Estimates on paper: a line of a table each, and all of them for JSON."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import NAMES, reading

WIDTH = 99  # characters of a line of words
LONG = 37  # characters of a method
FIELDS = ("of", "method", "n", "m", "value", "low", "high", "confidence", "standard_error")


def table(estimates: Mapping[str, Estimate], d: int, /) -> str:
    """Estimates in lines below a header."""
    first = next(iter(estimates.values()))
    rows = (start(name, estimate) + rest(name, estimate) for name, estimate in estimates.items())
    return "\n".join([sizes(first.n, first.m, d), header(first.confidence), *rows])


def sizes(n: int, m: int, d: int, /) -> str:
    """How many points of what dimension."""
    return f"x: {n:,} points, y: {m:,} points, {d} dimension{'s' * (d != 1)}"


def header(confidence: float, /) -> str:
    """The titles of the columns."""
    return f"{'':<11} {'value':>11}  {f'{confidence * 100:g}% interval':<24}  {'unit':<9}  method"


def start(name: str, estimate: Estimate, /) -> str:
    """A line up to the value."""
    return f"{NAMES[name]:<11} {float(estimate.value):>11.6g}"


def rest(name: str, estimate: Estimate, /) -> str:
    """The same line from there on; the ends of the interval may take their time."""
    interval = f"[{estimate.low:.6g}, {estimate.high:.6g}]"
    method = textwrap.shorten(estimate.method, LONG, placeholder=" ...")
    return f"  {interval:<24}  {'of points' if name == 'emd' else 'nats':<9}  {method}"


def title(estimates: Mapping[str, Estimate], /) -> str:
    """The values in one line."""
    values = {name: f"{NAMES[name]} = {float(e.value):.3g}" for name, e in estimates.items()}
    moved = values.pop("emd", None)
    parts = [f"{', '.join(values.values())} nats"] if values else []
    return "; ".join(parts if moved is None else [*parts, moved])


def words(sentences: Sequence[str], /) -> str:
    """Sentences in lines."""
    return "\n".join(
        textwrap.fill(s, WIDTH, initial_indent="- ", subsequent_indent="  ") for s in sentences
    )


def record(estimates: Mapping[str, Estimate], d: int, /) -> dict[str, Any]:
    """Estimates for JSON: what is not finite is the text "nan", "inf" or "-inf"."""
    found = {
        name: {f: getattr(estimate, f) for f in FIELDS}
        | {"scores": dict(estimate.scores), "notes": list(estimate.notes)}
        for name, estimate in estimates.items()
    }
    return _spelled({"d": d, **found, "reading": list(reading(estimates, d))})


def _spelled(value: Any) -> Any:
    """A value in the types of JSON: an array of one number is a number."""
    if isinstance(value, dict):
        return {key: _spelled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_spelled(part) for part in value]
    if isinstance(value, str | int):
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)

"""Tables, titles and JSON records of estimates."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from divergences.sampled._coordinates import SCALED_UNIT, cost_shares
from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import DISPLAY_NAMES, interpretation

TEXT_WIDTH = 99  # characters
METHOD_WIDTH = 37  # characters
JSON_FIELDS = (
    "estimand",
    "method",
    "n",
    "m",
    "value",
    "low",
    "high",
    "confidence",
    "standard_error",
)


def table(estimates: Mapping[str, Estimate], d: int, /) -> str:
    """Table of estimates, a row each, below the sample sizes and a header."""
    first = next(iter(estimates.values()))
    rows = (value_cells(key, e) + interval_cells(key, e) for key, e in estimates.items())
    return "\n".join([sample_sizes(first.n, first.m, d), header(first.confidence), *rows])


def sample_sizes(n: int, m: int, d: int, /) -> str:
    """Line with the sizes and the dimension of the samples."""
    return f"x: {n:,} points, y: {m:,} points, {d} dimension{'s' * (d != 1)}"


def header(confidence: float, /) -> str:
    """Line with the titles of the columns."""
    return f"{'':<11} {'value':>11}  {f'{confidence * 100:g}% interval':<24}  {'unit':<9}  method"


def value_cells(key: str, estimate: Estimate, /) -> str:
    """Name and value, the first cells of a row."""
    return f"{DISPLAY_NAMES[key]:<11} {float(estimate.value):>11.6g}"


def interval_cells(key: str, estimate: Estimate, /) -> str:
    """Interval, unit and method, the last cells of a row; computes the interval if need be."""
    _, _, interval, unit, method = row_cells(key, estimate)
    return f"  {interval:<24}  {unit:<9}  {method}"


def row_cells(key: str, estimate: Estimate, /) -> tuple[str, str, str, str, str]:
    """Name, value, interval, unit and method; computes the interval if need be."""
    has_interval = estimate.interval is not None
    interval = f"[{estimate.low:.6g}, {estimate.high:.6g}]" if has_interval else "none"
    method = textwrap.shorten(estimate.method, METHOD_WIDTH, placeholder=" ...")
    return DISPLAY_NAMES[key], f"{estimate:.6g}", interval, _unit(key, estimate), method


def _unit(key: str, estimate: Estimate) -> str:
    """Unit of an estimate."""
    if key != "emd":
        return "nats"
    return "std of x" if estimate.estimand.endswith(SCALED_UNIT) else "of points"


def title(estimates: Mapping[str, Estimate], /) -> str:
    """Line with all values."""
    values = {key: f"{DISPLAY_NAMES[key]} = {float(e.value):.3g}" for key, e in estimates.items()}
    emd = values.pop("emd", None)
    divergences = [f"{', '.join(values.values())} nats"] if values else []
    return "; ".join(divergences if emd is None else [*divergences, emd])


def bullet_list(sentences: Sequence[str], /) -> str:
    """Sentences as a list, wrapped at `TEXT_WIDTH`."""
    return "\n".join(
        textwrap.fill(s, TEXT_WIDTH, initial_indent="- ", subsequent_indent="  ")
        for s in sentences
    )


def json_record(
    estimates: Mapping[str, Estimate], d: int, /, *, names: Sequence[str] | None = None
) -> dict[str, Any]:
    """Estimates in the types of JSON; non-finite numbers as the text "nan", "inf" or "-inf"."""
    records = {
        key: {name: getattr(estimate, name) for name in JSON_FIELDS}
        | {"scores": dict(estimate.scores), "notes": list(estimate.notes)}
        for key, estimate in estimates.items()
    }
    shares = cost_shares(estimates["emd"]) if "emd" in estimates else None
    if shares is not None:
        records["emd"]["cost_shares"] = shares.tolist()
    summary = list(interpretation(estimates, d, names=names))
    return _json_value({"d": d, **records, "summary": summary})


def _json_value(value: Any) -> Any:
    """A value in the types of JSON: an array of one number becomes a number."""
    if isinstance(value, dict):
        return {key: _json_value(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_json_value(entry) for entry in value]
    if isinstance(value, str | int):
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)

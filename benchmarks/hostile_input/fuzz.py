"""Calls of all public functions with hostile arguments: each is answered, or refused in our words.

    python -m benchmarks.hostile_input.fuzz [CALLS] [SEED]

A call violates the law if it raises anything but `DistributionError` or `SolverError`, returns
NaN, warns, changes an argument, or takes over five seconds.
"""

import collections
import math
import signal
import sys
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

import divergences
from benchmarks import results_io
from benchmarks.hostile_input.calls import Call, as_text, draw_call, public_functions

RESULTS = results_io.RESULTS / "hostile_input.json"
CALLS = 100_000
SEED = 0
PACKAGE = str(Path(divergences.__file__).parent)
MAX_SECONDS = 5.0
PATIENCE_SECONDS = 20  # after which a call is ended
REFUSALS = (divergences.DistributionError, divergences.SolverError)


class TooSlowError(BaseException):
    """A call that does not end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a call.

    Attributes:
        kind: "value", the name of our error, or "violation".
        law: The law that was violated, and where; empty if none was.
        seconds: Duration.
    """

    kind: str
    law: str
    seconds: float


def outcome(call: Call, /) -> Outcome:
    """Make a call, and hold its outcome against the law."""
    arguments = [*call.positional, *call.options.values()]
    before = [_fingerprint(value) for value in arguments]
    start = time.perf_counter()
    kind, law = _kind_and_law(call)
    seconds = time.perf_counter() - start
    if not law and seconds > MAX_SECONDS:
        law = f"took over {MAX_SECONDS:g} s"
    if not law and before != [_fingerprint(value) for value in arguments]:
        law = "changed an argument"
    return Outcome("violation" if law else kind, law, seconds)


def _kind_and_law(call: Call) -> tuple[str, str]:
    """Kind of the outcome of a call, and the law that it violates, if any."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            signal.alarm(PATIENCE_SECONDS)
            result = call.function(*call.positional, **call.options)
            shown = _read(result)
            signal.alarm(0)
    except REFUSALS as error:
        signal.alarm(0)
        return type(error).__name__, _law_of_message(str(error))
    except (Exception, TooSlowError) as error:  # noqa: BLE001  # this is what is looked for
        signal.alarm(0)
        return "violation", _place(error)
    return "value", "returned NaN" if _has_nan(result) else "" if all(shown) else "shows nothing"


def _read(result: Any) -> list[str]:
    """All that a person reads of a result: its texts, its table, and the ends of its interval."""
    if hasattr(result, "interval"):  # computed at first use
        _ = result.low, result.high
    as_html = getattr(result, "_repr_html_", None)
    is_ours = type(result).__module__.startswith("divergences")
    return [repr(result), str(result), as_html() if as_html and is_ours else "-"]


def _law_of_message(message: str) -> str:
    """The law that the message of a refusal violates, if any."""
    if len(message) > 1000:
        return f"a message of {len(message)} characters"
    return "" if message else "an empty message"


def _place(error: BaseException) -> str:
    """Type of an error, and the last line of the package that it passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f.filename.startswith(PACKAGE)]
    where = f"{'/'.join(Path(ours[-1].filename).parts[-2:])}:{ours[-1].lineno}" if ours else "call"
    return f"{type(error).__name__} at {where}: {str(error)[:100]}"


def _has_nan(result: Any) -> bool:
    """Whether a result, or the value of an estimate, is or holds NaN."""
    value = getattr(result, "value", getattr(result, "cost", result))
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    if isinstance(value, dict):
        return any(_has_nan(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(_has_nan(part) for part in value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fc":
        return bool(np.isnan(value).any())
    return isinstance(value, float) and math.isnan(value)


def _fingerprint(value: Any) -> Any:
    """Contents of an argument that a call may not change."""
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return value.shape, str(value.dtype), value.tobytes(), value.flags.writeable
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.device.type == "meta":
            return None
        has_gradient = value.is_leaf and value.grad is not None
        return value.dtype, value.requires_grad, has_gradient, str(value.detach().tolist())
    if isinstance(value, list | tuple) and not any(part is value for part in value):
        return type(value), [_fingerprint(part) for part in value]
    if isinstance(value, dict):
        return [(repr(k), _fingerprint(part)) for k, part in value.items()]
    if hasattr(value, "to_numpy"):
        return repr(value)
    return None


def fuzz(calls: int, seed: int, /) -> dict[str, Any]:
    """Make random calls, and count their outcomes.

    Args:
        calls: Number of calls.
        seed: Seed of the random calls.

    Returns:
        Counts by function and kind, the slowest call, and each kind of violation with its count
        and first example.
    """
    signal.signal(signal.SIGALRM, _end_call)
    rng = np.random.default_rng(seed)
    kinds: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    violations: dict[str, dict[str, Any]] = {}
    slowest = (0.0, "")
    for _ in range(calls):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that torch, say, calls experimental
            call = draw_call(rng)
            text = as_calling_text(call)
        result = outcome(call)
        kinds[call.name][result.kind] += 1
        slowest = max(slowest, (result.seconds, text))
        if result.law:
            kind = violations.setdefault(f"{call.name}: {result.law}", {"n": 0, "example": text})
            kind["n"] += 1
    total = sum(kinds.values(), collections.Counter())
    return {
        "calls": calls,
        "seed": seed,
        "outcomes": dict(total),
        "functions": {f.name: dict(kinds[f.name]) for f in public_functions()},
        "slowest_seconds": slowest[0],
        "slowest_call": slowest[1],
        "violations": violations,
    }


def _end_call(_signal: int, _frame: FrameType | None) -> None:
    """End a call that takes too long."""
    raise TooSlowError


def as_calling_text(call: Call, /) -> str:
    """A call as one would type it, abridged."""
    positional = [as_text(value) for value in call.positional]
    options = [f"{name}={as_text(value)}" for name, value in call.options.items()]
    return f"{call.name}({', '.join(positional + options)})"


def main(arguments: list[str], path: Path = RESULTS, /) -> int:
    """Make the calls, print the violations and write the results.

    Returns:
        The exit status: 1 if there was a violation.
    """
    calls, seed = (*map(int, arguments), *(CALLS, SEED)[len(arguments) :])
    start = time.perf_counter()
    record = fuzz(calls, seed)
    record = {
        "command": f"python -m benchmarks.hostile_input.fuzz {calls} {seed}",
        **results_io.origin(),
        "seconds": time.perf_counter() - start,
        **record,
    }
    for law, found in sorted(record["violations"].items(), key=lambda item: -item[1]["n"]):
        print(f"{found['n']:6d}  {law}\n        {found['example']}")
    print(f"{calls:,} calls in {record['seconds']:.0f} s: {record['outcomes']}")
    print(f"slowest: {record['slowest_seconds']:.1f} s, {record['slowest_call']}")
    results_io.save(record, path)
    print(f"written to {path}")
    return int(bool(record["violations"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

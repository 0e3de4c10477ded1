"""Quick form of every benchmark in one table, beside the last release.

    python -m benchmarks.bench                        # all, in minutes on 2 cores
    python -m benchmarks.bench "exact emd" training   # some
    python -m benchmarks.bench --release 0.1.0        # and keep the results as a release

The ratio is ours over the peer's, measured in one run: below 1, ours is faster or closer. Rows
without a peer count failures, and the last column is their number at the last release. Results
of a release are kept in ``results/history`` under its version and commit, and written after every
benchmark; a stopped run resumes.
"""

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import results_io
from benchmarks.quick_forms import QUICK_FORMS, Row

HISTORY = results_io.RESULTS / "history"
COMMAND = "python -m benchmarks.bench"
NOTABLE_CHANGE = 1.5  # of a ratio since the last release; less is the scatter of a busy machine
HEAD = ("benchmark", "ours", "peer", "ratio", "last release", "")
WIDTHS = (58, 10, 32, 9, 12, 6)


def last_release(folder: Path = HISTORY, /, *, before: str | None = None) -> dict[str, Any]:
    """Record of the newest release; one without rows if there is none.

    Args:
        folder: Folder of the records.
        before: Version that is being released, whose own records do not count.

    Returns:
        The record, with ``version`` and ``rows`` by name.
    """
    records = [results_io.load(path) for path in folder.glob("*.json")]
    records = [record for record in records if record["version"] != before]
    return max(records, key=lambda record: record["date"], default={"version": None, "rows": {}})


def line(row: Row, before: dict[str, Any] | None, /) -> str:
    """Line of the table.

    Args:
        row: Ours and the peer's number.
        before: The same row at the last release; None if it had none.

    Returns:
        Text, with "slower" or "worse" at its end if the ratio grew by more than half, or a count
        of failures, which has no peer, at all.
    """
    peer = "" if row.peer is None else f"{_number(row.peer, row.unit)} {row.peer_name}"
    ratio = row.ratio
    old = before["ours" if row.peer is None else "ratio"] if before else None
    if row.peer is None:
        grown = old is not None and row.ours > old
    else:
        grown = bool(ratio and old and ratio > NOTABLE_CHANGE * old)
    verdict = ("worse" if row.unit in {"1", "nats"} else "slower") if grown else ""
    numbers = [f"{value:.3g}" if value is not None else "" for value in (ratio, old)]
    return _aligned([row.name, _number(row.ours, row.unit), peer, *numbers, verdict])


def measured(names: list[str], /) -> Iterator[tuple[str, list[Row], float]]:
    """Name, rows and seconds of each benchmark, as soon as it is done."""
    for name in names:
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            rows = list(QUICK_FORMS[name]())
        yield name, rows, time.perf_counter() - start


def record_of(version: str, folder: Path = HISTORY, /) -> tuple[dict[str, Any], Path]:
    """Record of a release at this commit, begun or new, and its path.

    Args:
        version: Version of the release.
        folder: Folder of the records.

    Returns:
        The record and its path.
    """
    origin = results_io.origin()
    path = folder / f"{version}-{origin['commit'][:7]}.json"
    if path.exists():
        return results_io.load(path), path
    return {"command": COMMAND, "version": version, **origin, "done": [], "rows": {}}, path


def main(arguments: list[str] | None = None, /) -> int:
    """Run the benchmarks and print the table.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog=COMMAND)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(QUICK_FORMS))
    parser.add_argument("--release", metavar="VERSION", help="keep the results as a release")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - QUICK_FORMS.keys():
        parser.error(
            f"unknown benchmark {', '.join(sorted(unknown))}; choose from {', '.join(QUICK_FORMS)}"
        )
    before = last_release(before=options.release)
    record, path = record_of(options.release) if options.release else ({"done": []}, None)
    names = [name for name in options.names or QUICK_FORMS if name not in record["done"]]
    print(f"last release: {before['version'] or 'none'}\n{_aligned(list(HEAD))}", flush=True)
    for name, rows, seconds in measured(names):
        print(f"-- {name}, {seconds:.0f} s")
        print(*(line(row, before["rows"].get(row.name)) for row in rows), sep="\n", flush=True)
        if path is not None:
            record["done"].append(name)
            record["rows"] |= {row.name: asdict(row) | {"ratio": row.ratio} for row in rows}
            results_io.save(record, path)
    return 0


def _number(value: float, unit: str) -> str:
    """A number with its unit, in three digits."""
    if unit == "s" and value < 1:
        value, unit = 1e3 * value, "ms"
    return f"{value:.3g}" if unit == "1" else f"{value:.3g} {unit}"


def _aligned(cells: list[str]) -> str:
    """Line of left-aligned cells."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())

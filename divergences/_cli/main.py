"""The command line: how far apart are the samples in two files."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, get_args

import numpy as np

from divergences import _checks
from divergences._cli import plots
from divergences._cli.tables import Sample, listed, read, samples
from divergences.errors import DistributionError, SolverError
from divergences.sampled import _report
from divergences.sampled._compare import quantities
from divergences.sampled._density_ratio.methods import Method
from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import reading

REFUSED, FAILED = 2, 1  # exit statuses: of bad input, of a computation that did not finish
INTERRUPTED = 130  # of a program that Ctrl-C ended

DESCRIPTION = """How far apart are the samples in two files: KL both ways, JS and exact EMD, each
with an interval, and what they say in words. A file holds a row per point: .npy, .npz, .csv, .tsv
(tabs) or .txt (blanks)."""


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse arguments."""
        raise DistributionError(f"{message}; {self.prog} --help says what there is")


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    command = _Parser("divergences", description=DESCRIPTION)
    add = command.add_argument
    add("x", type=Path, help="file of the first sample")
    add("y", type=Path, help="file of the second sample")
    add("--columns", metavar="A,B", help="coordinates: names from the header, or numbers from 0")
    add("--x-weights", metavar="COLUMN", help="the column of x that holds its weights")
    add("--y-weights", metavar="COLUMN", help="the column of y that holds its weights")
    add("--key", metavar="NAME", help="which array of an .npz file; X,Y if not the same of both")
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether text begins with a line of names, if that cannot be told",
    )
    add("--method", choices=get_args(Method), default="auto", help="for KL and JS (default: auto)")
    add("--confidence", type=float, default=0.95, help="of each interval (default: 0.95)")
    add("--seed", type=int, default=0, help="of all that is left to chance (default: 0)")
    add("--json", action="store_true", help="print JSON, with infinity and NaN as text")
    add("--plot", type=Path, metavar="FILE", help="draw both samples: .png, .pdf or .svg")
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two files; the exit status."""
    try:
        return _run(parser().parse_args(arguments))
    except DistributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED
    except SolverError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as stop:
        print(str(stop) or "interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # who reads has read enough: nothing is left to flush at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # of the picture; what cannot be read is refused by `read`
        print(f"error: {error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return REFUSED


def _run(asked: argparse.Namespace) -> int:
    """Read, compare, print and draw."""
    _require(asked)
    x, y = _samples(asked)
    found: dict[str, Estimate] = {}
    try:
        _compare(asked, x, y, found)
    finally:  # what is there is told, also of a run that did not come to its end
        _tell(asked, found, x.points.shape[1])
    if asked.plot is not None:
        plots.save(
            asked.plot,
            plots.Cloud(x.points, x.weights, f"x: {asked.x.name}"),
            plots.Cloud(y.points, y.weights, f"y: {asked.y.name}"),
            names=[f"column {name}" if name.isdecimal() else name for name in x.names],
            title=_report.title(found),
            rng=np.random.default_rng(asked.seed),
        )
        print(f"drawn: {asked.plot}", file=sys.stderr)
    return 0


def _require(asked: argparse.Namespace) -> None:
    """Refuse options that cannot be met, before files are read."""
    _checks.confidence(asked.confidence)
    if asked.seed < 0:
        raise DistributionError(f"--seed must be at least 0, but is {asked.seed}")
    if asked.key is not None and ".npz" not in (asked.x.suffix.lower(), asked.y.suffix.lower()):
        raise DistributionError("--key chooses an array of an .npz file, but neither file is one")
    if asked.key is not None and asked.key.count(",") > 1:
        raise DistributionError("--key names one array, or X,Y one of each file")
    if asked.plot is not None:
        plots.require(asked.plot)


def _samples(asked: argparse.Namespace) -> tuple[Sample, Sample]:
    """The samples in the two files."""
    keys = [None] if asked.key is None else asked.key.split(",")
    x = read(asked.x, key=keys[0], header=asked.header)
    y = read(asked.y, key=keys[-1], header=asked.header)
    columns = None if asked.columns is None else [c.strip() for c in asked.columns.split(",")]
    return samples(x, y, columns=columns, x_weights=asked.x_weights, y_weights=asked.y_weights)


def _compare(asked: argparse.Namespace, x: Sample, y: Sample, found: dict[str, Estimate]) -> None:
    """Fill in what is found, and print each part of the table when it is there."""
    if not asked.json:
        sizes = _report.sizes(len(x.points), len(y.points), x.points.shape[1])
        print(f"{sizes}{_named(x)}", flush=True)
    for name, estimate in quantities(
        x.points,
        y.points,
        x_weights=x.weights,
        y_weights=y.weights,
        method=asked.method,
        confidence=asked.confidence,
        rng=np.random.default_rng(asked.seed),
        progress=sys.stderr.isatty(),
    ):
        if asked.json:
            _ = estimate.low  # which may take its time, and be interrupted
        else:
            if not found:
                print(_report.header(asked.confidence))
            _print_row(name, estimate)
        found[name] = estimate


def _print_row(name: str, estimate: Estimate) -> None:
    """A line of the table: its value at once, its interval when that is there."""
    print(_report.start(name, estimate), end="", flush=True)
    try:
        print(_report.rest(name, estimate), flush=True)
    except (KeyboardInterrupt, SolverError) as error:
        print("  [interval not computed]", flush=True)
        if isinstance(error, SolverError):
            raise
        raise KeyboardInterrupt from None  # what it says is of half of the points


def _tell(asked: argparse.Namespace, found: dict[str, Estimate], d: int) -> None:
    """What the estimates say: words below the table, or all as JSON."""
    if not found:
        return
    if asked.json:
        print(json.dumps(_report.record(found, d), indent=1, allow_nan=False), flush=True)
    else:
        print(f"\n{_report.words(reading(found, d))}", flush=True)


def _named(sample: Sample) -> str:
    """The coordinates, if the file names them."""
    named = any(not name.isdecimal() for name in sample.names)
    return f": {listed(sample.names)}" if named else ""


if __name__ == "__main__":
    sys.exit(main())

"""The ``divergences`` command: KL, JS and exact EMD of the samples in two files."""

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
from divergences._cli.tables import Sample, TextOptions, read, samples, truncated_list
from divergences.errors import DistributionError, SolverError
from divergences.sampled import _report
from divergences.sampled._compare import iter_estimates
from divergences.sampled._density_ratio.methods import Method
from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import interpretation
from divergences.sampled._point_clouds import PointCloudPair

EXIT_SOLVER_ERROR, EXIT_INVALID_INPUT, EXIT_INTERRUPTED = 1, 2, 130

DESCRIPTION = """Compare the samples in two files: KL in both directions, JS and exact EMD, each
with a confidence interval, and a summary in words. A file holds a row per point: .npy, .npz, .csv,
.tsv (tabs) or .txt (blanks)."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises `DistributionError` for invalid arguments."""

    def error(self, message: str) -> NoReturn:
        """Refuse arguments."""
        raise DistributionError(f"{message}; {self.prog} --help lists the arguments")


def parser() -> argparse.ArgumentParser:
    """Parser of the command line."""
    command = _Parser("divergences", description=DESCRIPTION)
    add = command.add_argument
    add("x", type=Path, help="file of the first sample")
    add("y", type=Path, help="file of the second sample")
    add("--columns", metavar="A,B", help="coordinates: names from the header, or numbers from 0")
    add("--x-weights", metavar="COLUMN", help="the column of x that holds its weights")
    add("--y-weights", metavar="COLUMN", help="the column of y that holds its weights")
    add("--key", metavar="NAME", help="array of an .npz file; X,Y if the files use different ones")
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether text begins with a line of names, if that is ambiguous",
    )
    add("--method", choices=get_args(Method), default="auto", help="for KL and JS (default: auto)")
    add("--confidence", type=float, default=0.95, help="of each interval (default: 0.95)")
    add("--seed", type=int, default=0, help="of all random choices (default: 0)")
    add("--json", action="store_true", help="print JSON, with infinity and NaN as text")
    add("--plot", type=Path, metavar="FILE", help="draw both samples: .png, .pdf or .svg")
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    try:
        return _run(parser().parse_args(arguments))
    except DistributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_INVALID_INPUT
    except SolverError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_SOLVER_ERROR
    except KeyboardInterrupt as interrupt:
        print(str(interrupt) or "interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader closed early; the flush at exit must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_SOLVER_ERROR
    except OSError as error:  # of the figure: `read` converts those of the samples
        print(f"error: {error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return EXIT_INVALID_INPUT


def _run(args: argparse.Namespace) -> int:
    """Read, compare, print and draw."""
    _require_valid(args)
    x, y = _samples(args)
    estimates: dict[str, Estimate] = {}
    try:
        _compare(args, x, y, estimates)
    finally:  # an interrupted run prints its partial results, too
        _print_summary(args, estimates, x.points.shape[1])
    if args.plot is not None:
        plots.save_figure(
            args.plot,
            plots.LabelledSample(x.points, x.weights, f"x: {args.x.name}"),
            plots.LabelledSample(y.points, y.weights, f"y: {args.y.name}"),
            names=[f"column {name}" if name.isdecimal() else name for name in x.names],
            title=_report.title(estimates),
            rng=np.random.default_rng(args.seed),
        )
        print(f"drawn: {args.plot}", file=sys.stderr)
    return 0


def _require_valid(args: argparse.Namespace) -> None:
    """Refuse invalid options before files are read."""
    _checks.confidence(args.confidence)
    if args.seed < 0:
        raise DistributionError(f"--seed must be at least 0, but is {args.seed}")
    if args.key is not None and ".npz" not in (args.x.suffix.lower(), args.y.suffix.lower()):
        raise DistributionError("--key chooses an array of an .npz file, but neither file is one")
    if args.key is not None and args.key.count(",") > 1:
        raise DistributionError("--key takes one name, or X,Y with one name for each file")
    if args.plot is not None:
        plots.require_writable(args.plot)


def _samples(args: argparse.Namespace) -> tuple[Sample, Sample]:
    """The samples in the two files."""
    keys = [None] if args.key is None else args.key.split(",")
    options = TextOptions(args.header, None, None)
    x = read(args.x, key=keys[0], text=options)
    y = read(args.y, key=keys[-1], text=options)
    columns = None if args.columns is None else [c.strip() for c in args.columns.split(",")]
    return samples(x, y, columns=columns, x_weights=args.x_weights, y_weights=args.y_weights)


def _compare(
    args: argparse.Namespace, x: Sample, y: Sample, estimates: dict[str, Estimate]
) -> None:
    """Fill in the estimates, and print a row of the table after each."""
    clouds = PointCloudPair.of(x.points, y.points, x.weights, y.weights)
    if not args.json:
        sizes = _report.sample_sizes(*clouds.sizes, clouds.x.d)
        print(f"{sizes}{_coordinate_names(x)}", flush=True)
    for name, estimate in iter_estimates(
        clouds,
        method=args.method,
        confidence=args.confidence,
        rng=np.random.default_rng(args.seed),
        progress=sys.stderr.isatty(),
    ):
        if args.json:
            _ = estimate.low  # slow for EMD: an interrupt here keeps the record consistent
        else:
            if not estimates:
                print(_report.header(args.confidence))
            _print_row(name, estimate)
        estimates[name] = estimate


def _print_row(name: str, estimate: Estimate) -> None:
    """Print a row of the table: the value at once, the interval after its computation."""
    print(_report.value_cells(name, estimate), end="", flush=True)
    try:
        print(_report.interval_cells(name, estimate), flush=True)
    except (KeyboardInterrupt, SolverError) as error:
        print("  [interval not computed]", flush=True)
        if isinstance(error, SolverError):
            raise
        raise KeyboardInterrupt from None  # its bounds are those of half of the points


def _print_summary(args: argparse.Namespace, estimates: dict[str, Estimate], d: int) -> None:
    """Print the summary below the table, or everything as JSON."""
    if not estimates:
        return
    if args.json:
        print(json.dumps(_report.json_record(estimates, d), indent=1, allow_nan=False), flush=True)
    else:
        print(f"\n{_report.bullet_list(interpretation(estimates, d))}", flush=True)


def _coordinate_names(sample: Sample) -> str:
    """The names of the coordinates after a colon; empty if the file has none."""
    named = any(not name.isdecimal() for name in sample.names)
    return f": {truncated_list(sample.names)}" if named else ""


if __name__ == "__main__":
    sys.exit(main())

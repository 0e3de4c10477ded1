"""The ``divergences`` command: KL, JS and exact EMD of two files of samples or images."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from divergences._cli import drift, images, plots
from divergences._cli.arguments import parser, require_valid, text_options
from divergences._cli.output import EXIT_CLOSED_PIPE, discard, say
from divergences._cli.tables import (
    Sample,
    Table,
    column_list,
    read,
    require_memory_to_compare,
    require_spread,
    samples,
    truncated_list,
)
from divergences._typing import Floats
from divergences.errors import DistributionError, SolverError
from divergences.sampled import _report
from divergences.sampled._compare import iter_estimates
from divergences.sampled._coordinates import standard_deviations
from divergences.sampled._estimate import Estimate
from divergences.sampled._interpretation import interpretation
from divergences.sampled._missing import notes_on_dropped
from divergences.sampled._point_clouds import PointCloud, PointCloudPair

EXIT_FAILURE, EXIT_INVALID_INPUT, EXIT_INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    if sys.stdout is None:
        say("error: standard output is closed; the result needs a place: > result.txt")
        return EXIT_FAILURE
    try:
        status = _status(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as head, has what it wanted
        discard()
        return EXIT_CLOSED_PIPE
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if error.filename is not None:  # of a figure or report: those of tables are refused
            say(f"error: {error.filename}: cannot be written: {reason}")
            return EXIT_INVALID_INPUT
        discard()
        say(f"error: standard output cannot be written: {reason}")
        return EXIT_FAILURE
    return status


def _status(arguments: Sequence[str] | None) -> int:
    """Exit status of the command, after messages for what was refused or failed."""
    try:
        return _run(parser().parse_args(arguments))
    except SystemExit as end:  # after --help or --version
        return int(end.code or 0)
    except DistributionError as error:
        say(f"error: {error}")
        return EXIT_INVALID_INPUT
    except SolverError as error:
        say(f"error: {error}")
        return EXIT_FAILURE
    except KeyboardInterrupt as interrupt:
        say(str(interrupt) or "interrupted")
        return EXIT_INTERRUPTED
    except MemoryError:
        say("error: memory does not suffice; choose fewer rows, or columns: --columns")
        return EXIT_FAILURE


def _run(args: argparse.Namespace) -> int:
    """Read, compare, print and draw."""
    require_valid(args)
    if images.are_images(args.x, args.y):
        for text in images.output(args):
            print(text, flush=True)
        return 0
    if args.by_column:
        print(drift.output(args, *_tables(args)), flush=True)
        return 0
    x, y = _samples(args)
    estimates: dict[str, Estimate] = {}
    try:
        _compare(args, x, y, estimates)
    finally:  # an interrupted run prints its partial results, too
        _print_summary(args, estimates, x)
    if args.plot is not None:
        _draw(args, x, y, _report.title(estimates))
    return 0


def _draw(args: argparse.Namespace, x: Sample, y: Sample, title: str) -> None:
    """Draw both samples."""
    unit: Floats | float = 1.0
    names = [f"column {name}" if name.isdecimal() else name for name in x.names]
    if args.scale is not None:
        unit = standard_deviations(PointCloud(x.points, x.weights))
        names = [f"{name} / std of x" for name in names]
    plots.save_figure(
        args.plot,
        plots.LabelledSample(x.points / unit, x.weights, f"x: {args.x.name}"),
        plots.LabelledSample(y.points / unit, y.weights, f"y: {args.y.name}"),
        names=names,
        title=title,
        rng=np.random.default_rng(args.seed),
    )
    say(f"drawn: {args.plot}")


def _tables(args: argparse.Namespace) -> tuple[Table, Table]:
    """The tables in the two files, after a line for whatever was inferred of each."""
    keys = [None] if args.key is None else args.key.split(",")
    x = read(args.x, key=keys[0], text=text_options(args))
    y = read(args.y, key=keys[-1], text=text_options(args))
    for line in dict.fromkeys(f"{table.path}: {note}" for table in (x, y) for note in table.notes):
        say(line)
    return x, y


def _samples(args: argparse.Namespace) -> tuple[Sample, Sample]:
    """The samples in the two files."""
    return samples(
        *_tables(args),
        columns=None if args.columns is None else column_list(args.columns),
        x_weights=args.x_weights,
        y_weights=args.y_weights,
        drop_missing=args.drop_missing,
    )


def _compare(
    args: argparse.Namespace, x: Sample, y: Sample, estimates: dict[str, Estimate]
) -> None:
    """Fill in the estimates, and print a row of the table after each."""
    require_memory_to_compare(args.x, args.y, len(x.points) + len(y.points))
    clouds = PointCloudPair.of(x.points, y.points, x.weights, y.weights)
    if args.scale is not None:
        require_spread(x)
    notes = notes_on_dropped(x.n_dropped, x.n_rows, y.n_dropped, y.n_rows)
    if not args.json:
        sizes = _report.sample_sizes(*clouds.sizes, clouds.x.d)
        print(f"{sizes}{_coordinate_names(x)}", flush=True)
    for name, estimate in iter_estimates(
        clouds,
        method=args.method,
        confidence=args.confidence,
        rng=np.random.default_rng(args.seed),
        progress=sys.stderr is not None and sys.stderr.isatty(),
        scale=args.scale,
    ):
        estimate = replace(estimate, notes=(*estimate.notes, *notes))
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


def _print_summary(args: argparse.Namespace, estimates: dict[str, Estimate], x: Sample) -> None:
    """Print the summary below the table, or everything as JSON."""
    if not estimates:
        return
    d, names = len(x.names), x.names if _has_names(x) else None
    if args.json:
        record = _report.json_record(estimates, d, names=names)
        print(json.dumps(record, indent=1, allow_nan=False), flush=True)
    else:
        summary = interpretation(estimates, d, names=names)
        print(f"\n{_report.bullet_list(summary)}", flush=True)


def _coordinate_names(sample: Sample) -> str:
    """The names of the coordinates after a colon; empty if the file has none."""
    return f": {truncated_list(sample.names)}" if _has_names(sample) else ""


def _has_names(sample: Sample) -> bool:
    """Whether the coordinates have names that are more than numbers."""
    return any(not name.isdecimal() for name in sample.names)


if __name__ == "__main__":
    sys.exit(main())

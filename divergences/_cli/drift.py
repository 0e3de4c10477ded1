"""Comparison of two files column by column: the options ``--by-column`` and ``--report``."""

import argparse
import json
from pathlib import Path

import numpy as np

from divergences._checks.tables import Frame
from divergences._cli import html_report
from divergences._cli.output import say
from divergences._cli.tables import Table
from divergences.errors import DistributionError
from divergences.sampled._columns import TableComparison, compare_frames

POINT_OPTIONS = {  # that --by-column does not have, and the remedy
    "x_weights": "leave it out",
    "y_weights": "leave it out",
    "drop_missing": "leave it out: missing values are an outcome of their own",
    "scale": "leave it out: EMD/sd is in standard deviations",
    "method": "leave it out",
    "confidence": "leave it out",
    "plot": "--report FILE draws each column",
}
OPTIONS = ("report", "categorical", "bins", "psi_floor")  # that --by-column has
DEFAULT_BINS, DEFAULT_PSI_FLOOR = 10, 1e-4


def add_arguments(command: argparse.ArgumentParser, /) -> None:
    """Add the options of a comparison by column.

    Args:
        command: The parser.
    """
    group = command.add_argument_group(
        "tables by column", "x is the reference, y the current table; columns of words, too"
    )
    add = group.add_argument
    add(
        "--by-column",
        action="store_true",
        help="compare each column by itself: JS, KL, PSI, EMD, missing values and a p-value, "
        "sorted by JS",
    )
    add("--report", type=Path, metavar="FILE", help="write an HTML page with a picture per column")
    add("--categorical", metavar="A,B", help="columns of numbers to compare as categories")
    add("--bins", type=int, help=f"quantile bins of numbers (default: {DEFAULT_BINS})")
    add(
        "--psi-floor",
        type=float,
        metavar="SHARE",
        help=f"share of an empty bin in PSI (default: {DEFAULT_PSI_FLOOR:g})",
    )


def require_valid(args: argparse.Namespace, parser: argparse.ArgumentParser, /) -> None:
    """Refuse options that do not fit a comparison by column, or one of points.

    Args:
        args: The parsed arguments.
        parser: The parser, which knows the defaults.

    Raises:
        DistributionError: Naming the option; or if the report could not be written.
    """
    if not args.by_column:
        for option in OPTIONS:
            if getattr(args, option) is not None:
                raise DistributionError(
                    f"{flag(option)} is of a comparison by column: add --by-column"
                )
        return
    for option, remedy in POINT_OPTIONS.items():
        if getattr(args, option) != parser.get_default(option):
            raise DistributionError(f"{flag(option)} does not apply to --by-column; {remedy}")
    if args.report is not None:
        _require_writable(args.report)


def flag(option: str, /) -> str:
    """Name of an option on the command line."""
    return f"--{option.replace('_', '-')}"


def _require_writable(path: Path) -> None:
    """Refuse a report that could not be written, before anything is computed for it."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise DistributionError(
            f"{path}: a report must end in .html, but this path ends in {path.suffix or 'nothing'}"
        )
    if not path.parent.is_dir():
        raise DistributionError(f"{path}: there is no folder {path.parent}; make it first")


def output(args: argparse.Namespace, x: Table, y: Table, /) -> str:
    """Text or JSON of the comparison of two tables; writes the report, if one is wanted.

    Args:
        args: The parsed arguments, valid.
        x: The reference.
        y: The current table.

    Returns:
        The text to print.
    """
    columns = None if args.columns is None else _names(args.columns)
    comparison = compare_frames(
        _frame(x, columns),
        _frame(y, columns),
        categorical=[] if args.categorical is None else _names(args.categorical),
        bins=DEFAULT_BINS if args.bins is None else args.bins,
        psi_floor=DEFAULT_PSI_FLOOR if args.psi_floor is None else args.psi_floor,
        rng=np.random.default_rng(args.seed),
    )
    if args.report is not None:
        document = html_report.page(comparison, str(x.path), str(y.path))
        args.report.write_text(document, encoding="utf-8")
        say(f"written: {args.report}")
    return _json(comparison, x, y) if args.json else f"x: {x.path}, y: {y.path}\n{comparison}"


def _json(comparison: TableComparison, x: Table, y: Table) -> str:
    """The comparison as JSON, with the names of the files."""
    record = {"x": str(x.path), "y": str(y.path), **comparison.as_dict()}
    return json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False)


def _names(text: str) -> list[str]:
    """Names between commas."""
    return [name.strip() for name in text.split(",")]


def _frame(table: Table, columns: list[str] | None) -> Frame:
    """The columns of a table by name, or some of them by the names that were asked for."""
    if columns is not None:
        chosen = {name: table.columns[table.column_index(name)] for name in columns}
        return Frame(str(table.path), chosen, "file")
    names = [table.column_name(k) for k in range(table.n_columns)]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise DistributionError(
            f"{table.path}: {names.count(repeated)} columns are called {repeated!r}; choose by "
            f"numbers, from 0: --columns {','.join(map(str, range(len(names))))}"
        )
    return Frame(str(table.path), dict(zip(names, table.columns, strict=True)), "file")

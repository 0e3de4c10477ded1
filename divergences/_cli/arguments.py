"""Command line of ``divergences``: its parser, and the refusal of invalid arguments."""

import argparse
import difflib
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn, get_args

from divergences import _checks
from divergences._cli import drift, images, plots
from divergences._cli.tables import TextOptions, delimiter_of, is_standard_input
from divergences.errors import DistributionError
from divergences.sampled._density_ratio.methods import Method

DESCRIPTION = """Compare the samples in two files: KL in both directions, JS and exact EMD, each
with a confidence interval, and a summary in words. A file holds a row per point: .npy, .npz,
.parquet, .csv, .tsv (tabs) or .txt (blanks); - is standard input. Or compare two images, such as
.png or .jpg: the exact EMD of their brightness."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises `DistributionError` for invalid arguments."""

    def error(self, message: str) -> NoReturn:
        """Refuse arguments."""
        raise DistributionError(f"{message}; {self.prog} --help lists the arguments")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; like argparse, but with a hint for those that are not recognized."""
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(
                f"unrecognized arguments: {' '.join(unknown)}{self._hint(unknown[0], parsed)}"
            )
        return parsed

    def _hint(self, argument: str, parsed: argparse.Namespace) -> str:
        """Hint at the option that a misspelled one resembles, or at the commas of a list."""
        similar = difflib.get_close_matches(argument.split("=")[0], self._option_string_actions, 1)
        if similar:
            return f" (did you mean {similar[0]}?)"
        if parsed.columns is not None and not argument.startswith("-"):
            return f" (names are separated by commas: --columns {parsed.columns},{argument})"
        return ""

    def print_help(self, file: Any = None) -> None:
        """Print the help; unlike argparse, with an error where that fails."""
        (sys.stdout if file is None else file).write(self.format_help())


class _Version(argparse.Action):
    """An option that prints the version and exits."""

    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        """Print the version and exit."""
        sys.stdout.write(f"{parser.prog} {version('divergences')}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Parser of the command line."""
    command = _Parser("divergences", description=DESCRIPTION)
    add = command.add_argument
    add("x", type=Path, help="file of the first sample, the reference")
    add("y", type=Path, help="file of the second sample")
    _add_columns(command)
    _add_reading(command)
    add("--method", choices=get_args(Method), default="auto", help="for KL and JS (default: auto)")
    add("--confidence", type=float, default=0.95, help="of each interval (default: 0.95)")
    add("--seed", type=int, default=0, help="of all random choices (default: 0)")
    add("--json", action="store_true", help="print JSON, with infinity and NaN as text")
    add("--plot", type=Path, metavar="FILE", help="draw both samples: .png, .pdf or .svg")
    add("--version", action=_Version)
    drift.add_arguments(command)
    images.add_arguments(command)
    return command


def _add_columns(command: argparse.ArgumentParser) -> None:
    """Add the options that choose and transform columns."""
    add = command.add_argument_group("columns").add_argument
    add("--columns", metavar="A,B", help="coordinates: names from the header, or numbers from 0")
    add("--x-weights", metavar="COLUMN", help="the column of x that holds its weights")
    add("--y-weights", metavar="COLUMN", help="the column of y that holds its weights")
    add("--drop-missing", action="store_true", help="leave out rows with missing entries")
    add(
        "--scale",
        choices=["std"],
        help="divide each column by its standard deviation in x, so that units do not matter",
    )


def _add_reading(command: argparse.ArgumentParser) -> None:
    """Add the options that say how files are read."""
    add = command.add_argument_group("reading").add_argument
    add("--key", metavar="NAME", help="array of an .npz file; X,Y if the files use different ones")
    add(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether text begins with a line of names, if that is ambiguous",
    )
    add(
        "--delimiter",
        metavar="SIGN",
        help="between the fields of text: one character, tab or blanks (default: inferred)",
    )
    add(
        "--decimal",
        choices=[".", ","],
        metavar="SIGN",
        help="before the decimals of numbers in text: a point or a comma (default: inferred)",
    )


def require_valid(args: argparse.Namespace, /) -> None:
    """Refuse invalid options before files are read.

    Raises:
        DistributionError: Naming the option.
    """
    if args.plot is not None:
        plots.require_writable(args.plot)
    if images.require_valid(args, parser()):
        return
    drift.require_valid(args, parser())
    if args.by_column and (args.scale is not None or args.drop_missing):
        option = "--drop-missing" if args.drop_missing else "--scale"
        raise DistributionError(
            f"{option} does not apply to --by-column, which counts missing values and gives EMD "
            "in standard deviations, too; leave it out"
        )
    _checks.confidence(args.confidence)
    if args.seed < 0:
        raise DistributionError(f"--seed must be at least 0, but is {args.seed}")
    if is_standard_input(args.x) and is_standard_input(args.y):
        raise DistributionError("x and y are both standard input; save one of them to a file")
    readable = any(path.suffix.lower() == ".npz" for path in (args.x, args.y))
    readable = readable or is_standard_input(args.x) or is_standard_input(args.y)
    if args.key is not None and not readable:
        raise DistributionError("--key chooses an array of an .npz file, but neither file is one")
    if args.key is not None and args.key.count(",") > 1:
        raise DistributionError("--key takes one name, or X,Y with one name for each file")


def text_options(args: argparse.Namespace, /) -> TextOptions:
    """Options of text files.

    Returns:
        Those of the arguments.

    Raises:
        DistributionError: If the delimiter is no sign, or the decimal sign as well.
    """
    delimiter = None if args.delimiter is None else delimiter_of(args.delimiter)
    return TextOptions(args.header, delimiter, args.decimal)

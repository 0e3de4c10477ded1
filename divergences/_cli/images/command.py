"""Options and output of a comparison of two images."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from divergences._cli import plots
from divergences._cli.drift import flag
from divergences._cli.images.comparison import ChannelComparison
from divergences._cli.images.files import GREY, SUFFIXES
from divergences._cli.images.pairs import (
    ImagePair,
    duration,
    duration_text,
    read_pair,
    side_within,
)
from divergences._cli.output import say
from divergences.errors import DistributionError
from divergences.grids._emd import GridMetric

OPTIONS = ("channels", "resize", "metric")  # of images alone
SHARED_OPTIONS = ("x", "y", "json", "plot")
DEFAULT_METRIC: GridMetric = "euclidean"
SHORT_SECONDS = 30  # twice of which are announced


def add_arguments(command: argparse.ArgumentParser, /) -> None:
    """Add the options of a comparison of images.

    Args:
        command: The parser.
    """
    add = command.add_argument_group(
        "images", f"exact EMD of the brightness in pixels, of {', '.join(SUFFIXES)}"
    ).add_argument
    add("--channels", action="store_true", default=None, help="red, green and blue by themselves")
    add(
        "--resize",
        type=int,
        metavar="N",
        help="pixels along the longer side of x; y gets the same shape",
    )
    add(
        "--metric",
        choices=get_args(GridMetric),
        help=f"distance between pixels (default: {DEFAULT_METRIC})",
    )


def are_images(x: Path, y: Path, /) -> bool:
    """Whether two files are images, by their names.

    Args:
        x: The first file.
        y: The second file.

    Returns:
        True if both are, False if neither is.

    Raises:
        DistributionError: If one of them is.
    """
    image, other = (x, y) if _is_image(x) else (y, x)
    if _is_image(image) != _is_image(other):
        raise DistributionError(
            f"{image} is an image, but {other} does not end in {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]}; pass two images, or two samples"
        )
    return _is_image(image)


def _is_image(path: Path) -> bool:
    """Whether the name of a file is that of an image."""
    return path.suffix.lower() in SUFFIXES


def require_valid(args: argparse.Namespace, parser: argparse.ArgumentParser, /) -> bool:
    """Refuse options that do not fit a comparison of images, or one of samples.

    Args:
        args: The parsed arguments.
        parser: The parser, which knows the defaults.

    Returns:
        Whether the files are images.

    Raises:
        DistributionError: Naming the option.
    """
    images = are_images(args.x, args.y)
    refused = set(vars(args)) - {*OPTIONS, *SHARED_OPTIONS} if images else OPTIONS
    for option in sorted(refused):
        if getattr(args, option) != parser.get_default(option):
            kinds = ("images", "samples") if images else ("samples", "images")
            raise DistributionError(
                f"{flag(option)} applies to {kinds[1]}, but the files are {kinds[0]}; leave it out"
            )
    if args.resize is not None and args.resize < 1:
        raise DistributionError(f"--resize must be at least 1, but is {args.resize}")
    return images


def output(args: argparse.Namespace, /) -> Iterator[str]:
    """Text or JSON of the comparison of two images; draws it at last, if a figure is wanted.

    Args:
        args: The parsed arguments, valid.

    Yields:
        The text to print, each channel when it is solved.
    """
    metric = args.metric or DEFAULT_METRIC
    pair = read_pair(
        args.x, args.y, by_channel=bool(args.channels), side=args.resize, metric=metric
    )
    _announce(pair, metric)
    compared = []
    if not args.json:
        yield _head(pair)
    for name, x in pair.x.channels.items():
        compared.append(ChannelComparison.between(name, x, pair.y.channels[name], metric))
        if not args.json:
            yield compared[-1].text()
    if args.json:
        yield _json(pair, compared, metric)
    if args.plot is not None:
        _draw(args.plot, pair, compared)


def _announce(pair: ImagePair, metric: str) -> None:
    """Say in advance that the solution takes long, and what shortens it."""
    n_pixels, n_channels = pair.n_pixels(metric), len(pair.x.channels)
    seconds = n_channels * duration(n_pixels, metric)
    if seconds < 2 * SHORT_SECONDS:
        return
    side = side_within(SHORT_SECONDS / n_channels, metric, max(pair.x.shape), n_pixels)
    say(
        f"{pair.x.size} pixels take about {duration_text(seconds)}, with --resize {side} about "
        f"{duration_text(SHORT_SECONDS)}; Ctrl-C ends it"
    )


def _head(pair: ImagePair) -> str:
    """The first lines of the text."""
    size = f"x: {pair.x.path}, y: {pair.y.path}: {pair.x.size} pixels (width x height)"
    return "\n".join([size, *pair.notes])


def _json(pair: ImagePair, compared: Sequence[ChannelComparison], metric: str) -> str:
    """The comparison as JSON."""
    height, width = pair.x.shape
    record = {
        "x": str(pair.x.path),
        "y": str(pair.y.path),
        "width": width,
        "height": height,
        "metric": metric,
        "notes": list(pair.notes),
        "channels": {channel.name: channel.record() for channel in compared},
    }
    return json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False)


def _draw(path: Path, pair: ImagePair, compared: Sequence[ChannelComparison]) -> None:
    """Draw the channels."""
    drawn = []
    for channel in compared:
        solved = channel.solved
        start, end = (pixels.astype(np.float64) for pixels in (channel.start, channel.end))
        arrows = plots.moves_at_equal_work(start, end, channel.mass)
        drawn.append(
            plots.DrawnChannel(channel.name, solved.p, solved.q, solved.potential, *arrows)
        )
    distances = ", ".join(
        f"{channel.solved.cost:.6g}{'' if channel.name == GREY else f' ({channel.name})'}"
        for channel in compared
    )
    unit, metric = compared[0].unit, compared[0].metric
    plots.save_image_figure(
        path,
        drawn,
        labels=(f"x: {pair.x.path.name}", f"y: {pair.y.path.name}"),
        unit=unit,
        title=f"{metric} EMD {distances} {unit}, images normalized to total 1",
    )
    say(f"drawn: {path}")

"""Two images of one shape, and the time and memory that their exact EMD takes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from divergences._cli.images.files import Picture, read_picture
from divergences._cli.tables import require_memory
from divergences._typing import Floats
from divergences.errors import DistributionError

REFERENCE_PIXELS = 256 * 256
SECONDS = {  # of 256 x 256 pixels, and the power of the pixels by which they grow
    "euclidean": (60, 2.0),
    "cityblock": (5, 2.5),
    "chebyshev": (4, 2.3),
    "sqeuclidean": (300, 2.3),
}
BYTES_PER_PIXEL = {  # of 256 x 256 pixels, and the power
    "euclidean": (10_000, 1.3),
    "cityblock": (1_500, 1.0),
    "chebyshev": (2_500, 1.0),
    "sqeuclidean": (8_000, 1.3),
}
UNITS_OF_TIME = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))


@dataclass(frozen=True, slots=True)
class ImagePair:
    """Two images of one shape, with the same channels.

    Attributes:
        x: The first image.
        y: The second image, with mass in the same channels.
        notes: Sentences on how they were read and resized.
    """

    x: Picture
    y: Picture
    notes: tuple[str, ...]

    def n_pixels(self, metric: str, /) -> int:
        """Number of pixels among which mass flows, of the channel with the most.

        Args:
            metric: Distance between pixels. Under one whose triangle inequality holds, mass stays
                within the box of the pixels that differ.

        Returns:
            The number, at least 0.
        """
        if metric == "sqeuclidean":
            return math.prod(self.x.shape)
        names = self.x.channels
        return max(_box_size(self.x.channels[k], self.y.channels[k]) for k in names)


def _box_size(x: Floats, y: Floats) -> int:
    """Number of pixels in the box of those whose masses differ."""
    differ = x / x.sum() != y / y.sum()
    sides = (np.flatnonzero(differ.any(axis=axis)) for axis in (0, 1))
    return math.prod(int(np.ptp(used)) + 1 if len(used) else 0 for used in sides)


def read_pair(
    x_path: Path, y_path: Path, /, *, by_channel: bool, side: int | None, metric: str
) -> ImagePair:
    """Read two images and bring them to one shape.

    Args:
        x_path: File of the first image.
        y_path: File of the second image.
        by_channel: Whether the channels of colors are kept.
        side: Pixels along the longer side of the first image; None to leave the images as they
            are.
        metric: Distance between pixels.

    Returns:
        Both images.

    Raises:
        DistributionError: If a file holds no image, the shapes differ and are to stay, a channel
            is black in one of them, or the EMD takes more memory than there is.
    """
    x, y = (read_picture(path, by_channel=by_channel) for path in (x_path, y_path))
    if by_channel and x.is_grey and y.is_grey:
        raise DistributionError(
            "--channels compares colors, but both images are grey; leave it out"
        )
    notes = tuple(dict.fromkeys(x.notes + y.notes))
    if side is not None:
        x, y, resizing = _resized(x, y, side)
        notes += resizing
    if x.shape != y.shape:
        raise DistributionError(
            f"{x.path} has {x.size} pixels and {y.path} {y.size} (width x height); give both the "
            f"shape of the first: --resize {min(max(x.shape), max(y.shape))}"
        )
    names = _channels_with_mass(x, y)
    x, y = (replace(p, channels={name: p.channels[name] for name in names}) for p in (x, y))
    pair = ImagePair(x, y, notes)
    _require_memory(pair, metric)
    return pair


def _resized(x: Picture, y: Picture, side: int) -> tuple[Picture, Picture, tuple[str, ...]]:
    """Both images in the proportions of the first, and a sentence on it."""
    height, width = (max(1, round(n * side / max(x.shape))) for n in x.shape)
    if x.shape == y.shape == (height, width):
        return x, y, ()
    stretched = x.shape[0] * y.shape[1] != x.shape[1] * y.shape[0]
    origin = x.size if x.shape == y.shape else f"{x.size} (x) and {y.size} (y)"
    note = f"resized to {width} x {height} from {origin}, by means over areas"
    note += ", which changes the proportions of y" if stretched else ""
    return x.resized((height, width)), y.resized((height, width)), (note,)


def _channels_with_mass(x: Picture, y: Picture) -> list[str]:
    """Names of the channels that are not black in both images; refuses those that are in one."""
    names = []
    for name in x.channels:
        black = [p.path for p in (x, y) if not p.channels[name].any()]
        if len(black) == 1:
            raise DistributionError(
                f"{black[0]}: the channel {name} is black, so the mass of the other image has no "
                "place to go; leave out --channels"
            )
        if not black:
            names.append(name)
    return names


def duration(n_pixels: int, metric: str, /) -> float:
    """Approximate seconds that the exact EMD of one channel takes.

    Args:
        n_pixels: Number of pixels that differ.
        metric: Distance between pixels.

    Returns:
        Seconds on one core, as measured on photographs.
    """
    seconds, power = SECONDS[metric]
    return float(seconds * (n_pixels / REFERENCE_PIXELS) ** power)


def side_within(seconds: float, metric: str, longer: int, n_pixels: int, /) -> int:
    """Pixels along the longer side with which the exact EMD takes some seconds.

    Args:
        seconds: The time for one channel.
        metric: Distance between pixels.
        longer: Present pixels along the longer side.
        n_pixels: Present number of pixels.

    Returns:
        The number, at least 1.
    """
    reference, power = SECONDS[metric]
    fewer = REFERENCE_PIXELS * (seconds / reference) ** (1 / power)
    return max(1, int(longer * math.sqrt(fewer / n_pixels)))


def duration_text(seconds: float, /) -> str:
    """An approximate duration in words."""
    length, unit = next(
        ((length, unit) for length, unit in UNITS_OF_TIME if seconds >= 2 * length),
        UNITS_OF_TIME[-1],
    )
    return f"{max(1, round(seconds / length)):,} {unit}"


def _require_memory(pair: ImagePair, metric: str) -> None:
    """Refuse images whose exact EMD takes more memory than there is."""
    n_pixels = pair.n_pixels(metric)
    n_bytes, power = BYTES_PER_PIXEL[metric]
    needed = n_bytes * REFERENCE_PIXELS * (n_pixels / REFERENCE_PIXELS) ** power
    try:
        require_memory(pair.x.path, int(needed))
    except DistributionError:
        time = duration_text(duration(n_pixels, metric))
        raise DistributionError(
            f"the exact EMD of {pair.x.size} pixels takes about {needed / 1e9:,.3g} GB of memory, "
            f"more than is available, and {time}; reduce both images: --resize 256"
        ) from None

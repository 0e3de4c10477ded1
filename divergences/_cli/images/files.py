"""Images in files as arrays of brightness, in grey or a channel each. Needs Pillow."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from divergences._cli.tables import require_memory
from divergences._typing import Floats
from divergences.errors import DistributionError

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (*(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"),)
GREY, COLORS = "grey", ("red", "green", "blue")
LUMA = (299, 587, 114)  # thousandths of red, green and blue in grey (ITU-R BT.601)
BYTES_PER_PIXEL = 100  # of an image while it is read
OPAQUE = 255
BROKEN_FILE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class Picture:
    """The image in a file.

    Attributes:
        path: The file.
        channels: Brightness of the pixels by the name of the channel, each of shape ``(h, w)``.
        notes: Sentences on how the file was read.
        is_grey: Whether the file holds no colors.
    """

    path: Path
    channels: dict[str, Floats]
    notes: tuple[str, ...] = ()
    is_grey: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = next(iter(self.channels.values())).shape
        return height, width

    @property
    def size(self) -> str:
        """Width and height as text."""
        return f"{self.shape[1]} x {self.shape[0]}"

    def resized(self, shape: tuple[int, int], /) -> Picture:
        """The image with another number of pixels, each the mean over its area.

        Args:
            shape: Height and width.

        Returns:
            The image, in float32 precision.
        """
        from PIL import Image

        if shape == self.shape:
            return self
        images = {k: Image.fromarray(v.astype(np.float32)) for k, v in self.channels.items()}
        size, means = shape[::-1], Image.Resampling.BOX
        channels = {k: np.asarray(v.resize(size, means), np.float64) for k, v in images.items()}
        return replace(self, channels=channels)


def read_picture(path: Path, /, *, by_channel: bool) -> Picture:
    """Read the image in a file.

    Transparent pixels count by their opacity; of several frames, the first one is read; a photo is
    turned upright as its file says.

    Args:
        path: A file that Pillow reads.
        by_channel: Whether the channels of colors are kept; grey otherwise.

    Returns:
        The image.

    Raises:
        DistributionError: If Pillow is not installed, the file holds no image, or pixels are
            negative, infinite, NaN, or all 0 in every channel.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise DistributionError(
            "images need Pillow, which is not installed: pip install pillow"
        ) from None
    if not path.exists():
        raise DistributionError(f"{path}: there is no such file")
    if not path.is_file():
        raise DistributionError(f"{path}: is not a regular file; pass the path of an image")
    try:
        values, notes, is_grey = _decoded(path)
    except DistributionError:
        raise
    except UnidentifiedImageError:
        raise DistributionError(
            f"{path}: holds no image that Pillow reads; save it anew as .png"
        ) from None
    except Image.DecompressionBombError:
        raise DistributionError(
            f"{path}: has more pixels than Pillow decodes ({2 * (Image.MAX_IMAGE_PIXELS or 0):,});"
            " save it with fewer"
        ) from None
    except BROKEN_FILE as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise DistributionError(f"{path}: cannot be read: {reason}") from None
    _require_masses(path, values)
    return Picture(path, _channels(values, by_channel), notes, is_grey)


def _decoded(path: Path) -> tuple[Floats, tuple[str, ...], bool]:
    """Brightness of the bands, shape ``(h, w)`` or ``(h, w, 3)``, notes, and absence of colors."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # memory is checked here
        with Image.open(path) as image:
            require_memory(path, BYTES_PER_PIXEL * image.width * image.height)
            n_frames = getattr(image, "n_frames", 1)
            notes = [f"{path}: the first of {n_frames} frames"] * (n_frames > 1)
            values, is_translucent = _opaque_values(ImageOps.exif_transpose(image))
            is_grey = values.ndim == 2
    if is_translucent:
        notes.append(f"{path}: pixels count by their opacity (alpha)")
    return values, tuple(notes), is_grey


def _opaque_values(image: Image) -> tuple[Floats, bool]:
    """Brightness of the bands, times the opacity if there is one, and whether it matters."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return np.asarray(image, dtype=np.float64), False
    is_grey = image.mode in ("1", "L", "LA", "La")
    if not image.has_transparency_data:
        return np.asarray(image.convert("L" if is_grey else "RGB"), dtype=np.float64), False
    bands = np.asarray(image.convert("LA" if is_grey else "RGBA"), dtype=np.float64)
    colors, opacity = bands[..., :-1], bands[..., -1:]
    values = colors * opacity / OPAQUE
    return values[..., 0] if is_grey else values, bool((opacity < OPAQUE).any())


def _require_masses(path: Path, values: Floats) -> None:
    """Refuse pixels that are not masses, and an image without any."""
    if not np.isfinite(values).all():
        raise DistributionError(f"{path}: pixels must be finite, but some are infinite or NaN")
    if values.min() < 0:
        raise DistributionError(
            f"{path}: pixels must be at least 0, but the least is {values.min():g}"
        )
    if not values.any():
        raise DistributionError(
            f"{path}: all pixels are 0 (black), and brightness is the mass that is moved; choose "
            "an image that is not black"
        )


def _channels(values: Floats, by_channel: bool) -> dict[str, Floats]:
    """Brightness by channel; of grey images, each color is the grey."""
    if by_channel:
        bands = [values] * len(COLORS) if values.ndim == 2 else np.moveaxis(values, -1, 0)
        return dict(zip(COLORS, bands, strict=True))
    return {GREY: values if values.ndim == 2 else values @ np.array(LUMA) / sum(LUMA)}

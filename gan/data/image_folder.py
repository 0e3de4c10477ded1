"""Images in a folder, as an array of pixels."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from divergences import DistributionError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")


def read_image_folder(folder: Path, size: int | None, /) -> tuple[list[Path], NDArray[np.uint8]]:
    """Pixels of all images in a folder and the folders in it, grey if none has color.

    An image that is not square is cut to its middle square when it is resized.

    Args:
        folder: The folder.
        size: Side in pixels that images are resized to; None to take them as they are.

    Returns:
        Paths of the images, and pixels in their order, shape ``(n, channels, height, width)``.

    Raises:
        DistributionError: If there are no images, one cannot be read, or they differ in size.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise DistributionError(
            f"{folder}: holds no image that ends in {', '.join(SUFFIXES)}; name the folder of them"
        )
    images = [_read(path, size) for path in paths]
    for path, image in zip(paths, images, strict=True):
        if image.shape[:2] != images[0].shape[:2]:
            raise DistributionError(
                f"{path}: is {image.shape[1]} x {image.shape[0]} pixels, but {paths[0]} is "
                f"{images[0].shape[1]} x {images[0].shape[0]}; resize all: --image-size 32"
            )
    stacked = np.stack(images).transpose(0, 3, 1, 2)
    is_grey = bool((stacked == stacked[:, :1]).all())
    return paths, np.ascontiguousarray(stacked[:, :1] if is_grey else stacked)


def _read(path: Path, size: int | None) -> NDArray[np.uint8]:
    """Pixels of one image, shape ``(height, width, 3)``."""
    from PIL import Image, ImageOps  # a dependency of matplotlib

    try:
        with Image.open(path) as image:
            pixels = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DistributionError(f"{path}: is no image that can be read ({error})") from None
    if size is not None:
        pixels = ImageOps.fit(pixels, (size, size), Image.Resampling.LANCZOS)
    return np.asarray(pixels)

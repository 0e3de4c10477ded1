"""The MNIST digits: find the files, verify what is in them, scale the pixels.

The four idx files are looked for in the folder that the caller names, else in the one that the
environment variable MNIST_DIR names, else in the user's cache, to which they are downloaded when
they are not there. What is verified is the decompressed content, against the digests of the
original files: mirrors compress differently.
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from divergences import DistributionError
from gan.errors import MnistError

Split = Literal["train", "test"]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


@dataclass(frozen=True, slots=True)
class IdxFile:
    """One of the four files.

    Attributes:
        name: As on the mirrors, without ``.gz``.
        sha256: Digest of the decompressed content.
        shape: Of the array in it.
    """

    name: str
    sha256: str
    shape: tuple[int, ...]


IMAGES: dict[Split, IdxFile] = {
    "train": IdxFile(
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        (60000, 28, 28),
    ),
    "test": IdxFile(
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        (10000, 28, 28),
    ),
}
LABELS: dict[Split, IdxFile] = {
    "train": IdxFile(
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        (60000,),
    ),
    "test": IdxFile(
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        (10000,),
    ),
}


@dataclass(frozen=True, slots=True)
class Digits:
    """A set of digits to draw from.

    Attributes:
        pixels: Shape ``(n, 784)``, rows of the image one after another, 0 to 255.
    """

    pixels: UInt8[Tensor, " n 784"]

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 784"]:
        """``n`` digits drawn with replacement, pixels in [0, 1], on the device of ``rng``."""
        chosen = torch.randint(len(self.pixels), (n,), generator=rng, device=rng.device)
        return self._at(chosen, rng.device)

    def sample_images(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 1 28 28"]:
        """The same as images of one channel."""
        return self.sample(n, rng).unflatten(1, (1, 28, 28))

    def distinct_images(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 1 28 28"]:
        """``n`` digits as images, none of them twice.

        Args:
            n: How many.
            rng: Source of randomness.

        Returns:
            Images with pixels in [0, 1], on the device of ``rng``.

        Raises:
            DistributionError: If there are not so many.
        """
        if n > len(self.pixels):
            raise DistributionError(
                f"`n` must be at most the {len(self.pixels)} digits that there are, since none "
                f"comes twice, but is {n}: compare fewer points"
            )
        chosen = torch.randperm(len(self.pixels), generator=rng, device=rng.device)[:n]
        return self._at(chosen, rng.device).unflatten(1, (1, 28, 28))

    def sample_stacked(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 3 28 28"]:
        """``n`` images of three independent digits, 1000 modes (Metz et al. 2017, section 3.3)."""
        return self.sample(3 * n, rng).reshape(n, 3, 28, 28)

    def _at(self, places: Int[Tensor, " n"], device: torch.device) -> Float[Tensor, " n 784"]:
        """The digits at these places, pixels in [0, 1]."""
        return self.pixels[places.to(self.pixels.device)].to(device).float() / 255


def digits(split: Split = "train", *, data_dir: Path | None = None) -> Digits:
    """The digits of one split.

    Args:
        split: "train", 60,000 digits, or "test", 10,000.
        data_dir: Folder of the idx files, gzipped or not; by default MNIST_DIR, else the user's
            cache.

    Returns:
        The digits, in the order of the file.

    Raises:
        MnistError: If a file is missing, damaged or not the original, or cannot be downloaded.
    """
    array = load(IMAGES[split], data_dir=data_dir)
    return Digits(torch.from_numpy(array).flatten(start_dim=1))


def labels(split: Split = "train", *, data_dir: Path | None = None) -> UInt8[Tensor, " n"]:
    """What digit each image of the split shows, 0 to 9; arguments and errors as in `digits`.

    Returns:
        One number per image, in the order of the file.

    Raises:
        MnistError: As in `digits`.
    """
    return torch.from_numpy(load(LABELS[split], data_dir=data_dir))


def load(
    file: IdxFile, /, *, data_dir: Path | None = None, mirrors: tuple[str, ...] = MIRRORS
) -> np.ndarray:
    """The array in one of the four files, found as the module says, and verified.

    Args:
        file: Which of the files.
        data_dir: Folder to look in, and nowhere else.
        mirrors: Base addresses to download from.

    Returns:
        Bytes, of shape ``file.shape``.

    Raises:
        MnistError: If the file is missing, damaged or not the original, or cannot be downloaded.
    """
    folder = data_dir or (Path(os.environ["MNIST_DIR"]) if os.environ.get("MNIST_DIR") else None)
    path = (
        _cached(file, mirrors)
        if folder is None
        else _found(file, folder, named=data_dir is not None)
    )
    array = np.frombuffer(_content(file, path), np.uint8, offset=4 + 4 * len(file.shape))
    return array.reshape(file.shape).copy()


def _found(file: IdxFile, folder: Path, *, named: bool) -> Path:
    """The file in a folder that the caller or the environment named."""
    for path in (folder / f"{file.name}.gz", folder / file.name):
        if path.is_file():
            return path
    source = "--data-dir" if named else "the environment variable MNIST_DIR"
    raise MnistError(
        f"{folder / file.name}.gz does not exist, nor does it without .gz; {source} says to look "
        "there. Put the four MNIST files there, or leave the folder out to download them"
    )


def _content(file: IdxFile, path: Path) -> bytes:
    """The decompressed content, if it is the original's."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise MnistError(
            f"{path} is damaged or cut short ({error}); delete it and fetch it again"
        ) from None
    except OSError as error:
        raise MnistError(f"{path} cannot be read: {error}") from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise MnistError(
            f"{path} is not the original {file.name}: its decompressed content has {len(content)} "
            f"bytes and the sha256 {digest}, not {file.sha256}; replace it with the original"
        )
    return content


def _cached(file: IdxFile, mirrors: tuple[str, ...]) -> Path:
    """The file in the user's cache, downloaded if need be; a bad download is not kept."""
    import pooch  # here: only a download needs it

    cache = Path(pooch.os_cache("divergences")) / "mnist"
    path = cache / f"{file.name}.gz"
    if path.is_file():
        return path
    pooch.get_logger().setLevel("WARNING")  # the digest is checked here, of the content
    download = pooch.HTTPDownloader(progressbar=True, timeout=30)
    failures = []
    for mirror in mirrors:
        url = f"{mirror}{path.name}"
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                new = pooch.retrieve(url, None, path.name, path=folder, downloader=download)
                _content(file, Path(new))
                return Path(new).replace(path)
        except (OSError, MnistError) as error:  # requests' errors are OSErrors
            failures.append(f"{url}: {error}")
    raise MnistError(
        f"{path.name} is not in {cache} and could not be downloaded. Without a network, put the "
        "four MNIST files into a folder and name it with --data-dir or the environment variable "
        "MNIST_DIR. Tried:\n  " + "\n  ".join(failures)
    )

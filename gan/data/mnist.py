"""The MNIST digits: locate, download and verify the files, sample from them.

The four idx files are read from the folder that the caller names, else from the folder in the
environment variable MNIST_DIR, else from the user's cache; missing ones are downloaded there.
The SHA-256 digest is that of the decompressed content, since mirrors compress differently.
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
    """Name, digest and shape of one of the four files.

    Attributes:
        name: File name on the mirrors, without ``.gz``.
        sha256: Digest of the decompressed content.
        shape: Shape of the array.
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
    """Sampler of a finite set of digits.

    Attributes:
        pixels: Shape ``(n, 784)``, images in row-major order, 0 to 255.
    """

    pixels: UInt8[Tensor, " n 784"]

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 784"]:
        """``n`` digits drawn with replacement, pixels in [0, 1], on the device of ``rng``."""
        indices = torch.randint(len(self.pixels), (n,), generator=rng, device=rng.device)
        return self._scaled_pixels(indices, rng.device)

    def sample_images(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 1 28 28"]:
        """``n`` digits drawn with replacement, as images of one channel."""
        return self.sample(n, rng).unflatten(1, (1, 28, 28))

    def sample_images_without_replacement(
        self, n: int, rng: torch.Generator
    ) -> Float[Tensor, " n 1 28 28"]:
        """``n`` digits drawn without replacement, as images of one channel.

        Args:
            n: Number of digits.
            rng: Source of randomness.

        Returns:
            Images with pixels in [0, 1], on the device of ``rng``.

        Raises:
            DistributionError: If the set has fewer than ``n`` digits.
        """
        if n > len(self.pixels):
            raise DistributionError(
                f"`n` must be at most {len(self.pixels)}, the number of digits, without "
                f"replacement, but is {n}; compare fewer points"
            )
        indices = torch.randperm(len(self.pixels), generator=rng, device=rng.device)[:n]
        return self._scaled_pixels(indices, rng.device).unflatten(1, (1, 28, 28))

    def sample_stacked(self, n: int, rng: torch.Generator) -> Float[Tensor, " n 3 28 28"]:
        """``n`` images of three independent digits, 1000 modes (Metz et al. 2017, section 3.3)."""
        return self.sample(3 * n, rng).reshape(n, 3, 28, 28)

    def _scaled_pixels(
        self, indices: Int[Tensor, " n"], device: torch.device
    ) -> Float[Tensor, " n 784"]:
        """The digits at the given indices, pixels in [0, 1]."""
        return self.pixels[indices.to(self.pixels.device)].to(device).float() / 255


def digits(split: Split = "train", *, data_dir: Path | None = None) -> Digits:
    """Digits of one split, without labels.

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
    """Labels of one split, 0 to 9.

    Args:
        split: "train" or "test".
        data_dir: Folder of the idx files, as in `digits`.

    Returns:
        One label per image, in the order of the file.

    Raises:
        MnistError: If a file is missing, damaged or not the original, or cannot be downloaded.
    """
    return torch.from_numpy(load(LABELS[split], data_dir=data_dir))


def load(
    file: IdxFile, /, *, data_dir: Path | None = None, mirrors: tuple[str, ...] = MIRRORS
) -> np.ndarray:
    """Array of one of the four files, verified by its digest.

    Args:
        file: The file.
        data_dir: Folder of the file; by default MNIST_DIR, else the user's cache.
        mirrors: Base URLs for downloads into the cache.

    Returns:
        Array of ``uint8``, shape ``file.shape``.

    Raises:
        MnistError: If the file is missing, damaged or not the original, or cannot be downloaded.
    """
    folder = data_dir or (Path(os.environ["MNIST_DIR"]) if os.environ.get("MNIST_DIR") else None)
    path = (
        _cached_path(file, mirrors)
        if folder is None
        else _local_path(file, folder, is_argument=data_dir is not None)
    )
    array = np.frombuffer(_verified_content(file, path), np.uint8, offset=4 + 4 * len(file.shape))
    return array.reshape(file.shape).copy()


def _local_path(file: IdxFile, folder: Path, *, is_argument: bool) -> Path:
    """Path of the file, gzipped or not, in a folder from the caller or the environment."""
    for path in (folder / f"{file.name}.gz", folder / file.name):
        if path.is_file():
            return path
    source = "--data-dir" if is_argument else "the environment variable MNIST_DIR"
    raise MnistError(
        f"{folder / file.name} does not exist, gzipped or not; {source} names this folder. Put "
        "the four MNIST files there, or name no folder to download them"
    )


def _verified_content(file: IdxFile, path: Path) -> bytes:
    """Decompressed content of the file, whose digest is that of the original."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise MnistError(
            f"{path} is damaged or truncated ({error}); delete it and download it again"
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


def _cached_path(file: IdxFile, mirrors: tuple[str, ...]) -> Path:
    """Path of the file in the user's cache; downloads it first if missing, and verifies it."""
    import pooch  # imported here since only downloads need it

    cache = Path(pooch.os_cache("divergences")) / "mnist"
    path = cache / f"{file.name}.gz"
    if path.is_file():
        return path
    pooch.get_logger().setLevel("WARNING")  # no advice to pass a digest: _verified_content has it
    download = pooch.HTTPDownloader(progressbar=True, timeout=30)
    failures = []
    for mirror in mirrors:
        url = f"{mirror}{path.name}"
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as folder:
                download_path = pooch.retrieve(
                    url, None, path.name, path=folder, downloader=download
                )
                _verified_content(file, Path(download_path))
                return Path(download_path).replace(path)
        except (OSError, MnistError) as error:  # requests' errors are OSErrors
            failures.append(f"{url}: {error}")
    raise MnistError(
        f"{path.name} is not in {cache} and could not be downloaded. Without a network, put the "
        "four MNIST files into a folder and name it with --data-dir or the environment variable "
        "MNIST_DIR. Attempts:\n  " + "\n  ".join(failures)
    )

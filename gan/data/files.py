"""Data sets of files: tables and arrays of points, and folders of images."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divergences import DistributionError
from divergences._cli import tables
from gan.data.dataset import DEFAULT_HELD_OUT, DataSet
from gan.data.labels import FOLDERS, labels_of_file
from gan.errors import ConfigError

MAX_IMAGE_SIZE = 512  # above, the networks take gigabytes
SUFFIXES = (".npy", ".npz", ".csv", ".tsv", ".txt", ".parquet")


def is_data_path(name: str, /) -> bool:
    """Whether the name of a data set is the path of a file or folder, rather than a word."""
    return Path(name).suffix.lower() in SUFFIXES or Path(name).is_dir()


def require_readable_kind(name: str, /) -> None:
    """Refuse the address of a file, and a file of a kind that is not read.

    Args:
        name: Name or path of the data.

    Raises:
        ConfigError: With the kinds that are read.
    """
    if "://" in name:
        raise ConfigError(f"--data {name} is an address; download it and give the file")
    if Path(name).is_file() and not is_data_path(name):
        raise ConfigError(
            f"--data {name} is no kind of file that is read; give points as "
            f"{', '.join(SUFFIXES)}, or the folder of images"
        )


def data_set_of_path(
    path: Path,
    /,
    *,
    image_size: int | None = None,
    standardize: bool = False,
    held_out: float = DEFAULT_HELD_OUT,
    labels: str | None = None,
) -> DataSet:
    """The data set in a file of points or a folder of images.

    Args:
        path: A .npy file of points or images, a table of numbers (.npz, .csv, .tsv, .txt or
            .parquet) with a row per point, or a folder of images.
        image_size: Side in pixels that images of a folder are resized to.
        standardize: Divide each column of a table by its standard deviation.
        held_out: Share of the points that evaluations are of and training does not see.
        labels: Column of a table, a file of labels, or "folders" for images in folders.

    Returns:
        The data set.

    Raises:
        DistributionError: If it cannot be read, or holds no points; with the path, the rows and
            the remedy.
        ConfigError: If an option does not apply to the file or folder.
    """
    if image_size is not None and not path.is_dir():
        raise ConfigError(f"--image-size is for a folder of images, and {path} is a file")
    if path.is_dir():
        if standardize:
            raise ConfigError(f"--standardize is for columns of a table, and {path} is a folder")
        if labels not in (None, FOLDERS):
            raise ConfigError(
                f"--labels of a folder of images must be {FOLDERS}, the folders in it, but is "
                f"{labels}"
            )
        return DataSet.of_images(
            path, size=image_size, held_out=held_out, labels=labels is not None
        )
    file = Path(labels) if labels is not None and is_data_path(labels) else None
    if path.suffix.lower() == ".npy" and (images := _array_of_images(path)) is not None:
        words = _labels_of_array(labels, file, len(images))
        return DataSet.of_points(
            images, standardize=standardize, name=str(path), held_out=held_out, labels=words
        )
    table = tables.read(path)
    columns = list(range(table.n_columns))
    words = None if file is None else labels_of_file(file, table.n_rows)
    if labels is not None and file is None:
        columns.remove(index := table.column_index(labels))
        words = table.columns[index]
    numbers = table.numbers(_numeric(table, columns))
    missing = np.flatnonzero(np.isnan(numbers).any(axis=1))
    if len(missing):
        raise DistributionError(
            f"{path}: {len(missing)} of {table.n_rows} rows have missing entries: "
            f"{table.row_list(missing)}; drop those rows"
        )
    names = [table.column_name(index) for index in columns]
    return DataSet.of_points(
        numbers,
        standardize=standardize,
        held_out=held_out,
        labels=words,
        name=str(path),
        column_names=names,
    )


def _numeric(table: tables.Table, columns: list[int]) -> list[int]:
    """The columns, if all hold numbers; otherwise a refusal with the option for labels."""
    words = [index for index in columns if not table.is_numeric(index)]
    if words:
        name = table.column_name(words[0])
        raise DistributionError(
            f"{table.path}: column {name!r} does not hold numbers; take it as labels, --labels "
            f"{name}, or leave it out of the file"
        )
    return columns


def _labels_of_array(labels: str | None, file: Path | None, n: int) -> Any:
    """Labels of images or sequences in an array, which has no column of them."""
    if labels is not None and file is None:
        raise ConfigError(
            f"--labels of images or sequences in an array must be a file, such as labels.npy, but "
            f"is {labels}"
        )
    return None if file is None else labels_of_file(file, n)


def _array_of_images(path: Path) -> NDArray[Any] | None:
    """The array in a .npy file if it has three or four axes, mapped from the file."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None  # the reader of tables says what is wrong
    return array if array.ndim in (3, 4) else None


def digest_of_labels(labels: str | None, /) -> dict[str, str]:
    """Digest of a file of labels, by its key in config.json; empty for a column or folders."""
    if labels is None or not is_data_path(labels) or not Path(labels).is_file():
        return {}
    return {"labels_digest": digest_of_path(Path(labels))}


def digest_of_path(path: Path, /) -> str:
    """SHA-256 of the content of a file, or of the files in a folder with their names."""
    total = hashlib.sha256()
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    for file in files:
        total.update(str(file.relative_to(path) if path.is_dir() else "").encode())
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()

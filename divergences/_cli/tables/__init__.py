"""Readers of numeric tables in .npy, .npz, .csv, .tsv and .txt files.

`text_files` and `numpy_files` read a file into a `Table` (`table`); `two_samples` makes two
samples of two tables.
"""

from pathlib import Path

from divergences._cli.tables.numpy_files import read_npy, read_npz
from divergences._cli.tables.table import Table, truncated_list
from divergences._cli.tables.text_files import read_text
from divergences._cli.tables.two_samples import Sample, samples
from divergences.errors import DistributionError

__all__ = ["Sample", "Table", "read", "samples", "truncated_list"]


def read(path: Path, /, *, key: str | None = None, header: bool | None = None) -> Table:
    """Read the table in a file.

    Args:
        path: A file that ends in .npy, .npz, .csv, .tsv or .txt.
        key: Name of the array in a .npz file; None for the only one.
        header: Whether the first line of text is a header; None to infer it.

    Returns:
        The table.

    Raises:
        DistributionError: If there is no such file, its type is unknown, or it holds no table;
            with the path, the position in the file, and the remedy.
    """
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz", ".csv", ".tsv", ".txt"):
        raise DistributionError(
            f"{path}: a sample must end in .npy, .npz, .csv, .tsv or .txt, but this path ends in "
            f"{suffix or 'nothing'}; write one with numpy.save"
        )
    try:
        if suffix == ".npy":
            return read_npy(path)
        return read_npz(path, key) if suffix == ".npz" else read_text(path, header=header)
    except FileNotFoundError:
        raise DistributionError(f"{path}: there is no such file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DistributionError(f"{path}: cannot be read: {reason}") from None

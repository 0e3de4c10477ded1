"""Tables of numbers in files: .npy, .npz, .csv, .tsv and .txt, read or refused with the reason.

`text` reads text and `arrays` numpy's files, into the `Table` of `table`; `pair` makes two samples
of two tables.
"""

from pathlib import Path

from divergences._cli.tables.numpy_files import read_npy, read_npz
from divergences._cli.tables.table import Table, listed
from divergences._cli.tables.text_files import read_text
from divergences._cli.tables.two_samples import Sample, samples
from divergences.errors import DistributionError

__all__ = ["Sample", "Table", "listed", "read", "samples"]


def read(path: Path, /, *, key: str | None = None, header: bool | None = None) -> Table:
    """The table in a file.

    Args:
        path: A file that ends in .npy, .npz, .csv, .tsv or .txt.
        key: Which array of a .npz file; None for the only one.
        header: Whether the first line of text is a header; None for what it looks like.

    Returns:
        The table.

    Raises:
        DistributionError: If there is no such file, its kind is unknown, or it holds no table;
            with its name, the place, and how to mend it.
    """
    kind = path.suffix.lower()
    if kind not in (".npy", ".npz", ".csv", ".tsv", ".txt"):
        raise DistributionError(
            f"{path}: files that end in {kind or 'nothing'} are not read; .npy, .npz, .csv, .tsv "
            "and .txt are: write one with numpy.save"
        )
    try:
        if kind == ".npy":
            return read_npy(path)
        return read_npz(path, key) if kind == ".npz" else read_text(path, header=header)
    except FileNotFoundError:
        raise DistributionError(f"{path}: there is no such file") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DistributionError(f"{path}: cannot be read: {reason}") from None

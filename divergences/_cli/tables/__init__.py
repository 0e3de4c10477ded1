"""Readers of tables in .npy, .npz, .csv, .tsv, .txt and .parquet files, and standard input.

`files` opens a file and finds its kind; `numpy_files`, `archives`, `text_files` (with `dialect`
and `column_parser`) and `parquet_files` read a `Table` (`table`) of columns (`columns`), within
the available `memory`; `two_samples` makes two samples of two tables.
"""

from divergences._cli.tables.dialect import delimiter_of
from divergences._cli.tables.files import is_standard_input, read
from divergences._cli.tables.memory import require_memory, require_memory_to_compare
from divergences._cli.tables.table import Table, column_list, truncated_list
from divergences._cli.tables.text_files import TextOptions
from divergences._cli.tables.two_samples import Sample, require_spread, samples

__all__ = [
    "Sample",
    "Table",
    "TextOptions",
    "column_list",
    "delimiter_of",
    "is_standard_input",
    "read",
    "require_memory",
    "require_memory_to_compare",
    "require_spread",
    "samples",
    "truncated_list",
]

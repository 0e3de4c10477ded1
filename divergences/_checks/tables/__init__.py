"""Tables for comparison by column: their columns by name, and the type of each pair of columns.

`frames` reads the columns of pandas and polars frames and of mappings, `types` infers
whether they are numbers, times or categories, `pairs` has the columns that two tables have in
common, each pair of the same type, and `remedies` the advice of their refusals.
"""

from divergences._checks.tables.frames import Frame, frame
from divergences._checks.tables.pairs import (
    Categories,
    ColumnPair,
    Numbers,
    column_pair,
    common_columns,
    compared_as_categories,
)

__all__ = [
    "Categories",
    "ColumnPair",
    "Frame",
    "Numbers",
    "column_pair",
    "common_columns",
    "compared_as_categories",
    "frame",
]

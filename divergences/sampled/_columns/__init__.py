"""Comparison of two tables column by column.

`comparison` has the public function; `outcomes` makes shares of the rows of a pair of columns in
bins or categories, `distances` computes JS, KL, PSI and EMD, `significance` the p-values, and
`histograms` what a picture shows. Results are in `results`, printed by `report`.
"""

from divergences.sampled._columns.comparison import compare_columns, compare_frames
from divergences.sampled._columns.results import ColumnComparison, TableComparison

__all__ = ["ColumnComparison", "TableComparison", "compare_columns", "compare_frames"]

"""Labels of distributions and samples: objects are aligned by label, never against it.

`axes` has the labels of mappings and of pandas, polars and xarray objects; `outcomes` aligns
distributions, `columns` samples, and `costs` masses with their ground cost.
"""

from divergences._checks.labels.axes import is_labelled, labelled_array, plain
from divergences._checks.labels.columns import aligned_columns, aligned_weights
from divergences._checks.labels.costs import LabelledProblem, aligned_cost
from divergences._checks.labels.outcomes import aligned_distributions, aligned_outcomes

__all__ = [
    "LabelledProblem",
    "aligned_columns",
    "aligned_cost",
    "aligned_distributions",
    "aligned_outcomes",
    "aligned_weights",
    "is_labelled",
    "labelled_array",
    "plain",
]

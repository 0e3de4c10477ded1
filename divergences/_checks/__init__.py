"""Validation of input: every refusal of an argument is raised here, once, at the public signature.

`arrays` checks arrays of any library, `containers` other containers, `probabilities` probability
vectors, `transport_inputs` masses, costs and points, `samples` samples, and `options` the options
that many functions share. `labels` aligns labelled objects; `remedies` ends the messages.
"""

from divergences._checks.arrays import (
    NUMPY,
    finite,
    first_array,
    float64,
    holds,
    namespace,
    non_negative,
    numpy_values,
    real_array,
    scalar,
)
from divergences._checks.categories import category_codes, is_categorical, refuse_categories
from divergences._checks.functions import (
    refuse_values_where,
    require_function,
    returned_values,
)
from divergences._checks.labels import (
    aligned_columns,
    aligned_cost,
    aligned_distributions,
    aligned_outcomes,
    aligned_weights,
)
from divergences._checks.options import (
    choice,
    confidence,
    flag,
    log_base,
    number_of_jobs,
    number_within,
    order_of_distance,
    random_generator,
    real_number,
    seconds_or_none,
    tolerance_or_none,
    whole_number,
)
from divergences._checks.probabilities import (
    broadcast_outcomes,
    log_probabilities,
    probabilities,
    require_axis,
    total_tolerance,
)
from divergences._checks.times import in_seconds
from divergences._checks.transport_inputs import (
    cost_entries,
    cost_matrix,
    equal_totals,
    masses,
    normalised,
    points,
    weights,
)
from divergences._typing import Array

__all__ = [
    "NUMPY",
    "Array",
    "aligned_columns",
    "aligned_cost",
    "aligned_distributions",
    "aligned_outcomes",
    "aligned_weights",
    "broadcast_outcomes",
    "category_codes",
    "choice",
    "confidence",
    "cost_entries",
    "cost_matrix",
    "equal_totals",
    "finite",
    "first_array",
    "flag",
    "float64",
    "holds",
    "in_seconds",
    "is_categorical",
    "log_base",
    "log_probabilities",
    "masses",
    "namespace",
    "non_negative",
    "normalised",
    "number_of_jobs",
    "number_within",
    "numpy_values",
    "order_of_distance",
    "points",
    "probabilities",
    "random_generator",
    "real_array",
    "real_number",
    "refuse_categories",
    "refuse_values_where",
    "require_axis",
    "require_function",
    "returned_values",
    "scalar",
    "seconds_or_none",
    "tolerance_or_none",
    "total_tolerance",
    "weights",
    "whole_number",
]

"""The one place that looks at what a caller passed.

`arrays` knows what every array must be, `outcomes` what probabilities are, and `weighted` what
transport takes.
"""

from divergences._checks.arrays import (
    NUMPY,
    finite,
    first_array,
    holds,
    namespace,
    non_negative,
    numpy_values,
    real_array,
    scalar,
)
from divergences._checks.outcomes import (
    aligned,
    broadcast_outcomes,
    confidence,
    log_base,
    log_probabilities,
    probabilities,
)
from divergences._checks.transport_inputs import (
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
    "aligned",
    "broadcast_outcomes",
    "confidence",
    "cost_matrix",
    "equal_totals",
    "finite",
    "first_array",
    "holds",
    "log_base",
    "log_probabilities",
    "masses",
    "namespace",
    "non_negative",
    "normalised",
    "numpy_values",
    "points",
    "probabilities",
    "real_array",
    "scalar",
    "weights",
]

"""Types of arrays, once for the whole package."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Rows = slice | Indices

"""Categorical samples: strings, and pandas or polars categories, as integer codes."""

from typing import Any

import numpy as np

from divergences._checks.labels.axes import plain
from divergences._typing import Floats
from divergences.errors import DistributionError


def is_categorical(sample: Any, /) -> bool:
    """Whether a sample holds strings or categories instead of numbers."""
    if isinstance(sample, np.ndarray) and sample.dtype.kind != "O":
        return sample.dtype.kind in "US"
    values = _values(sample)
    if isinstance(values, np.ndarray):
        return values.dtype.kind in "US" or (
            values.dtype.kind == "O" and values.size > 0 and isinstance(values.flat[0], str)
        )
    return isinstance(values, list | tuple) and bool(values) and isinstance(values[0], str)


def category_codes(x: Any, y: Any, /) -> tuple[Floats, Floats]:
    """Codes of two categorical samples in the order of their first appearance.

    Args:
        x: Strings or categories, shape ``(n,)``.
        y: Strings or categories, shape ``(m,)``.

    Returns:
        Codes 0, 1, 2, ... as float64, shapes ``(n,)`` and ``(m,)``; one code per category.

    Raises:
        DistributionError: If a sample is not one-dimensional, has missing values, or only one of
            the two is categorical.
    """
    samples = [_categories("x", x), _categories("y", y)]
    codes = {value: k for k, value in enumerate(dict.fromkeys([*samples[0], *samples[1]]))}
    x_codes, y_codes = (np.array([codes[v] for v in one], dtype=np.float64) for one in samples)
    return x_codes, y_codes


def refuse_categories(x: Any, y: Any, /) -> None:
    """Refuse categorical samples where points are needed.

    Raises:
        DistributionError: If a sample is categorical; the message shows how to compute the EMD of
            category frequencies under a cost of two categories.
    """
    if is_categorical(x) or is_categorical(y):
        counts = ", ".join(f"divergences.normalize(collections.Counter({name}))" for name in "xy")
        raise DistributionError(
            "`x` and `y` hold categories, which have no distance of their own; give `cost`, a "
            f"function of two categories, to divergences.emd({counts}, cost)"
        )


def _categories(name: str, sample: Any) -> list[Any]:
    """Entries of a categorical sample.

    Returns:
        A list of strings or other categories.

    Raises:
        DistributionError: If it is not categorical, not one-dimensional, or has missing values.
    """
    if not is_categorical(sample):
        raise DistributionError(
            f"`{name}` must hold categories as the other sample does, but holds "
            f"{type(sample).__name__}; convert it, for example [str(v) for v in {name}]"
        )
    values = np.asarray(_values(sample), dtype=object)
    if values.ndim != 1:
        raise DistributionError(
            f"`{name}` must be one column of categories, but has shape {values.shape}"
        )
    missing = [k for k, v in enumerate(values) if not isinstance(v, str | bytes | bool | int)]
    if missing:
        raise DistributionError(
            f"`{name}` has {len(missing)} missing categories, the first in row {missing[0]}; drop "
            f"them: [v for v in {name} if isinstance(v, str)]"
        )
    return values.tolist()


def _values(sample: Any) -> Any:
    """Values of a sample; a pandas Categorical as an array of objects."""
    if type(sample).__name__ == "Categorical":
        return np.asarray(sample, dtype=object)
    return plain(sample)

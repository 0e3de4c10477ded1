"""Types of results, as a type checker sees them in `make lint` and as they are at run time."""

from typing import assert_type

import numpy as np
import torch
from numpy.typing import NDArray

import divergences

FloatOrFloats = np.float64 | NDArray[np.float64]
P, Q = [0.5, 0.5], [0.25, 0.75]


def test_lists_give_a_number() -> None:
    assert isinstance(assert_type(divergences.kl(P, Q), np.float64), float)
    assert isinstance(assert_type(divergences.renyi(P, Q, 2.0), np.float64), float)
    assert isinstance(assert_type(divergences.entropy(P), np.float64), float)
    assert isinstance(assert_type(divergences.emd(P, Q, [[0, 1], [1, 0]]), np.float64), float)


def test_arrays_give_a_number_or_an_array() -> None:
    p, q = np.array([P, Q], np.float64), np.array(Q, np.float64)
    assert isinstance(assert_type(divergences.js(p, q), FloatOrFloats), np.ndarray)
    assert isinstance(assert_type(divergences.js(q, q), FloatOrFloats), float)


def test_tensors_give_a_tensor() -> None:
    p = torch.tensor(P)
    assert isinstance(assert_type(divergences.kl(p, p), torch.Tensor), torch.Tensor)


def test_mappings_give_a_number() -> None:
    assert isinstance(assert_type(divergences.js({"a": 1.0}, {"b": 1.0}), np.float64), float)


def refused() -> None:
    """Calls for the type checker alone, to which an ignore without need is an error."""
    divergences.kl("nonsense", b"bytes")  # type: ignore[call-overload]
    divergences.kl(P, Q, axes=0)  # type: ignore[call-overload]
    divergences.js_distance("a", "b")  # type: ignore[call-overload]

"""Batches of small grids are the same problems one by one."""

import numpy as np
import pytest

from divergences import grids


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"metric": "chebyshev"},
        {"metric": "cityblock", "periodic": True},
        {"spacing": (2.0, 0.5)},
        {"metric": "sqeuclidean"},
    ],
    ids=str,
)
def test_a_batch_of_small_grids_is_its_problems_one_by_one(options):
    rng = np.random.default_rng(0)
    p, q = rng.integers(0, 5, (2, 3, 4, 5)).astype(float)
    p, q = (x / x.sum(axis=(1, 2), keepdims=True) for x in (p, q))
    batch = grids.emd(p, q, axes=(-2, -1), **options)
    single = [grids.emd(a, b, **options) for a, b in zip(p, q, strict=True)]
    assert np.allclose(batch, single, rtol=1e-13, atol=0)

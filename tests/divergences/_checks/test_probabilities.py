"""The tolerance of totals: 1e-9 in float64 and 1e-5 in float32, on both sides, everywhere."""

import numpy as np
import pytest

import divergences
from divergences import DistributionError, log_space

TOLERANCE = {np.float64: 1e-9, np.float32: 1e-5}
SIZES = [4, 40_000]  # the body for every namespace, and numpy's blocks
FUNCTIONS = {
    "kl": divergences.kl,
    "js": divergences.js,
    "hellinger": divergences.hellinger,
    "renyi": lambda p, q: divergences.renyi(p, q, 2.0),
    "log_space.kl": lambda p, q: log_space.kl(np.log(p), np.log(q)),
    "log_space.js": lambda p, q: log_space.js(np.log(p), np.log(q)),
}


def uniform(size, dtype, total):
    """Equal probabilities but for the first entry, which makes up the given total."""
    p = np.full(size, 1 / size)
    p[0] += total - 1
    return p.astype(dtype)


@pytest.mark.parametrize("argument", ["p", "q"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_total_is_off_by_at_most_the_tolerance(name, size, dtype, sign, argument):
    right = uniform(size, dtype, 1.0)
    for share, taken in ((0.5, True), (2.0, False)):
        off = uniform(size, dtype, 1.0 + sign * share * TOLERANCE[dtype])
        pair = (off, right) if argument == "p" else (right, off)
        if taken:
            assert np.isfinite(FUNCTIONS[name](*pair))
        else:
            with pytest.raises(DistributionError, match="sum"):
                FUNCTIONS[name](*pair)

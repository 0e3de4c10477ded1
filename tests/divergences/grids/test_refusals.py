"""Refusals of invalid images and options."""

from typing import Any

import numpy as np
import pytest

from divergences import DistributionError, grids

IMAGE = np.full((2, 3), 1 / 6)
CASES: dict[str, Any] = {
    "shapes": ((IMAGE, IMAGE.T), {}, r"on one grid, but have shapes \(2, 3\) and \(3, 2\)"),
    "negative": ((-IMAGE, IMAGE), {}, "`p`.*-0.1"),
    "NaN": ((IMAGE, IMAGE * np.nan), {}, "`q`.*nan"),
    "infinite": ((IMAGE, IMAGE * np.inf), {}, "`q`.*inf"),
    "totals": ((IMAGE, 2 * IMAGE), {}, r"= 0.5; normalize both: p / p.sum\(\) and q / q.sum\(\)"),
    "nothing": ((np.zeros((2, 3)), IMAGE), {}, "`p` must hold some mass, but all of its entries"),
    "empty": ((np.zeros((0, 3)), np.zeros((0, 3))), {}, "must hold some mass"),
    "a number": ((1.0, 1.0), {}, "one to three axes"),
    "four axes": ((np.ones((2,) * 4),) * 2, {}, r"one to three axes.*pass their axes: axes=\(-2"),
    "metric": ((IMAGE, IMAGE), {"metric": "l2"}, "`metric`"),
    "order": ((IMAGE, IMAGE), {"order": 3}, "`order` must be 1 or 2, but is 3"),
    "order of cityblock": ((IMAGE, IMAGE), {"metric": "cityblock", "order": 2}, "must be 1 for"),
    "spacing 0": ((IMAGE, IMAGE), {"spacing": 0.0}, "`spacing` must be above 0"),
    "spacing inf": ((IMAGE, IMAGE), {"spacing": np.inf}, "`spacing` must be above 0"),
    "spacings": ((IMAGE, IMAGE), {"spacing": (1, 2, 3)}, "each of the 2 axes .* has 3"),
    "periodic": ((IMAGE, IMAGE), {"periodic": "yes"}, "`periodic` must be True or False"),
    "axes": ((IMAGE, IMAGE), {"axes": (0, 2)}, "`axes` must be different axes"),
    "equal axes": ((IMAGE, IMAGE), {"axes": (0, -2)}, "`axes` must be different axes"),
    "batches": ((np.ones((2, 4)), np.ones((3, 4))), {"axes": (1,)}, "must broadcast"),
    "edges of images": ((IMAGE, IMAGE), {"edges": [0, 1, 2]}, "1-D histogram"),
    "descending edges": ((np.ones(2),) * 2, {"edges": [0, 2, 1]}, r"\[1\] = 2.0 comes before 1.0"),
    "edges and spacing": ((np.ones(2),) * 2, {"edges": [0, 1, 2], "spacing": 2}, "`spacing`"),
    "text": ((np.array([["a"]]), np.ones((1, 1))), {}, "`p` must hold"),
}


@pytest.mark.parametrize("case", CASES)
def test_refusals(case):
    images, options, message = CASES[case]
    with pytest.raises(DistributionError, match=message):
        grids.emd(*images, **options)


def test_refusal_in_a_batch_names_the_problem():
    images = np.stack([IMAGE, 2 * IMAGE])
    with pytest.raises(DistributionError, match=r"problem \[1\]: `p` and `q` must have the same"):
        grids.emd(images, IMAGE, axes=(-2, -1))

"""Images are not taken as points where they can be told from them."""

import numpy
import numpy as np
import pytest
import torch

import divergences
from divergences import DistributionError, sampled

IMAGES = np.random.default_rng(0).dirichlet(np.ones(28 * 28), 2).reshape(2, 28, 28)


def grid_cost(shape):
    cells = np.argwhere(np.ones(shape))
    return np.sqrt(((cells[:, None] - cells) ** 2).sum(-1))


@pytest.mark.parametrize("function", [sampled.emd, sampled.transport, sampled.kl, sampled.compare])
def test_images_of_total_1_are_refused(function):  # case W4
    with pytest.raises(DistributionError, match="must be points, but each has 28 rows of 28"):
        function(*IMAGES)
    with pytest.raises(DistributionError, match="like an image"):
        function(*torch.tensor(IMAGES, dtype=torch.float32))


def test_the_remedy_is_the_emd_of_the_images():
    x, y = np.random.default_rng(0).dirichlet(np.ones(72), 2).reshape(2, 8, 9)
    with pytest.raises(DistributionError) as raised:
        sampled.emd(x, y)
    remedy = eval(str(raised.value).rpartition(" is ")[2], {"x": x, "y": y, **globals()})
    expected = divergences.emd(x.ravel(), y.ravel(), grid_cost((8, 9)))
    assert remedy == pytest.approx(expected, rel=1e-12, abs=0)
    assert numpy is np


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (2 * IMAGES[0], IMAGES[1]),  # of other totals
        (255 * IMAGES[0], 255 * IMAGES[1]),
        (IMAGES[0, :7], IMAGES[1, :7]),  # of other shapes
        (IMAGES[0], IMAGES[1, :20]),
        (IMAGES[0], np.full((20, 28), 1 / 560)),
        (IMAGES[0] + np.eye(28) - np.eye(28)[::-1], IMAGES[1]),  # with negative entries
        (np.eye(9)[:1], np.eye(9)[1:2]),  # one point each, on the simplex
        (np.eye(9), np.eye(9)[::-1]),  # 9 points of the simplex
    ],
)
def test_everything_else_is_points(x, y):
    assert sampled.emd(x, y) >= 0


def test_points_with_weights_are_points():
    assert sampled.emd(*IMAGES, x_weights=np.ones(28)) > 0

"""Points that fill a small grid are noticed, and cost what they cost as points."""

import numpy as np
import pytest

from divergences import grids, sampled
from divergences.sampled._lattice_points import lattice_optimum


@pytest.fixture
def noticed(monkeypatch):
    """Whether each call noticed a grid."""
    calls = []

    def spy(*arguments):
        optimum = lattice_optimum(*arguments)
        calls.append(optimum is not None)
        return optimum

    monkeypatch.setattr("divergences.sampled._transport.lattice_optimum", spy)
    return calls


def pixels_and_weights(rng, shape=(37, 41)):
    image = rng.random(shape) * (rng.random(shape) < 0.9)
    return np.argwhere(image), image[image > 0], image / image.sum()


@pytest.mark.parametrize("metric", ["cityblock", "chebyshev"])
def test_pixels_as_points_cost_what_the_images_do(metric, noticed):
    rng = np.random.default_rng(0)
    (x, p, image), (y, q, other) = pixels_and_weights(rng), pixels_and_weights(rng)
    scale = np.array([0.5, 3.0])
    found = sampled.emd(x * scale + 7, y * scale + 7, x_weights=p, y_weights=q, metric=metric)
    assert noticed == [True]
    expected = float(grids.emd(image, other, metric=metric, spacing=(0.5, 3.0)))
    assert float(found.value) == pytest.approx(expected, rel=1e-12, abs=0)
    columns = sampled.emd(
        x * scale + 7, y * scale + 7, x_weights=p, y_weights=q, metric=metric, method="columns"
    )
    assert noticed == [True, False]
    assert float(found.value) == pytest.approx(float(columns.value), rel=1e-9)
    assert float(found.high) == pytest.approx(float(columns.high), rel=0.1)  # other potentials


def test_samples_of_whole_numbers_of_different_sizes(noticed):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 30, (1500, 2)), rng.integers(2, 32, (1000, 2))
    value = sampled.emd(x, y, metric="cityblock").value
    assert noticed == [True]
    assert float(value) == pytest.approx(
        float(sampled.emd(x, y, metric="cityblock", method="dense").value), rel=1e-9
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x + 1e-3 * np.random.default_rng(0).normal(size=x.shape),
        lambda x: x * [1, 100],  # beside coordinates between them: too many cells
        lambda x: x[:500],
    ],
)
def test_other_points_are_solved_as_points(change, noticed):
    rng = np.random.default_rng(2)
    x = rng.integers(0, 32, (1100, 2)) * 1.0
    y = np.concatenate([x[1:], [[0.0, 1.0]]])
    sampled.emd(change(x), y[: len(change(x))], metric="cityblock", time_limit=100)
    sampled.emd(change(x), y[: len(change(x))], metric="cityblock")
    assert noticed == [False, False]


def test_axis_that_is_regular_only_after_rounding_is_none(noticed):
    unit = 2.0**-53
    axis, heights = np.array([1 - unit, 1 + 2 * unit, 1 + 12 * unit]), 8 * unit * np.arange(900)
    x = np.stack([np.repeat(axis, 900), np.tile(heights, 3)], axis=1)
    found = sampled.emd(x[:1800], x[1800:], metric="cityblock").value
    assert noticed == [False]
    assert float(found) == pytest.approx(11.5 * unit, rel=0.1)

"""Choice between the dense and the column method by the time of a metric; its calls in blocks."""

import numpy as np
import pytest

from divergences import DistributionError, sampled
from divergences._transport import dense_choice
from divergences._transport.ground import GroundCost

POINTS = np.random.default_rng(0).normal(size=(1600, 2))


def cityblock(x, y):
    return np.abs(x[:, None] - y).sum(axis=-1)


def test_a_function_is_solved_densely_where_the_matrix_fits(monkeypatch):
    ground = GroundCost.of(POINTS, POINTS, metric=cityblock)
    assert dense_choice.dense_is_faster(ground)
    monkeypatch.setattr(dense_choice, "available_memory", lambda: 10**6)
    assert not dense_choice.dense_is_faster(ground)


def test_named_metrics_that_are_fast_go_by_their_size():
    assert not dense_choice.dense_is_faster(GroundCost.of(POINTS, POINTS, metric="cityblock"))
    few = POINTS[:100]
    assert dense_choice.dense_is_faster(GroundCost.of(few, few, metric="cityblock"))


def test_a_function_is_called_with_blocks_of_rows(monkeypatch):
    monkeypatch.setattr(dense_choice, "MATRIX_BLOCK_PAIRS", 100)
    shapes = []

    def metric(x, y):
        shapes.append((len(x), len(y)))
        return cityblock(x, y)

    ground = GroundCost.of(POINTS[:33], POINTS[:20], metric=metric)
    shapes.clear()
    cost = dense_choice.matrix(ground)
    assert shapes == [(5, 20)] * 6 + [(3, 20)]
    assert (cost == ground.block(slice(None), slice(None))).all()


@pytest.mark.parametrize("value", [np.inf, np.nan, -1.0])
def test_invalid_distances_of_a_function_are_refused_with_the_remedy(value):
    with pytest.raises(DistributionError, match="return a finite distance larger than the others"):
        sampled.emd(POINTS[:3], POINTS[:2], metric=lambda x, y: np.full((len(x), len(y)), value))

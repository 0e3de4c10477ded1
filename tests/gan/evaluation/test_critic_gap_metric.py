"""The metric object: blocks with the critic of their time, and the whole at the end."""

import numpy as np
import pytest
import torch

from divergences import DistributionError
from gan import CriticGapMetric, critic_gap


@pytest.fixture
def batches():
    points = np.random.default_rng(0).normal(size=(2, 3, 20, 2)) + np.ones((2, 1, 1, 1))
    return list(zip(*points, strict=True))


def first_coordinate(points):
    return points[:, 0]


def test_the_whole_is_the_gap_of_all_points_and_the_mean_that_of_the_blocks(batches):
    metric = CriticGapMetric(first_coordinate)
    for real, generated in batches:
        metric.update(real, generated)
    whole = critic_gap(first_coordinate, *map(np.concatenate, zip(*batches, strict=True)))
    assert metric.compute() == whole
    blocks = [critic_gap(first_coordinate, *batch) for batch in batches]
    assert metric.blocks == blocks
    means = metric.mean_of_blocks()
    assert means["exact"] == pytest.approx(sum(block.exact for block in blocks) / 3)
    assert means["knowledge"] == pytest.approx(sum(block.knowledge for block in blocks) / 3)
    assert means["exact"] > whole.exact  # smaller samples are further apart


def test_a_call_updates_and_returns_the_block(batches):
    metric = CriticGapMetric(first_coordinate)
    assert metric(*batches[0]) == critic_gap(first_coordinate, *batches[0]) == metric.compute()


def test_each_block_has_the_critic_of_its_time_and_the_whole_that_of_the_end(batches):
    critic = torch.nn.Linear(2, 1)
    metric = CriticGapMetric(critic)
    gaps = []
    for scale in (1.0, 2.0):
        torch.nn.init.constant_(critic.weight, scale)
        gaps.append(metric(*batches[0]).gap)
    assert gaps[1] == pytest.approx(2 * gaps[0], rel=1e-5)
    assert metric.compute().gap == pytest.approx(gaps[1], rel=1e-5)


def test_reset_forgets_all_points(batches):
    metric = CriticGapMetric(first_coordinate)
    metric.update(*batches[0])
    metric.reset()
    assert metric.blocks == []
    for compute in (metric.compute, metric.mean_of_blocks):
        with pytest.raises(DistributionError, match=r"call update\(real, generated\) before"):
            compute()
    metric.update(*batches[1])
    assert metric.compute() == critic_gap(first_coordinate, *batches[1])


def test_updates_of_another_shape_are_refused_and_not_kept(batches):
    metric = CriticGapMetric(first_coordinate)
    metric.update(*batches[0])
    with pytest.raises(DistributionError, match=r"\(2,\), but have \(3,\): call reset\(\)"):
        metric.update(np.zeros((4, 3)), np.ones((4, 3)))
    assert len(metric.blocks) == 1

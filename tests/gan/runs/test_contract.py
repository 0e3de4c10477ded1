"""Data sets and networks of a user: checked before the first step, with the remedy in one line."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from gan.data.dataset import DataSet
from gan.errors import GanError
from gan.networks import Critic, Generator
from gan.runs.contract import require_network_types, require_networks, require_sampler

COUNTER = itertools.count()


def normal(n, rng):
    return torch.randn(n, 2, generator=rng)


SAMPLERS = {
    "numpy": (lambda n, rng: np.zeros((n, 2)), "must return a torch.Tensor, but returned numpy"),
    "float64": (lambda n, rng: normal(n, rng).double(), "must return float32, .* points.float"),
    "width": (lambda n, rng: torch.randn(n, 3, generator=rng), r"returned \(64, 3\); reshape"),
    "count": (lambda n, rng: normal(500, rng), r"the shape \(64, 2\) for n = 64"),
    "NaN": (lambda n, rng: normal(n, rng) / 0 * 0, "NaN or infinite coordinates; drop those rows"),
    "clock": (lambda n, rng: normal(n, rng) + next(COUNTER), "a second draw was different"),
}


@pytest.mark.parametrize("kind", SAMPLERS)
def test_a_sampler_that_does_not_fit_is_refused_with_the_remedy(kind, rng):
    sample, message = SAMPLERS[kind]
    before = rng.get_state()
    with pytest.raises(GanError, match=message) as refusal:
        require_sampler(DataSet((2,), sample), "own", rng)
    assert "`sample` of the data set own" in str(refusal.value)
    assert torch.equal(rng.get_state(), before)


def test_a_sampler_of_the_global_sources_is_taken(rng):
    require_sampler(DataSet((2,), lambda n, rng: torch.randn(n, 2)), "own", rng)
    drawn = DataSet((1,), lambda n, rng: torch.from_numpy(np.random.rand(n, 1)).float())  # noqa: NPY002
    require_sampler(drawn, "own", rng)


GENERATOR, CRITIC = Generator(2, nn.Linear(2, 2)), Critic(nn.Linear(2, 1))
NETWORKS = {
    "plain generator": (nn.Linear(2, 2), CRITIC, r"wrap it: gan.networks.Generator\(noise_size"),
    "plain critic": (GENERATOR, nn.Linear(2, 1), r"wrap it: gan.networks.Critic\(network\)"),
    "wide generator": (Generator(2, nn.Linear(2, 3)), CRITIC, r"returned \(64, 3\); end its body"),
    "squeezing critic": (
        GENERATOR,
        Critic(nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))),
        r"must return the shape \(64, 1\) .* without a squeeze",
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_that_do_not_fit_are_refused_with_the_remedy(kind, rng):
    generator, critic, message = NETWORKS[kind]

    def check():
        require_network_types(generator, critic)
        require_networks(generator, critic, DataSet((2,), normal), rng)

    with pytest.raises(GanError, match=message):
        check()


def test_batch_norm_is_not_changed_by_the_check(rng):
    body = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    require_networks(Generator(2, body), CRITIC, DataSet((2,), normal), rng)
    assert torch.equal(body[1].running_mean, torch.zeros(2))


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 255.0)])
def test_pixels_of_another_range_than_the_generators_are_refused_and_the_remedy_runs(
    low, high, rng
):
    def images(n, rng):
        return low + (high - low) * torch.rand(n, 1, 4, 4, generator=rng).round()

    body = nn.Sequential(nn.Linear(2, 16), nn.Sigmoid(), nn.Unflatten(1, (1, 4, 4)))
    networks = Generator(2, body), Critic(nn.Sequential(nn.Flatten(), nn.Linear(16, 1)))
    with pytest.raises(GanError, match=r"could never learn; give DataSet the range") as refusal:
        require_networks(*networks, DataSet((1, 4, 4), images), rng)
    assert f"offset={low:.4g}, unit={high - low:.4g})" in str(refusal.value)
    require_networks(*networks, DataSet((1, 4, 4), images, offset=low, unit=high - low), rng)

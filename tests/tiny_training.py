"""Training runs that take milliseconds, exact comparison of states, and a counter of batches."""

from dataclasses import replace

import torch

from gan.data.mixtures import eight_gaussians
from gan.networks import plane_critic, plane_generator
from gan.recipes.registry import RECIPES
from gan.training.loop import Training

PAPERS = {name: method.paper for name, method in RECIPES.items()}
QUICK = {name: method.quick for name, method in RECIPES.items()}
REAL = eight_gaussians().sample


def started(recipe, *, steps=6, seed=0):
    """A run at step 0 with small networks and batches."""
    rng = torch.Generator().manual_seed(seed)
    networks = plane_generator(rng, width=16), plane_critic(rng, width=16)
    return Training.start(*networks, replace(recipe, batch_size=16), steps=steps, rng=rng)


def same(first, second):
    """Whether two state dictionaries are equal to the last bit."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


def untimed(line):
    """An evaluation without its times, which differ between equal runs."""
    return {**line, "seconds": 0, "steps_per_second": 0}


def batch_counter(sample, at_batch, action, *, batch_size=256):
    """A sampler that acts before it draws the training batch of this number, from 1.

    Evaluations draw samples of other sizes.
    """
    batches = 0

    def counted(n, rng):
        nonlocal batches
        batches += n == batch_size
        if n == batch_size and batches == at_batch:
            action()
        return sample(n, rng)

    return counted

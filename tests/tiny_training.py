"""Runs of training that are over in milliseconds, and whether two of them are the same."""

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

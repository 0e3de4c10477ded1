"""Adversarial training on known distributions; critics compared with exact W1 distance."""

from gan.data.dataset import DataSet
from gan.data.mixtures import GaussianMixture, eight_gaussians, twenty_five_gaussians
from gan.datasets import DATA
from gan.errors import TrainingError
from gan.evaluation.critic_gap import CriticGap, critic_gap, critic_gaps
from gan.networks import NETWORKS, Networks
from gan.recipes.recipe import Recipe
from gan.recipes.registry import GAN, RECIPES, WGAN, WGAN_GP, TrainingMethod
from gan.training.loop import Step, Training, train

__all__ = [
    "DATA",
    "GAN",
    "NETWORKS",
    "RECIPES",
    "WGAN",
    "WGAN_GP",
    "CriticGap",
    "DataSet",
    "GaussianMixture",
    "Networks",
    "Recipe",
    "Step",
    "Training",
    "TrainingError",
    "TrainingMethod",
    "critic_gap",
    "critic_gaps",
    "eight_gaussians",
    "train",
    "twenty_five_gaussians",
]

"""Adversarial training on known distributions, critics held against exact Wasserstein distance."""

from gan.critic_gap import CriticGap, critic_gap, critic_gaps
from gan.data.mixtures import GaussianMixture, eight_gaussians
from gan.recipes import GAN, WGAN, WGAN_GP, Recipe
from gan.train import Step, Training, TrainingError, train

__all__ = [
    "GAN",
    "WGAN",
    "WGAN_GP",
    "CriticGap",
    "GaussianMixture",
    "Recipe",
    "Step",
    "Training",
    "TrainingError",
    "critic_gap",
    "critic_gaps",
    "eight_gaussians",
    "train",
]

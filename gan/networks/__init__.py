"""Generators and critics.

No batch norm in critics: a penalised critic must score each point by itself.
"""

from gan.networks.convolutional import convolutional_critic, convolutional_generator
from gan.networks.mlp import mlp_critic, mlp_generator, plane_critic, plane_generator
from gan.networks.modules import Critic, Generator
from gan.networks.registry import NETWORKS, Networks
from gan.networks.rescaling import rescaled
from gan.networks.residual import residual_critic, residual_generator

__all__ = [
    "NETWORKS",
    "Critic",
    "Generator",
    "Networks",
    "convolutional_critic",
    "convolutional_generator",
    "mlp_critic",
    "mlp_generator",
    "plane_critic",
    "plane_generator",
    "rescaled",
    "residual_critic",
    "residual_generator",
]

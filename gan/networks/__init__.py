"""Generators and critics, and a registry of pairs of them.

Critics have no batch norm: a gradient penalty needs scores that are independent per point.
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

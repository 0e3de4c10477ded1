"""Generators and critics.

No batch norm in critics: a penalised critic must score each point by itself.
"""

from gan.networks.catalogue import NETWORKS, Networks
from gan.networks.mlp import plane_critic, plane_generator
from gan.networks.players import Critic, Generator

__all__ = [
    "NETWORKS",
    "Critic",
    "Generator",
    "Networks",
    "plane_critic",
    "plane_generator",
]

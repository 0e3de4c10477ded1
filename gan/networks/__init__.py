"""Generators and critics.

No batch norm in critics: a penalised critic must score each point by itself.
"""

from gan.networks.mlp import digit_critic, digit_generator, plane_critic, plane_generator
from gan.networks.players import Critic, Generator

__all__ = [
    "Critic",
    "Generator",
    "digit_critic",
    "digit_generator",
    "plane_critic",
    "plane_generator",
]

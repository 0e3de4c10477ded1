"""Distances between distributions, right or refused: KL, reverse KL, JS and exact EMD.

EMD is the earth mover's distance, Wasserstein-1 where the ground cost is a distance.
"""

from divergences import closed_forms, densities, sampled
from divergences.discrete import js, js_distance, kl, reverse_kl
from divergences.errors import DistributionError, SolverError
from divergences.transport import Transport, emd, transport

__all__ = [
    "DistributionError",
    "SolverError",
    "Transport",
    "closed_forms",
    "densities",
    "emd",
    "js",
    "js_distance",
    "kl",
    "reverse_kl",
    "sampled",
    "transport",
]

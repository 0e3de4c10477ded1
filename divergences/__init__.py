"""Distances between distributions, right or refused: KL, JS and their family, and exact EMD.

Exact EMD with a distance as cost is the Wasserstein-1 distance.
"""

from divergences import closed_forms, densities, log_space, sampled
from divergences._discrete import (
    alpha,
    chi2,
    cross_entropy,
    entropy,
    f_divergence,
    hellinger,
    jeffreys,
    js,
    js_distance,
    js_mixture,
    kl,
    renyi,
    reverse_kl,
    total_variation,
)
from divergences._pairwise import pairwise
from divergences._transport import (
    LipschitzWitness,
    Transport,
    emd,
    lipschitz_witness,
    partial_transport,
    transport,
)
from divergences.errors import (
    DistributionError,
    PairwiseError,
    PairwiseInterrupt,
    PermutationInterrupt,
    SolverError,
)

__all__ = [
    "DistributionError",
    "LipschitzWitness",
    "PairwiseError",
    "PairwiseInterrupt",
    "PermutationInterrupt",
    "SolverError",
    "Transport",
    "alpha",
    "chi2",
    "closed_forms",
    "cross_entropy",
    "densities",
    "emd",
    "entropy",
    "f_divergence",
    "hellinger",
    "jeffreys",
    "js",
    "js_distance",
    "js_mixture",
    "kl",
    "lipschitz_witness",
    "log_space",
    "pairwise",
    "partial_transport",
    "renyi",
    "reverse_kl",
    "sampled",
    "total_variation",
    "transport",
]

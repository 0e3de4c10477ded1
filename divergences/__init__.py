"""Distances between distributions: KL, JS and related divergences, and exact EMD.

With a distance as ground cost, EMD is the Wasserstein-1 distance. Invalid input raises
`DistributionError`; it is never normalised or clipped.
"""

from typing import TYPE_CHECKING

from divergences import closed_forms, densities, graphs, grids, log_space, sampled
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
    normalize,
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
    "graphs",
    "grids",
    "hellinger",
    "jeffreys",
    "js",
    "js_distance",
    "js_mixture",
    "kl",
    "lipschitz_witness",
    "log_space",
    "normalize",
    "pairwise",
    "partial_transport",
    "renyi",
    "reverse_kl",
    "sampled",
    "total_variation",
    "transport",
]

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """The version of the installed package, read at its first use."""
        if name != "__version__":
            raise AttributeError(f"module 'divergences' has no attribute {name!r}")
        from importlib.metadata import version  # here, since it is slow to import

        return version("divergences")


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]

"""Registry of estimators of W1 by name; a plugin adds one more entry."""

from dataclasses import dataclass, replace
from functools import partial

from gan.critics.bound import BoundCritic
from gan.critics.descent import DescentCritic
from gan.critics.fit_loop import Estimator
from gan.critics.lattice import LatticeCritic
from gan.critics.normalized import NormalizedCritic
from gan.critics.taught import TaughtCritic
from gan.critics.two_sided import TwoSidedWitnessCritic
from gan.critics.witness import WitnessCritic
from gan.networks.lipschitz import group_sort_critic, spectral_norm_critic
from gan.networks.mlp import mlp_critic, spread_mlp_critic
from gan.recipes.recipe import Constraint, Recipe


@dataclass(frozen=True, slots=True)
class CriticMethod:
    """An estimator with its source.

    Attributes:
        description: The method in a few words.
        source: Paper, with its equation or algorithm.
        estimator: The estimator.
    """

    description: str
    source: str
    estimator: Estimator


PENALTY_RECIPE = Recipe(
    loss="wasserstein",
    constraint="one-sided-penalty",
    critic_steps=1,
    batch_size=512,
    optimizer="adam",
    learning_rate=2e-3,
    betas=(0.5, 0.99),
    schedule="cosine",
    penalty_weight=10.0,
)
UNCONSTRAINED_RECIPE = replace(PENALTY_RECIPE, constraint="none")
SHARP_RECIPE = replace(
    PENALTY_RECIPE, optimizer="muon", learning_rate=4e-3, batch_size=1024, penalty_weight=12.0
)
PLAIN_NETWORK = partial(mlp_critic, hidden=[128] * 3)
SPREAD_NETWORK = partial(spread_mlp_critic, hidden=[128] * 3)
RADIAL_NETWORK = partial(spread_mlp_critic, hidden=[256] * 3, steepness=1.0, radius=True)

SHARP_CRITIC = DescentCritic(
    SHARP_RECIPE,
    RADIAL_NETWORK,
    precision="bf16-mixed",
    relative_penalty=True,
    max_penalty_points=512,
)


def _constrained(constraint: Constraint) -> DescentCritic:
    """Estimator with the default recipe and network, and this penalty."""
    return DescentCritic(replace(PENALTY_RECIPE, constraint=constraint), PLAIN_NETWORK)


def _group_sort(group_size: int) -> DescentCritic:
    """Estimator by a 1-Lipschitz network that sorts groups of this size."""
    network = partial(group_sort_critic, hidden=[128] * 3, group_size=group_size)
    return DescentCritic(UNCONSTRAINED_RECIPE, network, lipschitz=True)


CRITICS: dict[str, CriticMethod] = {
    "clip": CriticMethod(
        "weights clipped to [-0.01, 0.01], RMSProp",
        "Arjovsky, Chintala and Bottou 2017, algorithm 1",
        DescentCritic(
            replace(PENALTY_RECIPE, constraint="clip", optimizer="rmsprop", learning_rate=5e-4),
            PLAIN_NETWORK,
        ),
    ),
    "gradient-penalty": CriticMethod(
        "penalty (slope - 1)^2, lambda 10",
        "Gulrajani et al. 2017, eq. 3",
        _constrained("gradient-penalty"),
    ),
    "one-sided": CriticMethod(
        "penalty max(0, slope - 1)^2, lambda 10",
        "Petzka, Fischer and Lukovnikov 2018, eq. 9",
        _constrained("one-sided-penalty"),
    ),
    "hinge": CriticMethod(
        "penalty max(0, slope - 1), lambda 10",
        "linear form of Petzka, Fischer and Lukovnikov 2018, eq. 9",
        _constrained("hinge-penalty"),
    ),
    "finite-difference": CriticMethod(
        "two-sided penalty on chords between pairs of points, lambda 10",
        "finite-difference form of Gulrajani et al. 2017, eq. 3",
        _constrained("finite-difference"),
    ),
    "spectral": CriticMethod(
        "ReLU layers of spectral norm 1",
        "Miyato et al. 2018",
        DescentCritic(UNCONSTRAINED_RECIPE, partial(spectral_norm_critic, hidden=[128] * 3)),
    ),
    "maxmin": CriticMethod(
        "orthonormal layers, pairs sorted: 1-Lipschitz",
        "Anil, Lucas and Grosse 2019",
        _group_sort(2),
    ),
    "full-sort": CriticMethod(
        "orthonormal layers, all values sorted: 1-Lipschitz",
        "Anil, Lucas and Grosse 2019",
        _group_sort(128),
    ),
    "c-transform": CriticMethod(
        "ascent on the certified bound of all points; on populations, of fresh batches",
        "Mallasto et al. 2019; Villani 2009, theorem 5.10",
        BoundCritic(PLAIN_NETWORK),
    ),
    "corrected": CriticMethod(
        "c-transform, and of fixed points a correction of each in the second half of the steps",
        "ours",
        BoundCritic(SPREAD_NETWORK, correction_rate=1e-3),
    ),
    "witness": CriticMethod(
        "c-transform of the exact potentials: 1-Lipschitz",
        "Villani 2009, particular case 5.16",
        WitnessCritic(),
    ),
    "averaged-witness": CriticMethod(
        "mean of the witnesses of 32 samples of populations: 1-Lipschitz",
        "ours; Villani 2009, particular case 5.16",
        WitnessCritic(sample_size=2048, sample_count=32),
    ),
    "two-sided-witness": CriticMethod(
        "mean witnesses of both sides, weighted by the probability of each side",
        "ours; Villani 2009, theorem 5.10, for the witnesses",
        TwoSidedWitnessCritic(),
    ),
    "taught": CriticMethod(
        "network of principal coordinates, least squares on exact potentials of 16 samples",
        "ours; Villani 2009, theorem 5.10, for the potentials",
        TaughtCritic(),
    ),
    "sharp": CriticMethod(
        "one-sided penalty in units of the gap, distance from a centre as an input, Muon",
        "ours; Jordan et al. 2024 for Muon",
        SHARP_CRITIC,
    ),
    "sharp-normalized": CriticMethod(
        "sharp, divided by 1 + the mean excess of its slopes over 1, which is measured",
        "ours",
        NormalizedCritic(SHARP_CRITIC),
    ),
    "lattice": CriticMethod(
        "maximum of minima of cones and planes, the best of eight starts: 1-Lipschitz",
        "ours; Anil, Lucas and Grosse 2019, section 4, for lattices of 1-Lipschitz functions",
        LatticeCritic(),
    ),
}

"""Estimators of W1 by name: one of your own is one more entry."""

from dataclasses import dataclass, replace
from functools import partial

from gan.critics.bound import BoundCritic
from gan.critics.descent import DescentCritic
from gan.critics.problem import Estimator
from gan.critics.witness import WitnessCritic
from gan.networks.lipschitz import group_sort_critic, spectral_norm_critic
from gan.networks.mlp import mlp_critic, spread_mlp_critic
from gan.recipes.recipe import Constraint, Recipe


@dataclass(frozen=True, slots=True)
class Method:
    """An estimator with its source.

    Attributes:
        what: In a few words.
        source: Where it is from.
        estimator: The estimator.
    """

    what: str
    source: str
    estimator: Estimator


PENALISED = Recipe(
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
FREE = replace(PENALISED, constraint="none")
SHARP = replace(
    PENALISED, optimizer="muon", learning_rate=4e-3, batch_size=1024, penalty_weight=12.0
)
PLAIN = partial(mlp_critic, hidden=[128] * 3)
SPREAD = partial(spread_mlp_critic, hidden=[128] * 3)
ROUND = partial(spread_mlp_critic, hidden=[256] * 3, steepness=1.0, radius=True)


def _penalised(constraint: Constraint) -> DescentCritic:
    """By a penalty, or by clipping, all else equal."""
    return DescentCritic(replace(PENALISED, constraint=constraint), PLAIN)


CRITICS: dict[str, Method] = {
    "clip": Method(
        "weights clipped to [-0.01, 0.01], RMSProp",
        "Arjovsky, Chintala and Bottou 2017, algorithm 1",
        DescentCritic(
            replace(PENALISED, constraint="clip", optimizer="rmsprop", learning_rate=5e-4), PLAIN
        ),
    ),
    "gradient-penalty": Method(
        "penalty (slope - 1)^2, lambda 10",
        "Gulrajani et al. 2017, eq. 3",
        _penalised("gradient-penalty"),
    ),
    "one-sided": Method(
        "penalty max(0, slope - 1)^2, lambda 10",
        "Petzka, Fischer and Lukovnikov 2018, eq. 9",
        _penalised("one-sided-penalty"),
    ),
    "hinge": Method(
        "penalty max(0, slope - 1), lambda 10",
        "linear form of Petzka, Fischer and Lukovnikov 2018, eq. 9",
        _penalised("hinge-penalty"),
    ),
    "finite-difference": Method(
        "two-sided penalty on chords between pairs of points, lambda 10",
        "finite-difference form of Gulrajani et al. 2017, eq. 3",
        _penalised("finite-difference"),
    ),
    "spectral": Method(
        "ReLU layers of spectral norm 1",
        "Miyato et al. 2018",
        DescentCritic(FREE, partial(spectral_norm_critic, hidden=[128] * 3)),
    ),
    "maxmin": Method(
        "orthonormal layers, pairs sorted: 1-Lipschitz",
        "Anil, Lucas and Grosse 2019",
        DescentCritic(FREE, partial(group_sort_critic, hidden=[128] * 3), lipschitz=True),
    ),
    "full-sort": Method(
        "orthonormal layers, all values sorted: 1-Lipschitz",
        "Anil, Lucas and Grosse 2019",
        DescentCritic(
            FREE, partial(group_sort_critic, hidden=[128] * 3, group_size=128), lipschitz=True
        ),
    ),
    "c-transform": Method(
        "ascent on the certified bound of all points; on populations, of fresh batches",
        "Mallasto et al. 2019; Villani 2009, theorem 5.10",
        BoundCritic(PLAIN),
    ),
    "corrected": Method(
        "the same, and then, of fixed points, a correction of each, extended by the c-transform",
        "ours",
        BoundCritic(SPREAD, correction_rate=1e-3),
    ),
    "witness": Method(
        "the function that the exact potentials extend to: 1-Lipschitz",
        "Villani 2009, particular case 5.16",
        WitnessCritic(),
    ),
    "sharp": Method(
        "one-sided penalty in units of the gap, distance from a centre as an input, Muon",
        "ours; Jordan et al. 2024 for Muon",
        DescentCritic(
            SHARP,
            ROUND,
            precision="bf16-mixed",
            relative=True,
            penalised=512,
        ),
    ),
}

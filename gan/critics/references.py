"""Knowledge of critics that measure the scale: a constant, an untrained network, the ideal one."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan.critics.experiment import Experiment
from gan.critics.registry import PLAIN_NETWORK
from gan.evaluation.point_pair import ScoreFunction
from gan.networks.rescaling import rescaled_critic


@dataclass(frozen=True, slots=True)
class ReferenceCritic:
    """Knowledge of a critic that no estimator has fitted.

    Attributes:
        name: The critic in a few words.
        knowledge: Of the same points, in [0, 1]; None on populations.
        fresh_knowledge: Of fresh points of the pair; None if there are none.
    """

    name: str
    knowledge: float | None
    fresh_knowledge: float | None


def reference_critics(experiment: Experiment, /) -> list[ReferenceCritic]:
    """Knowledge of a constant critic, an untrained network and exact potentials.

    Args:
        experiment: The experiment; the potentials are those of its points, on populations those of
            the fresh points.

    Returns:
        The three critics, in this order.
    """
    same, fresh = experiment.exact_transport, experiment.fresh_transport
    problem = experiment.problem
    network = PLAIN_NETWORK(torch.Generator().manual_seed(0), problem.shape)
    critics: dict[str, ScoreFunction] = {
        "constant critic": lambda points: torch.zeros(len(points)),
        "untrained network": rescaled_critic(network, problem.unit),
    }
    solved = same or fresh
    if solved is not None:
        side = "same" if same is not None else "fresh"
        critics[f"exact potentials of the {side} points"] = _flattening(solved.witness)
    return [
        ReferenceCritic(
            name, *(None if on is None else on.critic_gap(score).knowledge for on in (same, fresh))
        )
        for name, score in critics.items()
    ]


def _flattening(score: Callable[[Tensor], Tensor]) -> ScoreFunction:
    """A function of flattened points, for points of any shape."""
    return lambda points: score(points.flatten(start_dim=1).double())

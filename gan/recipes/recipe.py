"""All settings of one adversarial method, as data."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch

from gan.recipes import optimizers

Loss = Literal["minimax", "non-saturating", "wasserstein", "certified", "taught"]
Constraint = Literal[
    "none", "clip", "gradient-penalty", "one-sided-penalty", "hinge-penalty", "finite-difference"
]
Schedule = Literal["constant", "linear", "cosine"]

_ALLOWED_VALUES = {
    "loss": Loss,
    "constraint": Constraint,
    "optimizer": optimizers.OptimizerName,
    "schedule": Schedule,
}
_PENALTIES = ("gradient-penalty", "one-sided-penalty", "hinge-penalty", "finite-difference")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One adversarial method with all its settings.

    Attributes:
        loss: Objective of both networks: minimax, non-saturating, wasserstein; certified, which
            is wasserstein plus the lower bound of the batch's exact EMD that the critic certifies;
            or taught: the critic's squared error to the exact potentials of the batch.
        constraint: Lipschitz constraint of the critic.
        critic_steps: Critic steps per generator step.
        batch_size: Real points, and as many generated ones, per step.
        optimizer: Optimiser of both networks: adam, rmsprop, or muon, which is Muon for weight
            matrices and Adam for all other parameters.
        learning_rate: Initial learning rate of both networks.
        critic_learning_rate: Initial learning rate of the critic, if it is another one.
        generator_learning_rate: Initial learning rate of the generator, if it is another one.
        generator_decay: Exponent of the schedule for the generator's learning rate. Above 1 the
            generator slows down before the critic does.
        betas: Adam's decay rates of the first and second moment.
        momentum: Muon's decay rate of the first moment.
        schedule: Decay of the learning rate: constant, or linear or half a cosine to 0 at the
            last step.
        penalty_weight: Lambda, the weight of the penalty on the critic's slopes.
        clip: c, the bound of every critic weight under weight clipping.
        average_rate: Weight of the current generator in its exponential moving average.
        noise: Initial standard deviation of the normal noise on the critic's real and generated
            points, in the unit of the points; it decays linearly.
        noise_until: Share of the run after which the noise is 0.
    """

    loss: Loss
    constraint: Constraint
    critic_steps: int
    batch_size: int
    optimizer: optimizers.OptimizerName
    learning_rate: float
    critic_learning_rate: float | None = None
    generator_learning_rate: float | None = None
    generator_decay: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    momentum: float = 0.9
    schedule: Schedule = "constant"
    penalty_weight: float = 10.0
    clip: float = 0.01
    average_rate: float = 0.005
    noise: float = 0.0
    noise_until: float = 1.0

    def __post_init__(self) -> None:
        """Refuse unknown names and values out of range.

        Raises:
            ValueError: If one is refused; the message gives the setting and its allowed values.
        """
        for name, literal in _ALLOWED_VALUES.items():
            allowed = get_args(literal)
            self._require(name, f"one of {', '.join(allowed)}", allowed.__contains__)
        for name in ("critic_steps", "batch_size"):
            self._require(name, "1 or more", lambda v: isinstance(v, int) and v >= 1)
        for name in ("learning_rate", "clip"):
            self._require(name, "above 0", lambda v: 0 < v < math.inf)
        for name in ("critic_learning_rate", "generator_learning_rate"):
            self._require(name, "above 0", lambda v: v is None or 0 < v < math.inf)
        for name in ("average_rate", "noise_until"):
            self._require(name, "above 0 and at most 1", lambda v: 0 < v <= 1)
        for name in ("penalty_weight", "noise", "generator_decay"):
            self._require(name, "0 or more", lambda v: 0 <= v < math.inf)
        self._require("momentum", "from 0 to below 1", lambda v: 0 <= v < 1)
        self._require("betas", "two numbers from 0 to below 1", _are_betas)

    def _require(self, name: str, requirement: str, is_valid: Callable[[Any], bool]) -> None:
        """Raise a ValueError if the setting does not meet its requirement."""
        value = getattr(self, name)
        if not is_valid(value):
            raise ValueError(f"`{name}` must be {requirement}, but is {value!r}")

    @property
    def penalized(self) -> bool:
        """Whether the critic's loss has a penalty, which needs a critic without batch norm."""
        return self.constraint in _PENALTIES

    def learning_rate_at(self, done: float, /) -> float:
        """The critic's learning rate after a share ``done`` in [0, 1] of the steps."""
        return (self.critic_learning_rate or self.learning_rate) * self._decay(done)

    def generator_rate_at(self, done: float, /) -> float:
        """The generator's learning rate at ``done`` (two time scales: Heusel et al. 2017)."""
        rate = self.generator_learning_rate or self.learning_rate
        return rate * self._decay(done) ** self.generator_decay

    def _decay(self, done: float) -> float:
        """Ratio of the scheduled learning rate to the initial one, in [0, 1]."""
        if self.schedule == "linear":
            return 1 - done
        if self.schedule == "cosine":
            return (1 + math.cos(math.pi * done)) / 2
        return 1.0

    def noise_at(self, done: float, /) -> float:
        """Standard deviation of the noise after a share ``done`` in [0, 1] of the steps."""
        return self.noise * max(0.0, 1 - done / self.noise_until)

    def make_optimizer(self, module: torch.nn.Module) -> optimizers.Optimizer:
        """A new optimiser of the module's parameters, at the initial learning rate."""
        rate = self.learning_rate
        if self.optimizer == "muon":
            return optimizers.muon(
                module, learning_rate=rate, momentum=self.momentum, betas=self.betas
            )
        if self.optimizer == "adam":
            return torch.optim.Adam(module.parameters(), lr=rate, betas=self.betas, fused=True)
        return torch.optim.RMSprop(module.parameters(), lr=rate)


def _are_betas(value: tuple[float, ...]) -> bool:
    """Whether the numbers are valid decay rates of Adam."""
    return len(value) == 2 and all(0 <= beta < 1 for beta in value)

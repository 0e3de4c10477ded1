"""GAN, WGAN and WGAN-GP as data: which loss, what holds the critic, which optimiser.

`PAPERS` has the settings of the papers, which ask for 10^5 steps and more. `QUICK` has the same
methods with the settings changed that matter on a budget of minutes; what differs, and why, stands
beside each.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor

from gan import losses

CriticLoss = Callable[[Tensor, Tensor], Tensor]
GeneratorLoss = Callable[[Tensor], Tensor]

LOSSES: dict[str, tuple[CriticLoss, GeneratorLoss]] = {
    "minimax": (losses.discriminator_loss, losses.minimax_loss),
    "non-saturating": (losses.discriminator_loss, losses.non_saturating_loss),
    "wasserstein": (losses.wasserstein_critic_loss, losses.wasserstein_generator_loss),
}


Loss = Literal["minimax", "non-saturating", "wasserstein"]
Constraint = Literal["none", "clip", "gradient-penalty", "one-sided-penalty"]
Optimizer = Literal["adam", "rmsprop"]
Schedule = Literal["constant", "cosine"]

_CHOICES = {"loss": Loss, "constraint": Constraint, "optimizer": Optimizer, "schedule": Schedule}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One adversarial method with all its settings.

    Attributes:
        loss: What the two networks minimise, by its name in `LOSSES`.
        constraint: What holds the critic near 1-Lipschitz.
        critic_steps: Critic steps per generator step.
        batch_size: Real points, and as many generated ones, per step.
        optimizer: Both networks' optimiser.
        learning_rate: Of both optimisers, at the first step.
        betas: Adam's decay rates of the mean gradient and of its square.
        schedule: How the learning rate goes on: constant, or along half a cosine to 0 at the last
            step.
        penalty_weight: Lambda, the weight of the gradient penalties.
        clip: c, the bound of every critic weight under clipping.
        average_rate: Share of the current generator that enters its moving average each step.
    """

    loss: Loss
    constraint: Constraint
    critic_steps: int
    batch_size: int
    optimizer: Optimizer
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Schedule = "constant"
    penalty_weight: float = 10.0
    clip: float = 0.01
    average_rate: float = 0.005

    def __post_init__(self) -> None:
        """Refuse settings that there are not: a misspelt one must not train something else.

        Raises:
            ValueError: With the setting and what it may be.
        """
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                raise ValueError(
                    f"`{name}` must be one of {', '.join(get_args(kind))}, "
                    f"but is {getattr(self, name)!r}"
                )
        for name in ("critic_steps", "batch_size"):
            if not (isinstance(getattr(self, name), int) and getattr(self, name) >= 1):
                raise ValueError(f"`{name}` must be 1 or more, but is {getattr(self, name)!r}")
        for name in ("learning_rate", "clip", "average_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"`{name}` must be above 0, but is {getattr(self, name)!r}")
        if not 0 <= self.penalty_weight < math.inf:
            raise ValueError(f"`penalty_weight` must be 0 or more, but is {self.penalty_weight!r}")

    def make_optimizer(self, module: torch.nn.Module) -> torch.optim.Optimizer:
        """A fresh optimiser of the module's weights."""
        if self.optimizer == "adam":
            return torch.optim.Adam(
                module.parameters(), lr=self.learning_rate, betas=self.betas, fused=True
            )
        return torch.optim.RMSprop(module.parameters(), lr=self.learning_rate)


GAN = Recipe(  # Goodfellow et al. 2014, with Adam as in Radford et al. 2016
    loss="non-saturating",
    constraint="none",
    critic_steps=1,
    batch_size=128,
    optimizer="adam",
    learning_rate=2e-4,
    betas=(0.5, 0.999),
)
WGAN = Recipe(  # Arjovsky, Chintala and Bottou 2017, algorithm 1
    loss="wasserstein",
    constraint="clip",
    critic_steps=5,
    batch_size=64,
    optimizer="rmsprop",
    learning_rate=5e-5,
)
WGAN_GP = Recipe(  # Gulrajani et al. 2017, algorithm 1
    loss="wasserstein",
    constraint="gradient-penalty",
    critic_steps=5,
    batch_size=64,
    optimizer="adam",
    learning_rate=1e-4,
    betas=(0.0, 0.9),
)

PAPERS = {"gan": GAN, "wgan": WGAN, "wgan-gp": WGAN_GP}

QUICK = {
    "gan": replace(GAN, batch_size=256, learning_rate=2e-3, schedule="cosine"),
    "wgan": replace(WGAN, batch_size=256, learning_rate=5e-4, schedule="cosine"),
    "wgan-gp": replace(
        WGAN_GP,
        constraint="one-sided-penalty",
        batch_size=256,
        learning_rate=2e-3,
        betas=(0.5, 0.9),
        schedule="cosine",
    ),
}

"""GAN, WGAN and WGAN-GP as data: which loss, what holds the critic, which optimiser.

`PAPERS` has the settings of the papers, which ask for 10^5 steps and more. `QUICK` has the same
methods with the settings changed that matter on a budget of minutes; what differs, and why, stands
beside each.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

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

    loss: Literal["minimax", "non-saturating", "wasserstein"]
    constraint: Literal["none", "clip", "gradient-penalty", "one-sided-penalty"]
    critic_steps: int
    batch_size: int
    optimizer: Literal["adam", "rmsprop"]
    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    schedule: Literal["constant", "cosine"] = "constant"
    penalty_weight: float = 10.0
    clip: float = 0.01
    average_rate: float = 0.005

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

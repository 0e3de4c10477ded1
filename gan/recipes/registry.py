"""Adversarial methods as data: which loss, what holds the critic, which optimiser.

Each method of `RECIPES` has the settings of its paper, which ask for 10^5 steps and more, and
quick ones: the same method with what matters on a budget of minutes changed. A method of your own
is one more entry.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import torch

from gan.recipes import optimizers

Loss = Literal["minimax", "non-saturating", "wasserstein", "certified"]
Constraint = Literal[
    "none", "clip", "gradient-penalty", "one-sided-penalty", "hinge-penalty", "finite-difference"
]
Schedule = Literal["constant", "linear", "cosine"]

_CHOICES = {
    "loss": Loss,
    "constraint": Constraint,
    "optimizer": optimizers.Name,
    "schedule": Schedule,
}
_PENALISED = ("gradient-penalty", "one-sided-penalty", "hinge-penalty", "finite-difference")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One adversarial method with all its settings.

    Attributes:
        loss: What the two networks minimise: minimax, non-saturating, wasserstein, or certified,
            which has beside the gap the bound of the batch's exact EMD that the critic proves.
        constraint: What holds the critic near 1-Lipschitz.
        critic_steps: Critic steps per generator step.
        batch_size: Real points, and as many generated ones, per step.
        optimizer: Both networks' optimiser: adam, rmsprop, or muon, which is Muon for the matrices
            and Adam for the rest.
        learning_rate: Of both optimisers, at the first step.
        generator_decay: The generator's learning rate falls as the schedule to this power. Above
            1, it is the slower player at the end, and the critic has time to see what is left.
        betas: Adam's decay rates of the mean gradient and of its square.
        momentum: Muon's decay rate of the mean gradient.
        schedule: How the learning rate goes on: constant, or along a line or half a cosine to 0 at
            the last step.
        penalty_weight: Lambda, the weight of the penalties on the critic's slopes.
        clip: c, the bound of every critic weight under clipping.
        average_rate: Share of the current generator that enters its moving average each step.
        noise: Standard deviation of the normal noise that is added to real and generated points
            for the critic at the first step, in the unit of the points; it falls along a line.
        noise_until: Share of the run after which there is no such noise.
    """

    loss: Loss
    constraint: Constraint
    critic_steps: int
    batch_size: int
    optimizer: optimizers.Name
    learning_rate: float
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
        """Refuse settings that there are not: a misspelt one must not train something else.

        Raises:
            ValueError: With the setting and what it may be.
        """
        for name, kind in _CHOICES.items():
            there = get_args(kind)
            self._require(name, f"one of {', '.join(there)}", there.__contains__)
        for name in ("critic_steps", "batch_size"):
            self._require(name, "1 or more", lambda v: isinstance(v, int) and v >= 1)
        for name in ("learning_rate", "clip"):
            self._require(name, "above 0", lambda v: 0 < v < math.inf)
        for name in ("average_rate", "noise_until"):
            self._require(name, "above 0 and at most 1", lambda v: 0 < v <= 1)
        for name in ("penalty_weight", "noise", "generator_decay"):
            self._require(name, "0 or more", lambda v: 0 <= v < math.inf)
        self._require("momentum", "from 0 to below 1", lambda v: 0 <= v < 1)
        self._require("betas", "two numbers from 0 to below 1", _are_betas)

    def _require(self, name: str, what: str, holds: Callable[[Any], bool]) -> None:
        """Refuse a setting that is not what it must be."""
        value = getattr(self, name)
        if not holds(value):
            raise ValueError(f"`{name}` must be {what}, but is {value!r}")

    @property
    def penalised(self) -> bool:
        """Whether the critic pays for its slopes, and so must score each point by itself."""
        return self.constraint in _PENALISED

    def learning_rate_at(self, done: float, /) -> float:
        """The learning rate when a share ``done`` in [0, 1] of the steps has been made."""
        return self.learning_rate * self._left(done)

    def generator_rate_at(self, done: float, /) -> float:
        """The generator's learning rate then (two time scales: Heusel et al. 2017)."""
        return self.learning_rate * self._left(done) ** self.generator_decay

    def _left(self, done: float) -> float:
        """What the schedule leaves of the first learning rate."""
        if self.schedule == "linear":
            return 1 - done
        if self.schedule == "cosine":
            return (1 + math.cos(math.pi * done)) / 2
        return 1.0

    def noise_at(self, done: float, /) -> float:
        """The noise's standard deviation when a share ``done`` of the steps has been made."""
        return self.noise * max(0.0, 1 - done / self.noise_until)

    def make_optimizer(self, module: torch.nn.Module) -> optimizers.Optimizer:
        """A fresh optimiser of the module's weights."""
        rate = self.learning_rate
        if self.optimizer == "muon":
            return optimizers.muon(
                module, learning_rate=rate, momentum=self.momentum, betas=self.betas
            )
        if self.optimizer == "adam":
            return torch.optim.Adam(module.parameters(), lr=rate, betas=self.betas, fused=True)
        return torch.optim.RMSprop(module.parameters(), lr=rate)


def _are_betas(value: tuple[float, ...]) -> bool:
    """Whether they can be Adam's."""
    return len(value) == 2 and all(0 <= beta < 1 for beta in value)


@dataclass(frozen=True, slots=True)
class Method:
    """A recipe with its source.

    Attributes:
        what: The method in a few words.
        source: Where it is from.
        paper: Its settings there.
        quick: The same method with settings for runs of minutes.
    """

    what: str
    source: str
    paper: Recipe
    quick: Recipe


GAN = Recipe(
    loss="non-saturating",
    constraint="none",
    critic_steps=1,
    batch_size=128,
    optimizer="adam",
    learning_rate=2e-4,
    betas=(0.5, 0.999),
)
GAN_NOISE = replace(GAN, noise=0.5, noise_until=0.8)
WGAN = Recipe(
    loss="wasserstein",
    constraint="clip",
    critic_steps=5,
    batch_size=64,
    optimizer="rmsprop",
    learning_rate=5e-5,
)
WGAN_GP = Recipe(
    loss="wasserstein",
    constraint="gradient-penalty",
    critic_steps=5,
    batch_size=64,
    optimizer="adam",
    learning_rate=1e-4,
    betas=(0.0, 0.9),
)
WGAN_HINGE = replace(
    WGAN_GP, constraint="hinge-penalty", batch_size=100, betas=(0.5, 0.9), critic_steps=5
)


def _quick_gan(paper: Recipe) -> Recipe:
    """Larger batches and ten times the rate, which falls to 0."""
    return replace(paper, batch_size=256, learning_rate=2e-3, schedule="cosine")


def _quick_penalised(paper: Recipe, *, learning_rate: float = 2e-3) -> Recipe:
    """Larger batches and twenty times the rate, which falls to 0."""
    return replace(
        paper,
        batch_size=256,
        learning_rate=learning_rate,
        betas=(0.5, 0.9),
        schedule="cosine",
        average_rate=0.002,
    )


RECIPES: dict[str, Method] = {
    "gan-minimax": Method(
        "minimax loss E log(1 - D(G(z))): its gradient vanishes as D improves",
        "Goodfellow et al. 2014, eq. 1; Adam as in Radford et al. 2016",
        replace(GAN, loss="minimax"),
        _quick_gan(replace(GAN, loss="minimax")),
    ),
    "gan": Method(
        "non-saturating loss -E log D(G(z))",
        "Goodfellow et al. 2014, section 3; Adam as in Radford et al. 2016",
        GAN,
        _quick_gan(GAN),
    ),
    "gan-noise": Method(
        "the same, with noise on real and generated points that falls to 0",
        "Arjovsky and Bottou 2017, section 3; Sonderby et al. 2017",
        GAN_NOISE,
        _quick_gan(GAN_NOISE),
    ),
    "wgan": Method(
        "critic's weights clipped to [-c, c], RMSProp",
        "Arjovsky, Chintala and Bottou 2017, algorithm 1",
        WGAN,
        replace(WGAN, batch_size=256, learning_rate=5e-4, schedule="cosine"),
    ),
    "wgan-gp": Method(
        "penalty (slope - 1)^2 between real and generated points",
        "Gulrajani et al. 2017, algorithm 1",
        WGAN_GP,
        # At lambda 10 and this rate it fails: it asks for slope 1 between points of one part, too.
        replace(_quick_penalised(WGAN_GP, learning_rate=3e-3), penalty_weight=1.0),
    ),
    "wgan-lp": Method(
        "one-sided penalty max(0, slope - 1)^2",
        "Petzka, Fischer and Lukovnikov 2018, eq. 9",
        replace(WGAN_GP, constraint="one-sided-penalty"),
        _quick_penalised(replace(WGAN_GP, constraint="one-sided-penalty")),
    ),
    "wgan-certified": Method(
        "the critic climbs its gap and the bound that it proves of each batch; one-sided penalty",
        "ours; after Mallasto et al. 2019",
        replace(WGAN_GP, loss="certified", constraint="one-sided-penalty"),
        _quick_penalised(replace(WGAN_GP, loss="certified", constraint="one-sided-penalty")),
    ),
    "wgan-hinge": Method(
        "linear penalty max(0, slope - 1)",
        "linear hinge form of Petzka, Fischer and Lukovnikov 2018, eq. 9",
        WGAN_HINGE,
        _quick_penalised(WGAN_HINGE),
    ),
    "wgan-fd": Method(
        "penalty on slopes between pairs of points: no second derivatives",
        "finite-difference form of Gulrajani et al. 2017, eq. 3",
        replace(WGAN_GP, constraint="finite-difference"),
        _quick_penalised(replace(WGAN_GP, constraint="finite-difference"), learning_rate=1e-3),
    ),
}

"""The state of a training run: all that it changes, to be saved and gone on from exactly."""

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from gan.errors import MisfitError
from gan.networks import Critic, Generator
from gan.recipes.optimizers import Optimizer
from gan.recipes.recipe import Recipe
from gan.training.devices import Devices


@dataclass(slots=True)
class Training:
    """All that a training run changes, so that saving it and going on later continues exactly.

    Attributes:
        generator: The network that is trained.
        critic: Its opponent.
        average: Exponential moving average of the generator; samples come from it.
        recipe: The method and its settings.
        steps: How many generator steps there will be in all: the learning rate's schedule ends
            there.
        rng: The one source of randomness of real batches, noise and penalty points; its device is
            the run's.
        generator_optimizer: Optimiser of ``generator``.
        critic_optimizer: Optimiser of ``critic``.
        devices: The processes that compute it.
        step: How many generator steps are done.
    """

    generator: Generator
    critic: Critic
    average: Generator
    recipe: Recipe
    steps: int
    rng: torch.Generator
    generator_optimizer: Optimizer
    critic_optimizer: Optimizer
    devices: Devices = field(default_factory=lambda: Devices(torch.device("cpu")))
    step: int = 0

    @classmethod
    def start(
        cls,
        generator: Generator,
        critic: Critic,
        recipe: Recipe,
        /,
        *,
        steps: int,
        rng: torch.Generator,
        devices: Devices | None = None,
    ) -> "Training":
        """A run of ``steps`` generator steps that has not begun.

        Args:
            generator: On the device of ``rng``.
            critic: On the same device.
            recipe: The method.
            steps: Generator steps in all.
            rng: Source of randomness.
            devices: The processes that compute the run; by default this one alone.

        Returns:
            The run at step 0.

        Raises:
            MisfitError: If the recipe penalises slopes and the critic has batch norm, or if the
                batch cannot be shared equally by the processes.
        """
        devices = devices or Devices(rng.device)
        _require_fit(recipe, generator, critic, devices)
        if recipe.batch_size % devices.count:
            raise MisfitError(
                f"`batch_size` {recipe.batch_size} cannot be shared equally by {devices.count} "
                "processes; make it a multiple of their number"
            )
        average = copy.deepcopy(generator).requires_grad_(requires_grad=False).eval()
        optimizers = recipe.make_optimizer(generator), recipe.make_optimizer(critic)
        return cls(generator, critic, average, recipe, steps, rng, *optimizers, devices)

    @property
    def done(self) -> float:
        """The share of the steps that is done."""
        return self.step / self.steps

    def state_dict(self) -> dict[str, Any]:
        """The run's state in tensors and plain Python values, to be saved with ``torch.save``."""
        parts = {name: getattr(self, name).state_dict() for name in _STATEFUL}
        return {**parts, "rng": self.rng.get_state(), "step": self.step}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go back to a state that ``state_dict`` gave."""
        self.load_networks(state)
        self.rng.set_state(state["rng"].cpu())

    def load_networks(self, state: dict[str, Any], /) -> None:
        """Go back to such a state but for its randomness, which may be another device's."""
        for name in _STATEFUL:
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]


_STATEFUL = ("generator", "critic", "average", "generator_optimizer", "critic_optimizer")


def _require_fit(recipe: Recipe, generator: Generator, critic: Critic, devices: Devices) -> None:
    """No randomness but the run's own, and a penalised critic that scores each point by itself."""
    for module in (*generator.modules(), *critic.modules()):
        if isinstance(module, nn.modules.dropout._DropoutNd):
            raise MisfitError(
                f"a network has {type(module).__name__}, which draws from torch's global source: "
                "the run could be neither repeated nor resumed exactly. Take it out, or draw from "
                "noise that the generator is given"
            )
    if recipe.loss == "certified" and devices.count > 1:
        raise MisfitError(
            "the certified bound is of a whole batch, which several processes would divide: give "
            "--devices 1 with it"
        )
    if recipe.penalized and critic.has_batch_norm:
        raise MisfitError(
            f"the critic has batch norm, and the recipe's {recipe.constraint} is on its gradient "
            "at each point by itself: batch norm makes each score depend on the whole batch. "
            "Use layer norm (nn.GroupNorm(1, channels)) or no norm in the critic"
        )

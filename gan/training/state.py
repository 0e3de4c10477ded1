"""State of a training run, complete enough to save it and resume it exactly."""

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
    """State of a training run: a saved and reloaded run continues exactly.

    Attributes:
        generator: The trained generator.
        critic: The trained critic, or discriminator.
        average: Exponential moving average of the generator, from which samples are drawn.
        recipe: The method and its settings.
        steps: Generator steps in all; the schedule of the learning rate ends there.
        rng: Source of randomness of real batches, noise and penalty points, on the device of the
            run.
        generator_optimizer: Optimiser of ``generator``.
        critic_optimizer: Optimiser of ``critic``.
        devices: The processes of the run.
        step: Generator steps done.
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
        """A run at step 0.

        Args:
            generator: Generator on the device of ``rng``.
            critic: Critic on the same device.
            recipe: The method and its settings.
            steps: Generator steps in all.
            rng: Source of randomness.
            devices: The processes of the run; by default this one alone.

        Returns:
            The run, with new optimisers.

        Raises:
            MisfitError: If a network has dropout, if the recipe penalises slopes and the critic
                has batch norm, or if the batch does not divide into equal shards.
        """
        devices = devices or Devices(rng.device)
        _require_compatible(recipe, generator, critic, devices)
        average = copy.deepcopy(generator).requires_grad_(requires_grad=False).eval()
        optimizers = recipe.make_optimizer(generator), recipe.make_optimizer(critic)
        return cls(generator, critic, average, recipe, steps, rng, *optimizers, devices)

    @property
    def progress(self) -> float:
        """Share of the generator steps that is done, in [0, 1]."""
        return self.step / self.steps

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain Python values of the state, to be saved with ``torch.save``."""
        parts = {name: getattr(self, name).state_dict() for name in _STATEFUL_PARTS}
        return {**parts, "rng": self.rng.get_state(), "step": self.step}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Replace the state by a result of ``state_dict``."""
        self.load_networks(state)
        self.rng.set_state(state["rng"].cpu())

    def load_networks(self, state: dict[str, Any], /) -> None:
        """Replace all but the state of ``rng``, which another type of device cannot load."""
        for name in _STATEFUL_PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]


_STATEFUL_PARTS = ("generator", "critic", "average", "generator_optimizer", "critic_optimizer")


def _require_compatible(
    recipe: Recipe, generator: Generator, critic: Critic, devices: Devices
) -> None:
    """Refuse networks and devices that the recipe cannot train correctly or reproducibly."""
    for module in (*generator.modules(), *critic.modules()):
        if isinstance(module, nn.modules.dropout._DropoutNd):
            raise MisfitError(
                f"a network has {type(module).__name__}, which draws from torch's global source: "
                "the run could be neither repeated nor resumed exactly. Remove it, or draw from "
                "the noise that the generator is given"
            )
    if recipe.loss in ("certified", "taught") and devices.world_size > 1:
        raise MisfitError(
            f"the loss {recipe.loss!r} is of exact transport of a whole batch, which several "
            "processes would divide: give --devices 1 with it"
        )
    if recipe.penalized and critic.has_batch_norm:
        raise MisfitError(
            f"the critic has batch norm, and the recipe's {recipe.constraint} is on its gradient "
            "at each point by itself: batch norm makes each score depend on the whole batch. "
            "Use layer norm (nn.GroupNorm(1, channels)) or no norm in the critic"
        )
    if recipe.batch_size % devices.world_size:
        raise MisfitError(
            f"`batch_size` {recipe.batch_size} cannot be shared equally by {devices.world_size} "
            "processes; make it a multiple of their number"
        )

"""Undo half a training step: a copy of what a step changes, taken before it."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gan.recipes.optimizers import Optimizer, torch_optimizers


class Rollback:
    """The state of networks, optimisers and a source of randomness as it was at the last `keep`.

    Cheap enough for every step: the copies are made once and overwritten after.
    """

    def __init__(
        self,
        modules: Sequence[nn.Module],
        optimizers: Sequence[Optimizer],
        rng: torch.Generator,
    ) -> None:
        self._modules = modules
        self._optimizers = [
            part for optimizer in optimizers for part in torch_optimizers(optimizer)
        ]
        self._rng = rng
        self._copies: list[Tensor] = []
        self._rng_state = rng.get_state()

    @torch.no_grad()
    def keep(self) -> None:
        """Take the copy."""
        now = self._tensors()
        if len(now) == len(self._copies):
            torch._foreach_copy_(self._copies, now)
        else:  # the first step, and the second: optimisers make their state in the first
            self._copies = [tensor.clone() for tensor in now]
        self._rng_state = self._rng.get_state()

    @torch.no_grad()
    def undo(self) -> None:
        """Go back to the copy."""
        now = self._tensors()
        if len(now) != len(self._copies):  # a first step that failed has made state
            for optimizer in self._optimizers:
                optimizer.state.clear()
            now = self._tensors()
        torch._foreach_copy_(now, self._copies)
        self._rng.set_state(self._rng_state)

    def _tensors(self) -> list[Tensor]:
        """Everything that a step writes to."""
        held = [t for module in self._modules for t in (*module.parameters(), *module.buffers())]
        for optimizer in self._optimizers:
            for state in optimizer.state.values():
                held += [value for value in state.values() if isinstance(value, Tensor)]
        return held

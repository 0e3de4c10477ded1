"""Undo an incomplete training step from a snapshot taken before it."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gan.recipes.optimizers import Optimizer, torch_optimizers


class Rollback:
    """The last snapshot of networks, optimisers and a source of randomness.

    Cheap enough for every step: its memory is allocated once and overwritten afterwards.
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
        self._snapshot: list[Tensor] = []
        self._rng_state = rng.get_state()

    @torch.no_grad()
    def save(self) -> None:
        """Replace the snapshot by the present state."""
        tensors = self._tensors()
        if len(tensors) == len(self._snapshot):
            torch._foreach_copy_(self._snapshot, tensors)
        else:  # optimisers create their state in the first step
            self._snapshot = [tensor.clone() for tensor in tensors]
        self._rng_state = self._rng.get_state()

    @torch.no_grad()
    def restore(self) -> None:
        """Return to the snapshot."""
        tensors = self._tensors()
        if len(tensors) != len(self._snapshot):  # a failed first step has created state
            for optimizer in self._optimizers:
                optimizer.state.clear()
            tensors = self._tensors()
        torch._foreach_copy_(tensors, self._snapshot)
        self._rng.set_state(self._rng_state)

    def _tensors(self) -> list[Tensor]:
        """All tensors that a step writes to."""
        tensors = [
            t for module in self._modules for t in (*module.parameters(), *module.buffers())
        ]
        for optimizer in self._optimizers:
            for state in optimizer.state.values():
                tensors += [value for value in state.values() if isinstance(value, Tensor)]
        return tensors

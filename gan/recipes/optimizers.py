"""How weights follow their gradients: Adam, RMSProp, or Muon for the matrices."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

OptimizerName = Literal["adam", "rmsprop", "muon"]


MULTIPLE = 3.0  # of Adam's learning rate, for the matrices


class CombinedOptimizer:
    """Several optimisers that step together, each for weights of its own.

    Attributes:
        parts: The optimisers.
    """

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all parts."""
        return [group for part in self.parts for group in part.param_groups]

    def step(self) -> None:
        """One step of each."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """All that they remember."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Go on from what `state_dict` gave."""
        for part, own in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(own)


Optimizer = torch.optim.Optimizer | CombinedOptimizer


def torch_optimizers(optimizer: Optimizer, /) -> Sequence[torch.optim.Optimizer]:
    """The optimisers of torch that it is made of."""
    return optimizer.parts if isinstance(optimizer, CombinedOptimizer) else (optimizer,)


def muon(
    module: nn.Module, /, *, learning_rate: float, momentum: float, betas: tuple[float, float]
) -> CombinedOptimizer:
    """Muon for the matrices but the last, Adam for that, for biases and for kernels.

    A step of Muon moves a matrix by the orthogonal factor of its averaged gradient: as far in
    each direction that the gradient has. It is scaled so that its entries are three times as large
    as Adam's at the same learning rate, which suits critics: one rate does for both.

    Args:
        module: The network.
        learning_rate: Of both.
        momentum: Of Muon.
        betas: Of Adam.

    Returns:
        The optimisers.

    Source:
        Jordan et al. 2024, "Muon"; Liu et al. 2025, arXiv:2502.16982, eq. 4, for the scale.
    """
    matrices = [weight for weight in module.parameters() if weight.ndim == 2][:-1]
    rest = list(_others(module, matrices))
    adam = torch.optim.Adam(rest, lr=learning_rate, betas=betas, fused=True)
    if not matrices:
        return CombinedOptimizer(adam)
    steps = torch.optim.Muon(
        [{"params": matrices, "multiple": MULTIPLE}],
        lr=MULTIPLE * learning_rate,
        momentum=momentum,
        weight_decay=0.0,
        adjust_lr_fn="match_rms_adamw",
    )
    return CombinedOptimizer(steps, adam)


def _others(module: nn.Module, matrices: Sequence[Tensor]) -> Iterator[nn.Parameter]:
    """The weights that are not among the matrices."""
    taken = {id(matrix) for matrix in matrices}
    return (weight for weight in module.parameters() if id(weight) not in taken)

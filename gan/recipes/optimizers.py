"""Optimisers of network weights: Adam, RMSProp, and Muon for weight matrices."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

OptimizerName = Literal["adam", "rmsprop", "muon"]

MUON_RATE_MULTIPLE = 3.0


class CombinedOptimizer:
    """Several optimisers of disjoint parameters that step together.

    Attributes:
        parts: The optimisers.
    """

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The parameter groups of all parts."""
        return [group for part in self.parts for group in part.param_groups]

    def step(self) -> None:
        """Take one step with each part."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """The state of every part."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Restore the state of every part from `state_dict`."""
        for part, part_state in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(part_state)


Optimizer = torch.optim.Optimizer | CombinedOptimizer


def torch_optimizers(optimizer: Optimizer, /) -> Sequence[torch.optim.Optimizer]:
    """The torch optimisers that ``optimizer`` consists of."""
    return optimizer.parts if isinstance(optimizer, CombinedOptimizer) else (optimizer,)


def muon(
    module: nn.Module, /, *, learning_rate: float, momentum: float, betas: tuple[float, float]
) -> CombinedOptimizer:
    """Muon for all weight matrices but the last; Adam for the last, biases and kernels.

    Muon moves a matrix by the orthogonal polar factor of its averaged gradient, a step of the same
    length in every singular direction. The step is scaled to three times the root mean square of
    Adam's at the same learning rate, so that one rate suits both parts for critics.

    Args:
        module: The network.
        learning_rate: Of both parts.
        momentum: Of Muon.
        betas: Of Adam.

    Returns:
        Muon and Adam, or Adam alone if the module has fewer than two matrices.

    Source:
        Jordan et al. 2024, "Muon"; Liu et al. 2025, arXiv:2502.16982, eq. 4, for the scale.
    """
    matrices = [weight for weight in module.parameters() if weight.ndim == 2][:-1]
    others = list(_complement(module, matrices))
    adam = torch.optim.Adam(others, lr=learning_rate, betas=betas, fused=True)
    if not matrices:
        return CombinedOptimizer(adam)
    matrix_optimizer = torch.optim.Muon(
        [{"params": matrices, "multiple": MUON_RATE_MULTIPLE}],
        lr=MUON_RATE_MULTIPLE * learning_rate,
        momentum=momentum,
        weight_decay=0.0,
        adjust_lr_fn="match_rms_adamw",
    )
    return CombinedOptimizer(matrix_optimizer, adam)


def _complement(module: nn.Module, matrices: Sequence[Tensor]) -> Iterator[nn.Parameter]:
    """The module's parameters that are not among the matrices."""
    excluded = {id(matrix) for matrix in matrices}
    return (weight for weight in module.parameters() if id(weight) not in excluded)

"""Scores that exact transport gives its own points."""

import torch
from jaxtyping import Float
from torch import Tensor

from divergences import sampled


def exact_potentials(
    real: Float[Tensor, " n *shape"], generated: Float[Tensor, " m *shape"], /
) -> tuple[Float[Tensor, " n"], Float[Tensor, " m"]]:
    """Optimal potential at real points, and minus that at generated points, centered.

    Args:
        real: Real points, finite.
        generated: Generated points, finite.

    Returns:
        Scores in the unit of the points and of their type, shapes ``(n,)`` and ``(m,)``. Their
        means are half of the exact EMD and minus half of it: the constant of potentials is free,
        and would differ from sample to sample.

    Raises:
        SolverError: If exact transport is not solved.

    >>> exact_potentials(torch.tensor([[0.0], [1.0]]), torch.tensor([[3.0]]))
    (tensor([1.7500, 0.7500]), tensor([-1.2500]))
    """
    x, y = (
        part.detach().flatten(start_dim=1).cpu().double().numpy() for part in (real, generated)
    )
    solution = sampled.transport(x, y)
    potentials = solution.source_potential, -solution.target_potential
    center = (potentials[0].mean() + potentials[1].mean()) / 2
    on_real, on_generated = (torch.from_numpy(part - center).to(real) for part in potentials)
    return on_real, on_generated

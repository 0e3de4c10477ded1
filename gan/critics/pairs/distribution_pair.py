"""What every pair is to the rest: two samplers, and what is known of the way between them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.dataset import Sampler

Coupling = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]

DRAWS = 1 << 18  # of a coupling, where W1 has no closed form
CHUNK = 1 << 13
SEED = 20261121


@dataclass(frozen=True, slots=True)
class Pair:
    """Two distributions; a critic is to score the first higher.

    Attributes:
        shape: Of one point.
        real: Draws points of the first, in float32: ``real(n, rng)``, shape ``(n, *shape)``.
        generated: Draws points of the second.
        unit: How large the points are: networks work on points of size about 1.
        matched: Draws points of both that an optimal plan moves into each other, in float64, where
            such a plan is known; the real ones first. Critics never see it.
        closed_form: Wasserstein-1 distance of the populations, where there is a formula.
    """

    shape: tuple[int, ...]
    real: Sampler
    generated: Sampler
    unit: float = 1.0
    matched: Coupling | None = None
    closed_form: float | None = None

    def w1(self) -> tuple[float, float] | None:
        """Wasserstein-1 distance of the populations and its standard error, in their unit.

        Returns:
            From the formula, with error 0, or the mean length of 2**18 matched moves; None if
            neither is known.
        """
        if self.closed_form is not None:
            return self.closed_form, 0.0
        if self.matched is None:
            return None
        rng = torch.Generator().manual_seed(SEED)
        moves = torch.cat([lengths(*self.matched(CHUNK, rng)) for _ in range(DRAWS // CHUNK)])
        return float(moves.mean()), float(moves.std()) / math.sqrt(len(moves))


def lengths(x: Float[Tensor, " n *shape"], y: Float[Tensor, " n *shape"], /) -> Tensor:
    """Euclidean distance of each point to its partner."""
    return torch.linalg.vector_norm((x - y).flatten(start_dim=1), dim=1)


def uncoupled(matched: Coupling, which: int, /) -> Sampler:
    """Points of one side of a coupling, in float32."""

    def sample(n: int, rng: torch.Generator) -> Tensor:
        return matched(n, rng)[which].float()

    return sample

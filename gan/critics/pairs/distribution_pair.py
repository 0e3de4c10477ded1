"""Two samplers with an optimal coupling and the W1 of their populations, where these are known."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.dataset import Sampler

Coupling = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]

W1_DRAWS = 1 << 18
W1_BATCH_SIZE = 1 << 13
W1_SEED = 20261121


@dataclass(frozen=True, slots=True)
class DistributionPair:
    """Two distributions; a critic of them is to score the first higher.

    Attributes:
        shape: Shape of one point.
        real: Sampler of the first, in float32: ``real(n, rng)`` has shape ``(n, *shape)``.
        generated: Sampler of the second.
        unit: Typical size of a coordinate; networks work on points divided by it.
        optimal_coupling: Sampler of an optimal plan between the two, in float64, where one is
            known: ``optimal_coupling(n, rng)`` gives ``n`` points of the first and, row by row,
            their partners of the second. Critics are fitted without it.
        closed_form: Wasserstein-1 distance of the populations, where there is a formula.
        unseen_real: Sampler of further points of the first, none of which ``real`` draws, where
            ``real`` draws from a finite set.
    """

    shape: tuple[int, ...]
    real: Sampler
    generated: Sampler
    unit: float = 1.0
    optimal_coupling: Coupling | None = None
    closed_form: float | None = None
    unseen_real: Sampler | None = None

    def samples(self, n: int, rng: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """``n`` points of the first and then of the second, in float32, ``(n, *shape)`` each."""
        return self.real(n, rng), self.generated(n, rng)

    def w1(self) -> tuple[float, float] | None:
        """Wasserstein-1 distance of the populations and its standard error, in their unit.

        Returns:
            The closed form with error 0, or else the mean length of 2**18 displacements of the
            optimal coupling with its standard error; None if neither is known.
        """
        if self.closed_form is not None:
            return self.closed_form, 0.0
        if self.optimal_coupling is None:
            return None
        rng = torch.Generator().manual_seed(W1_SEED)
        distances = torch.cat([
            paired_distances(*self.optimal_coupling(W1_BATCH_SIZE, rng))
            for _ in range(W1_DRAWS // W1_BATCH_SIZE)
        ])
        return float(distances.mean()), float(distances.std()) / math.sqrt(len(distances))


def paired_distances(x: Float[Tensor, " n *shape"], y: Float[Tensor, " n *shape"], /) -> Tensor:
    """Euclidean distance of each row of ``x`` to the same row of ``y``, shape ``(n,)``."""
    return torch.linalg.vector_norm((x - y).flatten(start_dim=1), dim=1)


def marginal_sampler(coupling: Coupling, side: int, /) -> Sampler:
    """Sampler, in float32, of one marginal of a coupling: the first (0) or the second (1)."""

    def sample(n: int, rng: torch.Generator) -> Tensor:
        return coupling(n, rng)[side].float()

    return sample

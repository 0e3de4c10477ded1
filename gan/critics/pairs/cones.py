r"""Pairs of populations whose W1 is known in any dimension, and paired samples of known EMD.

Korotin, Kolesov and Burnaev 2022, "Kantorovich strikes back! Wasserstein GANs are not optimal
transport?": with u the minimum of N cones, points y of a cube are carried towards the tips of
their cones, along rays, which are where an optimal plan may move mass. So the plan that pairs each
S(y) with its y is optimal, for the populations and for every sample, and -u is an optimal critic.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critics.pairs.distribution_pair import Pair, uncoupled

DIMENSIONS = (2, 4, 8, 16, 32, 64, 128)
CONES = (4, 16, 64, 256)
SEED = 987  # of the published centres
HALF_SIDE = 2.5
CONTRACTION = 8
CHUNK = 512  # points at a time: what is computed on the way stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Cones:
    r"""The function :math:`u(x) = \min_i (|x - a_i| + b_i)` and the moves along its rays.

    Attributes:
        tips: The a, shape ``(n, d)``, float64.
        heights: The b, shape ``(n,)``.
    """

    tips: Float[Tensor, " n d"]
    heights: Float[Tensor, " n"]

    @classmethod
    def published(cls, d: int, n: int, /) -> "Cones":
        """The cones that the published pairs are made of."""
        rng = torch.Generator().manual_seed(SEED)
        torch.randn(n, d, generator=rng)
        torch.randn(n, generator=rng)
        tips = HALF_SIDE * (2 * torch.rand(n, d, generator=rng) - 1)
        heights = 0.1 * torch.randn(n, generator=rng)
        return cls(tips.double(), heights.double())

    def matched(
        self, size: int, rng: torch.Generator
    ) -> tuple[Float[Tensor, " size d"], Float[Tensor, " size d"]]:
        """S(y) and y, for y uniform in the cube; the mean distance is their exact EMD."""
        d = self.tips.shape[1]
        y = HALF_SIDE * (2 * torch.rand(size, d, generator=rng, dtype=torch.float64) - 1)
        return torch.cat([self.moved(part) for part in y.split(CHUNK)]), y

    def moved(self, y: Float[Tensor, " k d"], /) -> Float[Tensor, " k d"]:
        """S(y): each point carried towards the tip of its cone, along its ray."""
        rows = torch.arange(len(y))
        steps = y[:, None] - self.tips if y.shape[1] <= CONTRACTION else None
        squares = (
            torch.cdist(y, self.tips).square() if steps is None else steps.square().sum(dim=2)
        )
        active = (squares.sqrt() + self.heights).argmin(dim=1)
        tips = self.tips[active]
        base = torch.linalg.vector_norm(y - tips, dim=1)
        along = (y - tips) / base[:, None]
        full = base + torch.minimum(
            _to_the_wall(y, along), self._to_the_next_cone(y, along, squares, base, active, rows)
        )
        return tips + (full * (base / full) ** CONTRACTION)[:, None] * along

    def _to_the_next_cone(
        self,
        y: Tensor,
        along: Tensor,
        squares: Tensor,
        base: Tensor,
        active: Tensor,
        rows: Tensor,
    ) -> Tensor:
        """How far the ray from y goes before another cone is below its own."""
        above = (base + self.heights[active])[:, None] - self.heights
        inward = (y * along).sum(dim=1)[:, None] - along @ self.tips.T
        meets = (squares - above**2) / (2 * (above - inward))
        ahead = (meets > 0) & (meets > -above)
        ahead[rows, active] = False
        return meets.where(ahead, math.inf).amin(dim=1)


def _to_the_wall(y: Tensor, along: Tensor) -> Tensor:
    """How far the ray from y goes within the cube."""
    walls = (along.sign() * HALF_SIDE - y) / along
    return walls.where(along != 0, math.inf).amin(dim=1)


def cones_pair(d: int, n: int, /) -> Pair:
    """The published pair of dimension d with n cones: the moved points, and the cube."""
    cones = Cones.published(d, n)

    def cube(size: int, rng: torch.Generator) -> Tensor:
        return HALF_SIDE * (2 * torch.rand(size, d, generator=rng) - 1)

    return Pair(
        (d,),
        uncoupled(cones.matched, 0),
        cube,
        unit=HALF_SIDE / math.sqrt(3),  # the cube's standard deviation
        matched=cones.matched,
    )

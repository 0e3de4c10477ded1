r"""Pairs of populations of known W1 in any dimension, and of samples of known exact EMD.

With u the minimum of N cones (a MinFunnel function), each point y of a cube is moved along its ray
to a point S(y) nearer to the apex of its cone. Along a ray u rises by the distance. So the plan
between S(y) and y is optimal, for the populations and for every sample; -u is an optimal critic.

Source:
    Korotin, Kolesov and Burnaev 2022, "Kantorovich strikes back! Wasserstein GANs are not optimal
    transport?".
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critics.pairs.distribution_pair import DistributionPair, marginal_sampler

PUBLISHED_DIMENSIONS = (2, 4, 8, 16, 32, 64, 128)
PUBLISHED_CONE_COUNTS = (4, 16, 64, 256)
PUBLISHED_SEED = 987
CUBE_HALF_SIDE = 2.5
CONTRACTION_EXPONENT = 8
CONTRACTION_BATCH_SIZE = 512  # so that intermediate results stay in the processor's cache
MAX_DIRECT_DIMENSION = 8


@dataclass(frozen=True, slots=True)
class MinFunnel:
    r"""The function :math:`u(x) = \min_i (|x - a_i| + b_i)` and the contraction along its rays.

    Attributes:
        apexes: The points a, shape ``(n, d)``, float64.
        heights: The values b of u at the apexes, shape ``(n,)``.
    """

    apexes: Float[Tensor, " n d"]
    heights: Float[Tensor, " n"]

    @classmethod
    def published(cls, d: int, n: int, /, *, seed: int = PUBLISHED_SEED) -> "MinFunnel":
        """The function of n cones in d dimensions of the published pair, or of another seed."""
        rng = torch.Generator().manual_seed(seed)
        # Two unused draws precede those of the published apexes.
        torch.randn(n, d, generator=rng)
        torch.randn(n, generator=rng)
        apexes = CUBE_HALF_SIDE * (2 * torch.rand(n, d, generator=rng) - 1)
        heights = 0.1 * torch.randn(n, generator=rng)
        return cls(apexes.double(), heights.double())

    def coupling(
        self, size: int, rng: torch.Generator
    ) -> tuple[Float[Tensor, " size d"], Float[Tensor, " size d"]]:
        """S(y) and y, for y uniform in the cube; their mean paired distance is the exact EMD."""
        d = self.apexes.shape[1]
        y = CUBE_HALF_SIDE * (2 * torch.rand(size, d, generator=rng, dtype=torch.float64) - 1)
        return torch.cat([self.contracted(part) for part in y.split(CONTRACTION_BATCH_SIZE)]), y

    def contracted(self, y: Float[Tensor, " k d"], /) -> Float[Tensor, " k d"]:
        """S(y): each point moved along its ray towards the apex of its cone.

        Args:
            y: Points of the cube.

        Returns:
            Points at distance ``R (r / R)**8`` from the apex, for y at distance r on a ray of
            length R, which ends at the next cone or at the boundary of the cube.
        """
        is_direct = y.shape[1] <= MAX_DIRECT_DIMENSION
        squares = (
            (y[:, None] - self.apexes).square().sum(dim=2)
            if is_direct
            else torch.cdist(y, self.apexes).square()
        )
        active = (squares.sqrt() + self.heights).argmin(dim=1)
        apexes = self.apexes[active]
        radius = torch.linalg.vector_norm(y - apexes, dim=1)
        directions = (y - apexes) / radius[:, None]
        ray_length = radius + torch.minimum(
            _distance_to_boundary(y, directions),
            self._distance_to_next_cone(y, directions, squares, radius, active),
        )
        contraction = (radius / ray_length) ** CONTRACTION_EXPONENT
        return apexes + (ray_length * contraction)[:, None] * directions

    def _distance_to_next_cone(
        self, y: Tensor, directions: Tensor, squares: Tensor, radius: Tensor, active: Tensor
    ) -> Tensor:
        """Distance from y along its ray, after which another cone is below the active one."""
        excess = (radius + self.heights[active])[:, None] - self.heights
        projection = (y * directions).sum(dim=1)[:, None] - directions @ self.apexes.T
        distances = (squares - excess**2) / (2 * (excess - projection))
        intersects = (distances > 0) & (distances > -excess)
        intersects[torch.arange(len(y)), active] = False
        return distances.where(intersects, math.inf).amin(dim=1)


def _distance_to_boundary(y: Tensor, directions: Tensor) -> Tensor:
    """Distance from y along its ray to the boundary of the cube."""
    distances = (directions.sign() * CUBE_HALF_SIDE - y) / directions
    return distances.where(directions != 0, math.inf).amin(dim=1)


def cones_pair(d: int, n: int, /, *, seed: int = PUBLISHED_SEED) -> DistributionPair:
    """The published pair of dimension d with n cones: contracted points, and the cube.

    Args:
        d: Dimension.
        n: Number of cones.
        seed: Of the apexes; another one than the published gives another pair of the same kind.

    Returns:
        The pair.
    """
    funnel = MinFunnel.published(d, n, seed=seed)

    def cube(size: int, rng: torch.Generator) -> Tensor:
        return CUBE_HALF_SIDE * (2 * torch.rand(size, d, generator=rng) - 1)

    return DistributionPair(
        (d,),
        marginal_sampler(funnel.coupling, 0),
        cube,
        unit=CUBE_HALF_SIDE / math.sqrt(3),  # the cube's standard deviation
        optimal_coupling=funnel.coupling,
    )

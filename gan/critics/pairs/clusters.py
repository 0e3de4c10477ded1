r"""Clusters and their images under a rotation, of known W1 in any dimension.

The centers are matched by an optimal assignment :math:`(\mu_i, \nu_i)`; both clusters of a match
have the same noise z, of norm at most r. Let s be the largest number for which there are
potentials with

.. math:: \varphi_i - \psi_i = |\mu_i - \nu_i|, \qquad
    \varphi_i - \psi_j \le |\mu_i - \nu_j| - s \quad (i \neq j)

Then for ``r <= s / 4`` the coupling of equal noise is optimal, and W1 is the mean distance of
matched centers: with e the unit vectors from :math:`\nu_i` to :math:`\mu_i`, the potentials
:math:`\varphi_i + \langle e_i, z \rangle` and :math:`\psi_i + \langle e_i, z \rangle` are feasible
and have that value. They are feasible within a match, since
:math:`\langle e_i, \mu_i - \nu_i + z - z' \rangle` is at most the distance; and else since
:math:`\langle e_i, z \rangle - \langle e_j, z' \rangle` is at most 2r and the distance at least
:math:`|\mu_i - \nu_j| - 2r`. The linear program has s to 1e-7.

Source:
    Villani 2009, "Optimal transport: old and new", theorem 5.10, for the criterion.
"""

from typing import NamedTuple

import numpy
import torch
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment, linprog
from torch import Tensor

from divergences import DistributionError, SolverError
from gan.critics.pairs.distribution_pair import DistributionPair, marginal_sampler

CLUSTER_COUNT = 8
CENTER_NORM = 3.0
MAX_DIMENSION = 2000  # of the rotations, whose time grows as the cube: 16 seconds
CANDIDATE_COUNT = 30  # rotations, of which the one of the largest slack is taken


class MatchedCenters(NamedTuple):
    """Centers and their images, optimally matched.

    Attributes:
        real: The images, shape ``(k, d)``, float64.
        generated: The centers, row by row the partners.
        slack: The number s of the module's docstring.
    """

    real: Float[Tensor, " k d"]
    generated: Float[Tensor, " k d"]
    slack: float

    @classmethod
    def of_seed(cls, d: int, seed: int, /) -> "MatchedCenters":
        """Random centers on a sphere, and their images under a random rotation or reflection."""
        rng = torch.Generator().manual_seed(seed)
        directions = torch.randn(CLUSTER_COUNT, d, generator=rng, dtype=torch.float64)
        centers = CENTER_NORM * torch.nn.functional.normalize(directions, dim=1)
        orthogonal, _ = torch.linalg.qr(torch.randn(d, d, generator=rng, dtype=torch.float64))
        images = centers @ orthogonal.T
        rows, columns = linear_sum_assignment(torch.cdist(images, centers).numpy())
        real, generated = images[rows], centers[columns]
        return cls(real, generated, _slack(torch.cdist(real, generated).numpy()))


def _slack(costs: Float[numpy.ndarray, " k k"]) -> float:
    """Largest s such that potentials exist, for costs whose optimal assignment is the diagonal."""
    # psi_i is phi_i - costs_ii, so that the unknowns are phi and s.
    k = len(costs)
    rows, columns = numpy.nonzero(~numpy.eye(k, dtype=bool))
    constraints = numpy.eye(k)[rows] - numpy.eye(k)[columns]
    constraints = numpy.column_stack([constraints, numpy.ones(len(rows))])
    limits = costs[rows, columns] - costs.diagonal()[columns]
    objective = numpy.append(numpy.zeros(k), -1.0)
    bounds = [(None, None)] * k + [(0, None)]
    result = linprog(objective, constraints, limits, bounds=bounds)
    if result["status"] != 0:
        raise SolverError(f"the slack of the clusters cannot be computed: {result['message']}")
    return float(result["x"][-1])


def rotated_clusters_pair(d: int, /) -> DistributionPair:
    """Eight balls at distance 3 from the origin, rotated, and themselves; W1 is known.

    Args:
        d: Dimension, from 2 to 2000: on a line the rotation is the identity.

    Returns:
        The pair, with the mean distance of matched centers as its W1.

    Raises:
        DistributionError: If ``d`` is out of range.
        SolverError: If the radius of the balls cannot be computed.
    """
    if not 2 <= d <= MAX_DIMENSION:
        raise DistributionError(
            f"the dimension of rotated clusters must be from 2 to {MAX_DIMENSION}, but is {d}"
        )
    matches = max(
        (MatchedCenters.of_seed(d, seed) for seed in range(CANDIDATE_COUNT)),
        key=lambda candidate: candidate.slack,
    )
    radius = matches.slack / 4

    def coupling(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(CLUSTER_COUNT, (n,), generator=rng)
        directions = torch.randn(n, d, generator=rng, dtype=torch.float64)
        norms = radius * torch.rand(n, 1, generator=rng, dtype=torch.float64) ** (1 / d)
        noise = norms * torch.nn.functional.normalize(directions, dim=1)
        return matches.real[chosen] + noise, matches.generated[chosen] + noise

    distances = torch.linalg.vector_norm(matches.real - matches.generated, dim=1)
    real, generated = (marginal_sampler(coupling, side) for side in (0, 1))
    return DistributionPair(
        (d,),
        real,
        generated,
        unit=CENTER_NORM / d**0.5,
        optimal_coupling=coupling,
        closed_form=float(distances.mean()),
    )

"""Frechet distance of two sets of features: Wasserstein-2 distance of fitted normals."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from divergences import DistributionError


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sample mean and covariance.

    Attributes:
        mean: Shape ``(d,)``, in the unit of the points.
        covariance: Unbiased, shape ``(d, d)``, in the squared unit of the points; may be singular.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, points: Float[Tensor, " n d"], /) -> "Moments":
        """Sample mean and covariance, accumulated in float64.

        Args:
            points: One per row, at least two, all finite.

        Returns:
            The moments.

        Raises:
            DistributionError: If there are fewer than two points, or one of them is not finite.
        """
        if points.ndim != 2 or len(points) < 2 or points.shape[1] == 0:
            raise DistributionError(
                "`points` must be two or more rows of one or more numbers, but have shape "
                f"{tuple(points.shape)}; a covariance needs two points"
            )
        rows = points.detach().cpu().double().numpy()
        if not np.isfinite(rows).all():
            raise DistributionError("`points` must be finite, but hold infinity or NaN")
        mean = rows.mean(axis=0)
        deviations = rows - mean
        return cls(mean, deviations.T @ deviations / (len(rows) - 1))


def frechet_distance(p: Moments, q: Moments, /) -> float:
    r"""Squared Wasserstein-2 distance of the two normals with these moments, as in FID.

    .. math:: |\mu_p - \mu_q|^2 + \min_U \| \Sigma_p^{1/2} - \Sigma_q^{1/2} U \|_F^2
        = |\mu_p - \mu_q|^2 + \mathrm{tr} [\Sigma_p + \Sigma_q
        - 2 (\Sigma_p^{1/2} \Sigma_q \Sigma_p^{1/2})^{1/2}]

    U runs over the orthogonal matrices. The first form, a sum of squares, is at least 0, needs no
    square root of a non-symmetric matrix, and holds for singular covariances, which
    `divergences.closed_forms.w2` refuses. For samples the distance is biased upwards, by about
    d / n times the variances: compare it at equal numbers of points, and with the distance of two
    real samples.

    Args:
        p: Moments of one set of points.
        q: Moments of another set, of the same dimension.

    Returns:
        Squared distance, in the squared unit of the points, in [0, inf). The rounding error is a
        few units in the last place of the traces.

    Raises:
        DistributionError: If the dimensions differ.

    Source:
        Heusel et al. 2017, eq. 6 (FID); Bhatia, Jain and Lim 2019, theorem 1 (the first form).

    >>> import torch
    >>> points = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
    >>> frechet_distance(Moments.of(points), Moments.of(points + 3))
    18.0
    """
    if p.mean.size != q.mean.size:
        raise DistributionError(
            f"`p` and `q` must have the same dimension, but have {p.mean.size} and {q.mean.size}; "
            "take the features of both from one network"
        )
    root_p, root_q = _matrix_root(p.covariance), _matrix_root(q.covariance)
    left, _, right = np.linalg.svd(root_q @ root_p)
    difference = root_p - root_q @ left @ right
    return float(np.square(p.mean - q.mean).sum() + np.square(difference).sum())


def _matrix_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric square root; eigenvalues that are negative by rounding are set to 0."""
    variances, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(variances.clip(min=0))) @ axes.T

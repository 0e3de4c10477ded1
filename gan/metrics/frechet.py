"""Frechet distance of two sets of features: the distance of normals fitted to them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from divergences import DistributionError


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Mean and covariance of points, all that the Frechet distance looks at.

    Attributes:
        mean: Shape ``(d,)``, in the unit of the points.
        covariance: Shape ``(d, d)``, unbiased, in the square of that unit; may be degenerate.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(cls, points: Float[Tensor, " n d"], /) -> "Moments":
        """Moments of points, accumulated in float64.

        Args:
            points: One per row, at least two, all finite.

        Returns:
            Mean and covariance.

        Raises:
            DistributionError: If there are fewer than two points, or one of them is not finite.
        """
        if points.ndim != 2 or len(points) < 2 or points.shape[1] == 0:
            raise DistributionError(
                "`points` must be two or more rows of one or more numbers, but have shape "
                f"{tuple(points.shape)}; a covariance takes two points"
            )
        rows = points.detach().cpu().double().numpy()
        if not np.isfinite(rows).all():
            raise DistributionError("`points` must be finite, but hold infinity or NaN")
        mean = rows.mean(axis=0)
        centred = rows - mean
        return cls(mean, centred.T @ centred / (len(rows) - 1))


def frechet_distance(p: Moments, q: Moments, /) -> float:
    r"""Squared Wasserstein-2 distance of the two normals with these moments, as in FID.

    .. math:: |\mu_p - \mu_q|^2 + \min_U \| \Sigma_p^{1/2} - \Sigma_q^{1/2} U \|_F^2
        = |\mu_p - \mu_q|^2 + \mathrm{tr} [\Sigma_p + \Sigma_q
        - 2 (\Sigma_p^{1/2} \Sigma_q \Sigma_p^{1/2})^{1/2}]

    U runs over the rotations. The first form is a sum of squares: it is at least 0, needs no root
    of a matrix that is not symmetric, and holds for degenerate covariances, which
    `divergences.closed_forms.w2` refuses. Of samples it is biased upwards, by about d / n times
    the variances: compare only numbers for equally many points, or see what two real samples give.

    Args:
        p: Moments of one set of points.
        q: Moments of another, of the same dimension.

    Returns:
        In the squared unit of the points, in [0, inf); to a few units in the last place of the
        traces.

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
    root, other = _root(p.covariance), _root(q.covariance)
    left, _, right = np.linalg.svd(other @ root)
    return float(np.square(p.mean - q.mean).sum() + np.square(root - other @ left @ right).sum())


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric square root; eigenvalues that rounding made negative count as 0."""
    variances, axes = np.linalg.eigh(covariance)
    return (axes * np.sqrt(variances.clip(min=0))) @ axes.T

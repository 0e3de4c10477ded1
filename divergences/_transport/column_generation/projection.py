r"""Projection to principal coordinates, with distances that bound the true ones from below.

.. math:: |x - y|^2 \ge |Px - Py|^2 + (|x - Px| - |y - Py|)^2

for an orthogonal projection P: close where the data are close to a subspace, and equal where one
side lies in it.
"""

import numpy as np

from divergences._typing import Floats

RETAINED_VARIANCE = 0.94  # share of the total variance in the retained axes
MAX_PCA_POINTS = 20_000  # of each side, from which the principal axes are computed


def principal_axes(x: Floats, y: Floats, /) -> Floats:
    """Orthonormal axes to project on.

    These are the leading principal axes of both sides together, or the axes that span one side if
    they are fewer.

    Args:
        x: Centred sources, shape ``(n, d)``.
        y: Centred targets, shape ``(m, d)``.

    Returns:
        Axes as columns, shape ``(d, r)``.
    """
    covariances = []
    for points in (x, y):
        sample = points[:: -(-len(points) // MAX_PCA_POINTS)]
        covariances.append(sample.T @ sample / len(sample))
    axes = _leading_axes(covariances[0] + covariances[1], RETAINED_VARIANCE)
    for covariance in covariances:
        spanning = _leading_axes(covariance, 1 - 1e-13)
        if spanning.shape[1] < axes.shape[1]:
            axes = spanning
    return axes


def _leading_axes(covariance: Floats, share: float) -> Floats:
    """Axes of the largest variances, up to a share of the total variance, shape ``(d, r)``."""
    variances, axes = np.linalg.eigh(covariance)
    cumulative = np.cumsum(variances[::-1]) / max(variances.sum(), 1e-300)
    count = min(len(cumulative), int(np.searchsorted(cumulative, share)) + 1)
    leading: Floats = axes[:, ::-1][:, :count]
    return leading


def projected(points: Floats, axes: Floats, /) -> Floats:
    """Coordinates along the axes and the length of the residual, shape ``(n, r + 1)``."""
    coordinates = points @ axes
    residual = np.sqrt(squared_norms(points - coordinates @ axes.T))
    return np.hstack([coordinates, residual[:, None]])


def squared_norms(points: Floats, /) -> Floats:
    """Squared Euclidean norm of each point, shape ``(n,)``."""
    squares: Floats = np.einsum("ij,ij->i", points, points)
    return squares

r"""Projection to principal coordinates, with distances that bound the true ones from below.

.. math:: |x - y|^2 \ge |Px - Py|^2 + (|x - Px| - |y - Py|)^2

for an orthogonal projection P: close where the data are close to a subspace, and equal where one
side lies in it.
"""

import numpy as np

from divergences._transport.row_blocks import (
    Check,
    available_cores,
    map_row_blocks,
    single_threaded_blas,
)
from divergences._typing import Floats

RETAINED_VARIANCE = 0.95  # share of the variance of a sample in the retained axes
SPANNING_VARIANCE = 1 - 1e-13
MAX_PCA_POINTS = 512  # of each side, from which the principal axes are computed
MAX_AXES_PER_COORDINATE = 0.5  # above, a projection saves too little
MAX_AXES_PER_POINT = 0.6  # of the sample; above, the other points lie elsewhere


def principal_axes(x: Floats, y: Floats, /) -> Floats | None:
    """Orthonormal axes to project on, from a thin factorization of a sample.

    These are the leading principal axes of both sides together, or the axes that span one side if
    they are fewer.

    Args:
        x: Centred sources, shape ``(n, d)``.
        y: Centred targets, shape ``(m, d)``.

    Returns:
        Axes as columns, shape ``(d, r)``; None if too many would be needed.
    """
    samples = [points[:: -(-len(points) // MAX_PCA_POINTS)] for points in (x, y)]
    samples = [sample / np.sqrt(len(sample)) for sample in samples]
    spans = [(np.vstack(samples), RETAINED_VARIANCE)]
    spans += [(sample, SPANNING_VARIANCE) for sample in samples]
    with single_threaded_blas():
        axes = [_leading_axes(sample, share) for sample, share in spans]
    most = MAX_AXES_PER_COORDINATE * x.shape[1]
    few = [found for found in axes if found is not None and found.shape[1] < most]
    return min(few, key=lambda found: found.shape[1], default=None)


def _leading_axes(sample: Floats, share: float) -> Floats | None:
    """Axes of the largest variances of a sample, up to a share of its total variance.

    The products of the points have the eigenvalues of the covariance, and are fewer in high
    dimension.

    Returns:
        Orthonormal columns, shape ``(d, r)``; None if they are too many for the sample.
    """
    is_wide = sample.shape[1] > len(sample)
    variances, vectors = np.linalg.eigh(sample @ sample.T if is_wide else sample.T @ sample)
    cumulative = np.cumsum(variances[::-1]) / max(variances.sum(), 1e-300)
    count = min(len(cumulative), int(np.searchsorted(cumulative, share)) + 1)
    if count > MAX_AXES_PER_POINT * len(sample):
        return None
    leading = vectors[:, ::-1][:, :count]
    axes: Floats = np.linalg.qr(sample.T @ leading)[0] if is_wide else leading
    return axes


def projected(points: Floats, axes: Floats, check: Check, /) -> Floats:
    """Coordinates along the axes and the length of the residual, shape ``(n, r + 1)``."""

    def project(rows: slice) -> Floats:
        coordinates = points[rows] @ axes
        residual = np.sqrt(squared_norms(points[rows] - coordinates @ axes.T))
        return np.hstack([coordinates, residual[:, None]])

    n, d = points.shape
    return np.concatenate(map_row_blocks(project, n, d, available_cores(), check=check))


def squared_norms(points: Floats, /) -> Floats:
    """Squared Euclidean norm of each point, shape ``(n,)``."""
    squares: Floats = np.einsum("ij,ij->i", points, points)
    return squares

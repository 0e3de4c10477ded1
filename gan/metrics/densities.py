"""Divergences between a known density and generated points, whose density is unknown."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree
from scipy.special import digamma, gammaln
from torch import Tensor

from divergences import DistributionError, sampled

ENTROPY_NEIGHBOURS = 5


def density_reverse_kl(
    log_density: Callable[[Tensor], Tensor], generated: Float[Tensor, " n d"], /
) -> float:
    r"""Estimate of KL(generated || real), in nats, by the exact density of the real distribution.

    .. math:: - \hat H(g) - \frac1n \sum_i \log p(y_i)

    The entropy H is estimated by nearest neighbours, with an error of some 0.01 for 2000 points of
    the plane. An outlier at s standard deviations from a Gaussian adds s^2 / 2n.

    Args:
        log_density: Log density of the real distribution, from ``(n, d)`` to ``(n,)``, in nats.
        generated: Generated points, more than 5.

    Returns:
        A number at least 0 up to the error of the entropy; infinite if 6 or more generated points
        coincide, as after mode collapse.

    Raises:
        DistributionError: If there are 5 points or fewer.

    Source:
        Kozachenko and Leonenko 1987, for the entropy.
    """
    points = generated.detach().cpu().double()
    n, d = points.shape
    if n <= ENTROPY_NEIGHBOURS:
        raise DistributionError(
            f"`generated` must have more than {ENTROPY_NEIGHBOURS} points, but has {n}: draw more"
        )
    rows = points.numpy()
    radius = np.asarray(KDTree(rows).query(rows, [ENTROPY_NEIGHBOURS + 1])[0])[:, 0]
    if not radius.all():
        return math.inf
    log_ball_volume = d / 2 * math.log(math.pi) - gammaln(d / 2 + 1)
    entropy = (
        digamma(n) - digamma(ENTROPY_NEIGHBOURS) + log_ball_volume + d * np.log(radius).mean()
    )
    return float(-entropy - log_density(points).mean())


def density_js(real: Float[Tensor, " n d"], generated: Float[Tensor, " m d"], /) -> float:
    """Estimate of the Jensen-Shannon divergence, in nats, by nearest neighbours.

    Args:
        real: Real points.
        generated: Generated points.

    Returns:
        The estimate of `divergences.sampled.js`, in [0, log 2].
    """
    x, y = (points.detach().cpu().double().numpy() for points in (real, generated))
    return float(sampled.js(x, y, method="knn").value)

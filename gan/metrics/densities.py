"""Divergences between a known density and the unknown one of generated points."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree
from scipy.special import digamma, gammaln
from torch import Tensor

from divergences import DistributionError, sampled

NEIGHBOURS = 5


def density_reverse_kl(
    log_density: Callable[[Tensor], Tensor], generated: Float[Tensor, " n d"], /
) -> float:
    r"""Estimate of KL(generated || real), in nats, by the exact density of what is real.

    .. math:: - \hat H(g) - \frac1n \sum_i \log p(y_i)

    The entropy is estimated by nearest neighbours; the error is that of the entropy alone, some
    hundredths at 2000 points of the plane. A point that strays by s standard deviations adds
    s^2 / 2n.

    Args:
        log_density: Of the real points: from ``(n, d)`` to ``(n,)``, in nats.
        generated: Generated points, more than 5.

    Returns:
        A number near or above 0; infinite where generated points coincide, as those of a
        generator that has collapsed do.

    Raises:
        DistributionError: If there are too few points.

    Source:
        Kozachenko and Leonenko 1987, entropy by nearest neighbours.
    """
    points = generated.detach().cpu().double()
    n, d = points.shape
    if n <= NEIGHBOURS:
        raise DistributionError(
            f"`generated` must have more than {NEIGHBOURS} points, but has {n}: draw more"
        )
    rows = points.numpy()
    radius = np.asarray(KDTree(rows).query(rows, [NEIGHBOURS + 1])[0])[:, 0]
    if not radius.all():
        return math.inf
    log_ball = d / 2 * math.log(math.pi) - gammaln(d / 2 + 1)
    entropy = digamma(n) - digamma(NEIGHBOURS) + log_ball + d * np.log(radius).mean()
    return float(-entropy - log_density(points).mean())


def density_js(real: Float[Tensor, " n d"], generated: Float[Tensor, " m d"], /) -> float:
    """Estimate of the Jensen-Shannon divergence of the densities, in nats, in [0, log 2].

    Args:
        real: Real points.
        generated: Generated points.

    Returns:
        What `divergences.sampled.js` says by nearest neighbours.
    """
    x, y = (points.detach().cpu().double().numpy() for points in (real, generated))
    return float(sampled.js(x, y, method="knn").value)

"""How far the points can see: where one sample has points and the other can have none."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from divergences._typing import Floats
from divergences.sampled._density_ratio.nearest_neighbours import comparable
from divergences.sampled._density_ratio.pooled_sample import PooledSample, thinned

UNSEEN = 0.02  # share of the points of one side that the other cannot see, beyond which KL is open
COMPANY = 10  # points of its own near an isolated point, for each that the other side might have
CLOSER = 0.2  # of the distance of the nearest other one
ASKED = 5_000  # points that are looked at, at the most
DIMENSIONS = 50  # beyond which neighbours take too long


def beyond_sight(ratios: Floats, size: int, /) -> NDArray[np.bool_]:
    """Where ``log(p / q)``, as models say, is more than a sample of q can tell from infinity.

    Args:
        ratios: ``log(p / q)`` at points of p.
        size: Points of q.

    Returns:
        Whether less than one point of q is to be expected where p has ``size``.
    """
    return ratios > np.log(size)


def isolated(samples: PooledSample, side: int, /) -> float:
    """Share of the points of a side that lie in groups of their own.

    Such a point has ten of its own side, or ten times as many as there are points for one of the
    other, within a fifth of the distance to the nearest of these. Were both densities smooth
    there, ``log(p / q)`` would be above ``log(10 5**d)``, with d the dimension.

    Args:
        samples: The points.
        side: 0 for those of p, 1 for those of q.

    Returns:
        The share, of the weights; 0 in more dimensions than can be searched.
    """
    if samples.d > DIMENSIONS:
        return 0.0
    z = comparable(samples.z)
    parts = (slice(0, samples.n), slice(samples.n, None))
    own, other = z[parts[side]], z[parts[1 - side]]
    count = COMPANY * math.ceil(len(own) / len(other))
    if len(own) <= count:
        return 0.0
    asked = thinned(np.arange(len(own)), ASKED)
    company = cKDTree(own).query(own[asked], [count + 1], workers=-1)[0]
    stranger = cKDTree(other).query(own[asked], [1], workers=-1)[0]
    alone = np.ravel(company) < np.ravel(stranger) * CLOSER
    return float(np.average(alone, weights=samples.weight[parts[side]][asked]))

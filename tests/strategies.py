"""Hypothesis strategies: probability vectors with numerically hard entries, and point clouds."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

WEIGHTS = st.one_of(
    st.just(0.0),
    st.floats(0.01, 1.0),
    st.floats(1e-300, 1.0),
    st.floats(5e-324, 1e-300),
    st.integers(0, 4).map(float),
)
COORDINATES = st.floats(-4.0, 4.0).map(lambda x: round(x, 3))


def normalized(weights):
    return weights / weights.sum()


def distributions(k):
    """Probability vectors of k outcomes, some with zeros, subnormals, ties or a point mass."""
    weights = npst.arrays(np.float64, k, elements=WEIGHTS)
    return weights.filter(lambda w: w.sum() > 1e-290).map(normalized)


@st.composite
def distribution_pairs(draw, max_size=8):
    """Two distributions over the same outcomes; half of the time one perturbs the other."""
    k = draw(st.integers(1, max_size))
    p = draw(distributions(k))
    if draw(st.booleans()):
        return p, draw(distributions(k))
    scale = 10.0 ** draw(st.integers(-16, -1))
    perturbed = p * (1 + scale * draw(npst.arrays(np.float64, k, elements=st.floats(-0.9, 0.9))))
    return p, normalized(perturbed)


@st.composite
def distribution_triples(draw, max_size=6):
    """Three distributions over the same outcomes."""
    k = draw(st.integers(1, max_size))
    return draw(distributions(k)), draw(distributions(k)), draw(distributions(k))


def point_clouds(n, d):
    return npst.arrays(np.float64, (n, d), elements=COORDINATES)


@st.composite
def cloud_pairs(draw, max_size=8, d=None):
    """Two point clouds of one dimension and of different sizes, with some coincident points."""
    d = d or draw(st.integers(1, 3))
    n, m = draw(st.integers(1, max_size)), draw(st.integers(1, max_size))
    return draw(point_clouds(n, d)), draw(point_clouds(m, d))


@st.composite
def weighted_line_pairs(draw, max_size=8):
    """Two sets of points of the line, and the weights of each, some of them 0."""
    x, y = draw(cloud_pairs(max_size=max_size, d=1))
    weights = st.integers(0, 5).map(float)

    def masses(k):
        return draw(npst.arrays(np.float64, k, elements=weights).filter(np.any))

    return x[:, 0], y[:, 0], masses(len(x)), masses(len(y))

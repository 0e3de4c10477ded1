"""Hypothesis strategies: distributions with all that makes them hard, and points."""

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
LENGTHS = st.floats(-4.0, 4.0).map(lambda x: round(x, 3))


def normalised(weights):
    return weights / weights.sum()


def distributions(k):
    """Probability vectors of k outcomes: zeros, subnormals, ties and point masses among them."""
    weights = npst.arrays(np.float64, k, elements=WEIGHTS)
    return weights.filter(lambda w: w.sum() > 1e-290).map(normalised)


@st.composite
def pairs(draw, most=8):
    """Two distributions over the same outcomes; often one is the other, slightly moved."""
    k = draw(st.integers(1, most))
    p = draw(distributions(k))
    if draw(st.booleans()):
        return p, draw(distributions(k))
    size = 10.0 ** draw(st.integers(-16, -1))
    moved = p * (1 + size * draw(npst.arrays(np.float64, k, elements=st.floats(-0.9, 0.9))))
    return p, normalised(moved)


@st.composite
def triples(draw, most=6):
    k = draw(st.integers(1, most))
    return draw(distributions(k)), draw(distributions(k)), draw(distributions(k))


def points(n, d):
    return npst.arrays(np.float64, (n, d), elements=LENGTHS)


@st.composite
def clouds(draw, most=8, d=None):
    """Two sets of points of one dimension and of different sizes, some of them coincident."""
    d = d or draw(st.integers(1, 3))
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(points(n, d)), draw(points(m, d))


@st.composite
def weighted_lines(draw, most=8):
    """Points of the line with weights, some of them 0."""
    x, y = draw(clouds(most=most, d=1))
    weights = st.integers(0, 5).map(float)

    def masses(k):
        return draw(npst.arrays(np.float64, k, elements=weights).filter(np.any))

    return x[:, 0], y[:, 0], masses(len(x)), masses(len(y))

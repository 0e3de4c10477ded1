"""Features of points, for models linear in them; fitted to points without their labels."""

from collections.abc import Callable
from typing import Any

import numpy as np

from divergences._typing import Floats
from divergences.sampled._density_ratio.pooled_sample import PooledSample, thinned

Features = Callable[[Floats], Floats]

LANDMARKS = 100  # of the kernel, at the most
KNOTS = 12  # of the splines of each coordinate
SEEN = 20_000  # points that features are fitted to, at the most


def linear(samples: PooledSample, /) -> Features:
    """The coordinates."""
    return _fitted(samples, _scaler())


def quadratic(samples: PooledSample, /) -> Features:
    """The coordinates, their squares and products."""
    return _fitted(samples, _scaler(), _products(), _scaler())


def quadratic_in_ranks(samples: PooledSample, /) -> Features:
    """The same of the normal scores of each coordinate, which know no heavy tails."""
    from sklearn.preprocessing import QuantileTransformer

    ranks = QuantileTransformer(
        n_quantiles=min(1000, len(samples.z)), output_distribution="normal", random_state=0
    )
    return _fitted(samples, ranks, _products(), _scaler())


def splines(samples: PooledSample, /) -> Features:
    """Cubic splines of each coordinate, linear beyond the ends."""
    from sklearn.preprocessing import SplineTransformer

    quantiles = np.quantile(samples.z, np.linspace(0, 1, KNOTS), axis=0)
    tied = (np.diff(quantiles, axis=0) <= 0).any()
    basis = SplineTransformer(
        n_knots=KNOTS, knots="uniform" if tied else "quantile", extrapolation="linear"
    )
    return _fitted(samples, _robust_scaler(), basis, _scaler())


def kernel(samples: PooledSample, width: float, /) -> Features:
    """A Gaussian kernel at some of the points, of a squared width in mean squared distances."""
    from sklearn.kernel_approximation import Nystroem
    from sklearn.preprocessing import FunctionTransformer

    size = min(LANDMARKS, len(samples.z) // 4)
    basis = Nystroem(gamma=1 / (2 * samples.d * width), n_components=size, random_state=0)
    return _fitted(
        samples,
        _robust_scaler(),
        basis,
        FunctionTransformer(_times, kw_args={"factor": size**0.5}),
    )


def _fitted(samples: PooledSample, *steps: Any) -> Features:
    """A transformation of points by some steps."""
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(*steps)
    pipeline.fit(samples.z[thinned(np.arange(len(samples.z)), SEEN)])
    return lambda z: np.asarray(pipeline.transform(z))


def _times(features: Floats, factor: float) -> Floats:
    """Features times a constant."""
    return features * factor


def _scaler() -> Any:
    """Each coordinate to mean 0 and variance 1."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def _robust_scaler() -> Any:
    """Each coordinate in units of its quartiles, which heavy tails do not stretch."""
    from sklearn.preprocessing import RobustScaler

    return RobustScaler(unit_variance=True)


def _products() -> Any:
    """Coordinates, their squares and products."""
    from sklearn.preprocessing import PolynomialFeatures

    return PolynomialFeatures(2, include_bias=False)

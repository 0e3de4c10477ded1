"""Feature maps for linear models, fitted to the points without their labels."""

from collections.abc import Callable
from typing import Any

import numpy as np

from divergences._typing import Floats
from divergences.sampled._density_ratio.pooled_sample import PooledSample, subsample

FeatureMap = Callable[[Floats], Floats]

MAX_LANDMARKS = 100  # centres of the kernels
SPLINE_KNOTS = 12
MAX_POINTS_TO_FIT_FEATURES = 20_000


def linear(samples: PooledSample, /) -> FeatureMap:
    """Standardized coordinates."""
    return _fitted(samples, _scaler())


def quadratic(samples: PooledSample, /) -> FeatureMap:
    """Standardized coordinates, their squares and products."""
    return _fitted(samples, _scaler(), _degree_2_monomials(), _scaler())


def quadratic_in_ranks(samples: PooledSample, /) -> FeatureMap:
    """Normal scores of the coordinates, robust to heavy tails, their squares and products."""
    from sklearn.preprocessing import QuantileTransformer

    normal_scores = QuantileTransformer(
        n_quantiles=min(1000, len(samples.points)), output_distribution="normal", random_state=0
    )
    return _fitted(samples, normal_scores, _degree_2_monomials(), _scaler())


def splines(samples: PooledSample, /) -> FeatureMap:
    """Cubic B-splines of each coordinate, extrapolated linearly."""
    from sklearn.preprocessing import SplineTransformer

    quantiles = np.quantile(samples.points, np.linspace(0, 1, SPLINE_KNOTS), axis=0)
    has_ties = (np.diff(quantiles, axis=0) <= 0).any()
    basis = SplineTransformer(
        n_knots=SPLINE_KNOTS, knots="uniform" if has_ties else "quantile", extrapolation="linear"
    )
    return _fitted(samples, _robust_scaler(), basis, _scaler())


def gaussian_kernel(samples: PooledSample, squared_width: float, /) -> FeatureMap:
    """Nystroem features of a Gaussian kernel.

    Args:
        samples: The points, from which the landmarks are drawn.
        squared_width: Squared width of the kernel, relative to the mean squared distance of two
            points.

    Returns:
        The feature map.
    """
    from sklearn.kernel_approximation import Nystroem
    from sklearn.preprocessing import FunctionTransformer

    size = min(MAX_LANDMARKS, len(samples.points) // 4)
    gamma = 1 / (2 * samples.d * squared_width)
    basis = Nystroem(gamma=gamma, n_components=size, random_state=0)
    rescaling = FunctionTransformer(_scaled, kw_args={"factor": size**0.5})
    return _fitted(samples, _robust_scaler(), basis, rescaling)


def _fitted(samples: PooledSample, *steps: Any) -> FeatureMap:
    """Composition of transformers, fitted to a subsample of the points."""
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(*steps)
    indices = subsample(np.arange(len(samples.points)), MAX_POINTS_TO_FIT_FEATURES)
    pipeline.fit(samples.points[indices])
    return lambda points: np.asarray(pipeline.transform(points))


def _scaled(features: Floats, factor: float) -> Floats:
    """Features times a constant."""
    return features * factor


def _scaler() -> Any:
    """Transformer of each coordinate to mean 0 and variance 1."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def _robust_scaler() -> Any:
    """Transformer of each coordinate by median and interquartile range, for heavy tails."""
    from sklearn.preprocessing import RobustScaler

    return RobustScaler(unit_variance=True)


def _degree_2_monomials() -> Any:
    """Transformer to the coordinates, their squares and products."""
    from sklearn.preprocessing import PolynomialFeatures

    return PolynomialFeatures(2, include_bias=False)

"""Models of the log density ratio by probabilistic classifiers of p against q.

Each model has a path, from simple to flexible. It is fitted to labelled points; at other points,
its log-odds less the prior log-odds estimate ``log(p / q)``.
"""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio import features
from divergences.sampled._density_ratio.features import FeatureMap
from divergences.sampled._density_ratio.pooled_sample import PooledSample, balanced_subsample

INVERSE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # for a thousand points
TREE_COUNTS = (3, 6, 10, 15, 20, 30, 40, 55, 75, 100)
SQUARED_KERNEL_WIDTHS = (0.03, 0.1, 0.5)  # relative to the mean squared distance of two points
MAX_QUADRATIC_DIMENSION = 30
MAX_SPLINE_DIMENSION = 20
MAX_TRAINING_POINTS_LINEAR = 20_000
MAX_TRAINING_POINTS_TREES = 100_000
FEATURE_BLOCK_SIZE = 20_000  # points whose features are in memory at a time


class LogRatioModel(Protocol):
    """A path of models of the log density ratio."""

    @property
    def name(self) -> str:
        """Name shown in reports."""

    @property
    def path_length(self) -> int:
        """Number of models in the path."""

    def log_ratios(self, samples: PooledSample, train: Indices, test: Indices, /) -> Floats:
        """Log-ratios at test points by every model of the path.

        Args:
            samples: All points, with their labels.
            train: Indices of the points that the models are fitted to.
            test: Indices of the points to predict at.

        Returns:
            Log-ratios, shape ``(path_length, len(test))``.
        """


@dataclass(frozen=True, slots=True)
class LogisticRegressionPath:
    """Logistic regression on features, with decreasing ridge penalties along the path.

    Attributes:
        name: Name shown in reports.
        features: The feature map.
    """

    name: str
    features: FeatureMap

    @property
    def path_length(self) -> int:
        """Number of penalties."""
        return len(INVERSE_PENALTIES)

    def log_ratios(self, samples: PooledSample, train: Indices, test: Indices, /) -> Floats:
        """Log-ratios at ``test``; see `LogRatioModel`."""
        train = balanced_subsample(samples, train, MAX_TRAINING_POINTS_LINEAR)
        labels, weights = samples.labels[train], samples.weights[train]
        slopes, intercepts = self._fit(samples.points[train], labels, weights)
        log_odds = np.empty((len(slopes), len(test)))
        for start in range(0, len(test), FEATURE_BLOCK_SIZE):
            block = slice(start, start + FEATURE_BLOCK_SIZE)
            log_odds[:, block] = slopes @ self.features(samples.points[test[block]]).T
        return log_odds + intercepts[:, None] - _prior_log_odds(labels, weights)

    def _fit(self, points: Floats, labels: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Slopes, shape ``(path_length, features)``, and intercepts of each penalty."""
        from sklearn.linear_model import LogisticRegression

        inputs = self.features(points)
        model = LogisticRegression(solver="newton-cholesky", warm_start=True, max_iter=50)
        slopes, intercepts = [], []
        for inverse_penalty in INVERSE_PENALTIES:
            model.C = inverse_penalty * 1000 / len(points)
            with warnings.catch_warnings():
                # Separable points have no maximum of the likelihood: the solver may warn. The
                # held-out loss selects the penalty all the same.
                warnings.simplefilter("ignore")
                model.fit(inputs, labels, sample_weight=weights)
            slopes.append(model.coef_[0])
            intercepts.append(model.intercept_[0])
        return np.stack(slopes), np.array(intercepts)


@dataclass(frozen=True, slots=True)
class BoostedTrees:
    """Gradient-boosted trees, with increasing numbers of trees along the path."""

    name: str = "trees"

    @property
    def path_length(self) -> int:
        """Number of tree counts."""
        return len(TREE_COUNTS)

    def log_ratios(self, samples: PooledSample, train: Indices, test: Indices, /) -> Floats:
        """Log-ratios at ``test``; see `LogRatioModel`."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        train = balanced_subsample(samples, train, MAX_TRAINING_POINTS_TREES)
        labels, weights = samples.labels[train], samples.weights[train]
        model = HistGradientBoostingClassifier(
            max_iter=max(TREE_COUNTS),
            max_leaf_nodes=8,
            min_samples_leaf=max(5, min(20, len(train) // 20)),
            max_bins=64,
            early_stopping=False,
            random_state=0,
        )
        model.fit(samples.points[train], labels, sample_weight=weights)
        stages = model.staged_decision_function(samples.points[test])
        log_odds = [
            np.ravel(stage) for count, stage in enumerate(stages, start=1) if count in TREE_COUNTS
        ]
        return np.stack(log_odds) - _prior_log_odds(labels, weights)


def _prior_log_odds(labels: Floats, weights: Floats) -> float:
    """Prior log-odds of label 1 in a weighted training set."""
    return float(np.log(weights @ labels) - np.log(weights @ (1 - labels)))


def _admits_products(samples: PooledSample) -> bool:
    """Whether the points are enough to fit a slope to each product of two coordinates."""
    feature_count = samples.d * (samples.d + 3) // 2
    return samples.d <= MAX_QUADRATIC_DIMENSION and feature_count <= len(samples.points)


def classifier_models(samples: PooledSample, /) -> list[LogRatioModel]:
    """Models of the method "classifier": quadratic logistic regression and trees."""
    if _admits_products(samples):
        return [LogisticRegressionPath("quadratic", features.quadratic(samples)), BoostedTrees()]
    return [LogisticRegressionPath("linear", features.linear(samples)), BoostedTrees()]


def candidate_models(samples: PooledSample, /) -> list[LogRatioModel]:
    """Models of the method "auto": all that the number and dimension of the points admit."""
    feature_maps = {"linear": features.linear}
    if _admits_products(samples):
        feature_maps |= {
            "quadratic": features.quadratic,
            "quadratic in ranks": features.quadratic_in_ranks,
        }
    if samples.d <= MAX_SPLINE_DIMENSION:
        feature_maps["splines"] = features.splines
    feature_maps |= {
        f"kernel {width:g}": partial(_kernel_features, width) for width in SQUARED_KERNEL_WIDTHS
    }
    regressions = [
        LogisticRegressionPath(name, feature_map(samples))
        for name, feature_map in feature_maps.items()
    ]
    return [*regressions, BoostedTrees()]


def _kernel_features(squared_width: float, samples: PooledSample) -> FeatureMap:
    """Features of the Gaussian kernel of a squared width."""
    return features.gaussian_kernel(samples, squared_width)

"""Families of models of the log density ratio: what a classifier may be.

A family has a path of models, from simple to flexible. Each is fitted to labelled points and gives
the log-odds of p against q at others, less those before looking: an estimate of ``log(p / q)``.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np

from divergences._typing import Floats, Indices
from divergences.sampled._density_ratio import features
from divergences.sampled._density_ratio.features import Features
from divergences.sampled._density_ratio.pooled_sample import PooledSample, thinned_alike

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # inverse, for a thousand points
STAGES = (3, 6, 10, 15, 20, 30, 40, 55, 75, 100)  # trees at which boosting may stop
WIDTHS = (0.03, 0.1, 0.5)  # squared, of the kernel, in mean squared distances of two points
QUADRATIC = 30  # coordinates up to which all their products are features, if points are more
SPLINES = 20  # coordinates up to which each gets a spline
MOST = 20_000  # points that a linear model is fitted to, at the most
MOST_TREES = 100_000  # and trees
BLOCK = 20_000  # points whose features are held at a time


class LogRatioModel(Protocol):
    """Models of a log density ratio along a path."""

    @property
    def name(self) -> str:
        """What a reader knows it by."""

    @property
    def length(self) -> int:
        """How many models the path has."""

    def ratios(
        self, samples: PooledSample, train: Indices, test: Indices, steps: Sequence[int], /
    ) -> Floats:
        """Log-ratios of models at some steps of the path.

        Args:
            samples: All points, with their labels.
            train: Those that the models are fitted to.
            test: Those that they are asked about.
            steps: Indices in the path, rising.

        Returns:
            Shape ``(len(steps), len(test))``.
        """


@dataclass(frozen=True, slots=True)
class Linear:
    """Logistic regression on features, with a ridge penalty along the path.

    Attributes:
        name: What a reader knows it by.
        features: Of points.
    """

    name: str
    features: Features

    @property
    def length(self) -> int:
        """How many penalties there are."""
        return len(PENALTIES)

    def ratios(
        self, samples: PooledSample, train: Indices, test: Indices, steps: Sequence[int], /
    ) -> Floats:
        """Log-ratios at ``test``; see `LogRatioModel`."""
        from sklearn.linear_model import LogisticRegression

        train = thinned_alike(samples, train, MOST)
        label, weight = samples.label[train], samples.weight[train]
        inputs = self.features(samples.z[train])
        model = LogisticRegression(solver="newton-cholesky", warm_start=True, max_iter=50)
        slopes, constants = [], []
        for step in steps:
            model.C = PENALTIES[step] * 1000 / len(train)
            with warnings.catch_warnings():
                # Separable points have no best slope. Held-out points judge whatever came out.
                warnings.simplefilter("ignore")
                model.fit(inputs, label, sample_weight=weight)
            slopes.append(model.coef_[0])
            constants.append(model.intercept_[0])
        found = np.empty((len(steps), len(test)))
        for start in range(0, len(test), BLOCK):
            part = slice(start, start + BLOCK)
            found[:, part] = np.stack(slopes) @ self.features(samples.z[test[part]]).T
        return found + np.array(constants)[:, None] - _prior(label, weight)


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees, with the number of trees along the path."""

    name: str = "trees"

    @property
    def length(self) -> int:
        """How many numbers of trees there are."""
        return len(STAGES)

    def ratios(
        self, samples: PooledSample, train: Indices, test: Indices, steps: Sequence[int], /
    ) -> Floats:
        """Log-ratios at ``test``; see `LogRatioModel`."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        train = thinned_alike(samples, train, MOST_TREES)
        label, weight = samples.label[train], samples.weight[train]
        sizes = [STAGES[step] for step in steps]
        model = HistGradientBoostingClassifier(
            max_iter=max(sizes),
            max_leaf_nodes=8,
            min_samples_leaf=max(5, min(20, len(train) // 20)),
            max_bins=64,
            early_stopping=False,
            random_state=0,
        )
        model.fit(samples.z[train], label, sample_weight=weight)
        stages = model.staged_decision_function(samples.z[test])
        at = {size: scores for size, scores in enumerate(stages, start=1) if size in sizes}
        return np.stack([np.ravel(at[size]) for size in sizes]) - _prior(label, weight)


def _prior(label: Floats, weight: Floats) -> float:
    """Log-odds of p before looking."""
    return float(np.log(weight @ label) - np.log(weight @ (1 - label)))


def _few(samples: PooledSample) -> bool:
    """Whether coordinates are few enough for all of their products."""
    return samples.d <= QUADRATIC and samples.d * (samples.d + 3) // 2 <= len(samples.z)


def classifiers(samples: PooledSample, /) -> list[LogRatioModel]:
    """The families of the method "classifier": quadratic logistic regression and trees."""
    linear = ("linear", features.linear)
    plain = ("quadratic", features.quadratic) if _few(samples) else linear
    return [Linear(plain[0], plain[1](samples)), Trees()]


def families(samples: PooledSample, /) -> list[LogRatioModel]:
    """All families that suit the dimension of the points."""
    choice = {"linear": features.linear}
    if _few(samples):
        choice |= {
            "quadratic": features.quadratic,
            "quadratic in ranks": features.quadratic_in_ranks,
        }
    if samples.d <= SPLINES:
        choice["splines"] = features.splines
    choice |= {f"kernel {width:g}": partial(_kernel, width) for width in WIDTHS}
    return [*(Linear(name, made(samples)) for name, made in choice.items()), Trees()]


def _kernel(width: float, samples: PooledSample) -> Features:
    """The features of a kernel."""
    return features.kernel(samples, width)

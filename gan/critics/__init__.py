"""Estimators of Wasserstein-1 between two samplers or two sets of points, by a critic.

All of them have one method, `fit`, which takes a `Problem` and a `Budget` and yields the critic
after each update:

    problem = Problem.of_points(x, y)
    estimator = CRITICS["c-transform"].estimator
    fit = fitted(estimator, problem, budget=Budget(300), rng=torch.Generator().manual_seed(0))
    fit.gap(x, y)

`descent` has critics by batches, `bound` ascent on the certified bound, `witness` exact potentials;
`verdicts` says how well a critic did, on the same points or on populations.
"""

from gan.critics.errors import CriticErrors, on_points, on_populations
from gan.critics.experiment import Checkpoint, Experiment, Question
from gan.critics.problem import Budget, Estimator, Fit, Problem, fitted
from gan.critics.registry import CRITICS, Method

__all__ = [
    "CRITICS",
    "Budget",
    "Checkpoint",
    "CriticErrors",
    "Estimator",
    "Experiment",
    "Fit",
    "Method",
    "Problem",
    "Question",
    "fitted",
    "on_points",
    "on_populations",
]

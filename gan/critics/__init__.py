"""Estimators of Wasserstein-1 between two samplers or two sets of points, by a critic.

Each has one method, `fit`, which takes a `Problem` and a `Budget` and yields the critic after each
update:

    problem = Problem.of_points(x, y)
    estimator = CRITICS["c-transform"].estimator
    fit = fitted(estimator, problem, budget=Budget(300), rng=torch.Generator().manual_seed(0))
    fit.gap(x, y)

`descent` has critics by stochastic descent on batches, `bound` by ascent on the certified bound,
`witness` by exact potentials, `taught` by regression on them. `errors` has their errors, on the
same points or on populations.
"""

from gan.critics.errors import CriticErrors, errors_on_points, errors_on_populations
from gan.critics.experiment import Checkpoint, Experiment, Question
from gan.critics.fit_loop import Budget, Estimator, Fit, fitted
from gan.critics.problem import Problem
from gan.critics.registry import CRITICS, CriticMethod

__all__ = [
    "CRITICS",
    "Budget",
    "Checkpoint",
    "CriticErrors",
    "CriticMethod",
    "Estimator",
    "Experiment",
    "Fit",
    "Problem",
    "Question",
    "errors_on_points",
    "errors_on_populations",
    "fitted",
]

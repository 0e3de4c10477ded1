"""Exact EMD of histograms under a cost matrix: the public functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from divergences import _checks
from divergences._checks.labels import LabelledProblem
from divergences._transport.batches import batch_shape, optima, problems
from divergences._transport.forbidden_pairs import NoFinitePlanError
from divergences._transport.gradients import cost_with_gradient
from divergences._transport.partial import partial_optimum
from divergences._transport.result import Optimum, Transport
from divergences._transport.simplex import histogram_optimum
from divergences._typing import Array, ArrayLike, Cost, of_pair
from divergences.errors import DistributionError


@of_pair
def emd(p: ArrayLike, q: ArrayLike, cost: Cost, /, *, n_jobs: int | None = None) -> Array:
    r"""Exact earth mover's distance between two histograms, in the unit of ``cost``.

    .. math:: \min_{f \ge 0} \sum_{ij} f_{ij} c_{ij} \Big/ \sum_{ij} f_{ij}, \qquad
        \sum_j f_{ij} = p_i, \quad \sum_i f_{ij} = q_j

    With a distance as cost this is Wasserstein-1. The cost is divided by the flow, so the unit of
    mass does not matter: p and q may be counts, if they have the same total.

    Args:
        p: Masses of the sources, shape ``(..., n)``, or by label: a mapping or a pandas Series;
            zeros are fine.
        q: Masses of the targets, shape ``(..., m)``, with the same total within 1e-9 of it (1e-5
            in float32).
        cost: Cost of moving one unit of mass from i to j, at least 0, shape ``(n, m)`` or
            ``(..., n, m)``; leading axes broadcast. Infinity forbids a pair; where this divides
            the points into groups, p and q must have the same mass in each, within 1e-9 of it
            like totals. NaN is refused, except where there is no mass. For masses by label, a
            frame with sources as rows and targets as columns, a mapping of pairs of labels, or a
            function of two labels.
        n_jobs: Number of processes for a batch; -1 for one per core; None for the default of
            `joblib.parallel_config`, which is one.

    Returns:
        Distances, shape ``(...)``, each in [0, max(cost)] and finite, certified to a relative
        error of 1e-9 plus rounding (`transport` returns the certificate). In torch they carry the
        envelope gradient: the plan for ``cost``, the potentials for ``p`` and ``q``.

    Raises:
        DistributionError: If an argument is negative or NaN, a mass is infinite, the shapes do
            not fit, the totals differ, or infinite costs cut off mass; the message names it.
        SolverError: If the solver did not finish, or the result could not be certified as optimal.
        PairwiseInterrupt: If a batch is interrupted; it carries the distances that were done.

    Source:
        Rubner, Tomasi and Guibas 2000, "The earth mover's distance as a metric for image
        retrieval", eq. 1-5.

    >>> float(emd([0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [[0, 1, 2], [1, 0, 1], [2, 1, 0]]))
    1.0
    """
    xp, (p, q, cost), labels = _arrays(p, q, cost)
    shape = batch_shape(p, q, cost)
    if not shape:
        problem = HistogramProblem.of(p, q, cost, xp)
        try:
            return problem.value()
        except NoFinitePlanError as error:
            raise DistributionError(_with_labels(error, labels)) from None
    batch = [
        (index, HistogramProblem.of(*problem, xp, index=index))
        for index, problem in problems(p, q, cost, shape, xp)
    ]
    solved = optima([(index, (item.p, item.q, item.cost)) for index, item in batch], n_jobs)
    values = [item.value(optimum) for (_, item), optimum in zip(batch, solved, strict=True)]
    if not values:
        return xp.zeros(shape, dtype=xp.result_type(p, q, cost))
    return xp.reshape(xp.stack(values), shape)


def transport(p: ArrayLike, q: ArrayLike, cost: Cost, /) -> Transport:
    """Optimal plan between two histograms under a ground cost, with potentials that certify it.

    The linear program of `emd`, solved by the network simplex method.

    Args:
        p: Masses of the sources, shape ``(n,)``; zeros are fine.
        q: Masses of the targets, shape ``(m,)``, with the same total within 1e-9 of it (1e-5 in
            float32).
        cost: Cost of moving one unit of mass from i to j, at least 0, infinite for a forbidden
            pair, shape ``(n, m)``, or by label as in `emd`.

    Returns:
        Cost, plan, potentials and duality gap; the arrays are numpy arrays. Differences of mass of
        at most 1e-9 between groups that infinite costs divide are left out of the plan.

    Raises:
        DistributionError: If an argument is negative or NaN, a mass is infinite, the shapes do
            not fit, the totals differ, or infinite costs cut off mass; the message names it.
        SolverError: If the solver did not finish, or the result could not be certified as optimal.

    >>> solved = transport([0.5, 0.5], [0.25, 0.75], [[0, 1], [1, 0]])
    >>> solved.cost, solved.plan.toarray().tolist()
    (0.25, [[0.25, 0.25], [0.0, 0.5]])
    """
    xp, arrays, labels = _arrays(p, q, cost)
    problem = HistogramProblem.of(*arrays, xp)
    try:
        return _labelled(problem.solve().transport(), labels)
    except NoFinitePlanError as error:
        raise DistributionError(_with_labels(error, labels)) from None


def partial_transport(p: ArrayLike, q: ArrayLike, cost: Cost, /) -> Transport:
    r"""Optimal plan between histograms of unequal masses, which moves all of the lighter one.

    .. math:: \min_{f \ge 0} \sum_{ij} f_{ij} c_{ij} \Big/ \sum_{ij} f_{ij}, \qquad
        \sum_j f_{ij} \le p_i, \quad \sum_i f_{ij} \le q_j, \quad
        \sum_{ij} f_{ij} = \min \Big( \sum_i p_i, \sum_j q_j \Big)

    For equal masses this is `transport`.

    Args:
        p: Masses of the sources, shape ``(n,)``, of any total.
        q: Masses of the targets, shape ``(m,)``, of any total.
        cost: Cost of moving one unit of mass from i to j, at least 0, infinite for a forbidden
            pair, shape ``(n, m)``, or by label as in `emd`.

    Returns:
        The cost per unit of moved mass; the plan, whose entries sum to 1; potentials, none of the
        heavier side above 0; and the duality gap. With p and q divided by the flow,
        ``p @ source_potential + q @ target_potential`` is a lower bound of the cost of any such
        plan.

    Raises:
        DistributionError: If an argument is negative or NaN, a mass is infinite, the shapes do
            not fit, or infinite costs cut off mass; the message names it.
        SolverError: If the solver did not finish, or the result could not be certified as optimal.

    Source:
        Rubner, Tomasi and Guibas 2000, "The earth mover's distance as a metric for image
        retrieval", eq. 1-5.

    >>> solved = partial_transport([3.0, 1.0], [2.0], [[5.0], [1.0]])
    >>> solved.cost, solved.plan.toarray().tolist()
    (3.0, [[0.5], [0.5]])
    """
    xp, arrays, labels = _arrays(p, q, cost)
    sources, targets, matrix = arrays
    _checks.masses("p", sources, xp)
    _checks.masses("q", targets, xp)
    _checks.cost_matrix(matrix, sources, targets, xp)
    wide = (_checks.numpy_values(a).astype(np.float64, copy=False) for a in arrays)
    try:
        return _labelled(partial_optimum(*wide).transport(), labels)
    except NoFinitePlanError as error:
        raise DistributionError(_with_labels(error, labels)) from None


def _arrays(
    p: Any, q: Any, cost: Any
) -> tuple[ModuleType, tuple[Array, Array, Array], LabelledProblem]:
    """The common namespace, the aligned arguments as its arrays, and their labels."""
    problem = _checks.aligned_cost(p, q, cost)
    arguments = {"p": problem.p, "q": problem.q, "cost": problem.cost}
    xp = _checks.namespace(**arguments)
    like = _checks.first_array(*arguments.values())
    arrays = [_checks.real_array(k, v, xp, like=like) for k, v in arguments.items()]
    return xp, (arrays[0], arrays[1], arrays[2]), problem


def _labelled(transport: Transport, labels: LabelledProblem) -> Transport:
    """The transport with the labels of its sources and targets."""
    return replace(transport, source_labels=labels.sources, target_labels=labels.targets)


def _with_labels(error: NoFinitePlanError, labels: LabelledProblem) -> str:
    """Message of an error, with the labels of the points that are cut off."""
    return error.message(labels.sources, labels.targets)


@dataclass(frozen=True, slots=True)
class HistogramProblem:
    """Checked histograms and ground cost.

    Attributes:
        xp: The array namespace of all three.
        p: Masses of the sources, shape ``(n,)``.
        q: Masses of the targets, shape ``(m,)``.
        cost: Shape ``(n, m)``.
    """

    xp: ModuleType
    p: Array
    q: Array
    cost: Array

    @classmethod
    def of(
        cls, p: Array, q: Array, cost: Array, xp: ModuleType, /, *, index: tuple[int, ...] = ()
    ) -> HistogramProblem:
        """Check masses and costs of one problem.

        Args:
            p: Masses of the sources.
            q: Masses of the targets.
            cost: Ground costs.
            xp: The array namespace of all three.
            index: Index of the problem in a batch, for the error message.

        Returns:
            The checked problem.

        Raises:
            DistributionError: If the masses or the costs are invalid.
        """
        try:
            _checks.masses("p", p, xp)
            _checks.masses("q", q, xp)
            _checks.equal_totals(p, q, xp)
            _checks.cost_matrix(cost, p, q, xp)
        except DistributionError as error:
            if index:
                raise DistributionError(f"problem {list(index)}: {error}") from None
            raise
        return cls(xp, p, q, cost)

    @classmethod
    def of_validated(cls, p: Array, q: Array, cost: Array, xp: ModuleType, /) -> HistogramProblem:
        """The problem of masses and costs that were validated one by one.

        Returns:
            The checked problem.

        Raises:
            DistributionError: If the totals differ, or the cost is not n by m.
        """
        _checks.equal_totals(p, q, xp)
        if cost.shape != (p.shape[0], q.shape[0]):
            _checks.cost_matrix(cost, p, q, xp)
        return cls(xp, p, q, cost)

    def solve(self) -> Optimum:
        """The certified optimum."""
        p, q, matrix = (
            _checks.numpy_values(array).astype(np.float64, copy=False)
            for array in (self.p, self.q, self.cost)
        )
        return histogram_optimum(p, q, matrix)

    def value(self, optimum: Optimum | None = None) -> Array:
        """The cost in the arrays' namespace, with the gradients of the optimum."""
        xp, optimum = self.xp, optimum or self.solve()

        def arc_costs(rows: Array, cols: Array) -> Array:
            return xp.astype(self.cost[rows, cols], xp.float64)

        dtype = xp.result_type(self.p, self.q, self.cost)
        like = next(a for a in (self.p, self.q, self.cost) if a.dtype == dtype)
        return cost_with_gradient(optimum, arc_costs, (self.p, self.q), like, xp)

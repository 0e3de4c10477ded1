"""Costs of many small problems under one metric, certified together."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import divergences
from divergences._transport.metric_batch import metric_costs


def problems(seed, k, n):
    """Pairs of distributions, some with zeros, and the distances of random points."""
    rng = np.random.default_rng(seed)
    p, q = rng.random((2, k, n)) * (rng.random((2, k, n)) < 0.7)
    p[:, 0] += 0.1
    q[:, 0] += 0.1
    points = rng.normal(size=(n, 2))
    return (
        p / p.sum(axis=1, keepdims=True),
        q / q.sum(axis=1, keepdims=True),
        cdist(points, points),
    )


@pytest.mark.parametrize("n", [2, 5, 20])
def test_costs_are_those_of_the_problems_one_by_one(n):
    p, q, distances = problems(n, 40, n)
    costs = metric_costs(p - q, distances)
    expected = [divergences.emd(a, b, distances) for a, b in zip(p, q, strict=True)]
    assert np.allclose(costs, expected, rtol=1e-13, atol=1e-15)


def test_costs_are_proportional_to_the_excess():
    p, q, distances = problems(0, 10, 8)
    unit = metric_costs(p - q, distances)
    assert np.allclose(metric_costs(1e-12 * (p - q), distances), 1e-12 * unit, rtol=1e-13)


def test_nothing_to_move_costs_nothing():
    _, _, distances = problems(1, 3, 6)
    assert metric_costs(np.zeros((3, 6)), distances).tolist() == [0, 0, 0]
    assert metric_costs(np.zeros((0, 6)), distances).shape == (0,)


def test_a_plan_that_is_not_optimal_is_not_a_cost(monkeypatch):
    class Wrong:
        """A solver that moves mass in order, and has no potentials."""

        @staticmethod
        def emd_c(p, q, cost, *_):
            plan = np.outer(p, q) / q.sum()
            return plan, (plan * cost).sum(), np.zeros(len(p)), np.zeros(len(q)), 1

    p, q, distances = problems(2, 5, 8)
    monkeypatch.setattr("divergences._transport.metric_batch.compiled_simplex", Wrong)
    assert np.isnan(metric_costs(p - q, distances)).all()


def test_a_plan_that_loses_mass_is_not_a_cost(monkeypatch):
    from divergences._transport.network_simplex import compiled_simplex

    real = compiled_simplex()

    class Lossy:
        """A solver whose plan has one arc less than the optimal one."""

        @staticmethod
        def emd_c(p, q, cost, *options):
            plan, total, *rest = real.emd_c(p, q, cost, *options)
            lost = np.unravel_index(plan.argmax(), plan.shape)
            total -= plan[lost] * cost[lost]
            plan[lost] = 0
            return plan, total, *rest

    p, q, distances = problems(3, 5, 8)
    monkeypatch.setattr("divergences._transport.metric_batch.compiled_simplex", Lossy)
    assert np.isnan(metric_costs(p - q, distances)).all()


def test_a_cost_below_the_rounding_of_the_largest_distance_is_not_certified():
    points = np.array([[0.0], [1e-9], [1.0]])
    costs = metric_costs(np.array([[1.0, -1.0, 0.0], [1.0, 0.0, -1.0]]), cdist(points, points))
    assert np.isnan(costs).tolist() == [True, False]
    assert costs[1] == 1.0


def test_an_excess_without_targets_is_not_a_cost():
    excess = np.array([[1.0, 0.0], [0.0, -1.0], [0.0, 0.0]])
    costs = metric_costs(excess, np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert np.isnan(costs).tolist() == [True, True, False]

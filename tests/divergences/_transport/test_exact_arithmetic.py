"""Costs and masses of any range of floats: the value rounded once, and proved."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divergences import SolverError, emd, partial_transport, sampled, transport
from divergences._transport.certificate import Arcs
from divergences._transport.exact_arithmetic import ExactMasses, exact_transport, flow
from divergences._transport.exact_arithmetic.cycles import without_cycles
from divergences._transport.exact_arithmetic.dyadic import integers, integers_at, rounded
from tests import oracles
from tests.divergences._transport.exact_oracle import exact_emd

ULP = 2.0**-52
# A mass of 2**-50 goes far, so potentials are rounded by more than all else costs.
UNPROVABLE_BY_FLOATS = (
    np.array([0.5, 0.5]),
    np.array([0.5 - 2.0**-50, 0.5 + 2.0**-50]),
    np.array([[1e3, 1e25], [1e25, 1e3]]),
)
NO_ARCS = Arcs(*(np.zeros(0, np.intp),) * 2, *(np.zeros(0),) * 2)


def uniform(n):
    return np.full(n, 1 / n)


@st.composite
def wide_problems(draw):
    """Masses from 1e-300 to 1, and costs from 1e-200 to 1e200, with ties and infinite ones."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    width = draw(st.sampled_from([0, 16, 200]))
    masses = draw(st.sampled_from([0, 16, 300]))
    cost = rng.integers(1, 9, (n, m)) * 10.0 ** rng.integers(-width, width + 1, (n, m))
    p, q = (rng.random(k) * 10.0 ** -rng.integers(0, masses + 1, k) for k in (n, m))
    return p / p.sum(), q / q.sum(), cost


def test_the_problem_of_r17_is_proved_for_any_cost_of_its_forbidden_pairs():
    rng = np.random.RandomState(42)
    cost, allowed = rng.rand(100, 100), np.zeros((100, 100), dtype=bool)
    for i in range(100):
        allowed[i, rng.choice(100, 2, replace=False)] = True
    for j in range(100):
        allowed[rng.choice(100, 2, replace=False), j] = True
    for big in (1e5, 1e6, 1e8, 1e10, 1e15, 1e300, np.inf):
        solved = transport(uniform(100), uniform(100), cost + np.where(allowed, 0, big))
        assert solved.cost == pytest.approx(0.36143164535367084, rel=1e-15, abs=0)
        assert solved.gap <= 1e-9 * solved.cost
        assert not solved.exact_proof


def test_persistence_diagrams_with_a_coordinate_of_1e16():
    # https://github.com/GUDHI/gudhi-devel/issues/465; Hera: 21.455667863335233, POT: 53.2.
    first = [[2.23201301, 2.30992361], [2.79212053, 3.53268734], [0.942383758, 4.08248747]]
    second = [[5.72533791, 18.1300169], [3.67182222, 21.6658844], [14.9374957, 51.4375875]]
    x = np.array([*first, [0.522799989, 1e16]])
    y = np.array([*second, [2.81675603, 1e16]])
    cost = np.zeros((5, 5))  # the last point of each stands for the diagonal
    cost[:4, :4] = np.abs(x[:, None] - y).max(axis=2) ** 2
    cost[:4, 4], cost[4, :4] = ((np.diff(z)[:, 0] / 2) ** 2 for z in (x, y))
    masses = [1, 1, 1, 1, 4]
    solved = transport(masses, masses, cost)
    assert np.sqrt(8 * solved.cost) == pytest.approx(21.455667863335233, rel=1e-14, abs=0)
    assert solved.gap <= 1e-9 * solved.cost


@given(wide_problems())
def test_the_value_is_that_of_rational_arithmetic(problem):
    p, q, cost = problem
    truth = exact_emd(p, q, cost)
    solved = transport(p, q, cost)
    assert abs(Fraction(solved.cost) - truth) <= Fraction(solved.gap) + Fraction(5e-324)
    assert solved.gap <= 1e-9 * solved.cost + 1e-13 * solved.move_costs.max() + 1e-300
    assert solved.plan.nnz <= len(p) + len(q) - 1
    slack = cost - solved.source_potential[:, None] - solved.target_potential
    assert slack.min() >= 0
    if not solved.exact_proof:
        dual = oracles.dual_value(p, q, solved.source_potential, solved.target_potential)
        assert Fraction(solved.cost) - dual <= Fraction(solved.gap) + Fraction(5e-324)


@given(wide_problems(), st.booleans())
def test_exact_arithmetic_rounds_once_from_any_start(problem, start_is_good):
    p, q, cost = problem
    truth = exact_emd(p, q, cost)
    start = cost.min(axis=1) if start_is_good else np.zeros(len(p))
    solved = exact_transport(ExactMasses.proportional(p, q), cost, start, NO_ARCS)
    assert solved.cost == float(truth)
    assert abs(Fraction(solved.cost) - truth) <= Fraction(solved.rounding)
    dual = oracles.dual_value(p, q, solved.source_potential, solved.target_potential)
    assert dual <= truth
    assert Fraction(solved.cost) - dual <= Fraction(solved.gap)


@given(wide_problems(), st.integers(0, 100))
def test_the_order_of_the_points_does_not_change_the_exact_value(problem, seed):
    p, q, cost = problem
    rng = np.random.default_rng(seed)
    i, j = rng.permutation(len(p)), rng.permutation(len(q))
    values = [
        exact_transport(ExactMasses.proportional(a, b), c, np.zeros(len(a)), NO_ARCS).cost
        for a, b, c in ((p, q, cost), (p[i], q[j], cost[np.ix_(i, j)]), (q, p, cost.T))
    ]
    assert values[0] == values[1] == values[2]


@pytest.mark.parametrize("exponent", [-990, -600, 600, 950])
def test_the_unit_of_cost_does_not_matter(exponent):
    rng = np.random.default_rng(1)
    cost = rng.random((8, 9)) * 10.0 ** rng.integers(-9, 9, (8, 9))
    p, q = rng.random(8), rng.random(9)
    p, q = p / p.sum(), q / q.sum()
    assert emd(p, q, np.ldexp(cost, exponent)) == np.ldexp(emd(p, q, cost), exponent)


def test_costs_over_all_orders_of_magnitude_of_floats():
    assert emd([0.5, 0.5], [0.5, 0.5], [[1e-200, 1e200], [1e200, 1e-200]]) == 1e-200
    assert emd([0.5, 0.5], [0.25, 0.75], [[1e-200, 1e200], [1e200, 1e-200]]) == 2.5e199
    assert emd([0.5, 0.5], [0.5, 0.5], [[5e-324, 1e308], [1e308, 5e-324]]) == 5e-324


def test_a_common_atom_far_away_moves_nothing():
    rng = np.random.default_rng(0)
    near = rng.random((50, 2)) * 1e-3, rng.random((50, 2)) * 1e-3
    far = np.array([[1e12, 0.0]])
    x, y = (np.vstack([points, far]) for points in near)
    truth = sampled.transport(*near).cost * 50 / 51
    cost = np.linalg.norm(x[:, None] - y, axis=2)
    for solved in (
        transport(uniform(51), uniform(51), cost),
        sampled.transport(x, y, order=2, metric=lambda a, b: np.sqrt(distances(a, b))),
        sampled.transport(x, y, method="dense"),
        sampled.transport(x, y, method="columns"),
    ):
        assert solved.cost == pytest.approx(truth, rel=1e-13, abs=0)
        assert solved.gap <= 1e-9 * solved.cost


def distances(x, y):
    return np.linalg.norm(x[:, None] - y, axis=2)


def test_counts_are_masses_without_rounding():
    # Rounded to floats, 51 equal masses and 1/51 of another total differ by 1e-18: a cost of 1e6.
    p, q = np.ones(51), np.append(np.full(100, 0.5), 1.0)
    rng = np.random.default_rng(0)
    cost = rng.random((51, 101))
    cost[50], cost[:, 100], cost[50, 100] = 1e24, 1e24, 0.0
    near = emd(p[:50], q[:100], cost[:50, :100])
    assert emd(p, q, cost) == pytest.approx(near * 50 / 51, rel=1e-13, abs=0)


@given(st.integers(0, 1000))
def test_partial_transport_of_subnormal_masses_is_that_of_rational_arithmetic(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 6, 2)
    p = rng.integers(1, 9, n) * 5e-324 * 2.0 ** rng.integers(0, 1000, n)
    q = rng.integers(1, 9, m) * 5e-324 * 2.0 ** rng.integers(0, 200, m)
    cost = rng.integers(1, 9, (n, m)) * 10.0 ** rng.integers(-20, 20, (n, m))
    if sum(map(Fraction, p)) < sum(map(Fraction, q)):
        p, q, cost = q, p, cost.T
    flow_total = sum(map(Fraction, q))
    surplus = sum(map(Fraction, p)) - flow_total
    truth = exact_emd(p, [*q, surplus], np.hstack([cost, np.zeros((len(p), 1))]))
    truth = truth * sum(map(Fraction, p)) / flow_total
    solved = partial_transport(p, q, cost)
    assert abs(Fraction(solved.cost) - truth) <= 2 * Fraction(solved.gap)
    assert solved.gap <= 1e-9 * solved.cost + 1e-13 * solved.move_costs.max()


@pytest.mark.parametrize("small", [1e-17, 1e-89, 1e-200])
def test_small_masses_take_tight_arcs(small):
    rng = np.random.default_rng(0)
    p, q = rng.random(20), rng.random(20)
    p[:10] *= small
    q[5:15] *= small
    cost = 100 * rng.random((20, 20))
    solved = transport(p / p.sum(), q / q.sum(), cost)
    i, j = solved.plan.coords
    slack = cost[i, j] - solved.source_potential[i] - solved.target_potential[j]
    assert solved.cost == pytest.approx(float(exact_emd(p, q, cost)), rel=1e-14, abs=0)
    assert slack.max() <= 1e-11  # rounding of the potentials


@given(st.floats(-1e300, 1e300) | st.floats(-1e-300, 1e-300))
def test_floats_are_integers_times_a_power_of_two(value):
    (whole, other), exponent = integers(np.array([value, 1.5]))
    assert Fraction(value) == whole * Fraction(2) ** exponent
    assert Fraction(3, 2) == other * Fraction(2) ** exponent
    assert rounded(whole, 1, exponent) == value
    assert integers_at(np.array([value]), 3)[0] == Fraction(value) // 8


@given(st.integers(0, 1000))
def test_canceling_cycles_keeps_the_marginals(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 7, 2)
    mass = rng.integers(0, 9, (n, m))
    plan = without_cycles([(i, j, int(mass[i, j])) for i, j in np.argwhere(mass)], n)
    result = np.zeros_like(mass)
    for arc, amount in plan.items():
        result[arc] = amount
    assert len(plan) <= max(0, n + m - 1)
    assert (result >= 0).all()
    assert result.sum(axis=0).tolist() == mass.sum(axis=0).tolist()
    assert result.sum(axis=1).tolist() == mass.sum(axis=1).tolist()


def test_a_flow_that_is_not_optimal_is_not_called_optimal():
    masses = ExactMasses.proportional(np.ones(2), np.ones(2))
    problem = flow.IntegerFlow(
        np.array([[1, 0], [0, 1]], dtype=object),
        10**6,
        np.array([0, 0], dtype=object),
        (masses.p, masses.q),
    )
    problem.flow = [{0: 2}, {1: 2}]  # the diagonal costs 1, its complement 0
    with pytest.raises(SolverError, match="is not optimal"):
        problem.require_optimal()


def test_a_search_that_takes_too_long_is_an_error(monkeypatch):
    monkeypatch.setattr(flow, "MAX_SCANNED_PAIRS", 10)
    cost = np.random.default_rng(0).random((5, 5))
    masses = ExactMasses.proportional(np.ones(5), np.ones(5))
    with pytest.raises(SolverError, match="exact arithmetic take too long"):
        exact_transport(masses, cost, np.zeros(5), NO_ARCS)


def test_a_proof_that_rounded_potentials_cannot_give_is_exact():
    solved = transport(*UNPROVABLE_BY_FLOATS)
    truth = exact_emd(*UNPROVABLE_BY_FLOATS)
    assert solved.exact_proof
    assert solved.cost == float(truth)
    assert abs(Fraction(solved.cost) - truth) <= Fraction(solved.gap)
    assert solved.gap <= 2 * ULP * solved.cost
    slack = UNPROVABLE_BY_FLOATS[2] - solved.source_potential[:, None] - solved.target_potential
    assert slack.min() >= 0


def test_costs_that_underflow_in_the_unit_of_the_largest_one_keep_their_digits():
    cost = [[2e-183], [3e275], [1e33], [3e-290], [1e226], [2e-230], [3e-201]]
    assert partial_transport(np.ones(7), [0.5], cost).cost == pytest.approx(
        3e-290, rel=1e-14, abs=0
    )
    assert emd([0.5, 0.5], [0.5, 0.5], [[3e-290, 1e33], [1e33, 3e-290]]) == 3e-290

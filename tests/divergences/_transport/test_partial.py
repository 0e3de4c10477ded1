"""Partial transport: the lighter side is moved completely, at minimal cost per unit."""

from fractions import Fraction

import numpy as np
import ot
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from divergences import DistributionError, SolverError, partial_transport, sampled, transport
from divergences._transport import memory
from divergences._transport.column_generation import near_pairs
from tests.strategies import cloud_pairs

masses = st.lists(st.sampled_from([0.0, 1e-3, 0.5, 1.0, 3.0]), min_size=1, max_size=5).filter(any)


def linear_program(p, q, cost):
    """Optimal value of the linear program, by HiGHS."""
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    cols = np.kron(np.ones(n), np.eye(m))
    flow = min(p.sum(), q.sum())
    solved = linprog(
        cost.ravel(),
        A_ub=np.vstack([rows, cols]),
        b_ub=np.concatenate([p, q]) / flow,
        A_eq=np.ones((1, n * m)),
        b_eq=[1.0],
    )
    return solved.fun


@given(p=masses, q=masses, seed=st.integers(0, 1000))
def test_the_linear_program_agrees_and_the_potentials_certify_it(p, q, seed):
    p, q = np.array(p), np.array(q)
    cost = np.random.default_rng(seed).random((len(p), len(q)))
    solved = partial_transport(p, q, cost)
    assert solved.cost == pytest.approx(linear_program(p, q, cost), abs=1e-9)
    flow = min(p.sum(), q.sum())
    plan, u, v = solved.plan.toarray(), solved.source_potential, solved.target_potential
    assert plan.sum() == pytest.approx(1.0)
    assert (plan.sum(axis=1) <= p / flow + 1e-12).all()
    assert (plan.sum(axis=0) <= q / flow + 1e-12).all()
    assert (u[:, None] + v <= cost).all()
    if p.sum() > q.sum():
        assert (u <= 0).all()
    if q.sum() > p.sum():
        assert (v <= 0).all()
    # In exact arithmetic: the gap includes all rounding.
    exact_flow = min(sum(map(Fraction, p)), sum(map(Fraction, q)))
    masses_and_potentials = zip([*p, *q], [*u, *v], strict=True)
    bound = sum(Fraction(w) * Fraction(a) for w, a in masses_and_potentials) / exact_flow
    assert bound <= solved.cost * (1 + 1e-14)
    assert solved.cost - max(bound, 0) <= solved.gap


@given(pair=cloud_pairs())
def test_equal_masses_give_balanced_transport(pair):
    x, y = pair
    cost = np.linalg.norm(x[:, None] - y, axis=-1)
    p, q = np.full(len(x), 3.0 / len(x)), np.full(len(y), 3.0 / len(y))
    assert partial_transport(p, q, cost).cost == pytest.approx(
        transport(p, q, cost).cost, rel=1e-13, abs=1e-15
    )


def test_pot_agrees():
    rng = np.random.default_rng(0)
    p, q, cost = rng.random(20), 2 * rng.random(30), rng.random((20, 30))
    plan = ot.partial.partial_wasserstein(p, q, cost, m=min(p.sum(), q.sum()))
    assert partial_transport(p, q, cost).cost == pytest.approx(
        (plan * cost).sum() / min(p.sum(), q.sum()), rel=1e-9
    )


@pytest.mark.parametrize("ratio", [1e-300, 1e-12, 1e12, 1e300])
def test_totals_may_be_far_apart(ratio):
    cost = np.array([[3.0, 1.0], [2.0, 5.0]])
    p, q = np.array([1.0, 2.0]), ratio * np.array([1.0, 1.0])
    solved = partial_transport(p, q, cost)
    # Each point of the lighter side is moved along its cheapest arc.
    assert solved.cost == pytest.approx(5 / 3 if ratio > 1 else 3 / 2, rel=1e-12, abs=0)
    assert solved.gap <= 1e-12


@pytest.mark.parametrize("unit", [1e-200, 1e-12, 1e200])
def test_the_units_of_cost_and_mass_do_not_matter(unit):
    rng = np.random.default_rng(0)
    p, q, cost = rng.random(5), 2 * rng.random(6), rng.random((5, 6))
    truth = partial_transport(p, q, cost).cost
    assert partial_transport(p, q, cost * unit).cost == pytest.approx(
        unit * truth, rel=1e-14, abs=0
    )
    assert partial_transport(p * unit, q * unit, cost).cost == pytest.approx(
        truth, rel=1e-14, abs=0
    )


def test_points_have_mass_1_each_by_default():
    assert sampled.partial_transport([[0.0, 0.0], [9.0, 0.0]], [[3.0, 4.0]]).cost == 5.0
    assert sampled.partial_transport([0.0, 9.0], [3.0], x_weights=[0.5, 1.0]).cost == 4.5
    assert sampled.partial_transport([0.0, 9.0], [3.0], order=2.0).cost == 9.0


def test_insufficient_memory_is_an_error(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**8)
    x = np.zeros((2000, 2))
    with pytest.raises(DistributionError, match=r"the dense method needs about 0\.16 GB"):
        sampled.partial_transport(x, x, method="dense")


METRICS = ("euclidean", "sqeuclidean", "cityblock")


@pytest.mark.parametrize("metric", [*METRICS, lambda x, y: np.abs(x[:, None] - y).sum(axis=2)])
@pytest.mark.parametrize(("n", "m"), [(90, 60), (60, 90), (1, 40)])
def test_columns_agree_with_the_dense_method(n, m, metric, monkeypatch):
    monkeypatch.setattr(near_pairs, "MIN_BOX_PAIRS", 0)
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=(n, 2)), 0.5 + rng.normal(size=(m, 2))
    weights = {"x_weights": 0.1 + rng.random(n), "y_weights": 0.1 + rng.random(m)}
    dense, columns = (
        sampled.partial_transport(x, y, **weights, metric=metric, method=method)
        for method in ("dense", "columns")
    )
    assert columns.cost == pytest.approx(dense.cost, rel=1e-12, abs=0)
    assert columns.gap <= 1e-12 * columns.cost


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_plan_of_columns_is_partial_and_certified_over_all_pairs(exchanged):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(300, 2)), 1 + rng.normal(size=(200, 2))
    p, q = rng.random(300), rng.random(200)
    p[:20], q[:20] = 0.0, 1e-18  # no mass, and negligible ones
    if exchanged:
        x, y, p, q = y, x, q, p
    solved = sampled.partial_transport(x, y, x_weights=p, y_weights=q, method="columns")
    flow = min(p.sum(), q.sum())
    u, v, plan = solved.source_potential, solved.target_potential, solved.plan.tocsr()
    assert plan.sum() == pytest.approx(1.0, rel=1e-12, abs=0)
    assert (plan.sum(axis=1) <= p / flow + 1e-14).all()
    assert (plan.sum(axis=0) <= q / flow + 1e-14).all()
    assert (u[:, None] + v - np.linalg.norm(x[:, None] - y, axis=2) <= 0).all()
    assert ((v if exchanged else u) <= 0).all()
    bound = (p @ u + q @ v) / flow
    assert abs(solved.cost - bound) <= solved.gap + 1e-14 * solved.cost


@pytest.mark.parametrize("seed", range(5))
def test_a_larger_surplus_costs_no_more(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, 2)), rng.normal(size=(20, 2))
    p, q = rng.random(40) + 0.5, rng.random(20)
    costs = [
        sampled.partial_transport(x, y, x_weights=p * scale, y_weights=q, method="columns").cost
        for scale in (1.0, 1.5, 4.0)
    ]
    assert costs[0] >= costs[1] * (1 - 1e-13) >= costs[2] * (1 - 1e-12)


@pytest.mark.parametrize("ratio", [1 + 1e-15, 1 + 1e-9, 1e9])
def test_columns_take_totals_that_are_close_or_far_apart(ratio):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    dense, columns = (
        sampled.partial_transport(x, y, x_weights=np.full(50, ratio), method=method).cost
        for method in ("dense", "columns")
    )
    assert columns == pytest.approx(dense, rel=1e-12, abs=0)


def test_the_bounds_at_a_time_limit_are_per_unit_of_moved_mass():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3000, 2)), 2 + rng.normal(size=(1000, 2))
    truth = sampled.partial_transport(x, y).cost
    with pytest.raises(SolverError, match="time limit") as caught:
        sampled.partial_transport(x, y, time_limit=1e-3)
    low, high = caught.value.bracket
    assert low <= truth <= high


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1.0], [1.0], [[1.0]]), r"`p`\[0\] = -1.0 is negative"),
        (([1.0], [0.0], [[1.0]]), "`q` must hold some mass"),
        (([1.0], [1.0], [[1.0, 2.0]]), "`cost` must have shape"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(DistributionError, match=message):
        partial_transport(*arguments)

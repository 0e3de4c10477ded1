"""Unequal masses: all of the lighter side goes, at the least cost per unit."""

import math
from fractions import Fraction

import numpy as np
import ot
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.optimize import linprog
from strategies import clouds

from divergences import DistributionError, SolverError, partial_transport, sampled, transport
from divergences.transport import memory
from divergences.transport.distances import distances

masses = st.lists(st.sampled_from([0.0, 1e-3, 0.5, 1.0, 3.0]), min_size=1, max_size=5).filter(any)


def cheapest(p, q, cost):
    """The linear program as it is written down, by HiGHS."""
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
def test_it_is_the_optimum_of_the_linear_program_with_its_proof(p, q, seed):
    p, q = np.array(p), np.array(q)
    cost = np.random.default_rng(seed).random((len(p), len(q)))
    solved = partial_transport(p, q, cost)
    assert solved.cost == pytest.approx(cheapest(p, q, cost), abs=1e-9)
    flow = min(p.sum(), q.sum())
    plan, u, v = solved.plan.toarray(), solved.source_price, solved.target_price
    assert plan.sum() == pytest.approx(1.0)
    assert (plan.sum(axis=1) <= p / flow + 1e-12).all()
    assert (plan.sum(axis=0) <= q / flow + 1e-12).all()
    assert (u[:, None] + v <= cost).all()
    if p.sum() > q.sum():
        assert (u <= 0).all()
    if q.sum() > p.sum():
        assert (v <= 0).all()
    bound = (p / flow) @ u + (q / flow) @ v
    assert bound <= solved.cost + 1e-12
    assert solved.cost - bound <= solved.gap + 1e-9


@given(pair=clouds())
def test_equal_masses_are_plain_transport(pair):
    x, y = pair
    cost = np.linalg.norm(x[:, None] - y, axis=-1)
    p, q = np.full(len(x), 3.0 / len(x)), np.full(len(y), 3.0 / len(y))
    assert partial_transport(p, q, cost).cost == pytest.approx(
        transport(p, q, cost).cost, rel=1e-13, abs=1e-15
    )


def test_it_agrees_with_pot():
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
    # Everyone of the lighter side finds room where it is cheapest.
    assert solved.cost == pytest.approx(5 / 3 if ratio > 1 else 3 / 2, rel=1e-12)
    assert solved.gap <= 1e-12


@pytest.mark.parametrize("unit", [1e-200, 1e-12, 1e200])
def test_units_do_not_matter(unit):
    rng = np.random.default_rng(0)
    p, q, cost = rng.random(5), 2 * rng.random(6), rng.random((5, 6))
    truth = partial_transport(p, q, cost).cost
    assert partial_transport(p, q, cost * unit).cost == pytest.approx(unit * truth, rel=1e-14)
    assert partial_transport(p * unit, q * unit, cost).cost == pytest.approx(truth, rel=1e-14)


def test_points_weigh_1_each_by_default():
    assert sampled.partial_transport([[0.0, 0.0], [9.0, 0.0]], [[3.0, 4.0]]).cost == 5.0
    assert sampled.partial_transport([0.0, 9.0], [3.0], x_weights=[0.5, 1.0]).cost == 4.5
    assert sampled.partial_transport([0.0, 9.0], [3.0], order=2.0).cost == 9.0


def test_memory_that_does_not_suffice_is_an_error(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**8)
    x = np.zeros((2000, 2))
    with pytest.raises(DistributionError, match=r"needs about 0\.16 GB .* take fewer points"):
        sampled.partial_transport(x, x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1.0], [1.0], [[1.0]]), r"`p`\[0\] = -1.0 is negative"),
        (([1.0], [0.0], [[1.0]]), "`q` must hold some mass"),
        (([1.0], [1.0], [[1.0, 2.0]]), "`cost` must have shape"),
    ],
)
def test_what_is_no_problem_is_refused(arguments, message):
    with pytest.raises(DistributionError, match=message):
        partial_transport(*arguments)


@st.composite
def problems(draw, most=6):
    """Masses of any totals, zeros among them, and costs with ties."""
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    masses = st.one_of(st.integers(0, 4).map(float), st.floats(1e-3, 10), st.floats(1e-9, 1e9))
    costs = st.one_of(st.integers(0, 3).map(float), st.floats(1e-3, 10))
    p, q = (draw(npst.arrays(np.float64, k, elements=masses).filter(np.any)) for k in (n, m))
    return p, q, draw(npst.arrays(np.float64, (n, m), elements=costs))


def shares(p, q):
    """Masses over the flow, in exact arithmetic."""
    p, q = ([Fraction(w) for w in a] for a in (p, q))
    flow = min(sum(p), sum(q))
    return [w / flow for w in p], [w / flow for w in q]


@given(problems())
@example((np.array([1.0]), np.array([5e-324]), np.array([[1.0]])))
@example((np.array([1e-300]), np.array([1e300, 1.0]), np.array([[2.0, 1.0]])))
@example((np.array([1.0, 1e-18]), np.array([1.0, 1.0]), np.array([[0.0, 1.0], [1.0, 3.0]])))
def test_the_result_carries_its_proof(problem):
    p, q, cost = problem
    solved = partial_transport(p, q, cost)
    plan, u, v = solved.plan.toarray(), solved.source_price, solved.target_price
    p, q = shares(p, q)
    assert (plan >= 0).all()
    assert plan.sum() == pytest.approx(1, rel=1e-14)
    for moved, masses in ((plan.sum(axis=1), p), (plan.sum(axis=0), q)):
        assert all(a <= float(min(b, 2)) + 1e-14 for a, b in zip(moved, masses, strict=True))
    assert solved.cost == pytest.approx((plan * cost).sum(), rel=1e-14, abs=1e-300)
    # Feasible as real numbers, with no tolerance: fsum keeps the sign of the exact sum.
    assert all(
        math.fsum([cost[i, j], -u[i], -v[j]]) >= 0 for i in range(len(u)) for j in range(len(v))
    )
    if sum(p) > sum(q) * (1 + Fraction(1, 10**15)):
        assert max(u) <= 0
    if sum(q) > sum(p) * (1 + Fraction(1, 10**15)):
        assert max(v) <= 0
    dual = sum(a * Fraction(b) for a, b in zip([*p, *q], [*u, *v], strict=True))
    assert dual <= Fraction(solved.cost) + Fraction(1e-14) * Fraction(cost.max()) + 1
    assert solved.cost - float(dual) <= solved.gap + 1e-14 * cost.max() + 1e-300
    assert 0 <= solved.gap <= 1e-9 * solved.cost + 1e-13 * cost.max() + 1e-280


@given(problems(), st.integers(-600, 600), st.integers(-500, 500))
@example(
    (
        np.array([0.0, 1.0, 1.0, 0.25, 0.0, 1.0]),
        np.array([1.0, 0.0]),
        np.array([[0, 0], [2, 0], [0, 0], [1, 0], [0, 0], [0.00550124, 0]]),
    ),
    0,
    0,
)
@example((np.ones(2), np.ones(5), 0.25 * np.array([[0, 1, 2, 1, 2], [0, 3, 0, 0, 1]])), 0, 0)
def test_the_units_of_cost_and_mass_do_not_matter(problem, cost_exponent, mass_exponent):
    p, q, cost = problem
    plain = partial_transport(p, q, cost)
    scaled = partial_transport(
        *np.ldexp([[*p, *q]], mass_exponent)[:, : len(p)],
        *[np.ldexp(q, mass_exponent), np.ldexp(cost, cost_exponent)],
    )
    assert scaled.cost == np.ldexp(plain.cost, cost_exponent)


@pytest.mark.parametrize("scale", 10.0 ** np.arange(-200, 201, 80))
def test_decimal_units_do_not_matter_either(scale):
    rng = np.random.default_rng(0)
    p, q, cost = rng.random(20), 2 * rng.random(30), rng.random((20, 30))
    plain = partial_transport(p, q, cost).cost
    assert partial_transport(p, q, cost * scale).cost == pytest.approx(scale * plain, rel=1e-14)
    assert partial_transport(p * scale, q * scale, cost).cost == pytest.approx(plain, rel=1e-14)


@given(problems())
def test_exchanging_the_sides_exchanges_the_prices(problem):
    p, q, cost = problem
    one, other = partial_transport(p, q, cost), partial_transport(q, p, cost.T)
    assert one.cost == pytest.approx(other.cost, rel=1e-13, abs=1e-14)


@given(problems(), st.randoms(use_true_random=False))
def test_equal_totals_are_transport_bit_for_bit(problem, random):
    p, _, cost = problem
    q = np.zeros(cost.shape[1])
    q[random.randrange(len(q))] = math.fsum(p)
    partial, whole = partial_transport(p, q, cost), transport(p, q, cost)
    assert (partial.cost, partial.gap) == (whole.cost, whole.gap)
    np.testing.assert_array_equal(partial.plan.toarray(), whole.plan.toarray())
    np.testing.assert_array_equal(partial.source_price, whole.source_price)
    np.testing.assert_array_equal(partial.target_price, whole.target_price)


@pytest.mark.parametrize("ratio", [1 + 1e-15, 1 + 1e-12, 1.5, 1e3, 1e16, 1e100, 1e300])
def test_the_heavier_side_approaches_the_nearest_neighbours(ratio):
    rng = np.random.default_rng(0)
    p, q, cost = rng.random(8), rng.random(6), rng.random((8, 6))
    p, q = p / p.sum(), q / q.sum() * ratio
    solved = partial_transport(p, q, cost)
    nearest = p @ cost.min(axis=1)
    assert solved.cost >= nearest * (1 - 1e-15)
    assert solved.gap <= 1e-9 * solved.cost
    if ratio >= 1e3:  # each target has room for everything
        assert solved.cost == pytest.approx(nearest, rel=1e-14)
        assert (solved.target_price == 0).all()
        np.testing.assert_allclose(solved.source_price, cost.min(axis=1), rtol=1e-14)
    if ratio < 1 + 1e-11:
        assert solved.cost == pytest.approx(transport(p, q / ratio, cost).cost, rel=1e-10)


@pytest.mark.parametrize("small", [1e-12, 1e-17, 1e-100, 1e-300])
def test_small_masses_are_not_lost_beside_large_ones(small):
    solved = partial_transport([1.0, small], [2.0, 3.0], [[0.0, 5.0], [7.0, 9.0]])
    assert solved.cost == pytest.approx(7 * small, rel=1e-12)


@given(clouds(most=6, d=2), st.sampled_from(["euclidean", "cityblock", "sqeuclidean"]))
def test_points_are_their_cost_matrix(pair, metric):
    x, y = pair
    p, q = np.arange(1.0, len(x) + 1), np.arange(2.0, 2 * len(y) + 2, 2)
    truth = partial_transport(p, q, distances(x, y, metric=metric))
    solved = sampled.partial_transport(x, y, x_weights=p, y_weights=q, metric=metric)
    assert solved.cost == pytest.approx(truth.cost, rel=1e-12, abs=1e-14)
    twice = sampled.partial_transport(x, y, x_weights=p, y_weights=q, metric=metric, order=2)
    truth = partial_transport(p, q, distances(x, y, metric=metric) ** 2)
    assert twice.cost == pytest.approx(truth.cost, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("exponent", range(-150, 151, 50))
@pytest.mark.parametrize("order", [1, 2])
def test_the_unit_of_length_does_not_matter(exponent, order):
    rng = np.random.default_rng(0)
    x, y, scale = rng.normal(size=(10, 2)), rng.normal(size=(9, 2)), 10.0**exponent
    weights = {"x_weights": np.ones(10), "y_weights": np.ones(9)}
    plain = sampled.partial_transport(x, y, **weights, order=order).cost
    solved = sampled.partial_transport(x * scale, y * scale, **weights, order=order)
    assert solved.cost / scale / scale ** (order - 1) == pytest.approx(plain, rel=1e-14)


def test_costs_beyond_what_floats_span_are_an_error():
    with pytest.raises(SolverError, match="600 orders of magnitude"):
        partial_transport([1.0], [1.0, 2.0], [[5e-324, 1e300]])

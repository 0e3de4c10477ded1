"""Exact EMD of histograms: laws, certificate, units, gradients, refusals."""

import math
from fractions import Fraction

import numpy as np
import ot
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from divergences import DistributionError, SolverError, emd, transport
from divergences._transport import simplex, simplex_run
from divergences._transport.certificate import Arcs
from divergences._transport.metrics import distances
from divergences._transport.result import Optimum
from tests import oracles
from tests.strategies import cloud_pairs, distribution_triples, distributions

LINE = np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))


@st.composite
def problems(draw, most=7):
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    costs = st.one_of(st.integers(0, 3).map(float), st.floats(1e-3, 10))
    return (
        draw(distributions(n)),
        draw(distributions(m)),
        draw(npst.arrays(np.float64, (n, m), elements=costs)),
    )


def uniform(n):
    return np.full(n, 1 / n)


@given(problems())
def test_the_linear_program_agrees(problem):
    p, q, cost = problem
    assert emd(p, q, cost) == pytest.approx(oracles.emd(p, q, cost), rel=1e-6, abs=1e-6)


@given(problems())
@example(([1e-9, 1.0], [1.0000000009000001e-10, 1.0000000009], [[3.0, 3.0], [0.0, 0.0]]))
@example(([0.0, 0.0, 1.0, 1e-323], [1.0], [[0.0], [0.0], [0.0], [0.03125]]))  # costs 3e-325
@example(([0.3, 0.7], [0.6, 0.4], [[0.0, 1e-320], [1e-321, 1e-322]]))  # subnormal costs
def test_the_potentials_are_feasible_and_the_gap_bounds_the_error(problem):
    p, q, cost = map(np.asarray, problem)
    solved = transport(p, q, cost)
    plan, u, v = solved.plan.toarray(), solved.source_potential, solved.target_potential
    assert solved.plan.nnz <= len(p) + len(q) - 1
    assert (plan >= 0).all()
    assert np.allclose(plan.sum(1), p / p.sum(), atol=1e-15)
    assert np.allclose(plan.sum(0), q / q.sum(), atol=1e-15)
    assert solved.cost == pytest.approx((plan * cost).sum(), rel=1e-14, abs=1e-300)
    # Feasible as real numbers, with no tolerance: fsum keeps the sign of the exact sum.
    assert all(
        math.fsum([cost[i, j], -u[i], -v[j]]) >= 0 for i in range(len(p)) for j in range(len(q))
    )
    dual = oracles.dual_value(p, q, u, v)
    assert dual <= solved.cost * (1 + 1e-14) + 1e-322
    assert solved.cost - max(dual, 0) <= solved.gap
    assert 0 <= solved.gap <= 1e-9 * solved.cost + 1e-14 * cost.max() + 1e-300


@given(distribution_triples())
def test_emd_is_a_metric_on_the_simplex(masses):
    p, q, r = masses
    cost = LINE[: len(p), : len(p)]
    assert emd(p, p, cost) == 0
    assert emd(p, q, cost) == pytest.approx(emd(q, p, cost), rel=1e-12, abs=1e-14)
    assert emd(p, r, cost) <= emd(p, q, cost) + emd(q, r, cost) + 1e-14
    assert (
        emd(p, q, cost) >= np.abs(p / p.sum() - q / q.sum()).sum() / 2 - 1e-15
    )  # the least distance is 1


@given(problems(), st.integers(-600, 600), st.integers(-600, 600))
def test_the_units_of_cost_and_mass_do_not_matter(problem, cost_exponent, mass_exponent):
    p, q, cost = problem
    p, q, cost = (
        np.where(a > 1e-3, a, 0) for a in (p, q, cost)
    )  # so that nothing becomes subnormal
    p, q = p / p.sum(), q / q.sum()
    unscaled = emd(p, q, cost)
    scaled = emd(
        np.ldexp(p, mass_exponent), np.ldexp(q, mass_exponent), np.ldexp(cost, cost_exponent)
    )
    assert scaled == np.ldexp(unscaled, cost_exponent)


@pytest.mark.parametrize("scale", [1e-200, 1e-16, 1e-14, 1e-12, 1e-5, 1e5, 1e200])
def test_a_cost_in_any_unit_gives_the_same_answer(scale):
    rng = np.random.default_rng(0)
    cost = distances(rng.normal(size=(40, 2)), rng.normal(size=(40, 2)))
    assert emd(uniform(40), uniform(40), cost * scale) == pytest.approx(
        scale * emd(uniform(40), uniform(40), cost), rel=1e-14, abs=0
    )


def test_pot_agrees_where_it_converges():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(60)), rng.dirichlet(np.ones(80))
    cost = rng.random((60, 80))
    assert emd(p, q, cost) == pytest.approx(ot.emd2(p, q, cost), rel=1e-12, abs=0)


def test_a_problem_beyond_the_iteration_limit_of_pot_is_solved():
    rng = np.random.default_rng(0)
    n = 600
    cost = distances(rng.normal(size=(n, 2)), rng.normal(size=(n, 2)))
    with pytest.warns(UserWarning, match="numItermax"):
        wrong = ot.emd2(uniform(n), uniform(n), cost, numItermax=1000)
    right = transport(uniform(n), uniform(n), cost)
    assert right.cost < wrong * (1 - 1e-6)
    assert right.gap <= 1e-9 * right.cost


def test_giving_up_is_an_error_not_a_number(monkeypatch):
    monkeypatch.setattr(simplex_run, "max_pivots", lambda n, m: 1)
    rng = np.random.default_rng(0)
    with pytest.raises(SolverError, match="1 pivots on a 20 x 20 problem and did not finish"):
        emd(uniform(20), uniform(20), rng.random((20, 20)))


def test_a_plan_that_is_not_optimal_is_an_error_not_a_number(monkeypatch):
    def diagonal_plan(p, q, cost, check):
        arcs, potential = solve(p, q, cost, check)
        rows = cols = np.arange(len(p))
        return type(arcs)(rows, cols, p, cost[rows, cols]), potential

    solve = simplex_run._network_simplex
    monkeypatch.setattr(simplex_run, "_network_simplex", diagonal_plan)
    assert emd([0.5, 0.5], [0.5, 0.5], [[1, 0], [0, 1]]) == 0  # by exact arithmetic
    monkeypatch.setattr(simplex, "MAX_EXACT_PAIRS", 3)
    with pytest.raises(SolverError, match=r"the plan costs 1, but its duality gap is 1, so"):
        emd([0.5, 0.5], [0.5, 0.5], [[1, 0], [0, 1]])


def test_points_without_mass_have_feasible_potentials():
    solved = transport([1, 0, 0], [0, 0, 1], np.array([[5.0, 1, 2], [0, 9, 9], [4, 4, 4]]))
    assert solved.cost == 2
    assert np.isfinite(solved.source_potential).all()
    assert np.isfinite(solved.target_potential).all()


@pytest.mark.parametrize("small", [1e-10, 1e-17, 1e-100, 1e-300])
def test_small_masses_keep_their_digits_beside_large_ones(small):
    cost = [[0.0, 1.0], [3.0, 0.0]]
    assert emd([small, 1.0], [0.0, 1.0], cost) == pytest.approx(small, rel=1e-9)
    assert emd([0.0, 1.0], [small, 1.0], cost) == pytest.approx(3 * small, rel=1e-9)


def test_the_gap_bounds_the_rounding_of_the_cost():
    solved = transport([1, 1], [1, 1], [[0.1, 0.9], [0.9, 0.2]])
    exact = (Fraction(0.1) + Fraction(0.2)) / 2
    assert Fraction(solved.cost) - Fraction(solved.gap) <= exact <= Fraction(solved.cost)


def test_potentials_that_are_rounded_to_subnormals_stay_feasible():
    mass, index = np.ones(1), np.zeros(1, np.intp)
    optimum = Optimum(Arcs(index, index, mass, np.array([3.0])), 1.5 * mass, 1.5 * mass, 3.0, 0.0)
    rounded = optimum.scaled_with_rounding(-1074)
    dual = float(rounded.source_potential[0] + rounded.target_potential[0])
    assert rounded.cost == 3 * 2.0**-1074
    assert rounded.cost - rounded.gap <= dual <= rounded.cost


def test_counts_are_masses():
    assert emd([2, 2], [1, 3], [[0, 1], [1, 0]]) == 0.25


@given(cloud_pairs(max_size=5, d=2))
def test_torch_gradients_pass_gradcheck(pair):
    x, y = pair
    cost = torch.tensor(
        distances(x, y) + np.random.default_rng(0).random((len(x), len(y)))
    )  # no ties
    logits = torch.linspace(0, 1, len(x), dtype=torch.float64)
    q = torch.full((len(y),), 1 / len(y), dtype=torch.float64)

    def distance(cost, logits):
        return emd(logits.softmax(dim=0), q, cost)

    inputs = cost.requires_grad_(), logits.requires_grad_()
    assert float(distance(*inputs).detach()) == emd(
        *(a.detach().numpy() for a in (logits.softmax(0), q, cost))
    )
    assert torch.autograd.gradcheck(distance, inputs)


REFUSED = [
    (([0.5, 0.6], [0.5, 0.5], LINE[:2, :2]), r"same total mass, but sum\(p\) / sum\(q\) = 1.1"),
    (([-1, 2], [0.5, 0.5], LINE[:2, :2]), r"`p`\[0\] = -1.0 is negative"),
    (([0, 0], [0.5, 0.5], LINE[:2, :2]), "`p` must hold some mass"),
    (([0.5, 0.5], [], LINE[:2, :2]), "`q` must not be empty"),
    (
        ([0.5, 0.5], [0.5, 0.5], LINE[:3, :2]),
        r"`cost` must have shape \(len\(p\), len\(q\)\) = \(2, 2\).*\(3, 2\)",
    ),
    (([0.5, 0.5], [0.5, 0.5], [[0, np.nan], [1, 0]]), r"`cost`\[0, 1\] = nan is no number"),
    (([0.5, 0.5], [0.5, 0.5], [[0, -1], [1, 0]]), r"`cost`\[0, 1\] = -1.0 is negative"),
    (([0.5, 0.5], [0.5, 0.5], [["a", "b"], ["c", "d"]]), "`cost` must hold float64"),
]


def test_transport_refuses_a_batch():
    with pytest.raises(DistributionError, match=r"`p` must have one axis, but has shape \(1, 2\)"):
        transport([[0.5, 0.5]], [0.5, 0.5], LINE[:2, :2])


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
@pytest.mark.parametrize("function", [emd, transport])
def test_invalid_arguments_are_refused_with_the_reason(function, arguments, message):
    with pytest.raises(DistributionError, match=message):
        function(*arguments)


def test_totals_are_compared_relatively():
    cost = LINE[:2, :2]
    assert emd([1e9, 1e9], [1e9, 1e9 * (1 + 5e-15)], cost) == pytest.approx(0, abs=1e-14)
    with pytest.raises(DistributionError, match="same total mass"):
        emd([1e-7, 1e-7], [5e-7, 5e-7], cost)

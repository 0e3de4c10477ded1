"""Infinite costs: never used by a plan, and refused by name where they leave none."""

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from divergences import DistributionError, emd, pairwise, partial_transport, transport
from divergences._transport.forbidden_pairs import NoFinitePlanError
from tests.divergences._transport.exact_oracle import exact_emd

INF = np.inf
HALVES = [0.5, 0.5]
ONE_FORBIDDEN = [[1.0, INF], [5.0, 2.0]]


@st.composite
def sparse_problems(draw):
    """Whole masses of equal totals, and costs of which about half are infinite."""
    n, m = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    total = draw(st.integers(max(n, m), 40))
    p = rng.multinomial(total, np.full(n, 1 / n))
    q = rng.multinomial(total, np.full(m, 1 / m))
    density = draw(st.sampled_from([0.3, 0.6, 0.9]))
    cost = np.where(rng.random((n, m)) < density, rng.integers(0, 9, (n, m)), INF)
    return p, q, cost


def largest_finite_flow(p, q, cost):
    """Largest mass that a plan of finite costs moves, by scipy."""
    n, m = cost.shape
    capacity = np.zeros((n + m + 2, n + m + 2), dtype=np.int32)
    capacity[n + m, :n] = p
    capacity[n : n + m, n + m + 1] = q
    capacity[:n, n : n + m] = np.where(np.isfinite(cost), p.sum(), 0)
    return maximum_flow(csr_array(capacity), n + m, n + m + 1).flow_value


@given(sparse_problems())
def test_a_plan_avoids_forbidden_pairs_unless_the_largest_finite_flow_is_too_small(problem):
    p, q, cost = problem
    if largest_finite_flow(p, q, cost) < p.sum():
        with pytest.raises(DistributionError, match="infinite costs cut off"):
            transport(p, q, cost)
        return
    solved = transport(p, q, cost)
    i, j = solved.plan.coords
    assert np.isfinite(cost[i, j]).all()
    assert np.isfinite(solved.source_potential).all()
    assert np.isfinite(solved.target_potential).all()
    slack = cost - solved.source_potential[:, None] - solved.target_potential
    assert slack.min() >= 0
    assert solved.cost == pytest.approx(float(exact_emd(p, q, cost)), rel=1e-12, abs=1e-14)
    assert solved.gap <= 1e-9 * solved.cost + 1e-13


@given(sparse_problems())
def test_the_mass_that_is_cut_off_is_that_of_the_maximum_flow(problem):
    p, q, cost = problem
    flow = largest_finite_flow(p, q, cost)
    try:
        emd(p, q, cost)
    except DistributionError as error:
        total = p.sum()
        off = float(str(error).partition("cut off ")[2].split()[0])
        # Points without any partner are named first; their mass may be part of what is cut off.
        assert 0 < off * total <= (total - flow) * (1 + 1e-5)
    else:
        assert flow == p.sum()


@given(sparse_problems(), st.integers(0, 100))
def test_no_order_of_the_points_changes_the_value(problem, seed):
    p, q, cost = problem
    if largest_finite_flow(p, q, cost) < p.sum():
        return
    rng = np.random.default_rng(seed)
    i, j = rng.permutation(len(p)), rng.permutation(len(q))
    permuted = emd(p[i], q[j], cost[np.ix_(i, j)])
    assert permuted == pytest.approx(emd(p, q, cost), rel=1e-14, abs=1e-300)


def test_the_value_of_a_forbidden_pair():
    assert emd(HALVES, HALVES, ONE_FORBIDDEN) == 1.5
    assert transport(HALVES, HALVES, ONE_FORBIDDEN).plan.toarray().tolist() == [[0.5, 0], [0, 0.5]]
    assert partial_transport(HALVES, HALVES, ONE_FORBIDDEN).cost == 1.5


def test_a_partial_plan_avoids_forbidden_pairs():
    solved = partial_transport([3, 1, 5], [2, 1], [[1, INF], [4, 3], [INF, INF]])
    assert solved.plan.toarray() == pytest.approx(np.array([[2 / 3, 0], [0, 1 / 3], [0, 0]]))
    assert solved.cost == pytest.approx(5 / 3, rel=1e-15, abs=0)
    assert np.isfinite(solved.source_potential).all()


@given(sparse_problems(), st.integers(1, 5))
def test_a_partial_plan_is_that_of_a_free_target_for_the_surplus(problem, surplus):
    p, q, cost = problem
    heavier = p.copy()
    heavier[0] += surplus
    with_free_target = np.append(q, surplus), np.hstack([cost, np.zeros((len(p), 1))])
    truth = exact_emd(heavier, *with_free_target)
    if truth is None:
        for arguments in ((heavier, q, cost), (q, heavier, cost.T)):
            with pytest.raises(DistributionError, match="infinite costs cut off"):
                partial_transport(*arguments)
    else:
        value = float(truth * int(heavier.sum()) / int(q.sum()))
        assert partial_transport(heavier, q, cost).cost == pytest.approx(value, rel=1e-12, abs=0)
        assert partial_transport(q, heavier, cost.T).cost == pytest.approx(value, rel=1e-12, abs=0)


def test_a_batch_takes_infinite_costs_and_names_the_problem_that_they_leave_without_a_plan():
    p = np.full((2, 2), 0.5)
    assert emd(p, HALVES, [ONE_FORBIDDEN, [[1, INF], [5, 1]]]).tolist() == [1.5, 1.0]
    with pytest.raises(DistributionError, match=r"problem \[1\]: .*the targets \[1\] have 0.5"):
        emd(p, HALVES, [ONE_FORBIDDEN, [[1, INF], [5, INF]]])


def test_labels_name_the_masses_that_are_cut_off():
    cost = {("a", "x"): 1, ("a", "y"): INF, ("b", "x"): 5, ("b", "y"): 2}
    p, q = {"a": 0.5, "b": 0.5}, {"x": 0.4, "y": 0.6}
    message = (
        r"cut off 0.1 of the mass: the sources \['a'\] have 0.5 of it, and finite costs only to "
        r"the targets \['x'\], which take 0.4; make"
    )
    frame = pd.DataFrame([[1, INF], [5, 2]], index=["a", "b"], columns=["x", "y"])
    for function, form in itertools.product((emd, transport), (cost, frame)):
        with pytest.raises(DistributionError, match=message):
            function(p, q, form)
    assert emd(p, {"x": 0.5, "y": 0.5}, frame) == 1.5


def test_partial_transport_names_the_points_of_the_lighter_side():
    cost = [[1, INF], [1, 3], [INF, INF]]
    with pytest.raises(
        DistributionError, match=r"the targets \[1\] have 0.333333 .*sources \[1\]"
    ):
        partial_transport([3, 0.5, 5], [2, 1], cost)
    with pytest.raises(
        DistributionError, match=r"the sources \[1\] have 0.333333 .*targets \[1\]"
    ):
        partial_transport([2, 1], [3, 0.5, 5], np.transpose(cost))


def test_infinite_costs_everywhere_are_refused():
    with pytest.raises(DistributionError, match=r"cut off 1 of the mass: .*infinite costs to all"):
        emd(HALVES, HALVES, np.full((2, 2), INF))


@pytest.mark.parametrize("fill", [INF, np.nan])
def test_costs_of_points_without_mass_are_free(fill):
    cost = [[1.0, 2.0, fill], [fill, fill, fill]]
    solved = transport([1, 0], [0.25, 0.75, 0], cost)
    assert solved.cost == 1.75
    assert np.isfinite([*solved.source_potential, *solved.target_potential]).all()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (np.nan, r"`cost`\[0, 1\] = nan is no number; pass infinity for a pair that no plan may"),
        (-INF, r"`cost`\[0, 1\] = -inf is negative; pass infinity for a pair that no plan may"),
        (-3.0, r"`cost`\[0, 1\] = -3.0 is negative; add a constant, 3 or more, to all costs"),
    ],
)
@pytest.mark.parametrize("function", [emd, transport, partial_transport])
def test_nan_and_negative_costs_are_refused(function, entry, message):
    with pytest.raises(DistributionError, match=message):
        function(HALVES, HALVES, [[1.0, entry], [5.0, INF]])


@pytest.mark.parametrize("small", [1e-17, 1e-100, 1e-300])
def test_small_masses_are_cut_off_or_moved_like_large_ones(small):
    assert emd([1, small], [1, small], [[0, INF], [INF, 3]]) == pytest.approx(
        3 * small, rel=1e-14, abs=0
    )
    with pytest.raises(DistributionError, match=rf"cut off {small:g} of the mass: the targets"):
        emd([1], [1, small], [[0, INF]])


def test_rounding_of_the_masses_of_groups_that_no_finite_cost_connects_is_no_cut():
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.1 + 1e-12, 0.2, 0.7])
    cost = np.where(np.eye(3), [1.0, 2.0, 3.0], INF)
    assert emd(p, q, cost) == pytest.approx(2.6, rel=1e-11, abs=0)
    with pytest.raises(DistributionError, match="cut off 1e-06 of the mass"):
        emd(p, [0.1 + 1e-6, 0.2 - 1e-6, 0.7], cost)


def test_gradients_beside_infinite_costs_are_finite():
    cost = torch.tensor([[1.0, INF, 3.0], [5.0, 2.0, INF]], dtype=torch.float64)
    p = torch.tensor([0.5, 0.5], dtype=torch.float64)
    q = torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64)
    for tensor in (cost, p, q):
        tensor.requires_grad_()
    emd(p, q, cost).backward()
    assert cost.grad.tolist() == [[0.3, 0.0, 0.2], [0.0, 0.5, 0.0]]
    assert torch.isfinite(p.grad).all()
    assert torch.isfinite(q.grad).all()


def test_a_large_problem_is_refused_by_its_minimum_cut():
    rng = np.random.default_rng(0)
    n = 300
    cost = np.where(rng.random((n, n)) < 0.05, rng.random((n, n)), INF)
    cost[:40], cost[:40, :39] = INF, 1.0  # 40 sources share 39 targets
    uniform = np.full(n, 1 / n)
    with pytest.raises(DistributionError, match=rf"cut off {1 / n:.6g} of the mass: the sources"):
        emd(uniform, uniform, cost)


def test_a_refusal_can_be_sent_between_processes():
    error = NoFinitePlanError("sources", [1], [], (0.25, 0.0))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_distance_matrices_take_infinite_costs():
    cost = [[0.0, 1.0, INF], [1.0, 0.0, 2.0], [INF, 2.0, 0.0]]
    histograms = [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]]
    assert pairwise(histograms, cost=cost)[0, 1] == 1.0

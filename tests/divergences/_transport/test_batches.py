"""Exact EMD of batches of histograms: leading axes, processes, gradients, refusals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divergences import DistributionError, PairwiseInterrupt, SolverError, emd
from divergences._transport import batches, simplex


def histograms(rng, *shape):
    masses = rng.random(shape)
    return masses / masses.sum(-1, keepdims=True)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    shapes=st.sampled_from([
        ((3,), (3,), ()),
        ((3,), (), ()),
        ((), (), (2,)),
        ((2, 1), (4,), ()),
        ((2, 3), (2, 3), (2, 3)),
        ((1,), (1,), ()),
    ]),
)
def test_a_batch_equals_its_problems_solved_one_by_one(seed, shapes):
    rng = np.random.default_rng(seed)
    p, q = histograms(rng, *shapes[0], 4), histograms(rng, *shapes[1], 5)
    cost = rng.random((*shapes[2], 4, 5))
    values = emd(p, q, cost)
    lead = np.broadcast_shapes(*shapes)
    assert values.shape == lead
    p, q = np.broadcast_to(p, (*lead, 4)), np.broadcast_to(q, (*lead, 5))
    cost = np.broadcast_to(cost, (*lead, 4, 5))
    for index in np.ndindex(lead):
        assert values[index] == emd(p[index], q[index], cost[index])


def test_parallel_processes_give_the_same_values():
    rng = np.random.default_rng(0)
    p, q, cost = histograms(rng, 50, 6), histograms(rng, 50, 6), rng.random((6, 6))
    np.testing.assert_array_equal(emd(p, q, cost, n_jobs=2), emd(p, q, cost))


def test_an_empty_batch_has_no_distances():
    assert emd(np.zeros((0, 3)), np.ones(3), np.ones((3, 3))).shape == (0,)


def test_float32_stays_float32():
    p = np.full((2, 4), 0.25, np.float32)
    assert emd(p, p, np.ones((4, 4), np.float32)).dtype == np.float32


def test_torch_gradients_are_per_problem_and_summed_over_shared_arguments():
    rng = np.random.default_rng(0)
    p, q = (torch.tensor(histograms(rng, 3, 4), requires_grad=True) for _ in range(2))
    cost = torch.tensor(rng.random((4, 4)), requires_grad=True)
    batch = torch.autograd.grad(emd(p, q, cost).sum(), (p, q, cost))
    alone = torch.autograd.grad(sum(emd(p[k], q[k], cost) for k in range(3)), (p, q, cost))
    torch.testing.assert_close(batch, alone)
    assert torch.autograd.gradcheck(
        lambda c: emd(p.detach(), q.detach(), c), (cost,), eps=1e-7, atol=1e-6
    )


def test_an_invalid_problem_is_named():
    p = np.full((2, 2), 0.5)
    with pytest.raises(DistributionError, match=r"problem \[1\]: `p` and `q` must have the same"):
        emd(p, [[0.5, 0.5], [0.5, 0.6]], np.ones((2, 2)))


def test_an_unsolved_problem_is_named(monkeypatch):
    def failing_solver(p, q, cost):
        raise SolverError("too hard", bracket=(1.0, 2.0))

    monkeypatch.setattr(batches, "histogram_optimum", failing_solver)
    p = np.full((2, 2), 0.5)
    with pytest.raises(SolverError, match=r"problem \[0\]: too hard") as raised:
        emd(p, p, np.ones((2, 2)))
    assert raised.value.bracket == (1.0, 2.0)


def test_leading_axes_that_do_not_broadcast_are_refused():
    with pytest.raises(
        DistributionError, match=r"must broadcast, but are \(2,\), \(3,\) and \(\)"
    ):
        emd(np.ones((2, 4)), np.ones((3, 4)), np.ones((4, 4)))


def test_an_interrupt_of_a_batch_keeps_the_distances_so_far(monkeypatch):
    p, q = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 5, 3))
    cost = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0)))
    full, solve, solved = emd(p, q, cost), simplex.histogram_optimum, []

    def interrupted(*problem):
        if len(solved) == 7:
            raise KeyboardInterrupt
        solved.append(problem)
        return solve(*problem)

    monkeypatch.setattr(batches, "histogram_optimum", interrupted)
    with pytest.raises(PairwiseInterrupt, match="7 of 15 distances") as raised:
        emd(p, q, cost)
    distances = raised.value.distances
    np.testing.assert_array_equal(distances.ravel()[:7], full.ravel()[:7])
    assert np.isnan(distances.ravel()[7:]).all()

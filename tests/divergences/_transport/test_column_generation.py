"""Column generation: agreement with the dense solver, certificates, interrupts and refusals."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, SolverError, sampled
from divergences._transport import memory, solve
from divergences._transport.column_generation import (
    dual_ascent,
    master_problem,
    multiscale,
    near_pairs,
)
from divergences._transport.column_generation.arcs import northwest_corner
from divergences._transport.column_generation.partial_pricing import ReducedCostBounds
from divergences._transport.ground import GroundCost
from tests.strategies import cloud_pairs


def cityblock(x, y):
    return np.abs(x[:, None] - y).sum(-1)


METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", cityblock]


@pytest.fixture
def small_coarsest_problem(monkeypatch):
    """Coarsen down to 30 pairs and use boxes, as in larger problems."""
    monkeypatch.setattr(multiscale, "MAX_COARSEST_PAIRS", 30)
    monkeypatch.setattr(near_pairs, "MIN_BOX_PAIRS", 0)


def normals(n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + 0.3


@pytest.mark.parametrize("metric", METRICS)
@given(pair=cloud_pairs(), order=st.sampled_from([1.0, 2.0, 1.5]))
def test_column_generation_and_the_dense_solver_agree(metric, pair, order):
    x, y = pair
    dense = sampled.emd(x, y, metric=metric, order=order, method="dense").value
    columns = sampled.emd(x, y, metric=metric, order=order, method="columns").value
    # The distance is a root of the cost, and so is its rounding error.
    atol = 1e-14 if order == 1 else 1e-6
    assert columns == pytest.approx(dense, rel=1e-12, abs=atol)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("n", "m", "d"), [(300, 300, 2), (250, 400, 3), (200, 300, 40)])
@pytest.mark.usefixtures("small_coarsest_problem")
def test_the_potentials_are_feasible_and_the_plan_optimal(metric, n, m, d):
    x, y = normals(n, m, d)
    weights = np.random.default_rng(1).random(n)
    result = sampled.transport(x, y, x_weights=weights, metric=metric, method="columns")
    dense = sampled.transport(x, y, x_weights=weights, metric=metric, method="dense")
    assert result.cost == pytest.approx(dense.cost, rel=1e-12, abs=0)
    assert result.gap <= 1e-11 * result.cost
    assert result.plan.nnz <= n + m - 1
    np.testing.assert_allclose(result.plan.sum(axis=1), weights / weights.sum(), atol=1e-15)
    np.testing.assert_allclose(result.plan.sum(axis=0), 1 / m, atol=1e-15)
    ground = GroundCost.of(x, y, metric=metric)
    cost = np.ldexp(ground.block(slice(None), slice(None)), ground.exponent)
    assert (result.source_potential[:, None] + result.target_potential <= cost).all()


@pytest.mark.usefixtures("small_coarsest_problem")
@pytest.mark.parametrize("copies", [1, 7, 40])
def test_coincident_points_and_equal_costs_are_solved_exactly(copies):
    grid = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), -1).reshape(-1, 2)
    x, y = np.repeat(grid, copies, axis=0), np.repeat(grid + np.array([1.0, 0.0]), copies, axis=0)
    assert sampled.emd(x, y, method="columns").value == pytest.approx(1.0, rel=1e-12, abs=0)
    assert sampled.emd(x, x, method="columns").value == pytest.approx(0.0, abs=1e-13)


@pytest.mark.usefixtures("small_coarsest_problem")
def test_points_of_zero_mass_do_not_change_the_cost():
    x, y = normals(200, 200, 2)
    without = sampled.transport(x, y, method="columns")
    weights = np.concatenate([np.ones(200), np.zeros(50)])
    extended = np.concatenate([x, 10 + np.random.default_rng(2).normal(size=(50, 2))])
    result = sampled.transport(extended, y, x_weights=weights, method="columns")
    assert result.cost == pytest.approx(without.cost, rel=1e-13, abs=0)
    cost = np.linalg.norm(extended[:, None] - y, axis=-1)
    assert (result.source_potential[:, None] + result.target_potential <= cost * (1 + 1e-15)).all()


@pytest.mark.usefixtures("small_coarsest_problem")
def test_masses_below_the_rounding_of_the_total_are_transported():
    x, y = normals(100, 100, 2)
    weights = np.ones(100)
    weights[::3] = 1e-18
    result = sampled.transport(x, y, x_weights=weights, method="columns")
    dense = sampled.transport(x, y, x_weights=weights, method="dense")
    assert result.cost == pytest.approx(dense.cost, rel=1e-12, abs=0)
    np.testing.assert_allclose(result.plan.sum(axis=1), weights / weights.sum(), rtol=1e-9)


@pytest.mark.usefixtures("small_coarsest_problem")
@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1e-12, 1e100, 1e200])
def test_the_cost_is_homogeneous_in_the_unit_of_length(scale):
    x, y = normals(200, 150, 3)
    unscaled = sampled.emd(x, y, method="columns").value
    assert sampled.emd(x * scale, y * scale, method="columns").value == pytest.approx(
        scale * unscaled, rel=1e-14, abs=0
    )


@given(st.lists(st.integers(1, 9), min_size=1), st.lists(st.integers(1, 9), min_size=1))
def test_the_northwest_corner_plan_has_the_marginals(p, q):
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)
    rows, cols, mass = northwest_corner(p, q)
    np.testing.assert_allclose(np.bincount(rows, mass, len(p)), p, atol=1e-15)
    np.testing.assert_allclose(np.bincount(cols, mass, len(q)), q, atol=1e-15)


@pytest.mark.usefixtures("small_coarsest_problem")
@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_the_last_pricing_before_the_end_is_of_all_pairs(monkeypatch, metric):
    complete = []

    class RecordedBounds(ReducedCostBounds):
        def violations(self, *args, **options):
            violations = super().violations(*args, **options)
            complete.append(self.complete)
            return violations

    monkeypatch.setattr(dual_ascent, "ReducedCostBounds", RecordedBounds)
    sampled.emd(*normals(300, 300, 4), metric=metric, method="columns")
    assert not all(complete)
    assert complete[-1]


def test_a_master_problem_that_the_simplex_does_not_finish_is_an_error(monkeypatch):
    monkeypatch.setattr(master_problem, "max_pivots", lambda n, m: 1)
    monkeypatch.setattr(solve, "MAX_EXACT_PAIRS", 0)
    with pytest.raises(
        SolverError, match=r"network simplex ended with result code 3 instead of 1"
    ):
        sampled.emd(*normals(60, 60, 2), method="columns")


def test_the_error_of_a_time_limit_carries_bounds():
    x, y = normals(2000, 2000, 2)
    with pytest.raises(SolverError, match=r"time limit of 0.001 s .* is between") as raised:
        sampled.emd(x, y, time_limit=1e-3)
    lower, upper = raised.value.bracket
    assert 0 <= lower <= sampled.emd(x, y).value <= upper < np.inf


@pytest.mark.usefixtures("small_coarsest_problem")
def test_the_message_of_an_interrupt_states_the_bounds():
    x, y = normals(200, 200, 2)
    calls = 0

    def interrupting(a, b):
        nonlocal calls
        calls += 1
        if calls == limit:
            raise KeyboardInterrupt
        return cityblock(a, b)

    limit = 0
    exact = sampled.emd(x, y, metric=interrupting, method="columns").value
    limit, calls = calls - 3, 0
    with pytest.raises(
        KeyboardInterrupt, match="interrupted: the optimal cost is between"
    ) as raised:
        sampled.emd(x, y, metric=interrupting, method="columns")
    lower, upper = (float(n) for n in re.findall(r"[\d.e+-]*\d", str(raised.value)))
    assert 0 < lower <= exact * (1 + 1e-9)
    assert exact * (1 - 1e-9) <= upper


def test_the_progress_bar_shows_the_gap(capsys):
    x, y = normals(300, 300, 2)
    sampled.emd(x, y, method="columns", progress=True)
    output = capsys.readouterr().err
    assert "column generation" in output
    assert "gap=" in output


def test_both_solvers_give_the_same_gradient():
    x, y = (torch.tensor(a, requires_grad=True) for a in normals(40, 50, 2))
    for order in (1.0, 2.0):
        gradients = [
            torch.autograd.grad(sampled.emd(x, y, method=m, order=order).value, (x, y))
            for m in ("dense", "columns")
        ]
        torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-9, atol=1e-12)


def test_a_dense_problem_beyond_memory_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**8)
    x, y = normals(2000, 2000, 2)
    with pytest.raises(
        DistributionError, match=r'needs about 0.16 GB .* 0.1 GB are .* `method="columns"`'
    ):
        sampled.emd(x, y, method="dense")
    assert sampled.emd(x, y, method="columns").value > 0


def test_available_memory_is_a_number_of_bytes():
    assert memory.available_memory() > 1e7


REFUSED = [
    (
        {"method": "sinkhorn"},
        '`method` must be one of "dense", "columns", or None, but is \'sinkhorn\'',
    ),
    ({"time_limit": 0}, "`time_limit` must be above 0 seconds or None, but is 0"),
    ({"time_limit": 1, "method": "dense"}, "the dense method cannot be stopped"),
    ({"order": 0.5}, "`order` must be a finite number of at least 1, but is 0.5"),
    ({"order": np.inf}, "`order` must be a finite number of at least 1, but is inf"),
    (
        {"metric": lambda x, y: np.zeros(len(x))},
        r"`metric` must return one distance for each pair",
    ),
    (
        {"metric": lambda x, y: -cityblock(x, y)},
        "`metric` must return finite distances of at least 0",
    ),
    ({"metric": lambda x, y: cityblock(x, y) * np.nan}, "`metric` must return finite distances"),
    ({"metric": lambda x, y: cityblock(x, y) + 0j}, "`metric` must return real numbers"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_invalid_options_are_refused(options, message):
    x, y = normals(10, 10, 2)
    with pytest.raises(DistributionError, match=message):
        sampled.emd(x, y, **options)


def test_a_gradient_through_a_callable_metric_is_refused():
    x = torch.ones(3, 2, requires_grad=True)
    with pytest.raises(DistributionError, match=r"no gradient passes: .* x.detach\(\)"):
        sampled.emd(x, torch.zeros(2, 2), metric=cityblock)


@pytest.mark.parametrize("far", [1e4, 1e6, 1e10, 1e14, 1e15, 1e17])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["dense", "columns", None])
def test_a_distant_shared_point_leaves_the_relative_error_small_or_is_refused(far, seed, method):
    """The rounding error of a gap is that of potentials as large as the distance."""
    rng = np.random.default_rng(seed)
    near = rng.uniform(size=(2, 20, 2))
    x, y = (np.vstack([points, [[far, far]]]) for points in near)
    truth = sampled.emd(*near).value * 20 / 21
    try:
        assert sampled.emd(x, y, method=method).value == pytest.approx(truth, rel=1e-3)
    except SolverError:
        assert far >= 1e6

"""Column generation: the optimum of all pairs, from few of them."""

import re

import numpy as np
import pytest
import torch
from hypothesis import event, given, settings
from hypothesis import strategies as st

from divergences import DistributionError, SolverError, sampled
from divergences._transport import memory
from divergences._transport.column_generation import multiscale
from divergences._transport.column_generation import partial_pricing as module
from divergences._transport.column_generation.arcs import northwest, worst
from divergences._transport.column_generation.block_pricing import BlockPricing, cheapest
from divergences._transport.column_generation.euclidean_pricing import EuclideanPricing
from divergences._transport.column_generation.partial_pricing import ReducedCostBounds
from divergences._transport.ground import GroundCost
from tests.strategies import cloud_pairs


def taxi(x, y):
    return np.abs(x[:, None] - y).sum(-1)


METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev", taxi]


@pytest.fixture
def tiny_coarse(monkeypatch):
    """Coarser problems down to a handful of points, so that small tests go through all levels."""
    monkeypatch.setattr(multiscale, "SMALL", 30)


def normals(n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + 0.3


@pytest.mark.parametrize("metric", METRICS)
@given(pair=cloud_pairs(), order=st.sampled_from([1.0, 2.0, 1.5]))
def test_columns_and_dense_agree(metric, pair, order):
    x, y = pair
    dense = sampled.emd(x, y, metric=metric, order=order, method="dense").value
    columns = sampled.emd(x, y, metric=metric, order=order, method="columns").value
    # A root of the rounding of the power is what the distance of close sets is known to.
    near = 1e-14 if order == 1 else 1e-6
    assert columns == pytest.approx(dense, rel=1e-12, abs=near)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("n", "m", "d"), [(300, 300, 2), (250, 400, 3), (200, 300, 40)])
@pytest.mark.usefixtures("tiny_coarse")
def test_the_proof_holds_over_all_pairs(metric, n, m, d):
    x, y = normals(n, m, d)
    weights = np.random.default_rng(1).random(n)
    solved = sampled.transport(x, y, x_weights=weights, metric=metric, method="columns")
    dense = sampled.transport(x, y, x_weights=weights, metric=metric, method="dense")
    assert solved.cost == pytest.approx(dense.cost, rel=1e-12)
    assert solved.gap <= 1e-11 * solved.cost
    assert solved.plan.nnz <= n + m - 1
    np.testing.assert_allclose(solved.plan.sum(axis=1), weights / weights.sum(), atol=1e-15)
    np.testing.assert_allclose(solved.plan.sum(axis=0), 1 / m, atol=1e-15)
    ground = GroundCost.of(x, y, metric=metric)
    cost = np.ldexp(ground.block(slice(None), slice(None)), ground.exponent)
    assert (solved.source_potential[:, None] + solved.target_potential <= cost).all()


@pytest.mark.usefixtures("tiny_coarse")
@pytest.mark.parametrize("copies", [1, 7, 40])
def test_ties_and_coincident_points_are_no_trouble(copies):
    grid = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), -1).reshape(-1, 2)
    x, y = np.repeat(grid, copies, axis=0), np.repeat(grid + np.array([1.0, 0.0]), copies, axis=0)
    assert sampled.emd(x, y, method="columns").value == pytest.approx(1.0, rel=1e-12)
    assert sampled.emd(x, x, method="columns").value == pytest.approx(0.0, abs=1e-13)


@pytest.mark.usefixtures("tiny_coarse")
def test_points_without_mass_change_nothing():
    x, y = normals(200, 200, 2)
    alone = sampled.transport(x, y, method="columns")
    weights = np.concatenate([np.ones(200), np.zeros(50)])
    more = np.concatenate([x, 10 + np.random.default_rng(2).normal(size=(50, 2))])
    solved = sampled.transport(more, y, x_weights=weights, method="columns")
    assert solved.cost == pytest.approx(alone.cost, rel=1e-13)
    cost = np.linalg.norm(more[:, None] - y, axis=-1)
    assert (solved.source_potential[:, None] + solved.target_potential <= cost * (1 + 1e-15)).all()


@pytest.mark.usefixtures("tiny_coarse")
def test_masses_below_the_rounding_of_the_whole_are_carried():
    x, y = normals(100, 100, 2)
    weights = np.ones(100)
    weights[::3] = 1e-18
    solved = sampled.transport(x, y, x_weights=weights, method="columns")
    dense = sampled.transport(x, y, x_weights=weights, method="dense")
    assert solved.cost == pytest.approx(dense.cost, rel=1e-12)
    np.testing.assert_allclose(solved.plan.sum(axis=1), weights / weights.sum(), rtol=1e-9)


@pytest.mark.usefixtures("tiny_coarse")
@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1e-12, 1e100, 1e200])
def test_the_unit_of_length_does_not_matter(scale):
    x, y = normals(200, 150, 3)
    unscaled = sampled.emd(x, y, method="columns").value
    assert sampled.emd(x * scale, y * scale, method="columns").value == pytest.approx(
        scale * unscaled, rel=1e-14
    )


def exact_slack(ground, u, v):
    return ground.block(slice(None), slice(None)) - u[:, None] - v


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    d=st.sampled_from([1, 2, 24, 25, 60]),
    squared=st.booleans(),
    shift=st.floats(-1, 1),
    far=st.sampled_from([0.0, 1.0, 1e3, 1e6]),
    flat=st.booleans(),
    width=st.sampled_from([0.0, 0.01, 10.0]),
)
@pytest.mark.parametrize("device", ["numpy", "torch"])
def test_the_screen_overlooks_no_violation(device, seed, d, squared, shift, far, flat, width):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, d)), rng.normal(size=(50, d))
    if flat:
        y[:, d // 2 :] = 0.0
    metric = "sqeuclidean" if squared else "euclidean"
    ground = GroundCost.of(x + far, y + far, metric=metric)
    cost = ground.block(slice(None), slice(None))
    v = rng.normal(size=50) * cost.mean() / 10 + shift
    # Potentials that are exactly tight, a little below and a little above.
    u = (cost - v).min(axis=1) + rng.choice([0.0, 1e-15, -1e-15, 1e-7, 1e-2], size=40)
    screen = EuclideanPricing.of(ground, None if device == "numpy" else torch.zeros(1))
    found = ReducedCostBounds(screen).violations(u, v, ground.along, 100, width=width)
    slack = np.minimum(exact_slack(ground, u, v), 0.0)
    # The costs of pairs and of blocks may be rounded differently.
    close = {"rtol": 0, "atol": 4e-15 * (1 + np.abs(u).max() + np.abs(v).max())}
    np.testing.assert_allclose(found.by_row, slack.min(axis=1), **close)
    np.testing.assert_allclose(found.by_col, slack.min(axis=0), **close)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    d=st.sampled_from([2, 40]),
    step=st.sampled_from([1e-4, 1e-2, 0.3]),
    width=st.sampled_from([0.0, 0.02, 0.3]),
    crowd=st.sampled_from([2, 64]),
)
@pytest.mark.parametrize("kind", ["screen", "scan"])
def test_what_is_left_out_cannot_have_come_to_violate_its_potentials(
    kind, seed, d, step, width, crowd
):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, d)), rng.normal(size=(70, d))
    ground = GroundCost.of(x, y, metric="euclidean")
    clearance = ReducedCostBounds(
        EuclideanPricing.of(ground, None) if kind == "screen" else BlockPricing(ground)
    )
    cost = ground.block(slice(None), slice(None))
    v = rng.normal(size=70) * cost.mean() / 10
    u = (cost - v).min(axis=1)
    left_out = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "REMEMBERED", crowd)
        for _ in range(6):
            u = u + step * cost.mean() * rng.normal(size=60) * 0.1
            v = v + step * cost.mean() * rng.normal(size=70) * np.where(
                rng.random(70) < 0.05, 1, 0.1
            )
            found = clearance.violations(u, v, ground.along, 5, width=width * cost.mean())
            left_out |= not clearance.complete
            slack = np.minimum(exact_slack(ground, u, v), 0.0)
            close = {"rtol": 0, "atol": 1e-14 * (1 + np.abs(u).max() + np.abs(v).max())}
            np.testing.assert_allclose(found.by_row, slack.min(axis=1), **close)
            np.testing.assert_allclose(found.by_col, slack.min(axis=0), **close)
    event(f"left pairs out: {left_out}")


def test_pairs_far_from_their_potentials_are_left_out():
    x, y = normals(400, 300, 40)
    ground = GroundCost.of(x, y, metric="euclidean")
    cost = ground.block(slice(None), slice(None))
    v = np.zeros(300)
    u = cost.min(axis=1)
    clearance = ReducedCostBounds(EuclideanPricing.of(ground, None))
    clearance.violations(u, v, ground.along, 5, width=0.01)
    assert clearance.complete
    clearance.violations(u + 1e-9, v, ground.along, 5, width=0.01)
    assert not clearance.complete
    clearance.forget()
    clearance.violations(u, v, ground.along, 5, width=0.01)
    assert clearance.complete


def test_a_scan_finds_the_worst_violations_of_each_row_and_column():
    x, y = normals(60, 70, 3)
    ground = GroundCost.of(x, y, metric="cityblock")
    u, v = np.full(60, 0.2), np.full(70, 0.2)
    slack = exact_slack(ground, u, v)
    found = ReducedCostBounds(BlockPricing(ground)).violations(u, v, ground.along, 1, width=0.0)
    pairs = set(zip(found.rows.tolist(), found.cols.tolist(), strict=True))
    for i in np.flatnonzero(slack.min(axis=1) < 0):
        assert (i, slack[i].argmin()) in pairs
    for j in np.flatnonzero(slack.min(axis=0) < 0):
        assert (slack[:, j].argmin(), j) in pairs


@pytest.mark.parametrize("m", [5, 100, 3000])
def test_the_cheapest_targets_are_the_smallest_of_each_row(m):
    x, y = normals(30, m, 2)
    ground = GroundCost.of(x, y, metric="euclidean")
    potential = np.random.default_rng(0).random(m)
    places, lowest = cheapest(BlockPricing(ground), potential, 10)
    above = ground.block(slice(None), slice(None)) - potential
    expected = np.sort(above, axis=1)[:, :10]
    np.testing.assert_array_equal(np.sort(np.take_along_axis(above, places, 1), 1), expected)
    np.testing.assert_array_equal(lowest, above.min(axis=1))


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-1, 0)), min_size=1), st.integers(1, 3))
def test_the_worst_of_each_group(pairs, count):
    groups = np.array([g for g, _ in pairs])
    slack = np.array([s for _, s in pairs])
    chosen = worst(groups, slack, count)
    for group in set(groups.tolist()):
        lowest = np.sort(slack[groups == group])[:count]
        np.testing.assert_array_equal(np.sort(slack[chosen[groups[chosen] == group]]), lowest)


@given(st.lists(st.integers(1, 9), min_size=1), st.lists(st.integers(1, 9), min_size=1))
def test_the_northwest_plan_moves_all_mass(p, q):
    p, q = np.array(p) / sum(p), np.array(q) / sum(q)
    rows, cols, mass = northwest(p, q)
    np.testing.assert_allclose(np.bincount(rows, mass, len(p)), p, atol=1e-15)
    np.testing.assert_allclose(np.bincount(cols, mass, len(q)), q, atol=1e-15)


def test_a_time_limit_is_an_error_that_carries_the_bracket():
    x, y = normals(2000, 2000, 2)
    with pytest.raises(SolverError, match=r"time limit of 0.001 s .* is between") as raised:
        sampled.emd(x, y, time_limit=1e-3)
    lower, upper = raised.value.bracket
    assert 0 <= lower <= sampled.emd(x, y).value <= upper < np.inf


@pytest.mark.usefixtures("tiny_coarse")
def test_an_interrupt_tells_the_bracket():
    x, y = normals(200, 200, 2)
    calls = 0

    def impatient(a, b):
        nonlocal calls
        calls += 1
        if calls == limit:
            raise KeyboardInterrupt
        return taxi(a, b)

    limit = 0
    exact = sampled.emd(x, y, metric=impatient, method="columns").value
    limit, calls = calls - 3, 0
    with pytest.raises(
        KeyboardInterrupt, match="interrupted: the optimal cost is between"
    ) as told:
        sampled.emd(x, y, metric=impatient, method="columns")
    lower, upper = (float(n) for n in re.findall(r"[\d.e+-]*\d", str(told.value)))
    assert 0 < lower <= exact * (1 + 1e-9)
    assert exact * (1 - 1e-9) <= upper


def test_progress_shows_the_gap(capsys):
    x, y = normals(300, 300, 2)
    sampled.emd(x, y, method="columns", progress=True)
    shown = capsys.readouterr().err
    assert "column generation" in shown
    assert "gap=" in shown


def test_the_gradient_of_columns_is_that_of_dense():
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
    ({"method": "sinkhorn"}, '`method` must be "dense", "columns" or None, but is \'sinkhorn\''),
    ({"time_limit": 0}, "`time_limit` must be above 0 seconds or None, but is 0"),
    ({"time_limit": 1, "method": "dense"}, "the dense method cannot be stopped"),
    ({"order": 0.5}, "`order` must be a finite number of at least 1, but is 0.5"),
    ({"order": np.inf}, "`order` must be a finite number of at least 1, but is inf"),
    (
        {"metric": lambda x, y: np.zeros(len(x))},
        r"`metric` must return one distance for each pair",
    ),
    ({"metric": lambda x, y: -taxi(x, y)}, "`metric` must return finite distances of at least 0"),
    ({"metric": lambda x, y: taxi(x, y) * np.nan}, "`metric` must return finite distances"),
    ({"metric": lambda x, y: taxi(x, y) + 0j}, "`metric` must return real numbers"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_cannot_be_solved_is_refused(options, message):
    x, y = normals(10, 10, 2)
    with pytest.raises(DistributionError, match=message):
        sampled.emd(x, y, **options)


def test_no_gradient_passes_through_a_function():
    x = torch.ones(3, 2, requires_grad=True)
    with pytest.raises(DistributionError, match=r"no gradient passes: .* x.detach\(\)"):
        sampled.emd(x, torch.zeros(2, 2), metric=taxi)


@pytest.mark.parametrize("far", [1e4, 1e6, 1e10, 1e14, 1e15, 1e17])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["dense", "columns", None])
def test_a_shared_point_far_away_hides_nothing_of_what_the_others_cost(far, seed, method):
    """Potentials of the size of the detour prove no more than their rounding."""
    rng = np.random.default_rng(seed)
    near = rng.uniform(size=(2, 20, 2))
    x, y = (np.vstack([points, [[far, far]]]) for points in near)
    truth = sampled.emd(*near).value * 20 / 21
    try:
        assert sampled.emd(x, y, method=method).value == pytest.approx(truth, rel=1e-3)
    except SolverError:
        assert far >= 1e6

"""Costs of many coordinates: the accuracy of the table, and the certificate by exact costs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from divergences import SolverError, sampled
from divergences._transport import cost_table
from divergences._transport.column_generation import projection
from divergences._transport.column_generation.euclidean_pricing import EuclideanPricing
from divergences._transport.cost_table import TabulatedCost
from divergences._transport.ground import GroundCost
from divergences._transport.simplex import dense_transport

D = 40


def clustered(seed, n, m, spread):
    """Points in three clusters whose diameter is ``spread`` times their distance."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(3, D))
    return (
        centres[rng.integers(0, 3, size)] + spread * rng.normal(size=(size, D)) for size in (n, m)
    )


def table_of(x, y, metric="euclidean", order=1.0, **options):
    ground = GroundCost.of(x, y, metric=metric, order=order)
    return ground, TabulatedCost.tabulated(ground, **options)


@given(
    st.integers(0, 2**32),
    st.sampled_from([1.0, 1e-3, 1e-6, 1e-12]),
    st.sampled_from(["euclidean", "sqeuclidean"]),
    st.sampled_from([1.0, 1.5, 2.0]),
    st.sampled_from([0.0, 1e6]),
)
def test_the_table_has_its_accuracy_for_close_points_too(seed, spread, metric, order, offset):
    x, y = (points + offset for points in clustered(seed, 12, 15, spread))
    x[0] = y[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost_table, "MAX_CLOSE_FRACTION", 1.0)
        ground, table = table_of(x, y, metric, order)
    exact = ground.block(slice(None), slice(None))
    error = np.abs(table.table - exact)
    assert (error <= (table.accuracy + 1e-13) * exact).all()


@pytest.mark.parametrize("method", ["dense", "columns"])
@pytest.mark.parametrize(("metric", "order"), [("euclidean", 1.0), ("sqeuclidean", 1.5)])
@given(st.integers(0, 2**32), st.sampled_from([1.0, 0.01]))
def test_the_certificate_holds_for_exact_costs(metric, order, method, seed, spread):
    x, y = clustered(seed, 20, 30, spread)
    p = np.random.default_rng(seed).integers(0, 3, 20) + 0.0
    p[0] = 1.0
    result = sampled.transport(x, y, x_weights=p, metric=metric, order=order, method=method)
    cost = cdist(x, y, metric) ** order
    u, v, p = result.source_potential, result.target_potential, p / p.sum()
    assert (u[:, None] + v - cost).max() <= 1e-14 * cost.max()
    assert (result.plan.toarray() * cost).sum() == pytest.approx(result.cost, rel=1e-13, abs=0)
    assert result.cost - (p @ u + v.mean()) <= result.gap + 1e-14 * cost.max()
    assert result.gap <= 1e-10 * result.cost


def test_a_plan_that_is_optimal_only_for_the_table_is_refused():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 40, D))
    _, table = table_of(x, y)
    wrong = np.array(table.table)
    wrong[:20] *= 1.0 + rng.random((20, 40))
    p = np.full(40, 1 / 40)
    optimum = dense_transport(p, p, wrong)
    with pytest.raises(SolverError, match="its duality gap is"):
        replace(table, table=wrong).certified(optimum, p, p)
    assert table.certified(dense_transport(p, p, table.table), p, p).gap < 1e-12


def test_many_equal_distances_are_certified_by_the_accuracy_of_the_table(monkeypatch):
    """All pairs of unit vectors are tight; their exact costs would take too long."""
    x, y = np.eye(60)[:30], np.eye(60)[30:]
    counted = []
    of_pairs = GroundCost.of_pairs

    def counting(ground, rows, cols):
        counted.append(len(rows))
        return of_pairs(ground, rows, cols)

    monkeypatch.setattr(GroundCost, "of_pairs", counting)
    monkeypatch.setattr(cost_table, "MAX_CHECKED_PAIRS_PER_POINT", 2)
    result = sampled.transport(x, y, method="dense")
    assert result.cost == pytest.approx(np.sqrt(2), rel=1e-15, abs=0)
    assert result.gap <= 1e-9 * result.cost
    assert max(counted) <= 60


@pytest.mark.parametrize(
    ("d", "metric", "options"),
    [
        (24, "euclidean", {}),
        (40, "cityblock", {}),
        (40, "euclidean", {"max_pairs": 99}),
    ],
)
def test_no_table_where_it_does_not_pay(d, metric, options):
    x, y = np.random.default_rng(0).normal(size=(2, 10, d))
    assert table_of(x, y, metric, **options)[1] is None


def test_no_table_of_points_that_are_nearly_one_point():
    x, y = clustered(0, 20, 20, 1e-9)
    assert table_of(x, y)[1] is None
    assert sampled.emd(x, y).value == pytest.approx(
        sampled.emd(x, y, method="columns").value, rel=1e-9
    )


def test_a_part_of_a_table_cannot_certify():
    _, table = table_of(*np.random.default_rng(0).normal(size=(2, 10, D)))
    part = table.subset(np.arange(3), np.arange(4))
    assert part.shape == part.table.shape == (3, 4)
    with pytest.raises(SolverError, match="no exact costs"):
        part.certified(None, np.ones(3), np.ones(4))


def test_blocks_are_copies():
    _, table = table_of(*np.random.default_rng(0).normal(size=(2, 10, D)))
    for part in (table, table.transposed):
        part.block(slice(0, 3), slice(None))[:] = -1.0
    assert table.table.min() > 0


@pytest.mark.parametrize(("d", "rank"), [(1200, 20), (300, 20)])
def test_the_axes_of_a_low_rank_are_found_without_a_matrix_of_all_coordinates(
    monkeypatch, d, rank
):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, rank)) @ rng.normal(size=(rank, d))
    y = x[:150] + 0.01 * rng.normal(size=(150, d))
    sizes, eigh = [], np.linalg.eigh

    def recorded(matrix):
        sizes.append(len(matrix))
        return eigh(matrix)

    monkeypatch.setattr(np.linalg, "eigh", recorded)
    axes = projection.principal_axes(x - x.mean(axis=0), y - x.mean(axis=0))
    assert axes.shape[1] <= rank
    np.testing.assert_allclose(axes.T @ axes, np.eye(axes.shape[1]), atol=1e-12)
    assert max(sizes) <= 2 * projection.MAX_PCA_POINTS


def test_points_without_structure_are_not_projected():
    x, y = np.random.default_rng(0).normal(size=(2, 300, 200))
    assert projection.principal_axes(x, y) is None
    pricing = EuclideanPricing.of(GroundCost.of(x, y, metric="euclidean"), None)
    assert pricing.x.shape == (300, 200)

"""Transport within a tolerance: bounds that hold, from cells of points and from columns."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from divergences import DistributionError, SolverError, sampled
from divergences._transport.aggregation import solver
from divergences._transport.aggregation.cells import Cells
from divergences._transport.aggregation.lipschitz_extension import lipschitz_extension

METRICS = ("euclidean", "cityblock", "chebyshev")


def clouds(n, m, d=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 1 + 1.5 * rng.normal(size=(m, d))


@pytest.fixture
def _aggregated(monkeypatch):
    """Problems of a few hundred points are aggregated."""
    monkeypatch.setattr(solver, "MAX_DENSE_PAIRS", 0)
    monkeypatch.setattr(solver, "MIN_AGGREGATED_PAIRS", 0)
    monkeypatch.setattr(solver, "FIRST_CELLS", 20)


@given(
    seed=st.integers(0, 10**6),
    d=st.integers(1, 4),
    metric=st.sampled_from(METRICS),
    scale=st.sampled_from([1e-3, 1.0, 30.0]),
)
def test_the_extension_is_the_minimum_over_all_targets(seed, d, metric, scale):
    rng = np.random.default_rng(seed)
    points, targets = rng.normal(size=(700, d)), rng.normal(size=(150, d))
    potential = scale * rng.normal(size=150)
    order = cKDTree(points).indices
    values = lipschitz_extension(
        points, order, targets, potential, metric=metric, check=lambda: None
    )
    exact = (cdist(points, targets, metric) - potential).min(axis=1)
    assert (values == exact).all()


@pytest.mark.parametrize("points", ["normal", "coincident", "on a grid"])
@pytest.mark.parametrize("count", [1, 7, 500])
def test_cells_partition_points_and_masses(points, count):
    rng = np.random.default_rng(0)
    x = {
        "normal": rng.normal(size=(333, 2)),
        "coincident": np.zeros((333, 2)),
        "on a grid": rng.integers(0, 4, (333, 2)).astype(float),
    }[points]
    masses = np.where(rng.random(333) < 0.3, 0.0, rng.random(333))
    cells = Cells.of(x, masses, cKDTree(x, leafsize=1), count)
    assert (np.sort(cells.order) == np.arange(333)).all()
    assert (np.diff(cells.cell[cells.order]) >= 0).all()
    assert cells.masses == pytest.approx(np.bincount(cells.cell, masses), abs=1e-12)
    held = cells.masses > 0
    first_moment = np.array([np.bincount(cells.cell, masses * axis) for axis in x.T]).T
    assert cells.means[held] * cells.masses[held, None] == pytest.approx(
        first_moment[held], abs=1e-12
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("tolerance", [0.3, 0.05])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("_aggregated")
def test_aggregated_bounds_hold_and_are_as_close_as_asked(metric, tolerance, weighted):
    x, y = clouds(600, 500)
    weights = {}
    if weighted:
        rng = np.random.default_rng(1)
        weights = {"x_weights": rng.random(600), "y_weights": rng.random(500)}
        weights["x_weights"][:50] = 0.0
        weights["y_weights"][:50] = 1e-20
    exact = sampled.transport(x, y, metric=metric, method="dense", **weights).cost
    solved = sampled.transport(x, y, metric=metric, tolerance=tolerance, **weights)
    assert solved.cost - solved.gap <= exact <= solved.cost * (1 + 1e-14)
    assert solved.gap <= tolerance * solved.cost
    assert solved.cost - exact > 1e-9  # it is not the exact solution
    u, v = solved.source_potential, solved.target_potential
    assert (u[:, None] + v <= cdist(x, y, metric)).all()
    p = weights.get("x_weights", np.ones(600))
    # Flows of the master problem, with buffers of mass 1, are rounded in every pivot.
    assert solved.plan.sum(axis=1) == pytest.approx(p / p.sum(), abs=1e-14)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("_aggregated")
def test_close_populations_fall_back_to_columns(seed):
    x, y = np.random.default_rng(seed).normal(size=(2, 300, 2))
    exact = float(sampled.emd(x, y))
    estimate = sampled.emd(x, y, tolerance=1e-3)
    assert estimate.low <= exact * (1 + 1e-14)
    assert exact <= estimate.high * (1 + 1e-14)
    assert estimate.high - estimate.low <= 1e-3 * estimate.high


@pytest.mark.parametrize(
    "options",
    [
        {"order": 2.0},
        {"metric": "sqeuclidean"},
        {"metric": lambda x, y: cdist(x, y)},
        {"method": "dense"},
        {"method": "columns"},
    ],
)
def test_every_cost_and_method_takes_a_tolerance(options, monkeypatch):
    monkeypatch.setattr(solver, "MAX_DENSE_PAIRS", 0)
    x, y = clouds(120, 100)
    exact = float(sampled.emd(x, y, **options))
    estimate = sampled.emd(x, y, tolerance=0.1, **options)
    assert estimate.low <= exact * (1 + 1e-12)
    assert exact <= estimate.high * (1 + 1e-12)
    assert float(estimate) == pytest.approx(estimate.high, rel=1e-12, abs=0)
    assert "proved between" in str(estimate)
    assert "proved between" in estimate._repr_html_()


@pytest.mark.parametrize("options", [{}, {"period": 3.0}])
def test_closed_forms_are_exact(options):
    x, y = clouds(2000, 3000, d=1)
    estimate = sampled.emd(x, y, tolerance=0.5, **options)
    assert float(estimate) == pytest.approx(float(sampled.emd(x, y, **options)), rel=1e-12, abs=0)
    assert estimate.high - estimate.low <= 1e-9 * estimate.high


@pytest.mark.usefixtures("_aggregated")
def test_many_coincident_points_and_one_place():
    x, y = np.zeros((50, 2)), np.repeat([[3.0, 4.0], [6.0, 8.0]], 30, axis=0)
    estimate = sampled.emd(x, y, tolerance=0.01)
    assert estimate.low == pytest.approx(7.5, rel=0.01)
    assert float(estimate) == pytest.approx(7.5, rel=0.01)
    assert float(sampled.emd(x, x[:9], tolerance=0.01)) == 0.0


@settings(max_examples=5)
@given(exponent=st.integers(-600, 600))
def test_the_unit_of_length_does_not_matter(exponent):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("MAX_DENSE_PAIRS", 0), ("MIN_AGGREGATED_PAIRS", 0)):
            patch.setattr(solver, name, value)
        patch.setattr(solver, "FIRST_CELLS", 20)
        x, y = clouds(120, 100)
        one, other = (sampled.emd(a * x, a * y, tolerance=0.3) for a in (1.0, 2.0**exponent))
    assert (other.low, other.high) == (one.low * 2.0**exponent, one.high * 2.0**exponent)


@pytest.mark.usefixtures("_aggregated")
def test_the_gradient_is_that_of_the_plan():
    x, y = (torch.tensor(points, requires_grad=True) for points in clouds(200, 150))
    estimate = sampled.emd(x, y, tolerance=0.2)
    estimate.value.backward()
    # The distance is homogeneous of degree 1 in the points together.
    total = (x.grad * x).sum() + (y.grad * y).sum()
    assert float(total.detach()) == pytest.approx(float(estimate), rel=1e-12, abs=0)


@pytest.mark.usefixtures("_aggregated")
def test_the_time_limit_is_an_error_with_bounds_of_the_points():
    # The first bounds take some 0.05 s on a quiet machine, the solution several seconds.
    x, y = clouds(9000, 9000)
    with pytest.raises(SolverError, match="time limit") as caught:
        sampled.emd(x, y, tolerance=1e-9, time_limit=0.7)
    low, high = caught.value.bracket
    closer = sampled.emd(x, y, tolerance=0.05)
    assert 0 <= low <= closer.high
    assert closer.low <= high < np.inf


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -0.1, float("nan"), "1e-3", True])
def test_a_tolerance_outside_the_unit_interval_is_refused(tolerance):
    for function in (sampled.emd, sampled.transport):
        with pytest.raises(
            DistributionError, match="`tolerance` must be strictly between 0 and 1"
        ):
            function([[0.0, 0.0]], [[1.0, 1.0]], tolerance=tolerance)

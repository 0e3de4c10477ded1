"""Cells of the line, to which models of large samples are fitted."""

import numpy as np
import pytest

from divergences import sampled
from divergences.sampled._density_ratio import line_cells
from divergences.sampled._density_ratio.line_cells import LineCells
from divergences.sampled._density_ratio.pooled_sample import PooledSample


@pytest.fixture
def _cells_of_few_points(monkeypatch):
    """Merge points on the line as in large samples."""
    monkeypatch.setattr(line_cells, "MIN_LINE_POINTS", 0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("_cells_of_few_points")
def test_cells_of_the_line_keep_masses_and_means_of_both_sides(weighted):
    rng = np.random.default_rng(0)
    x, y = rng.standard_cauchy((3000, 1)), rng.standard_cauchy((5000, 1))
    masses = (rng.dirichlet(np.ones(3000)), rng.dirichlet(np.ones(5000))) if weighted else ()
    samples = PooledSample.of(x, y, *masses)
    cells = LineCells.of(samples)
    assert cells is not None
    sizes = np.bincount(cells.cell)
    order = np.argsort(samples.points[:, 0])
    assert (np.diff(cells.cell[order]) >= 0).all()
    assert sizes.max() <= 8000 / 1024 + 1
    assert (sizes[[0, 1, -2, -1]] == 1).all()
    train = np.flatnonzero(rng.random(8000) < 0.8)
    merged, rows, means = cells.merged(samples, train)
    np.testing.assert_array_equal(merged.points[means], cells.means)
    assert merged.weights[rows].mean() == pytest.approx(1)
    assert not merged.weights[means].any()
    for label, side in ((1, train < 3000), (0, train >= 3000)):
        points = rows[merged.labels[rows] == label]
        share = samples.weights[train[side]].sum() / samples.weights[train].sum()
        assert merged.weights[points].sum() / len(rows) == pytest.approx(share, rel=1e-12, abs=0)


def test_cells_of_the_line_change_an_estimate_by_a_fraction_of_its_error(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.exponential(size=1500), rng.exponential(0.7, size=2000)
    estimates = []
    for least in (0, 10**9):
        monkeypatch.setattr(line_cells, "MIN_LINE_POINTS", least)
        estimates.append(sampled.kl(x, y, method="classifier"))
    merged, pointwise = estimates
    assert merged.value == pytest.approx(pointwise.value, abs=0.3 * pointwise.standard_error)
    assert merged.standard_error == pytest.approx(pointwise.standard_error, rel=0.1)


def test_few_points_and_points_of_the_plane_have_no_cells():
    samples = PooledSample.of(np.zeros((20_000, 2)), np.zeros((20_000, 2)))
    assert LineCells.of(samples) is None
    assert LineCells.of(PooledSample.of(np.zeros((20, 1)), np.zeros((20, 1)))) is None

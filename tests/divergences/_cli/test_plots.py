"""Figure of two samples: selection of the arrows, files written, paths refused."""

import sys

import numpy as np
import pytest
from hypothesis import given

from divergences import DistributionError, sampled
from divergences._cli import plots
from divergences._cli.plots import LabelledSample, arrows, figure
from divergences._cli.plots.arrows import MAX_ARROWS, Arrows
from tests.strategies import cloud_pairs


def labelled(points, weights=None):
    return LabelledSample(np.asarray(points, float), weights, "x")


@given(cloud_pairs())
def test_every_arrow_is_a_move_of_an_optimal_plan(pair):
    x, y = pair
    rng = np.random.default_rng(0)
    shown = Arrows.between(labelled(x), labelled(y), rng)
    plan = sampled.transport(x, y).plan
    pairs = {(*x[i], *y[j]) for i, j in zip(plan.row, plan.col, strict=True)}
    assert {(*a, *b) for a, b in zip(shown.start, shown.end, strict=True)} <= pairs
    assert len(shown.start) <= MAX_ARROWS
    assert (shown.n, shown.m) == (len(x), len(y))


def test_arrows_are_at_equal_steps_of_work():
    # A third of the mass moves by 1, a third by 2: a third and two thirds of the arrows.
    n = 100
    x = np.concatenate([np.arange(n), np.arange(n) + 1e3, np.arange(n) + 2e3])[:, None]
    moved = np.repeat([0.0, 1.0, 2.0], n)[:, None]
    # In the plane, so that the points cannot pass their mass on along the line.
    x, y = np.hstack([x * 1e3, 0 * x]), np.hstack([x * 1e3, moved])
    shown = Arrows.between(labelled(x), labelled(y), np.random.default_rng(0))
    lengths = (shown.end - shown.start)[:, 1]
    assert [np.sum(lengths == length) for length in (0, 1, 2)] == [
        0,
        MAX_ARROWS // 3,
        2 * MAX_ARROWS // 3,
    ]


def test_work_is_mass_times_distance():
    # All points move by 10, the first with half of the mass, or with all but a fortieth of it.
    x = np.stack([np.arange(11) * 1e3, np.zeros(11)], axis=1)
    y = np.stack([x[:, 0], np.full(11, 10.0)], axis=1)
    shown = []
    for weight in (10.0, 400.0):
        weights = np.repeat([weight, 1.0], [1, 10])
        rng = np.random.default_rng(0)
        shown.append(Arrows.between(labelled(x, weights), labelled(y, weights), rng).start[:, 0])
    # Half of the work is one arrow, drawn once, and a twentieth each of the others; or one of the
    # others has the last of 30 arrows, at 59 sixtieths.
    assert shown[0].tolist() == x[:, 0].tolist()
    assert len(shown[1]) == 2


def test_integers_have_a_bin_each():
    values = np.array([0.0, 1.0, 3.0, 3.0])
    counts, _ = np.histogram(values, figure._bin_edges(values, -0.1, 3.1))
    assert [c for c in counts if c] == [1, 1, 2]
    edges = figure._bin_edges(values, -0.1, 3.1)
    assert (edges % 1 == 0.5).all()


def test_equal_samples_have_no_arrows():
    x = np.random.default_rng(0).normal(size=(20, 3))
    assert len(Arrows.between(labelled(x), labelled(x), np.random.default_rng(0)).start) == 0


def test_a_subsample_has_distinct_points_of_positive_weight(monkeypatch):
    monkeypatch.setattr(arrows, "MAX_PLAN_POINTS", 50)
    weights = np.repeat([1.0, 0.0], 100)
    subsample = labelled(np.arange(200)[:, None], weights).subsample(np.random.default_rng(0))
    assert len(set(subsample.points[:, 0])) == 50
    assert subsample.points.max() < 100
    few = labelled(np.arange(200)[:, None], np.repeat([1.0, 0.0], [10, 190]))
    assert len(few.subsample(np.random.default_rng(0)).points) == 10
    assert few.subsample(np.random.default_rng(0)).weights.tolist() == [1.0] * 10


@pytest.mark.parametrize("ending", [".png", ".pdf", ".svg"])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_a_figure_is_written_in_any_dimension(tmp_path, d, ending):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, d)), rng.normal(size=(30, d)) + 1
    path = tmp_path / f"figure{ending}"
    plots.require_writable(path)
    plots.save_figure(
        path, labelled(x), labelled(y, rng.random(30)), names="abcde", title="both", rng=rng
    )
    begin = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[ending]
    assert path.read_bytes().startswith(begin)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("points", [np.zeros((5, 3)), np.eye(2, 3), 1e8 + 1e-9 * np.eye(3)])
def test_degenerate_samples_are_drawn(tmp_path, points, d):
    sample = labelled(points[:, :d])
    plots.save_figure(
        tmp_path / "a.png", sample, sample, names="abc", title="", rng=np.random.default_rng(0)
    )
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.gif", r"a\.gif: a figure must end in \.png, \.pdf, \.svg, but .* ends in \.gif"),
        ("a", r"a: a figure must end in .* ends in nothing"),
        ("no/a.png", r"there is no folder .*no; make it first"),
    ],
)
def test_a_figure_that_cannot_be_written_is_refused_at_once(tmp_path, name, message):
    with pytest.raises(DistributionError, match=message):
        plots.require_writable(tmp_path / name)


def test_without_matplotlib_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(DistributionError, match=r"pip install 'divergences\[plot\]'"):
        plots.require_writable(tmp_path / "a.png")

"""Mode hopping and progress: criteria of runs that are made up, and tiny runs."""

import math

import numpy as np
import pytest

from gan.diagnose import depth, progress, surfaces, training_evaluations, weights
from gan.diagnose.mode_snapshots import ModeHopping, Snapshots, mode_hopping
from gan.diagnose.training_evaluations import Progress
from gan.diagnose.training_progress import TrainingProgress
from gan.errors import ConfigError

LOG_2 = math.log(2)


def snapshots(name, shares):
    """Snapshots with these shares of modes, of one point each."""
    k = len(shares)
    return Snapshots(name, np.arange(k), np.zeros((k, 1, 2)), np.array(shares, dtype=float))


def test_a_hop_between_two_modes_is_log_2_and_a_steady_generator_has_none():
    hopping = snapshots("GAN", [np.eye(8)[i % 8] for i in range(6)])
    steady = snapshots("WGAN-GP", [np.full(8, 1 / 8)] * 6)
    np.testing.assert_allclose(hopping.hops, LOG_2)
    assert hopping.covered.tolist() == [1] * 6
    result = ModeHopping(hopping, steady, np.zeros((1, 2)))
    assert result.verdict.status == "shown"
    assert ModeHopping(steady, hopping, np.zeros((1, 2))).verdict.status == "not reproduced"


def test_snapshots_of_a_run_and_their_animation(tmp_path):
    result = mode_hopping(steps=4, snapshots=2, width=4)
    assert result.gan.steps.tolist() == [2, 4]
    np.testing.assert_allclose(result.wgan_gp.shares.sum(axis=1), 1)
    assert len(result.panels()) == 12
    (path,) = result.save_extras(tmp_path, "mode-hopping")
    assert path.read_bytes().startswith(b"GIF")


def made_up_progress(gap, exact):
    """A run with these gaps and distances."""
    steps, zeros = np.arange(len(gap)), np.zeros(len(gap))
    exact = np.array(exact, dtype=float)
    return Progress("WGAN-GP", steps, np.array(gap), zeros, zeros, zeros, exact)


def test_rank_correlation_is_of_the_evaluations_above_the_floor():
    run = made_up_progress([5.0, 4.0, 3.0, 2.0, 9.0], [50, 40, 30, 20, 1])
    assert run.correlation(1.0) == pytest.approx(1)
    assert run.correlation(0.5) == pytest.approx(0)  # the last evaluation counts, too
    assert math.isnan(run.correlation(30.0))


def test_a_missing_rank_correlation_has_its_reason():
    few, constant = (made_up_progress([1.0] * 5, exact) for exact in ([3, 2, 1, 1, 1], [5] * 5))
    missing = {"WGAN": math.nan, "WGAN-GP": math.nan}
    for run, reason in ((few, "for 2 evaluations are above"), (constant, "exact EMD is constant")):
        result = TrainingProgress("data", 1.0, run, run, missing, missing, missing)
        assert reason in result.verdict.sentence
        assert "nan" not in result.verdict.sentence
        assert reason in result.plot().get_title()


def test_stopping_by_the_gap_and_by_exact_emd():
    run = made_up_progress([1.0, -0.1, 0.5], [3, 2, 1])
    assert (run.stop_by_gap, run.stop_by_exact) == (1, 2)


def test_progress_of_tiny_runs_is_bounded_by_exact_emd(monkeypatch):
    monkeypatch.setattr(training_evaluations, "WARM_UP", 2)
    result = progress(steps=2, evaluations=2, points=40)
    for run in (result.wgan, result.wgan_gp):
        assert (run.baseline <= run.certified).all()
        assert (run.certified <= run.exact).all()
    assert result.floor > 0
    assert set(result.correlations) == {"WGAN", "WGAN-GP"}


def test_the_axis_of_exact_emd_has_numbers_where_it_holds_no_power_of_ten():
    run = made_up_progress([0.2, 0.3, 0.4], [0.2, 0.3, 0.9])
    methods = {"WGAN-GP": 0.9}
    result = TrainingProgress("data", 0.15, run, run, methods, methods, methods)
    labels = [label.get_text() for label in result.figure().axes[2].get_xticklabels()]
    assert labels == ["0.15", "0.27", "0.5", "0.9"]


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (mode_hopping, {"snapshots": 1}, "`snapshots` must be from 2 to `steps`"),
        (mode_hopping, {"steps": 3}, "`snapshots` must be from 2 to `steps`"),
        (progress, {"evaluations": 0}, "`evaluations` must be from 1 to `steps`"),
        (progress, {"steps": 3}, "`evaluations` must be from 1 to `steps`"),
        (surfaces, {"steps": 0}, "`steps` must be an integer of 1 or more, but is 0"),
        (weights, {"steps": 0}, "`steps` must be an integer of 1 or more"),
        (depth, {"layers": 0}, "`layers` must be an integer of 1 or more"),
    ],
)
def test_numbers_out_of_range_are_refused(function, arguments, message):
    with pytest.raises(ConfigError, match=message):
        function(**arguments)


def test_late_hops_are_of_the_second_half():
    modes = [0, 0, 0, 0, 1, 2, 3]
    run = snapshots("GAN", [np.eye(8)[mode] for mode in modes])
    np.testing.assert_allclose(run.late_hops, LOG_2)

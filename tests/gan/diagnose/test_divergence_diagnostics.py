"""Diagnostics without training: fits by KL, likelihood, segments and overshooting."""

import math

import numpy as np
import pytest

from gan.diagnose import kl_fit, likelihood, overshooting, segments
from gan.errors import ConfigError


def test_the_fit_by_kl_has_the_moments_of_the_data_and_the_reverse_fit_sits_on_one_bump():
    fits = kl_fit(distance=5.0, sigma=0.4)
    assert fits.verdict.status == "shown"
    assert fits.by_kl.standard_deviation == pytest.approx(math.hypot(2.5, 0.4), abs=1e-5)
    assert fits.by_reverse_kl.mean == pytest.approx(2.5, abs=1e-3)
    # On one bump of two, G is twice P there.
    assert fits.by_reverse_kl.reverse_kl == pytest.approx(math.log(2), abs=1e-4)


def test_a_fit_by_likelihood_is_never_better_than_that_by_kl():
    fits = likelihood(max_exponent=3, repetitions=2)
    assert (fits.excess > -1e-9).all()
    assert fits.slope < -0.5
    assert fits.kl_curve.argmin() == fits.likelihood_curve.argmin() == 4


def test_segments_have_the_distances_of_the_closed_form():
    result = segments(intervals=3, n=60)
    assert result.verdict.status == "shown"
    assert math.isnan(result.exact_w_slope[3])
    assert result.descent_js[-1] == 1.0
    assert abs(result.descent_w[-1]) < 0.02


def test_the_value_at_the_optimal_discriminator_of_the_start_is_the_best_one():
    result = overshooting(steps=30)
    assert result.fixed_value[0] == pytest.approx(result.best_value[0], abs=1e-12)
    assert (result.fixed_value <= result.best_value + 1e-12).all()
    assert result.theta[result.turn] == pytest.approx(0, abs=0.02)


def test_a_descent_with_one_step_per_optimum_is_gradient_descent_on_js():
    result = overshooting(steps=30)
    assert (np.diff(result.js[0]) < 0).all()


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (kl_fit, {"sigma": 0.0}, "`sigma` must be a positive number"),
        (likelihood, {"repetitions": 0}, "`repetitions` 1 or more"),
        (segments, {"n": 5}, "`n` at least 10"),
        (overshooting, {"end": 1.0}, "`end` in"),
    ],
)
def test_arguments_out_of_range_are_refused(function, arguments, message):
    with pytest.raises(ConfigError, match=message):
        function(**arguments)


@pytest.mark.parametrize("function", [overshooting])
def test_each_panel_has_a_title_labels_and_a_legend(function):
    for axes in function().figure().axes:
        assert axes.get_title()
        assert axes.get_xlabel() or axes.get_xticklabels()[0].get_text()
        assert axes.get_ylabel()
        assert axes.get_legend()

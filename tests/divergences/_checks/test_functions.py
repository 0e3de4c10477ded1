"""Functions of a caller, and what they return: refused in one line where it is rubbish."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

import divergences
from divergences import DistributionError, f_divergence, log_space
from divergences._checks import numpy_values

P, Q = np.array([0.25, 0.75]), np.array([0.5, 0.5])
CALLS = {
    "f_divergence": lambda generator, **limits: f_divergence(P, Q, generator, **limits),
    "log_space": lambda generator, **limits: log_space.f_divergence(
        np.log(P), np.log(Q), generator, **limits
    ),
    "torch": lambda generator, **limits: f_divergence(
        torch.tensor(P, requires_grad=True), torch.tensor(Q), generator, **limits
    ),
}
RUBBISH = {
    "nothing": (lambda t: None, "must return an array of .* but returned None"),
    "one number": (lambda t: 1.0, "must return an array of .* but returned 1.0"),
    "an array without axes": (
        lambda t: 0 * t.sum(),
        r"must return .* but for shape \(2,\) returned shape \(\)$",
    ),
    "too few": (lambda t: t[:-1], r"must return .* but for shape \(2,\) returned shape \(1,\)"),
    "a list": (lambda t: [0.0, 0.0], r"must return an array of .* but returned \[0.0, 0.0\]"),
    "a Series": (lambda t: pd.Series([0.0, 0.0]), "must return an array of .* but returned 0"),
    "text": (lambda t: "0", "must return an array of .* but returned '0'"),
    "complex": (lambda t: t * 1j, "must return real numbers, but returned values of type .*comp"),
    "NaN": (lambda t: t * math.nan, r"must be a finite number, or inf, but is nan at 0.5 \(entry"),
    "-inf": (lambda t: t * -math.inf, "must be a finite number, or inf, but is -inf at 0.5"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(("generator", "message"), RUBBISH.values(), ids=RUBBISH)
def test_rubbish_from_a_generator_is_refused(call, generator, message):
    with pytest.raises(DistributionError, match=f"^`generator` {message}"):
        call(generator)


@pytest.mark.parametrize("generator", [None, 3, "kl", [1.0], np.ones(2), {}])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_cannot_be_called_is_refused(call, generator):
    with pytest.raises(DistributionError, match="`generator` must be a function of an array of r"):
        call(generator)


@pytest.mark.parametrize("limit", [math.nan, -math.inf, "1", [1.0], 1j, 10**400, np.ones(2)])
@pytest.mark.parametrize("name", ["at_zero", "slope_at_infinity"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_limit_that_is_no_number_is_refused(call, name, limit):
    with pytest.raises(DistributionError, match=f"`{name}` must be a number, inf included, or N"):
        call(lambda t: (t - 1) ** 2, **{name: limit})


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_whole_numbers_and_truth_values_are_numbers(call):
    for generator in (lambda t: (t > 1) * 1, lambda t: t > 1):
        assert float(torch.as_tensor(call(generator)).detach()) == pytest.approx(
            0.5, rel=1e-15, abs=0
        )


def test_an_array_of_another_library_is_refused():
    with pytest.raises(DistributionError, match="must return an array of torch with one number"):
        f_divergence(torch.tensor(P), torch.tensor(Q), numpy_values)


def test_a_generator_that_overflows_gives_inf_without_a_warning():
    p, q = [1.0, 0.0], [1e-299, 1.0]
    assert divergences.f_divergence(p, q, lambda t: t * t, at_zero=0) == math.inf

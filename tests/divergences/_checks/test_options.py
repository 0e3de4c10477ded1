"""Options out of range or of a wrong type: each refused in one line, whatever they are."""

import math
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import divergences
from divergences import DistributionError, _checks, emd, kl, sampled
from divergences._checks.values import shortened

P, Q = [0.25, 0.75], [0.5, 0.5]
X, Y = [[0.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [2.0, 1.0]]
HUGE = 10**400
NUMBER: Any = 1.0
AXIS: Any = np.int64(0)
NEARLY_1: Any = Fraction(10**20 + 1, 10**20)
NO_NUMBERS = [
    *(None, "1", b"1", 1j, [], [1.0], {}, object(), math.nan, Decimal("NaN"), Decimal("sNaN")),
    *(HUGE, -HUGE, 10**5000, Fraction(HUGE, 3), np.timedelta64(3, "s"), np.datetime64("NaT")),
    *(np.ones(2), np.array(2.0), torch.ones(2), pd.Series([1.0]), pd.NA, lambda: 1, type),
]
NAMES = [re.sub(" at 0x[0-9a-f]+", "", shortened(value)) for value in NO_NUMBERS]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=NAMES)
@pytest.mark.parametrize(
    "check",
    [
        lambda v: _checks.order_of_distance(v),
        lambda v: _checks.confidence(v),
        lambda v: _checks.log_base("e" if v is None else v),
        lambda v: _checks.seconds_or_none("time_limit", "none" if v is None else v),
        lambda v: _checks.number_of_jobs("none" if v is None else v),
        lambda v: _checks.whole_number("permutations", v, "a whole number"),
        lambda v: _checks.real_number("at_zero", v, "a number"),
        lambda v: _checks.flag("progress", v),
        lambda v: _checks.choice("method", v, ("knn",)),
        lambda v: _checks.random_generator(v),
    ],
    ids=[
        *("order", "confidence", "base", "time_limit", "n_jobs"),
        *("whole", "real", "flag", "choice", "rng"),
    ],
)
def test_what_is_no_number_is_refused_in_one_line(check, value):
    with pytest.raises(DistributionError, match=r"^`\w+` must be .*, but is ") as refusal:
        check(value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize(
    "number", [2, 2.0, np.float32(2), np.int8(2), Fraction(2), Decimal(2), np.longdouble(2)]
)
def test_real_numbers_of_every_type_are_taken(number):
    assert _checks.order_of_distance(number) == 2.0
    assert _checks.log_base(number) == math.log(2)
    assert _checks.seconds_or_none("time_limit", number) == 2.0


@pytest.mark.parametrize("number", [2, np.int64(2), np.uint8(2)])
def test_whole_numbers_of_every_type_are_taken(number):
    assert _checks.whole_number("permutations", number, "a whole number") == 2
    _checks.number_of_jobs(number)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kl(P, Q, base=1), "`base` must be a finite number above 1, or None for nats"),
        (lambda: kl(P, Q, base=math.inf), "`base` must be a finite number above 1"),
        (lambda: kl(P, Q, base=NEARLY_1), "`base` must be a finite number"),
        (lambda: kl(P, Q, base=HUGE), "`base` must be a finite number above 1"),
        (
            lambda: sampled.emd(X, Y, time_limit="1"),
            "`time_limit` must be above 0 seconds or None",
        ),
        (lambda: sampled.emd(X, Y, time_limit=-1), "`time_limit` must be above 0 seconds or None"),
        (lambda: sampled.emd(X, Y, time_limit=math.nan), "`time_limit` must be above 0 seconds"),
        (
            lambda: sampled.emd(X, Y, order=1e308),
            r"`order` must be at most 1e\+09, but is 1e\+308",
        ),
        (lambda: sampled.transport(X, Y, order=HUGE), "`order` must be a finite number"),
        (lambda: sampled.wasserstein_1d(P, Q, order=1e308), "`order` must be at most"),
        (
            lambda: sampled.emd(X, Y, method=["dense"]),
            '`method` must be one of "dense", "columns"',
        ),
        (
            lambda: sampled.emd(X, Y, progress="no"),
            "`progress` must be True or False, but is 'no'",
        ),
        (lambda: sampled.emd(X, Y, confidence=1), "`confidence` must be strictly between 0 and 1"),
        (lambda: sampled.emd(X, Y, metric=3), "`metric` must be one of"),
        (lambda: emd([P], [Q], [[0, 1], [1, 0]], n_jobs=HUGE), "`n_jobs` must be a number of pro"),
        (lambda: emd([P], [Q], [[0, 1], [1, 0]], n_jobs=True), "`n_jobs` must be a number of pro"),
        (lambda: kl(P, Q, axis=NUMBER), "`axis` must be a whole number, but is 1.0"),
        (lambda: kl(P, Q, axis=HUGE), "`axis` must be a whole number, but is 1000"),
        (lambda: kl(P, Q, axis=True), "`axis` must be a whole number, but is True"),
        (lambda: emd(NUMBER, [P], [[0, 1], [1, 0]]), "`p` must have at least one axis"),
        (lambda: emd([P], NUMBER, [[0, 1], [1, 0]]), "`q` must have at least one axis"),
        (lambda: emd([P], [Q], [0, 1]), "`cost` must have the axes of `p` and of `q`"),
        (lambda: divergences.lipschitz_witness(3, Y), "`solution` must be a Transport, from"),
        (lambda: divergences.lipschitz_witness(None, Y), "`solution` must be a Transport, from"),
    ],
)
def test_an_option_out_of_range_is_refused(call, message):
    with pytest.raises(DistributionError, match=message):
        call()


@pytest.mark.parametrize("order", [1e3, 1e6, 1e9])
def test_w_of_a_large_order_is_the_largest_distance_but_for_its_share(order):
    value = float(sampled.wasserstein_1d([0.0, 1.0], [5.0, 9.0], order=order))
    assert value == pytest.approx(8 * 0.5 ** (1 / order), rel=1e-14, abs=0)


def test_an_axis_may_be_a_whole_number_of_numpy():
    table = np.array([P, Q]).T
    assert kl(table, table, axis=AXIS).tolist() == [0.0, 0.0]


def test_no_more_processes_than_tasks_are_started(monkeypatch):
    import joblib

    asked = []
    parallel = joblib.Parallel

    def recorded(n_jobs, **options):
        asked.append(n_jobs)
        return parallel(1, **options)

    monkeypatch.setattr(joblib, "Parallel", recorded)
    values = emd([P, P], [Q, Q], [[0, 1], [1, 0]], n_jobs=1_000_000)
    assert values.tolist() == [0.25, 0.25]
    assert asked == [2]


@pytest.mark.parametrize(
    "call",
    [
        lambda t: divergences.normalize(-t),
        lambda t: divergences.normalize(t.sum()),
        lambda t: kl(t, t),
        lambda t: kl(-t, t),
        lambda t: emd(-t, t, [[0, 1], [1, 0]]),
        lambda t: emd(t, 2 * t, [[0, 1], [1, 0]]),
        lambda t: sampled.emd(t / 0, t),
        lambda t: sampled.js(t, t),
        lambda t: sampled.wasserstein_1d(t, t / 0),
        lambda t: divergences.log_space.kl(t, t),
        lambda t: divergences.log_space.kl(t / 0, t),
    ],
)
def test_the_refusal_of_a_tensor_with_a_gradient_does_not_warn(call):
    tensor = torch.tensor([0.0, 3.0], dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DistributionError, match="`"):
            call(tensor)

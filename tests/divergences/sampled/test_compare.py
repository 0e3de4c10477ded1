"""All distances of two samples at once: the numbers are those of each alone, and the words fit."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from divergences import DistributionError, sampled
from divergences.sampled import Comparison, Estimate, compare
from divergences.sampled._estimate import Ends
from divergences.sampled._interpretation import NAMES, reading


@pytest.fixture(scope="module")
def shifted():
    """Normal points in the plane, and others around (1, 0)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 2)), rng.normal(loc=[1, 0], size=(400, 2))


@pytest.fixture(scope="module")
def comparison(shifted):
    return compare(*shifted, method="knn")


def test_the_numbers_are_those_of_the_functions_one_by_one(shifted, comparison):
    for name in ("kl", "reverse_kl", "js"):
        alone = getattr(sampled, name)(*shifted, method="knn")
        found = getattr(comparison, name)
        assert (found.value, found.low, found.high) == (alone.value, alone.low, alone.high)
    alone = sampled.emd(*shifted)
    assert comparison.emd.value == alone.value
    assert (comparison.emd.low, comparison.emd.high) == (alone.low, alone.high)
    assert (comparison.n, comparison.m, comparison.d) == (300, 400, 2)


def test_the_default_is_that_of_the_functions(shifted):
    x, y = (points[:50] for points in shifted)
    found = compare(x, y, rng=np.random.default_rng(1))
    alone = sampled.kl(x, y, rng=np.random.default_rng(1))
    assert (found.kl.value, found.kl.method) == (alone.value, alone.method)


def test_exchanging_the_samples_exchanges_both_kl(shifted, comparison):
    swapped = compare(*shifted[::-1], method="knn")
    # Sums of the same 700 terms in another order: some 1e-15 of the sum of their sizes, about 1.
    assert swapped.kl.value == pytest.approx(comparison.reverse_kl.value, abs=1e-12)
    assert swapped.reverse_kl.value == pytest.approx(comparison.kl.value, abs=1e-12)
    assert swapped.js.value == pytest.approx(comparison.js.value, abs=1e-12)
    assert swapped.emd.value == pytest.approx(comparison.emd.value, rel=1e-12)


def test_the_truth_of_normals_is_near(comparison):
    # KL is 1/2 both ways and W_1 is 1. With four standard errors, one seed in 10,000 would fail.
    for name in ("kl", "reverse_kl"):
        found = getattr(comparison, name)
        assert found.value == pytest.approx(0.5, abs=4 * found.standard_error)
    assert comparison.emd.low < 1 < comparison.emd.high


def test_weights_and_confidence_reach_every_estimate(shifted):
    x, y = (points[:60] for points in shifted)
    weights = 1.0 + (x[:, 0] > 0)
    options = {"method": "classifier", "confidence": 0.8}
    found = compare(x, y, x_weights=weights, **options)
    whole = compare(x, y, **options)
    assert {e.confidence for e in found.estimates.values()} == {0.8}
    assert found.emd.value == sampled.emd(x, y, x_weights=weights).value
    for name in NAMES:
        assert getattr(found, name).value != getattr(whole, name).value


def test_a_comparison_is_a_table_and_then_words(comparison):
    lines = str(comparison).splitlines()
    assert lines[0] == "x: 300 points, y: 400 points, 2 dimensions"
    assert [line[:10].strip() for line in lines[2:6]] == list(NAMES.values())
    assert lines[1].split() == ["value", "95%", "interval", "unit", "method"]
    column = lines[1].index("unit")
    assert [line[column:].split()[0] for line in lines[2:6]] == ["nats", "nats", "nats", "of"]
    for line, (name, estimate) in zip(lines[2:6], comparison.estimates.items(), strict=True):
        assert f"{estimate.value:.6g}" in line, name
        assert f"[{estimate.low:.6g}, {estimate.high:.6g}]" in line, name
    assert lines[6] == ""
    assert all(line.startswith(("- ", "  ")) for line in lines[7:])
    assert max(map(len, lines)) <= 99


def test_a_long_method_does_not_break_the_table(comparison):
    long = replace(comparison.kl, method="auto: " + " + ".join(["quadratic in ranks"] * 9))
    line = str(replace(comparison, kl=long)).splitlines()[2]
    assert line.endswith("auto: quadratic in ranks + ...")
    assert len(line) <= 99


def test_json_keeps_every_digit_and_spells_what_is_not_finite(comparison):
    record = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    for name, estimate in comparison.estimates.items():
        for key in ("value", "low", "high", "standard_error"):
            assert float(record[name][key]) == pytest.approx(
                float(getattr(estimate, key)), rel=0, abs=0, nan_ok=True
            )
        assert record[name]["method"] == estimate.method
    assert record["emd"]["standard_error"] == "nan"
    assert record["reading"] == list(comparison.reading)
    assert (record["kl"]["n"], record["kl"]["m"], record["d"]) == (300, 400, 2)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[0.0, 1.0]], [[0.0]]), {}, "`x` and `y` must have points of the same dimension"),
        (([0.0, np.nan], [1.0, 2.0]), {}, r"`x` must be finite, but `x`\[1, ?0?\] = nan|`x`\[1\]"),
        (([], [1.0]), {}, "`x` must not be empty"),
        (([0.0, 1.0], [1.0, 2.0]), {"confidence": 95}, "`confidence` must be strictly between 0"),
        (([0.0, 1.0], [1.0, 2.0]), {"x_weights": [1.0]}, "`x_weights` must have one entry per po"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, options, message):
    with pytest.raises(DistributionError, match=message):
        compare(*arguments, **options)


def estimate(value, low=None, high=None, notes=(), *, n=100, m=200):
    low, high = value if low is None else low, value if high is None else high
    return Estimate(value, "it", "hand", n, m, Ends(low, high), 0.95, notes=tuple(notes))


NEAR = {
    "kl": estimate(0.01, 0, 0.03),
    "reverse_kl": estimate(0.01, 0, 0.03),
    "js": estimate(0.01, 0, 0.02),
    "emd": estimate(0.2, 0, 0.3),
}
FAR = {
    "kl": estimate(0.5, 0.4, 0.6),
    "reverse_kl": estimate(0.6, 0.5, 0.7),
    "js": estimate(0.2, 0.1, 0.3),
    "emd": estimate(1.0, 0.9, 1.1),
}


def test_what_does_not_differ_is_said_not_to_differ_measurably():
    said = reading(NEAR, 2)
    assert said[0] == "The samples do not differ measurably: every interval reaches down to 0."
    assert said[1].startswith("EMD 0.2 is exact for these points, but of their populations' dist")
    assert "nothing is established" in said[1]
    assert "Of 100 and 200 points in 2 dimensions" in said[1]
    assert len(said) == 2


def test_of_what_differs_plainly_nothing_else_is_said():
    assert reading(FAR, 2) == ("The samples differ: every interval lies above 0.",)


def test_if_only_some_intervals_lie_above_0_they_are_named():
    said = reading({**NEAR, "js": FAR["js"]}, 2)
    assert said[0] == (
        "By JS the samples differ: above 0. By KL(x || y), KL(y || x) and EMD it could be chance."
    )


@pytest.mark.parametrize(
    ("one", "other", "x", "y"), [("kl", "reverse_kl", "x", "y"), ("reverse_kl", "kl", "y", "x")]
)
def test_a_dropped_mode_is_named_on_the_side_that_lacks_it(one, other, x, y):
    found = {**FAR, one: estimate(3.0, 2.5, 3.5), other: estimate(0.5, 0.4, 0.6)}
    assert (
        f"KL({x} || {y}) is 6 times KL({y} || {x}): {y} has too little of part of what {x} has."
        in " ".join(reading(found, 2))
    )


def test_one_kl_far_above_the_other_is_not_said_while_intervals_overlap():
    found = {**FAR, "kl": estimate(3.0, 0.5, 5.5), "reverse_kl": estimate(0.5, 0.4, 0.6)}
    assert len(reading(found, 2)) == 1


def test_infinite_kl_says_who_has_what_the_other_lacks_with_the_note():
    found = {**FAR, "kl": estimate(math.inf, 1.0, math.inf, ["an atom of x is not in y"])}
    said = reading(found, 2)
    assert said == (
        "x has mass where y has none: KL(x || y) is infinite; see its note.",
        "Note on KL(x || y): an atom of x is not in y",
    )
    found = {**NEAR, "reverse_kl": estimate(math.inf, 0.0, math.inf)}
    assert reading(found, 2)[0].startswith("y has mass where x has none: KL(y || x) is infinite")
    assert "do not differ" not in " ".join(reading(found, 2))


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.97, "They hardly overlap: JS is 97.0% of its largest value, log 2. "),
        (1.0, "They hardly overlap: JS is its largest value, log 2. "),
        (0.89, None),
    ],
)
def test_samples_that_hardly_overlap_are_said_to(share, text):
    js = estimate(share * math.log(2), 0.5, 0.7)
    said = reading({**FAR, "js": js, "kl": estimate(99.0, 0.4, 99.0)}, 2)
    assert len(said) == 2
    assert said[1].startswith(text or "KL(x || y) = 99 is extrapolated by its models: 200 points")


def test_kl_beyond_what_a_sample_can_show_is_said_to_be_extrapolated():
    found = {**FAR, "kl": estimate(5.5, 4.0, 6.0), "reverse_kl": estimate(4.5, 4.0, 6.0)}
    assert reading(found, 2)[1:] == (  # log 200 = 5.3 of y, and log 100 = 4.6 of x
        "KL(x || y) = 5.5 is extrapolated by its models: 200 points of y cannot show more than "
        "about log 200 = 5.3 nats. Read it as large.",
    )


def test_the_bias_of_emd_is_said_where_little_is_certain():
    said = reading({**FAR, "emd": estimate(5.0, 0.25, 5.2)}, 784)
    assert "only 0.25 (5%) is established" in said[1]
    assert "in 784 dimensions" in said[1]
    assert said[1].endswith("that bias, and it falls slowly with their number.")


def test_a_note_is_told_once_with_all_whom_it_concerns():
    found = {name: estimate(e.value, e.low, e.high, ["few points"]) for name, e in FAR.items()}
    assert reading(found, 2)[-1] == "Note on KL(x || y), KL(y || x), JS and EMD: few points"


def test_part_of_a_comparison_can_be_read():
    assert reading({"kl": FAR["kl"]}, 2) == ("The samples differ: every interval lies above 0.",)


def test_a_comparison_is_frozen(comparison):
    with pytest.raises(AttributeError):
        comparison.kl = None
    assert isinstance(comparison, Comparison)

"""Comparison of two samples: the estimates are those of each function, and the summary fits."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from divergences import DistributionError, _checks, sampled
from divergences.sampled import Comparison, Estimate, compare
from divergences.sampled._estimate import Endpoints
from divergences.sampled._interpretation import DISPLAY_NAMES, interpretation


@pytest.fixture(scope="module")
def shifted():
    """Normal points in the plane, and others around (1, 0)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 2)), rng.normal(loc=[1, 0], size=(400, 2))


@pytest.fixture(scope="module")
def comparison(shifted):
    return compare(*shifted, method="knn")


def test_the_estimates_are_those_of_the_functions_one_by_one(shifted, comparison):
    for name in ("kl", "reverse_kl", "js"):
        expected = getattr(sampled, name)(*shifted, method="knn")
        estimate = getattr(comparison, name)
        assert estimate.value == expected.value
        assert (estimate.low, estimate.high) == (expected.low, expected.high)
    expected = sampled.emd(*shifted)
    assert comparison.emd.value == expected.value
    assert (comparison.emd.low, comparison.emd.high) == (expected.low, expected.high)
    assert (comparison.n, comparison.m, comparison.d) == (300, 400, 2)


def test_the_default_method_is_that_of_the_functions(shifted):
    x, y = (points[:50] for points in shifted)
    comparison = compare(x, y, rng=np.random.default_rng(1))
    expected = sampled.kl(x, y, rng=np.random.default_rng(1))
    assert (comparison.kl.value, comparison.kl.method) == (expected.value, expected.method)


def test_exchanging_the_samples_exchanges_both_kl(shifted, comparison):
    swapped = compare(*shifted[::-1], method="knn")
    # Sums of the same 700 terms in another order: some 1e-15 of the sum of their sizes, about 1.
    assert swapped.kl.value == pytest.approx(comparison.reverse_kl.value, abs=1e-12)
    assert swapped.reverse_kl.value == pytest.approx(comparison.kl.value, abs=1e-12)
    assert swapped.js.value == pytest.approx(comparison.js.value, abs=1e-12)
    assert swapped.emd.value == pytest.approx(comparison.emd.value, rel=1e-12, abs=0)


def test_estimates_of_normal_distributions_are_near_the_truth(comparison):
    # KL is 1/2 both ways and W_1 is 1. With four standard errors, one seed in 10,000 would fail.
    for name in ("kl", "reverse_kl"):
        estimate = getattr(comparison, name)
        assert estimate.value == pytest.approx(0.5, abs=4 * estimate.standard_error)
    assert comparison.emd.low < 1 < comparison.emd.high


def test_weights_and_confidence_reach_every_estimate(shifted):
    x, y = (points[:60] for points in shifted)
    weights = 1.0 + (x[:, 0] > 0)
    options = {"method": "classifier", "confidence": 0.8}
    weighted = compare(x, y, x_weights=weights, **options)
    unweighted = compare(x, y, **options)
    assert {e.confidence for e in weighted.estimates.values()} == {0.8}
    assert weighted.emd.value == sampled.emd(x, y, x_weights=weights).value
    for name in DISPLAY_NAMES:
        assert getattr(weighted, name).value != getattr(unweighted, name).value


def test_a_comparison_prints_a_table_and_the_summary(comparison):
    lines = str(comparison).splitlines()
    assert lines[0] == "x: 300 points, y: 400 points, 2 dimensions"
    assert [line[:10].strip() for line in lines[2:6]] == list(DISPLAY_NAMES.values())
    assert lines[1].split() == ["value", "95%", "interval", "unit", "method"]
    column = lines[1].index("unit")
    assert [line[column:].split()[0] for line in lines[2:6]] == ["nats", "nats", "nats", "of"]
    for line, (name, estimate) in zip(lines[2:6], comparison.estimates.items(), strict=True):
        assert f"{estimate.value:.6g}" in line, name
        assert f"[{estimate.low:.6g}, {estimate.high:.6g}]" in line, name
    assert lines[6] == ""
    assert all(line.startswith(("- ", "  ")) for line in lines[7:])
    assert max(map(len, lines)) <= 99


def test_a_long_method_is_shortened_in_the_table(comparison):
    long = replace(comparison.kl, method="auto: " + " + ".join(["quadratic in ranks"] * 9))
    line = str(replace(comparison, kl=long)).splitlines()[2]
    assert line.endswith("auto: quadratic in ranks + ...")
    assert len(line) <= 99


def test_json_keeps_every_digit_and_has_text_for_non_finite_numbers(comparison):
    record = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    for name, estimate in comparison.estimates.items():
        for key in ("value", "low", "high", "standard_error"):
            assert float(record[name][key]) == pytest.approx(
                float(getattr(estimate, key)), rel=0, abs=0, nan_ok=True
            )
        assert record[name]["method"] == estimate.method
    assert record["emd"]["standard_error"] == "nan"
    assert record["summary"] == list(comparison.summary)
    assert (record["kl"]["n"], record["kl"]["m"], record["d"]) == (300, 400, 2)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([[0.0, 1.0]], [[0.0]]), {}, "`x` and `y` must have points of the same dimension"),
        (
            ([0.0, np.nan], [1.0, 2.0]),
            {},
            r"`x` must be finite, but 1 of its 2 rows has .*: row 1; drop",
        ),
        (([], [1.0]), {}, "`x` must not be empty"),
        (([0.0, 1.0], [1.0, 2.0]), {"confidence": 95}, "`confidence` must be strictly between 0"),
        (([0.0, 1.0], [1.0, 2.0]), {"x_weights": [1.0]}, "`x_weights` must have one entry per po"),
    ],
)
def test_invalid_samples_and_options_are_refused(arguments, options, message):
    with pytest.raises(DistributionError, match=message):
        compare(*arguments, **options)


def estimate(value, low=None, high=None, notes=(), *, n=100, m=200):
    low, high = value if low is None else low, value if high is None else high
    return Estimate(
        value, "quantity", "hand", n, m, Endpoints(low, high), 0.95, notes=tuple(notes)
    )


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


def test_no_significant_difference_is_reported_with_the_bias_of_emd():
    summary = interpretation(NEAR, 2)
    assert summary == (
        "No significant difference: every interval includes 0.",
        "EMD 0.2 is exact for these points, but none of it is certified for the populations: two "
        "samples of one population have a positive EMD, too. With 100 and 200 points in 2 "
        "dimensions most of the EMD may be this upward bias.",
    )


def test_a_clear_difference_has_no_further_comment():
    assert interpretation(FAR, 2) == ("The samples differ: every interval lies above 0.",)


@pytest.mark.parametrize(
    ("significant", "sentence"),
    [
        (["js"], "JS is significantly above 0; KL(x || y), KL(y || x) and EMD are not."),
        (
            ["kl", "reverse_kl", "js"],
            "KL(x || y), KL(y || x) and JS are significantly above 0; EMD is not.",
        ),
    ],
)
def test_quantities_significantly_above_0_are_named(significant, sentence):
    estimates = {**NEAR, **{name: FAR[name] for name in significant}}
    assert interpretation(estimates, 2)[0] == sentence


@pytest.mark.parametrize(
    ("larger", "smaller", "x", "y"),
    [("kl", "reverse_kl", "x", "y"), ("reverse_kl", "kl", "y", "x")],
)
def test_a_dropped_mode_is_reported_for_the_sample_that_lacks_it(larger, smaller, x, y):
    estimates = {**FAR, larger: estimate(3.0, 2.5, 3.5), smaller: estimate(0.5, 0.4, 0.6)}
    assert (
        f"KL({x} || {y}) is 6 times KL({y} || {x}): {y} underrepresents a part of {x}. If {y} "
        f"lacks that part altogether, the true KL({x} || {y}) exceeds every estimate from samples."
    ) in interpretation(estimates, 2)


def test_a_larger_kl_is_not_reported_while_the_intervals_overlap():
    estimates = {**FAR, "kl": estimate(3.0, 0.5, 5.5), "reverse_kl": estimate(0.5, 0.4, 0.6)}
    assert len(interpretation(estimates, 2)) == 1


def test_an_infinite_kl_is_explained_with_its_note():
    estimates = {**FAR, "kl": estimate(math.inf, 1.0, math.inf, ["an atom of x is not in y"])}
    assert interpretation(estimates, 2) == (
        "KL(x || y) is infinite: x has mass where y has none; see its note.",
        "Note on KL(x || y): an atom of x is not in y",
    )
    estimates = {**NEAR, "reverse_kl": estimate(math.inf, 0.0, math.inf)}
    summary = interpretation(estimates, 2)
    assert summary[0] == "KL(y || x) is infinite: y has mass where x has none; see its note."
    assert "No significant difference" not in " ".join(summary)


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.97, "The samples hardly overlap: JS is 97.0% of its maximum, log 2. A finite KL est"),
        (1.0, "The samples hardly overlap: JS is its maximum, log 2. A finite KL estimate is "),
        (0.89, "KL(x || y) = 99 is extrapolated by the models: 200 points"),
    ],
)
def test_little_overlap_is_reported_in_place_of_extrapolation(fraction, text):
    js = estimate(fraction * math.log(2), 0.5, 0.7)
    summary = interpretation({**FAR, "js": js, "kl": estimate(99.0, 0.4, 99.0)}, 2)
    assert len(summary) == 2
    assert summary[1].startswith(text)


def test_a_kl_above_the_logarithm_of_the_sample_size_is_called_extrapolated():
    estimates = {**FAR, "kl": estimate(5.5, 4.0, 6.0), "reverse_kl": estimate(4.5, 4.0, 6.0)}
    assert interpretation(estimates, 2)[1:] == (  # log 200 = 5.3 of y, and log 100 = 4.6 of x
        "KL(x || y) = 5.5 is extrapolated by the models: 200 points of y certify no more than "
        "about log 200 = 5.3 nats. Conclude only that the divergence is large.",
    )


def test_the_bias_of_emd_is_reported_where_less_than_half_is_certified():
    summary = interpretation({**FAR, "emd": estimate(5.0, 0.25, 5.2)}, 784)
    assert "but only 0.25 (5%) of it is certified for the populations" in summary[1]
    assert "in 784 dimensions" in summary[1]
    assert summary[1].endswith("this upward bias, which falls slowly with the sample size.")


def test_a_note_of_several_estimates_is_printed_once():
    estimates = {name: estimate(e.value, e.low, e.high, ["few points"]) for name, e in FAR.items()}
    note = interpretation(estimates, 2)[-1]
    assert note == "Note on KL(x || y), KL(y || x), JS and EMD: few points"


def test_a_part_of_a_comparison_has_an_interpretation():
    summary = interpretation({"kl": FAR["kl"]}, 2)
    assert summary == ("The samples differ: every interval lies above 0.",)


def test_the_samples_are_validated_once(shifted, monkeypatch):
    validated = []
    original = _checks.points

    def counted(name, *arguments, **options):
        validated.append(name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(_checks, "points", counted)
    compare(*shifted, method="knn")
    assert validated == ["x", "y"]


def test_tensors_with_a_gradient_are_refused(shifted):
    x, y = (torch.as_tensor(points) for points in shifted)
    with pytest.raises(DistributionError, match=r"`y` requires a gradient.* y\.detach\(\)"):
        compare(x, y.requires_grad_())


def test_a_comparison_is_frozen(comparison):
    with pytest.raises(AttributeError):
        comparison.kl = None
    assert isinstance(comparison, Comparison)

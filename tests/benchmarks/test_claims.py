"""Verdicts on the claims, their measurements and their page."""

import pytest

from benchmarks import results_io
from benchmarks.gan import architectures, characters, claims, claims_page, direct_claims
from benchmarks.gan.claim_statements import STATEMENTS
from gan.diagnose import DIAGNOSTICS, Criterion
from gan.diagnose.digit_architectures import ARCHITECTURES


def criterion(requirement="a at most 1", measured=0.5, met=True, claim=""):
    return {
        "requirement": requirement,
        "measured": measured,
        "met": met,
        "unit": "nats",
        "claim": claim,
    }


def test_a_criterion_is_met_if_every_seed_meets_it():
    runs = {
        "C3": {
            "seed 0": {"criteria": [criterion(), criterion("b", claim="C4")]},
            "seed 1": {"criteria": [criterion(measured=2.0, met=False), criterion("b")]},
        }
    }
    row = next(row for row in claims.verdicts(runs) if row["claim"] == "C3")
    assert row["verdict"] == "not reproduced"
    assert [c["text"] for c in row["criteria"]] == ["0.5 to 2 nats"]
    assert "not met: a at most 1 (0.5 to 2 nats)" in row["reason"]


def test_every_claim_has_a_statement_and_every_diagnostic_a_claim():
    assert list(STATEMENTS) == [f"C{k}" for k in range(1, 24)]
    assert {claim for entry in DIAGNOSTICS.values() for claim in entry.claims} <= set(STATEMENTS)


def test_the_page_of_the_claims_is_made_from_the_results():
    record = results_io.load(claims.RESULTS)
    assert claims_page.PAGE.read_text() == claims_page.page(record)


def test_the_verdicts_in_the_results_follow_from_their_runs():
    record = results_io.load(claims.RESULTS)
    assert record["claims"] == claims.verdicts(record["runs"])


@pytest.mark.parametrize(
    ("only", "names"),
    [(("C2",), {"optimal-discriminator"}), (("C12", "kl-fit"), {"C12", "clipping", "kl-fit"})],
)
def test_a_claim_is_measured_by_all_of_its_measurements(monkeypatch, tmp_path, only, names):
    rows = [(name, 0, lambda: [Criterion("a", 1.0, True)]) for name, *_ in claims.measurements()]
    monkeypatch.setattr(claims, "measurements", lambda: rows)
    monkeypatch.setattr(claims, "RESULTS", tmp_path / "claims.json")
    monkeypatch.setattr(claims, "PAGE", tmp_path / "claims.md")
    claims.main(only)
    assert claims.recorded_runs().keys() == names


def test_a_claim_without_a_measurement_is_refused_and_not_skipped():
    with pytest.raises(SystemExit, match="nothing measures 'C24'"):
        claims.main(("C2", "C24"))


@pytest.mark.parametrize("claim", ["C3", "C6", "C8", "C17"])
def test_claims_about_exact_quantities_hold(claim):
    assert all(c.met for c in direct_claims.DIRECT_CLAIMS[claim](5))


def test_architectures_are_judged_when_all_rows_of_a_seed_are_there():
    row = {"seed": 0, "floor": 1.0, "mean_digit": 3.0, "steps": 1}
    emds = {"GAN": "inf", "WGAN": 3.0, "WGAN-GP": 1.5}
    rows = [{**row, "architecture": name, "emds": emds} for name in ARCHITECTURES]
    assert architectures.result_of(0, rows[1:]) is None
    assert architectures.result_of(0, rows).verdict.status == "shown"
    lines = architectures.progress_table(rows).splitlines()
    assert lines[2] == "| MLP, 2 x 128 | -inf | 0.00 | 0.75 |"


def test_text_is_learned_by_its_4_grams_and_its_words_in_time():
    row = {"js_4": 0.3, "js_4_unigram": 0.7, "known_words": 0.79, "seconds": 1860}
    criteria = characters.criteria_of(row)
    assert [criterion.met for criterion in criteria] == [True, False, False]
    assert criteria[0].measured == pytest.approx(3 / 7)

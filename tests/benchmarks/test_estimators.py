"""Benchmark of estimators: its populations have the stated KL, and a stopped run resumes."""

import json

import numpy as np
import pytest
from scipy import stats

from benchmarks import results_io
from benchmarks.samples import estimator_peers, estimator_tables, estimators, populations
from divergences.sampled._density_ratio.interval import METHODS_WITH_INTERVAL, MIN_COVERAGE


def pair_named(name):
    (pair,) = (pair for pair in populations.population_pairs() if pair.name == name)
    return pair


def test_samples_have_the_stated_sizes_and_depend_on_the_generator():
    for pair in populations.population_pairs():
        n, m = pair.sizes(200)
        x, y = pair.p(np.random.default_rng(0), n), pair.q(np.random.default_rng(0), m)
        assert (len(x), len(y)) == (n, m), pair.name
        assert x.shape[1] == y.shape[1], pair.name
        assert np.isfinite(x).all(), pair.name
        assert not np.array_equal(x, pair.p(np.random.default_rng(1), n)), pair.name


def ring_log_density(x):
    squared_distances = ((x[:, None] - populations.RING_MEANS) ** 2).sum(-1)
    variance = populations.RING_DEVIATION**2
    log_densities = -squared_distances / (2 * variance) - np.log(2 * np.pi * variance)
    return np.logaddexp.reduce(log_densities, axis=1) - np.log(8)


LOG_RATIOS = {
    "N(0,1) vs N(.5,1.44)": lambda x: stats.norm.logpdf(x) - stats.norm.logpdf(x, 0.5, 1.2),
    "Exp(1) vs Exp(2)": lambda x: x - np.log(2),
    "bimodal vs N(0,4)": lambda x: (
        np.logaddexp(stats.norm.logpdf(x, -2, 0.5), stats.norm.logpdf(x, 2, 0.5))
        - np.log(2)
        - stats.norm.logpdf(x, 0, 2)
    ),
    "N10, shift 1": lambda x: (
        stats.norm.logpdf(x).sum(1) - stats.norm.logpdf(x, np.sqrt(0.2)).sum(1)  # type: ignore[attr-defined]
    ),
    "Cauchy vs Cauchy(1, 2)": lambda x: stats.cauchy.logpdf(x) - stats.cauchy.logpdf(x, 1, 2),
    "8 Gaussians vs N(0, 2 I)": lambda x: (
        ring_log_density(x) - stats.norm.logpdf(x, 0, np.sqrt(2)).sum(1)  # type: ignore[attr-defined]
    ),
}


@pytest.mark.parametrize("name", LOG_RATIOS)
def test_the_stated_kl_is_the_mean_log_ratio(name):
    """Of 100,000 points, within 4 standard errors: 6 seeds in 100,000 would fail."""
    pair = pair_named(name)
    terms = np.ravel(LOG_RATIOS[name](pair.p(np.random.default_rng(0), 100_000)))
    assert pair.kl == pytest.approx(terms.mean(), abs=4 * terms.std() / 100_000**0.5)


def test_the_kl_of_two_cauchy_distributions_has_its_closed_form():
    assert pair_named("Cauchy vs Cauchy(1, 2)").kl == pytest.approx(np.log(10 / 8), rel=1e-9)


def test_one_point_of_a_hundred_is_a_copy():
    pair = pair_named("N(0,1) vs N(1,1), 1 % ties")
    assert len(np.unique(pair.p(np.random.default_rng(0), 1000))) == 990


def test_a_summary_has_bias_rmse_coverage_and_time():
    pair = pair_named("N10, shift 1")  # whose KL is 1
    rows = np.array([[1.1, 0.9, 1.2, 1.0], [0.9, 0.8, 0.95, 3.0]])
    cell = estimators.summary(pair, rows)
    assert cell["bias"] == pytest.approx(0, abs=1e-12)
    assert cell["rmse"] == pytest.approx(0.1)
    assert cell["coverage"] == 0.5
    assert cell["seconds"] == 2
    failed = estimators.summary(pair, np.array([[np.inf, np.nan, np.nan, 1.0], rows[0]]))
    assert failed["rmse"] == np.inf
    assert failed["not finite"] == 1


def test_a_peer_estimates_kl_from_x_to_y():
    name = "scipy gaussian_kde"
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2000, 1)), rng.normal(1, 1, size=(2000, 1))
    assert estimator_peers.kl(name, x, y) == pytest.approx(0.5, abs=0.15)
    assert name in estimator_peers.installed()


def test_a_stopped_run_resumes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(estimators, "RESULTS", tmp_path / "estimators.json")
    monkeypatch.setattr(estimators, "EMD_DIMENSIONS", (1,))
    monkeypatch.setattr(estimators, "tie_effect", lambda repetition: 0.1)
    monkeypatch.setattr(
        estimators, "cells", lambda *arguments: [(0, 60, "knn", 2), (0, 60, "auto", 2)]
    )
    first = estimators.run([60], 2, 1, fresh=False)
    assert [row["method"] for row in first["cells"]] == ["knn", "auto"]
    record = json.loads(estimators.RESULTS.read_text())
    record["cells"] = record["cells"][:1]
    estimators.RESULTS.write_text(json.dumps(record))
    capsys.readouterr()
    second = estimators.run([60], 2, 1, fresh=False)
    assert [row["method"] for row in second["cells"]] == ["knn", "auto"]
    assert "knn" not in capsys.readouterr().out
    assert second["cells"][1]["rmse"] == first["cells"][1]["rmse"]


def test_chosen_methods_are_measured_again_and_other_rows_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(estimators, "RESULTS", tmp_path / "estimators.json")
    monkeypatch.setattr(estimators, "population_pairs", lambda: populations.population_pairs()[:1])
    other = {"case": "c", "n": 60, "method": "auto", "repetitions": 2}
    old = other | {"method": "knn", "rmse": -1.0}
    record = {"cells": [other, old, old | {"n": 61}], "emd_intervals": [], "ties": []}
    estimators.RESULTS.write_text(json.dumps(record))
    fresh = estimators.run([60], 2, 1, fresh=True, methods=["knn"])
    assert [(row["method"], row["n"]) for row in fresh["cells"]] == [
        ("auto", 60),
        ("knn", 61),
        ("knn", 60),
    ]
    assert fresh["cells"][-1]["rmse"] > 0
    assert fresh["ties"] == []


def test_a_method_has_an_interval_exactly_if_it_holds_in_90_percent_of_every_case():
    rows = [
        row
        for row in results_io.load(estimators.RESULTS)["cells"]
        if row["n"] in (1000, 3000, 10_000) and row["method"] in estimators.OUR_METHODS
    ]
    for method in estimators.OUR_METHODS:
        coverages = {
            (row["n"], row["case"]): float(row["coverage"])
            for row in rows
            if row["method"] == method
        }
        has_interval = method in METHODS_WITH_INTERVAL
        assert (min(coverages.values()) >= MIN_COVERAGE) == has_interval, method
        if has_interval:
            assert len(coverages) == 3 * len(populations.population_pairs())


def test_the_table_compares_with_the_best_other_method():
    cell = {"case": "c", "kl": 1.0, "n": 1000, "repetitions": 50, "bias": 0.0, "coverage": 0.95}
    cells = [
        cell | {"method": "auto", "rmse": 0.1, "seconds": 1.0},
        cell | {"method": "knn", "rmse": 0.3, "seconds": 1.0},
        cell | {"method": "divergence", "rmse": 0.2, "seconds": 1.0},
        cell | {"method": "densratio", "rmse": 0.01, "seconds": 1.0, "repetitions": 10},
    ]
    intervals = [{"coverage": 0.97, "repetitions": 100}]
    text = estimator_tables.markdown({
        "cells": cells,
        "emd_intervals": intervals,
        "ties": [0.1, 0.3],
    })
    assert "| c | 1.000 | +0.000 | 0.100 | *divergence* | 0.200 | 95% | 1.0 s |" in text
    assert "0.50 to 0.50 times" in text
    assert "97.0%" in text
    assert "0.20 standard errors (median of 2; 0.30 at most)" in text

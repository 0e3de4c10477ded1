"""The benchmark of partial transport and of tolerances, on small cases."""

from dataclasses import replace

import pytest

from benchmarks import results_io
from benchmarks.transport import partial_and_tolerance as benchmark


def test_small_cases_agree_with_pot_and_keep_their_tolerance(monkeypatch, tmp_path, capsys):
    small = {
        "partial-2000": replace(benchmark.CASES["partial-2000"], n=60, m=50),
        "shifted-100000": replace(benchmark.CASES["shifted-100000"], n=60, m=50),
    }
    solvers = {"ours": benchmark.measure, "pot": benchmark.measure_pot}
    monkeypatch.setattr(benchmark, "CASES", small)
    monkeypatch.setattr(benchmark, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(
        benchmark, "run_in_subprocess", lambda name, solver: solvers[solver](small[name])
    )
    benchmark.main([])
    record = results_io.load(benchmark.RESULTS)
    assert record["cases"].keys() == small.keys()
    assert record["cases"]["shifted-100000"]["ours"]["gap"] <= 0.01
    with pytest.raises(SystemExit):
        benchmark.main(["partial-17"])
    assert "unknown case partial-17" in capsys.readouterr().err
    benchmark.main(["--solver", "ours", "partial-2000"])
    monkeypatch.setattr(benchmark, "measure_pot", lambda _: {"value": 2.0})
    solvers["pot"] = benchmark.measure_pot
    with pytest.raises(RuntimeError, match="partial-2000: ours and POT's differ by"):
        benchmark.main(["partial-2000"])

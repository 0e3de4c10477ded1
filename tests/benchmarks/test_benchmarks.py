"""Benchmarks run, their references are right, and their pages have the results."""

import importlib.util
import math
import re
from functools import partial

import mpmath
import numpy as np
import pytest

from benchmarks import markdown, results_io
from benchmarks.discrete import accuracy, baselines, edge_cases, reference, speed
from benchmarks.gan import (
    critic_gap,
    critic_gap_figure,
    fresh_knowledge,
    progress,
    robustness_tables,
    same_points_knowledge,
    training,
    training_speed,
)
from benchmarks.pages import PAGES, provenance
from benchmarks.render_tables import outdated
from benchmarks.samples import permutation
from benchmarks.transport import (
    column_generation,
    dotmark,
    exact,
    high_dimension,
    one_dimensional,
    tables,
)
from gan.critics import CRITICS
from gan.critics.pairs import named_pair
from gan.runs.config_record import record_of
from gan.training.loop import train
from tests import oracles

FORMULAS = {
    "kl": oracles.kl,
    "reverse_kl": lambda p, q: oracles.kl(q, p),
    "js": oracles.js,
    "jeffreys": oracles.jeffreys,
    "chi2": oracles.chi2,
    "hellinger": oracles.hellinger,
    "renyi(0.5)": oracles.renyi(0.5),
    "renyi(2)": oracles.renyi(2),
    "alpha(0.5)": oracles.alpha(0.5),
}


@pytest.fixture(scope="module")
def results():
    return results_io.load(accuracy.RESULTS)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        *zip(*accuracy.pairs(5, 1e-12, 2), strict=True),
        *zip(*accuracy.pairs(5, 1.0, 2), strict=True),
        *(case.normalised() for case in edge_cases.EDGE_CASES),
    ],
)
def test_the_reference_agrees_with_the_definitions_at_higher_precision(p, q):
    exact = reference.exact(p, q, digits=reference.digits(p, q))
    assert tuple(exact) == reference.QUANTITIES == tuple(baselines.OURS)
    for name, formula in FORMULAS.items():
        expected = oracles.exact(p, q, formula)
        assert exact[name] == expected or abs(exact[name] / expected - 1) < 1e-20, name


def test_precision_grows_with_the_range_of_the_masses_and_with_1_over_eps():
    p, q = np.array([1e-320, 1.0]), np.array([1e-300, 1.0])
    assert reference.digits(p, q) >= 60 + 640
    assert reference.digits(np.array([0.5, 0.5]), np.array([0.5, 0.5]), eps=1e-12) >= 84


@pytest.mark.parametrize(
    ("value", "exact", "error"),
    [
        (1.5, mpmath.mpf(1), 0.5),
        (-1.0, mpmath.mpf(1), 2.0),
        (0.0, mpmath.mpf(0), 0.0),
        (math.inf, mpmath.inf, 0.0),
        (1.0, mpmath.inf, math.inf),
        (1.0, mpmath.mpf(0), math.inf),
        (math.nan, mpmath.mpf(1), math.inf),
    ],
)
def test_errors_are_relative_and_infinite_for_nan(value, exact, error):
    assert reference.relative_error(value, exact, digits=60) == error


def test_float32_errors_are_in_units_in_the_last_place():
    one = np.float32(1)
    next_float = float(np.nextafter(one, np.float32(2)))
    assert reference.float32_ulps(next_float, mpmath.mpf(1)) == 1
    assert reference.float32_ulps(1.0, mpmath.mpf(1) + mpmath.mpf(2) ** -26) == 0


def test_a_small_sweep_has_all_functions_and_errors_of_a_few_ulps_for_ours():
    row = accuracy.sweep(5, 1e-6, 3)
    assert set(row["ours"]) == set(reference.QUANTITIES)
    assert {"scipy entropy", "F.kl_div"} <= set(row["kl"])
    assert max(row["ours"].values()) < 2e-15  # 9 ulp, of at most 5 terms
    assert row["kl"]["scipy entropy"] > 1e-10


def test_float32_results_are_within_one_unit_in_the_last_place():
    assert max(accuracy.single_precision(5, 1e-3, 3)["ours"].values()) <= 1


def test_no_value_of_ours_is_negative_nan_or_asymmetric():
    record = accuracy.signs(10, 1e-8, 200)
    ours = {name: count for name, count in record["counts"].items() if name.endswith(": ours")}
    assert len(ours) == len(reference.QUANTITIES)
    assert all(count == {"negative": 0, "nan": 0} for count in ours.values())
    assert set(record["pairs_not_symmetric"].values()) == {0}
    assert record["counts"]["kl: scipy entropy"]["negative"] > 0


def test_a_total_that_overflows_is_refused():
    assert edge_cases.overflowing_total().startswith("DistributionError: `p` must sum to 1")


def test_gradients_at_a_zero_are_finite_where_those_of_the_peer_are_nan():
    at_zero, equal = edge_cases.gradients()
    assert np.isfinite(at_zero["ours"]).all()
    assert np.isnan(at_zero["F.kl_div"]).any()
    assert equal["ours"] == [0, 0, 0]
    assert max(at_zero["error"], equal["error"]) < 1e-15


def test_nan_and_infinities_are_written_as_strings(tmp_path):
    results_io.save({"a": [math.nan, math.inf, 0.5]}, tmp_path / "sub" / "a.json")
    assert results_io.load(tmp_path / "sub" / "a.json") == {"a": ["nan", "inf", 0.5]}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5.26e-9, "5.3e-9"),
        (0, "0"),
        ("inf", "inf"),
        (1.6, "1.6"),
        (0.025, "0.025"),
        (2e4, "2.0e4"),
    ],
)
def test_numbers_have_two_significant_digits(number, text):
    assert results_io.two_digits(number) == text


def test_the_results_have_all_sizes_with_versions_and_machine(results):
    sizes = {row["n"] for row in results["sweep"]}
    assert sizes == {10, 1_000, 100_000}
    assert {row["eps"] for row in results["sweep"]} == set(accuracy.EPSILONS)
    assert {"python", "numpy", "scipy", "torch", "torchmetrics"} <= set(results["versions"])
    assert {"processor", "cores", "system"} <= set(results["machine"])
    assert "scipy entropy" in accuracy.tables(results)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_benchmark_has_its_results_command_and_figures(name):
    path, page = results_io.FIGURES / f"{name}.md", PAGES[name]
    text = path.read_text(encoding="utf-8")
    assert text == page.markdown(), "run python -m benchmarks.render_tables"
    (command,) = re.findall(r"^    python -m ([\w.]+).*$", text, re.MULTILINE)[:1]
    assert importlib.util.find_spec(command)
    assert all((path.parent / figure).exists() for figure, _ in page.figures)


def test_an_outdated_page_is_found_and_a_row_of_other_length_refused(tmp_path):
    assert outdated(tmp_path).keys() == {tmp_path / f"{name}.md" for name in PAGES}
    with pytest.raises(ValueError, match=r"the head has 2 cells, a row 1: \['x'\]"):
        markdown.table(["a", "b"], [["x"]])


def test_a_page_of_robustness_counts_equal_runs_outcomes_and_violations():
    uses, violations = (
        {"refused: a": 3, "refused: b": 4, "accepted": 1},
        ["load, best.pt: accepted"],
    )
    corruptions = {"uses": uses, "violations": violations}
    text = robustness_tables.markdown({
        "kills": {"equal_of": {"any": [7, 8]}},
        "corruptions": corruptions,
    })
    assert "| any | 7 | 8 |" in text
    assert "| refused | 7 |" in text
    assert "- load, best.pt: accepted" in text


def test_a_page_says_when_and_at_which_commit_it_was_measured():
    versions, machine = {"numpy": "2.4"}, {"processor": "P", "cores": 2, "system": "Linux"}
    origin = {"commit": "abcdef0123+", "date": "2026-01-02T03", "versions": versions}
    origin["machine"] = machine
    text = "Measured 2026-01-02, at commit abcdef0 with changes, on P, 2 cores, Linux, with numpy"
    older = origin | {"date": "2025", "commit": "0"}
    for record in (origin, {"origin": origin}, {"rows": [{"origin": older}, {"origin": origin}]}):
        assert provenance(record, "speed").startswith(text)
    recorded = {"recorded_in": {"commit": "abcdef0", "date": "2026-01-02"}, "versions": versions}
    assert "recorded in commit abcdef0" in provenance(recorded | {"machine": machine}, "speed")


def test_the_speed_benchmark_runs_and_agrees_with_its_peers():
    record = speed.measure_all(shapes=((5000,), (10,)), matrix_shape=(3, 10), rounds=1)
    names = [row["function"] for row in record["rows"]]
    assert names == ["kl", "js", "js_distance"] * 2 + ["js_distance"]
    for row in record["rows"]:
        assert row["difference"] <= 1e-12
        assert row["ratio"] == pytest.approx(row["scipy_ms"] / row["ours_ms"])
    assert speed.table(record).count("\n") == 8


def test_the_memory_of_large_arrays_is_less_than_that_of_one_of_them():
    arrays = speed.pair((4000, 500))
    for ours, _ in speed.FUNCTIONS.values():
        assert speed.peak_memory(ours, arrays) <= 1


def test_exact_emd_is_compared_with_the_same_number_of_pot():
    record = {
        "small": exact.small_problems(sizes=(5,), rounds=2),
        "matrix": exact.distance_matrix(count=3, rounds=1),
        "dense": exact.dense_problems(sizes=(60,), rounds=1),
    }
    assert exact.table(record).count("\n") == 5
    assert all(row["difference"] <= exact.MAX_RELATIVE_DIFFERENCE for row in record["small"])
    with pytest.raises(RuntimeError, match=r"a thing: ours and POT's differ by 0\.5"):
        exact.compare("a thing", lambda: 1.0, lambda: 2.0, 1)


def test_costs_in_other_units_or_of_wide_range_are_exact_or_refused():
    for row in exact.unit_errors(n=20):
        assert max(value for name, value in row.items() if name != "unit") <= 1e-14
    row = exact.wide_range_errors()
    for method in ("dense", "columns", "None"):
        outcome, _, error = row[method].partition(" ")
        assert outcome == "SolverError:" or float(error) <= 1e-9


def test_a_large_case_runs_in_a_subprocess_and_agrees_with_pot(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(
        column_generation.CASES, "normal-16000", (column_generation.normal, 400, True)
    )
    monkeypatch.setattr(column_generation, "run_case_in_subprocess", column_generation.run_case)
    monkeypatch.setattr(column_generation, "RESULTS", tmp_path / "large.json")
    monkeypatch.setattr(column_generation, "SCALING_SIZES", (400,))
    monkeypatch.setitem(
        column_generation.CASES, "normal-400", (column_generation.normal, 400, False)
    )
    monkeypatch.setattr(column_generation, "draw", lambda cases: drawn.append(list(cases)))
    drawn = []
    column_generation.main(["normal-16000", "normal-400"])
    assert drawn == [["normal-16000", "normal-400"]]
    assert "| 400 x 400 | 2 |" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        column_generation.main(["normal-17"])
    assert "unknown case normal-17" in capsys.readouterr().err


def test_permutation_tests_are_compared_with_the_same_statistic_of_scipy(monkeypatch):
    monkeypatch.setattr(permutation, "TIMED_PERMUTATIONS", 49)
    record = permutation.measure_rates(level_pairs=2, power_pairs=2, n_jobs=1) | {
        "times": permutation.times(size=10, large=50)
    }
    assert permutation.table(record).count("\n") == 27
    for row in [*record["level"].values(), *record["power"].values()]:
        assert all(0 <= share["low"] <= share["share"] <= share["high"] for share in row.values())
    with pytest.raises(RuntimeError, match=r"energy: .*, but scipy has"):
        permutation.compare_times("energy", np.zeros((3, 1)), np.ones((4, 1)), lambda i, j: 2.5)


def test_the_growth_of_time_is_drawn_as_png(tmp_path):
    path = tmp_path / "growth.png"
    column_generation.draw(results_io.load(column_generation.RESULTS)["cases"], path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_times_of_images_are_drawn_and_tabulated(tmp_path):
    record = results_io.load(dotmark.RESULTS)
    dotmark.draw(record, tmp_path / "images.png")
    assert (tmp_path / "images.png").read_bytes().startswith(b"\x89PNG")
    text = tables.dotmark(record)
    assert len(record["rows"]) == sum(
        line.startswith("| ") and " x " in line for line in text.splitlines()
    )
    assert "published" in text.lower()


def test_both_timed_training_loops_take_the_same_steps():
    plain, ours = training_speed.plain_loop(16), training_speed.start_training(16, "32")
    steps = train(ours, real=training_speed.REAL)
    for _ in range(3):
        # The last bias cancels in the critic's loss: its gradient is a rounding error, which Adam
        # normalises to full steps. Without a penalty the loss changes by 12 % in three steps.
        assert next(plain) == pytest.approx(next(steps).generator_loss, rel=1e-2)


@pytest.mark.parametrize("name", training.CASES)
def test_every_training_case_is_a_valid_run(name, tmp_path):
    case = training.CASES[name]
    config = case.config(3, tmp_path)
    assert record_of(config)["seed"] == 3
    assert case.command(5).startswith(f"gan train {case.recipe} --data {case.data} --steps ")
    assert "--seeds 0-4" in case.command(5)
    assert "--seed 0" in case.command(1)


@pytest.mark.parametrize("name", critic_gap.GROUPS)
def test_every_critic_and_pair_of_the_benchmark_is_registered(name):
    group = critic_gap.GROUPS[name]
    assert group.steps.keys() <= CRITICS.keys()
    for pair in group.pairs:
        assert group.question == "same-points" or named_pair(pair).optimal_coupling is not None


def test_a_stopped_benchmark_of_critics_resumes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = {"one-sided": 3, "c-transform": 3}
    monkeypatch.setitem(
        critic_gap.GROUPS, "points", critic_gap.Group("same-points", ("ring-normal",), steps, n=40)
    )
    item = ("points", "ring-normal", 0)
    stop_file = tmp_path / "stop"
    rows = critic_gap.fit_methods(item, 0, stop_file)
    assert [row["method"] for row in rows] == list(steps)
    assert all(row["certified"] <= row["exact"] for row in rows)
    file = tmp_path / "runs/critic_gap/points/ring-normal/one-sided/seed0.json"
    file.write_text(file.read_text().replace('"one-sided"', '"kept"'))
    assert critic_gap.fit_methods(item, 0, stop_file)[0]["method"] == "kept"  # not fitted again
    file.write_text(file.read_text().replace('"steps": 3', '"steps": 4'))
    assert (
        critic_gap.fit_methods(item, 0, stop_file)[0]["method"] == "one-sided"
    )  # other number of steps
    file.unlink()
    stop_file.touch()
    assert critic_gap.fit_methods(item, 0, stop_file) == []


def test_knowledge_of_stored_fits_follows_from_their_seeds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    group = critic_gap.Group("same-points", ("ring-normal",), {"one-sided": 3}, n=40)
    monkeypatch.setitem(critic_gap.GROUPS, "points", group)
    (row,) = critic_gap.fit_methods(("points", "ring-normal", 0), 0, tmp_path / "stop")
    old = {key: row[key] for key in ("pair", "seed", "exact", "certified")}
    record = {"groups": {"points": {"question": "same-points", "n": 40, "rows": [dict(old)]}}}
    assert same_points_knowledge.add_knowledge(record) == 1
    (completed,) = record["groups"]["points"]["rows"]
    assert completed == {**old, "baseline": row["baseline"], "knowledge": row["knowledge"]}
    assert same_points_knowledge.add_knowledge(record) == 0
    record["groups"]["points"]["rows"] = [{**old, "exact": 2 * old["exact"]}]
    with pytest.raises(ValueError, match=r"ring-normal: exact EMD .*, stored"):
        same_points_knowledge.add_knowledge(record)


def test_every_certified_bound_in_the_results_is_at_most_the_exact_emd():
    groups = results_io.load(critic_gap.RESULTS)["groups"]
    rows = [row for name in ("points", "digits") for row in groups[name]["rows"]]
    fresh = results_io.load(fresh_knowledge.RESULTS)["rows"]
    every = [*fresh, *(row for group in groups.values() for row in group["rows"])]
    assert {row["method"] for row in every} >= CRITICS.keys()
    for row in rows:
        assert row.get("baseline", 0) <= row["certified"] <= row["exact"]
        assert row["certified_error"] <= 0


def test_the_figure_of_the_critics_is_drawn_from_the_results(tmp_path):
    record = results_io.load(critic_gap.RESULTS)
    critic_gap_figure.save_figure(record, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 20_000


def test_the_progress_of_a_run_is_measured_cached_and_tabulated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(
        progress.DATA_RUNS, "eight-gaussians", progress.DataRuns(12, 6, 1, size=60)
    )
    monkeypatch.setattr(progress, "TIMING_REPEATS", 1)
    item = ("eight-gaussians", "wgan-certified", 0)
    record = progress.run_and_measure(item, 0, tmp_path / "stop")
    assert [row["step"] for row in record["evaluations"]] == [6, 10, 12]
    for row in record["evaluations"]:
        assert row["live_gap"] == row["live_certified"] <= row["refined_certified"] <= row["exact"]
        assert row["baseline"] <= row["live_certified"]
        assert 0 <= row["live_knowledge"] <= row["refined_knowledge"] <= 1
    assert record["refine_seconds"] > 0 < record["exact_seconds"]
    file = tmp_path / "runs/progress/eight-gaussians/wgan-certified/seed0/result.json"
    file.write_text(file.read_text().replace('"n": 60', '"n": 61'))
    cached = progress.run_and_measure(item, 0, tmp_path / "stop")
    assert cached["n"] == 61  # not run again
    text = progress.table({"runs": [cached]})
    assert "| eight-gaussians, 61 points | `wgan-certified` | 1 | 3 |" in text
    progress.save_figure({"runs": [cached]}, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


def test_every_refined_bound_in_the_results_is_95_to_100_percent_of_the_exact_emd():
    for run in results_io.load(progress.RESULTS)["runs"]:
        for row in run["evaluations"]:
            assert 0.95 * row["exact"] <= row["refined_certified"] <= row["exact"]
            assert row.get("baseline", 0) <= row["live_certified"] <= row["exact"]


def test_high_dimension_is_compared_with_the_peer(tmp_path, monkeypatch):
    x, y = high_dimension.normals(20, 30)
    ours, peer = partial(high_dimension.our_emd, x, y), partial(high_dimension.pot_emd, x, y)
    row = high_dimension.compare("20 x 20", ours, peer, 1)
    assert row["difference"] <= 1e-12
    assert "20 x 20" in high_dimension.table([row])
    with pytest.raises(RuntimeError, match="ours and POT's differ by 1"):
        high_dimension.compare("20 x 20", lambda: 2 * peer(), peer, 1)


def test_points_at_few_sites_have_the_distance_of_their_counts():
    rng = np.random.default_rng(0)
    sites, (rows, cols) = rng.normal(size=(5, 2)), rng.integers(0, 5, size=(2, 80))
    merged = high_dimension.merged_by_hand(sites, rows, cols)
    assert high_dimension.our_emd(sites[rows], sites[cols]) == pytest.approx(
        merged, rel=1e-12, abs=0
    )


def test_line_and_circle_are_compared_with_scipy_and_pot():
    rows = one_dimensional.line(sizes=(50,))
    assert len(rows) == 5
    assert all(row["difference"] <= 1e-12 and row["emd_s"] > 0 for row in rows)
    assert len(one_dimensional.circle(sizes=(50,))) == 6

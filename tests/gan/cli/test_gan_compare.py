"""`gan compare`, `gan sample` and `gan recipes`, in this process, on tiny runs."""

import json

import numpy as np
import pytest
import torch

from gan.datasets import DATA
from gan.errors import RunError
from gan.networks import NETWORKS
from gan.recipes.registry import RECIPES
from gan.runs import run_metrics
from gan.runs.comparison import comparison_table, finished_run, finished_runs
from gan.runs.config import Config
from gan.runs.run import run

LINE = {"step": 10, "seconds": 3.2, "gap": 0.75, "slope": 1.25, "certified": 0.25, "exact": 0.5}
LINE |= {"floor": 0.125, "modes": 8, "in_3_sigma": 0.875}
LINE |= {"baseline": 0.125, "knowledge": 0.375}


def written(folder, *metrics, **config):
    """A run's folder with given evaluations."""
    folder.mkdir(parents=True)
    config = {"recipe": "gan", "data": "eight-gaussians", "steps": 10, "seed": 0, **config}
    (folder / "config.json").write_text(json.dumps(config))
    if metrics:
        (folder / "metrics.jsonl").write_text("".join(json.dumps(m) + "\n" for m in metrics))
    return folder


def row(table, name):
    """Cells of the one row that begins with this name."""
    (line,) = [line for line in table.splitlines() if line.startswith(name)]
    return line.removeprefix(name).split()


def test_compare_shows_the_last_evaluation_and_mean_and_spread_of_seeds(gan, tmp_path):
    first = {**LINE, "step": 5, "exact": 9.0}
    written(tmp_path / "a" / "seed2", first, LINE)
    written(tmp_path / "a" / "seed10", first, {**LINE, "exact": 0.25, "modes": 7}, seed=10)
    written(tmp_path / "b", LINE, recipe="wgan")
    status, said, _ = gan("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c.png")
    assert status == 0
    table = said.partition("\n\n")[0]
    order = [line.split()[0] for line in table.splitlines()[2:5]]
    assert order == [str(tmp_path / name) for name in ("a/seed2", "a/seed10", "b")]
    heads = table.splitlines()[0]
    words = "run step seconds modes in 3 sigma gap slope baseline certified exact"
    words += " knowledge floor"
    assert heads.split() == words.split()
    whole = ["10", "3", "8", "87.5%", "0.75", "1.25", "0.1250", "0.2500", "0.5000"]
    whole += ["37.5%", "0.1250"]
    assert row(table, str(tmp_path / "b")) == whole
    mean = row(table, "gan on eight-gaussians, 2 seeds: mean")
    spread = row(table, "gan on eight-gaussians, 2 seeds: spread")
    numbers = ["7.5", "87.5%", "0.75", "1.25", "0.1250", "0.2500", "0.3750"]
    assert mean == [*numbers, "37.5%", "0.1250"]
    # Of two numbers the standard deviation is their distance / sqrt(2).
    numbers = ["0.707", "0.0%", "0", "0", "0.0000", "0.0000", "0.1768"]
    assert spread == [*numbers, "0.0%", "0.0000"]
    assert f"Wrote {tmp_path / 'c.png'}" in said
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_runs_that_differ_in_more_than_their_seed_are_no_group(tmp_path):
    paths = [written(tmp_path / str(i), LINE, seed=i, steps=10 + i) for i in range(3)]
    assert "seeds" not in comparison_table(finished_runs(paths))


def test_a_number_that_was_not_finite_is_a_dash_and_its_mean_too(gan, tmp_path):
    paths = [
        written(tmp_path / str(seed), {**LINE, "gap": gap}, seed=seed)
        for seed, gap in enumerate([None, 1.0, 2.0])
    ]
    other = written(tmp_path / "other", {k: v for k, v in LINE.items() if k != "modes"}, data="x")
    table = comparison_table(finished_runs([*paths, other]))
    assert row(table, str(paths[0]))[4] == "-"
    assert row(table, "gan on eight-gaussians, 3 seeds: mean")[2] == "-"
    assert row(table, str(other))[2] == "-"
    out = tmp_path / "c.svg"
    assert gan("compare", *paths, "--out", out)[0] == 0
    assert "<svg" in out.read_text()


def test_a_folder_given_twice_is_one_run(tmp_path):
    path = written(tmp_path / "run", LINE)
    assert len(finished_runs([path, tmp_path / "." / "run"])) == 1


def test_one_number_of_two_has_no_spread(tmp_path):
    paths = [
        written(tmp_path / str(seed), {**LINE, "gap": gap}, seed=seed)
        for seed, gap in enumerate([None, 1.0])
    ]
    table = comparison_table(finished_runs(paths))
    assert row(table, "gan on eight-gaussians, 2 seeds: mean")[2] == "-"


def test_a_folder_without_a_run_or_an_evaluation_is_refused(gan, tmp_path):
    status, said, err = gan("compare", tmp_path)
    assert (status, said) == (1, "")
    assert err.startswith(f"gan: {tmp_path} holds no run: ")
    empty = written(tmp_path / "empty")
    with pytest.raises(RunError, match=r"the run in .*empty has no evaluation yet"):
        finished_run(empty)
    assert gan("compare")[2].startswith("gan: name one or more folders of runs")


@pytest.mark.parametrize("out", ["figure.docx", "nowhere/figure.png"])
def test_a_figure_that_cannot_be_written_is_refused(gan, tmp_path, out):
    run = written(tmp_path / "run", LINE)
    status, _, err = gan("compare", run, "--out", tmp_path / out)
    assert status == 1
    assert err.startswith(f"gan: --out {tmp_path / out} could not be written (")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of a few steps."""
    out = tmp_path_factory.mktemp("trained") / "run"
    return run(Config(recipe="gan", steps=3, evaluation_size=40, out=out, seed=4)), out


def test_samples_are_those_of_the_averaged_generator(gan, trained, tmp_path):
    outcome, run = trained
    status, said, _ = gan("sample", run, "--n", 2100, "--out", tmp_path / "x.npy", "--seed", 5)
    assert status == 0
    assert said == f"{tmp_path / 'x.npy'}: 2100 points of shape (2,) from step 3\n"
    points = np.load(tmp_path / "x.npy")
    assert (points.shape, points.dtype) == ((2100, 2), np.float32)
    rng = torch.Generator().manual_seed(5)
    expected = run_metrics.ema_samples(outcome.training, 2100, rng)
    assert np.array_equal(points, expected.numpy())
    now = outcome.training.generator.sample(2000, torch.Generator().manual_seed(5))
    assert not np.array_equal(points[:2000], now.detach().numpy())


def test_a_seed_gives_the_same_samples(gan, trained, tmp_path):
    found = []
    for seed in (1, 1, 2):
        assert gan("sample", trained[1], "--n", 9, "--seed", seed, "--out", tmp_path / "x")[0] == 0
        found.append((tmp_path / "x").read_bytes())
    assert found[0] == found[1] != found[2]


def test_sampling_leaves_the_run_as_it_was(gan, trained, tmp_path):
    def files():
        return {path.name: path.read_bytes() for path in trained[1].iterdir() if path.is_file()}

    before = files()
    assert gan("sample", trained[1], "--n", 3, "--out", tmp_path / "x.npy")[0] == 0
    assert files() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--n", "0"], "--n must be at least 1, but is 0"),
        (["--out", "x.csv"], "--out must end in .npy or .npz, but is x.csv"),
        (["--seed", "-1"], "--seed must be from 0 to 2**63 - 1, but is -1"),
        (["--seed", str(2**63)], "--seed must be from 0"),
        (["--out", "nowhere/x.npy"], "--out nowhere/x.npy could not be written ("),
    ],
)
def test_impossible_samples_are_refused(gan, trained, arguments, message, tmp_path):
    out = [] if "--out" in arguments else ["--out", tmp_path / "x.npy"]
    status, said, err = gan("sample", trained[1], "--n", "2", *out, *arguments)
    assert (status, said) == (1, "")
    assert err.startswith(f"gan: {message}")
    assert not (tmp_path / "x.npy").exists()


def test_samples_of_no_run_or_of_a_damaged_one_are_refused(gan, trained, tmp_path):
    assert "holds no run" in gan("sample", tmp_path)[2]
    record = json.loads((trained[1] / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(record))
    assert (
        "does not exist: the run stopped before its first checkpoint" in gan("sample", tmp_path)[2]
    )
    (tmp_path / "checkpoint.pt").write_bytes(b"junk")
    assert "checkpoint.pt is damaged" in gan("sample", tmp_path)[2]
    (tmp_path / "checkpoint.pt").unlink()
    (tmp_path / "config.json").write_text(json.dumps({**record, "networks": "other"}))
    assert "unknown networks 'other'" in gan("sample", tmp_path)[2]


@pytest.mark.parametrize("record", [{}, {"recipe": "gan"}, {"recipe_settings": 3}])
def test_a_configuration_that_is_not_of_a_run_is_refused(gan, tmp_path, record):
    (tmp_path / "config.json").write_text(json.dumps(record))
    status, _, err = gan("sample", tmp_path)
    assert status == 1
    assert "is not the configuration of a run" in err


def test_recipes_lists_all_recipes_data_sets_and_networks(gan):
    status, said, _ = gan("recipes")
    assert status == 0
    for name, method in RECIPES.items():
        assert f"{name}: {method.description}\n  source: {method.source}\n" in said
    starts = {line.split()[0] for line in said.splitlines() if line and line[0] != " "}
    assert starts >= {*DATA, *NETWORKS}
    for load in DATA.values():
        assert load.__doc__.splitlines()[0] in said
    assert "constraint gradient-penalty, critic_steps 5, batch_size 64" in said
    # Settings without effect in a recipe are not listed.
    plain = said.partition("\ngan: ")[2].partition("\n\n")[0]
    assert "penalty_weight" not in plain
    assert "clip" not in plain
    assert "noise" not in plain

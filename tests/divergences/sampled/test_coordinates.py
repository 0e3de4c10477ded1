"""Coordinates of different units: shares of the transport cost, and a scale common to all."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError, sampled
from divergences._cli.main import main
from divergences.sampled._coordinates import cost_shares, sentence_on_shares, standard_deviations
from divergences.sampled._point_clouds import PointCloud
from tests.strategies import cloud_pairs

RNG = np.random.default_rng(0)
AGE_AND_INCOME = [40.0, 40_000.0] + RNG.normal(size=(60, 2)) * [10, 9_000]
LATER = [45.0, 42_000.0] + RNG.normal(size=(50, 2)) * [10, 9_000]


def compare(x, y, **options):
    return sampled.compare(x, y, method="knn", **options)


@given(cloud_pairs())
def test_shares_sum_to_1(pair):
    emd = sampled.emd(*pair)
    shares = cost_shares(emd)
    if emd.value == 0:
        assert shares is None
    else:
        assert shares.sum() == pytest.approx(1, rel=1e-12, abs=0)
        assert shares.min() >= 0


@given(st.integers(0, 2**32 - 1))
def test_shares_are_those_of_the_plan(seed):
    rng = np.random.default_rng(seed)  # for points in general position the plan is unique
    x, y = rng.normal(size=(9, 3)), rng.normal(size=(7, 3))
    plan = sampled.transport(x, y).plan
    moves = x[plan.row] - y[plan.col]
    parts = plan.data @ (moves**2 / np.linalg.norm(moves, axis=1, keepdims=True))
    emd = sampled.emd(x, y)
    assert cost_shares(emd) * emd.value == pytest.approx(parts, rel=1e-9)


def test_a_translation_has_the_shares_of_its_squares():
    x = RNG.normal(size=(20, 3))
    shares = compare(x, x + np.array([3.0, 0.0, 4.0])).cost_shares
    assert shares == pytest.approx([9 / 25, 0, 16 / 25], rel=1e-9, abs=1e-12)


def test_other_metrics_and_estimates_have_no_shares():
    assert cost_shares(sampled.emd(AGE_AND_INCOME, LATER, metric="cityblock")) is None
    assert cost_shares(sampled.emd(AGE_AND_INCOME, LATER, order=2)) is None
    assert cost_shares(sampled.js(AGE_AND_INCOME, LATER, method="knn")) is None


def test_income_alone_makes_up_the_distance_and_the_summary_says_so():
    comparison = compare(AGE_AND_INCOME, LATER)
    assert comparison.cost_shares[1] > 0.999
    (sentence,) = [s for s in comparison.summary if s.startswith("Shares of the EMD")]
    assert sentence.startswith("Shares of the EMD: coordinate 1 99.9")
    assert 'scale="std", or --scale std' in sentence
    scaled = compare(AGE_AND_INCOME, LATER, scale="std")
    assert 0.2 < scaled.cost_shares[0] < 0.8
    assert not any("--scale std" in s for s in scaled.summary)
    moved = compare(AGE_AND_INCOME, LATER + np.array([500.0, 0.0]), scale="std")
    assert moved.cost_shares[0] > 0.99
    assert not any("--scale std" in s for s in moved.summary)
    assert scaled.emd.estimand.endswith("in standard deviations of x")
    assert "std of x" in str(scaled)
    assert scaled.as_dict()["emd"]["cost_shares"] == scaled.cost_shares.tolist()


def test_many_coordinates_of_which_none_stands_out_are_not_listed():
    x, y = RNG.normal(size=(30, 40)), RNG.normal(size=(30, 40))
    assert list(sentence_on_shares(sampled.emd(x, y))) == []
    y[:, 3] += 100
    (sentence,) = sentence_on_shares(sampled.emd(x, y), [f"c{k}" for k in range(40)])
    assert sentence.startswith("Shares of the EMD: c3 9")
    assert "37 others the rest" in sentence


@given(st.sampled_from([0.5, 4.0, 2.0**40, 2.0**-400, 2.0**400]), st.integers(0, 2**32 - 1))
def test_scaled_emd_does_not_depend_on_units(factor, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(12, 2)), rng.normal(size=(9, 2))
    units, shift = np.array([factor, 1.0]), rng.normal(size=2)
    found = compare(x * units, y * units, scale="std").emd.value
    assert found == pytest.approx(compare(x, y, scale="std").emd.value, rel=1e-12, abs=0)
    assert found == pytest.approx(sampled.emd(x / x.std(axis=0), y / x.std(axis=0)).value)
    moved = compare((x + shift), (y + shift), scale="std").emd.value
    assert moved == pytest.approx(found, rel=1e-9)


def test_deviations_are_weighted_and_neither_overflow_nor_underflow():
    x, weights = RNG.normal(size=(20, 2)), RNG.random(20)
    mean = np.average(x, axis=0, weights=weights)
    expected = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weights))
    assert standard_deviations(PointCloud(x, weights)) == pytest.approx(expected, rel=1e-12, abs=0)
    for unit in (2.0**-1000, 2.0**900):
        found = standard_deviations(PointCloud(x * unit, weights))
        assert found == pytest.approx(expected * unit, rel=1e-12, abs=0)


def test_tensors_are_scaled_in_their_own_type():
    x, y = (torch.tensor(a, dtype=torch.float32) for a in (AGE_AND_INCOME, LATER))
    value = compare(x, y, scale="std").emd.value
    assert value.dtype == torch.float32
    assert float(value) == pytest.approx(compare(x.numpy(), y.numpy(), scale="std").emd.value)


def test_a_constant_coordinate_is_refused_with_a_remedy_that_runs():
    x, y = np.c_[AGE_AND_INCOME, np.ones(60)], np.c_[LATER, np.ones(50)]
    with pytest.raises(DistributionError, match=r"coordinate 2 is constant there; .*: ") as error:
        compare(x, y, scale="std")
    first, second = str(error.value).partition("coordinate out: ")[2].split(" and ")
    names = {"numpy": np, "x": x, "y": y}
    found = compare(eval(first, names), eval(second, names), scale="std")
    assert found.emd.value == compare(AGE_AND_INCOME, LATER, scale="std").emd.value
    with pytest.raises(DistributionError, match="`scale` must be"):
        compare(x, y, scale="minmax")


def test_the_command_names_the_columns_and_its_remedies_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, values in (("x.csv", AGE_AND_INCOME), ("y.csv", LATER)):
        rows = [f"{a!r},{b!r},1" for a, b in values.tolist()]
        (tmp_path / name).write_text("\n".join(["age,income,one", *rows]))
    command = ["x.csv", "y.csv", "--method", "knn"]
    assert main(command) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Shares of the EMD: income 99.9" in out
    assert "--scale std." in out
    assert main([*command, "--scale", "std"]) == 2
    error = capsys.readouterr().err
    assert "column 'one' is constant there; choose the others: --columns age,income" in error
    assert main([*command, "--scale", "std", "--columns", "age,income"]) == 0
    found = capsys.readouterr().out
    assert f"{compare(AGE_AND_INCOME, LATER, scale='std').emd.value:.6g}" in found

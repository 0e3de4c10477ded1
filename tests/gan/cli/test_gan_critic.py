"""`gan critic`: one estimator on one pair, its numbers, its picture, and what it refuses."""

import json
import re

import pytest

from gan.critics import CRITICS


def test_it_lists_the_methods_with_their_sources(gan):
    status, said, _ = gan("critic")
    assert status == 0
    for name, method in CRITICS.items():
        assert re.search(rf"^{re.escape(name)} .*{re.escape(method.source)}", said, re.MULTILINE)


def test_the_same_points_have_a_bound_below_their_exact_distance(gan, tmp_path):
    out = tmp_path / "critic"
    status, said, _ = gan("critic", "c-transform", "--n", 100, "--steps", 30, "--out", out)
    assert status == 0
    assert said.startswith("c-transform on ring-normal, same-points: exact ")
    record = json.loads((out / "critic.json").read_text())
    assert [look["step"] for look in record["looks"]] == [1, 3, 10, 30]
    assert (record["n"], record["question"]) == (100, "same-points")
    for look in record["looks"]:
        assert look["certified"] <= look["exact"] == record["exact"]
    assert record["looks"][-1]["certified_error"] > -0.1
    assert (out / "critic.png").stat().st_size > 10_000


def test_the_question_is_of_populations_where_their_distance_is_known(gan, tmp_path):
    out = tmp_path / "critic"
    arguments = ("--pair", "translation-3", "--steps", 10, "--out", out)
    status, said, _ = gan("critic", "one-sided", *arguments)
    assert status == 0
    assert "population: exact 1\n" in said
    (last,) = [
        k for k in json.loads((out / "critic.json").read_text())["looks"] if k["step"] == 10
    ]
    assert last["certified"] is None
    assert last["exact"] == 1
    status, said, _ = gan(
        "critic", "one-sided", *arguments, "--question", "same-points", "--n", 50
    )
    assert status == 0
    assert "same-points: exact" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["moving-earth"], "unknown method 'moving-earth'; choose from clip,"),
        (["clip", "--pair", "moons"], "unknown pair 'moons'; choose from cones-D-N"),
        (["clip", "--question", "population"], "the W1 of the populations of ring-normal is not"),
        (["clip", "--steps", "0"], "--steps must be at least 1, but is 0"),
        (["clip", "--n", "0"], "--n must be at least 1, but is 0"),
        (["clip", "--seconds", "0"], "--seconds must be above 0, but is 0"),
        (["clip", "--seed", "-1"], "--seed must be from 0"),
        (["clip", "--pair", "run:nowhere"], "nowhere"),
        (["clip", "--pair", "scaling-2", "--n", "9"], "--n 9 is for the same points"),
        (["clip", "--pair", "scaling-99999999999"], "unknown pair 'scaling-99999999999'"),
    ],
)
def test_impossible_arguments_are_refused(gan, tmp_path, arguments, message):
    status, said, error = gan("critic", *arguments, "--out", tmp_path / "out")
    assert status == 1
    assert message in error
    assert not said
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_an_error(gan, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "critic"
    status, said, error = gan("critic", "witness", "--n", 20, "--out", out)
    assert status == 1
    assert f"{out} cannot be made" in error
    assert not said  # before anything is computed

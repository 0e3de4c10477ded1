"""Metrics of a user's data set: numbers of any library, never under a key of the run's own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gan import DATA, DataSet
from gan.errors import ConfigError
from gan.runs.metric_keys import DATA_KEYS, RUN_KEYS, markdown_page, plain_measures

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics_keys.md"


def test_the_page_of_the_documentation_is_the_table():
    assert PAGE.read_text() == markdown_page()


@pytest.mark.parametrize(
    "name", ["eight-gaussians", "swiss-roll", "two-segments", "characters", "labels"]
)
def test_every_key_of_a_data_set_is_in_the_table(name, rng):
    if name == "labels":
        data = DataSet.of_points(torch.randn(20, 2, generator=rng), labels=[0, 1] * 10)
    else:
        data = DATA[name](None)
    assert data.measure(data.sample(data.measure_size, rng)).keys() <= DATA_KEYS.keys()


def test_numbers_of_numpy_and_torch_become_those_of_python():
    measures = {
        "a": torch.tensor(1.5),
        "b": np.float32(2.5),
        "c": np.int64(3),
        "d": np.array([1.0, 2.0]),
        "e": [torch.tensor(1), 2],
    }
    plain = plain_measures(measures)
    assert plain == {"a": 1.5, "b": 2.5, "c": 3, "d": [1.0, 2.0], "e": [1, 2]}
    assert type(plain["b"]) is float
    assert type(plain["c"]) is int


@pytest.mark.parametrize("key", RUN_KEYS)
def test_a_key_of_the_run_is_refused_with_another(key):
    with pytest.raises(ConfigError, match=f"rename it: 'own_{key}'"):
        plain_measures({key: 1.0})


@pytest.mark.parametrize("value", [None, "three", {"a": 1}, [1, None]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ConfigError, match="'height' is of type"):
        plain_measures({"height": value})


def test_what_is_no_mapping_is_refused():
    with pytest.raises(ConfigError, match="must return a dict of numbers by key"):
        plain_measures([1.0])

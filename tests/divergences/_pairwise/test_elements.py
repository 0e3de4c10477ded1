"""Rows of frames, mappings and Series: aligned by label; histograms are not taken as points."""

import collections
import functools

import numpy
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import xarray as xr

import divergences
from divergences import DistributionError, kl, pairwise, sampled

P = np.random.default_rng(0).dirichlet(np.ones(3), 4)
NAMES = ["a", "b", "c"]
FRAME = pd.DataFrame(P, columns=NAMES)
KL = np.array([[kl(p, q) for q in P] for p in P])
COST = np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 2.0], [3.0, 2.0, 0.0]])
EMD = pairwise(P, cost=COST)
PLACES = {"a": 0.0, "b": 1.0, "c": 3.0}


def apart(a, b):
    return abs(PLACES[a] - PLACES[b])


def as_series(order):
    return [row[order] for _, row in FRAME.iterrows()]


WITHOUT_LABELS = {
    "array": P,
    "nested lists": P.tolist(),
    "tuples": [tuple(p) for p in P],
    "tensor": torch.tensor(P),
    "list of tensors": [torch.tensor(p) for p in P],
}
LABELLED = {
    "frame": FRAME,
    "frame with row labels": FRAME.set_axis(list("wxyz"), axis=0),
    "Series": as_series(NAMES),
    "Series in several orders": [*as_series(NAMES)[:2], *as_series(["c", "a", "b"])[2:]],
    "mappings": FRAME.to_dict("records"),
    "mappings in another order": [dict(reversed(row.items())) for row in FRAME.to_dict("records")],
    "polars": pl.DataFrame(P, schema=NAMES),
    "xarray": xr.DataArray(P, dims=["row", "outcome"], coords={"outcome": NAMES}),
}


CONTAINERS = WITHOUT_LABELS | LABELLED


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_has_the_distances_of_the_array(container):
    np.testing.assert_allclose(pairwise(CONTAINERS[container], distance="kl"), KL, rtol=1e-14)


def test_an_iterator_is_read_once():
    np.testing.assert_allclose(pairwise(iter(P), distance="kl"), KL, rtol=1e-14)


@pytest.mark.parametrize("container", LABELLED)
def test_columns_are_aligned_with_rows_by_label(container):
    matrix = pairwise(FRAME[["c", "b", "a"]], LABELLED[container], distance=kl)
    np.testing.assert_allclose(matrix, KL, rtol=1e-14)


def test_outcomes_that_one_lacks_have_no_mass():
    rows = [{"a": 0.5, "b": 0.5}, {"b": 1.0}, {"c": 1.0}]
    matrix = pairwise(rows, distance="total_variation")
    assert matrix.tolist() == [[0, 0.5, 1], [0.5, 0, 1], [1, 1, 0]]
    logs = [{"a": 0.0}, {"b": 0.0}]
    matrix = pairwise(logs, distance=divergences.log_space.total_variation)
    assert matrix.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    "cost",
    [
        apart,
        {(a, b): apart(a, b) for a in NAMES for b in NAMES},
        pd.DataFrame(COST, NAMES, NAMES).loc[["c", "a", "b"], ["b", "c", "a"]],
    ],
)
@pytest.mark.parametrize("container", ["frame", "Series in several orders", "mappings", "polars"])
def test_a_cost_by_label_is_aligned_with_the_masses(cost, container):
    np.testing.assert_allclose(pairwise(CONTAINERS[container], cost=cost), EMD, rtol=1e-13)


def test_a_cost_without_labels_has_the_order_of_the_columns():
    np.testing.assert_array_equal(pairwise(FRAME, cost=COST), EMD)


def test_counts_need_no_normalization_under_a_cost():
    words = [collections.Counter("aab"), collections.Counter("abb")]
    assert pairwise(words, cost=apart)[0, 1] == pytest.approx(1 / 3, rel=1e-14, abs=0)


def test_frames_of_points_are_aligned_by_the_names_of_their_columns():
    clouds = [np.random.default_rng(k).normal(size=(6, 2)) for k in range(3)]
    frames = [pd.DataFrame(x, list("klmnop"), ["u", "v"]) for x in clouds]
    frames[1] = frames[1][["v", "u"]]
    np.testing.assert_array_equal(pairwise(frames), pairwise(clouds))
    cityblock = functools.partial(sampled.emd, metric="cityblock")
    np.testing.assert_array_equal(
        pairwise(frames, distance=cityblock), pairwise(clouds, distance=cityblock)
    )
    weights = np.arange(1.0, 7.0)
    weighted = [(x, pd.Series(weights[::-1], index=x.index[::-1])) for x in frames]
    np.testing.assert_array_equal(pairwise(weighted), pairwise([(x, weights) for x in clouds]))


def test_times_are_samples_on_the_line():
    starts = [np.datetime64("2024-01-01"), np.datetime64("2024-01-03")]
    days = [start + np.arange(3) * np.timedelta64(1, "D") for start in starts]
    assert pairwise(days).tolist() == [[0.0, 172800.0], [172800.0, 0.0]]


LOOK_LIKE_HISTOGRAMS = {
    "array": np.random.default_rng(0).dirichlet(np.ones(6), 20),  # case W4
    "frame": FRAME,
    "vectors that sum to 1": P.tolist(),
    "single precision": list(P.astype(np.float32)),
    "tensor": torch.tensor(P),
}


@pytest.mark.parametrize("distance", [None, "emd"])
@pytest.mark.parametrize("name", LOOK_LIKE_HISTOGRAMS)
def test_histograms_without_a_cost_are_refused_and_every_remedy_runs(name, distance):
    distributions = LOOK_LIKE_HISTOGRAMS[name]
    with pytest.raises(
        DistributionError, match="must be point clouds where there is no `cost`"
    ) as raised:
        pairwise(distributions, distance=distance)
    message = str(raised.value)
    cost = message.partition("cost=")[2].partition(" for bins")[0]
    remedies = [eval(part.partition(";")[0]) for part in message.split("distance=")[1:]]
    assert remedies == ["js", sampled.emd]
    for option in ({"cost": eval(cost)}, *({"distance": remedy} for remedy in remedies)):
        assert np.isfinite(pairwise(distributions, **option)).all()


def test_rows_of_an_array_are_not_taken_as_points_whatever_their_sums():
    with pytest.raises(DistributionError, match="holds 2 vectors of 3 numbers"):
        pairwise(np.arange(6.0).reshape(2, 3))


def test_samples_on_the_line_are_points():
    x = [np.array([0.0, 1.0]), np.array([2.0, 3.0, 4.0])]
    assert pairwise(x)[0, 1] == sampled.emd(*x).value
    assert pairwise([[1.0], [1.0]]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert pairwise(np.array(P), distance=sampled.emd)[0, 1] == sampled.emd(P[0], P[1]).value


def test_images_of_total_1_are_refused_and_the_remedy_runs():
    distributions = np.random.default_rng(0).dirichlet(np.ones(12), 3).reshape(3, 4, 3)
    with pytest.raises(DistributionError, match=r"images of total 1, of shape \(4, 3\)") as raised:
        pairwise(distributions)
    remedy = str(raised.value).partition("weights: ")[2]
    cells = np.argwhere(np.ones((4, 3)))
    cost = np.sqrt(((cells[:, None] - cells) ** 2).sum(-1))
    np.testing.assert_allclose(
        pairwise(eval(remedy)), pairwise(distributions.reshape(3, 12), cost=cost), rtol=1e-12
    )


MASSES = [{"a": 0.5, "b": 0.5}, {"b": 1.0}]
REFUSED = [
    (
        {"x": P[0]},
        {},
        r"is a dict, whose entries have names; pass list\(distributions.values\(\)\)",
    ),
    (FRAME.groupby("a"), {}, r"pass \[group for _, group in distributions\]"),
    (MASSES, {}, "hold masses by label, and their exact EMD needs a ground cost"),
    (MASSES, {"cost": 1 - np.eye(2)}, "masses by label .* but `cost` has no labels to align"),
    (
        [{"a": 0.5, "b": 0.5}, {"a": 0.1, "b": 0.9}],  # in one order, which mappings do not have
        {"cost": 1 - np.eye(2)},
        "masses by label .* but `cost` has no labels to align",
    ),
    (MASSES, {"cost": {("a", "a"): 0.0}}, r"`cost` must have every pair of labels as a key"),
    (
        MASSES,
        {"cost": pd.DataFrame([[0.0]], ["a"], ["a"])},
        "the rows of `cost` must have every label of `distributions`, but have no 'b'",
    ),
    (P, {"cost": apart}, "`cost` is of pairs of labels, but `distributions` have no labels"),
    ([MASSES[0], [0.5, 0.5]], {"distance": "js"}, r"`distributions\[1\]` has no labels"),
    (
        [pd.Series([0.5, 0.5], ["a", "a"]), MASSES[0]],
        {"distance": "js"},
        r"`distributions\[0\]` must have each outcome once, but 'a' repeats",
    ),
    (FRAME, {"other": P, "distance": "js"}, r"`other\[0\]` has no labels, but others have"),
]


@pytest.mark.parametrize(("distributions", "options", "message"), REFUSED)
def test_labels_that_cannot_be_aligned_are_refused(distributions, options, message):
    with pytest.raises(DistributionError, match=message):
        pairwise(distributions, **options)


def test_remedies_of_lists_run():
    distributions = {"x": P[0], "y": P[1]}
    with pytest.raises(DistributionError, match="pass ") as raised:
        pairwise(distributions, distance="js")
    remedy = eval(str(raised.value).partition("pass ")[2])
    np.testing.assert_array_equal(pairwise(remedy, distance="js"), pairwise(P[:2], distance="js"))
    assert numpy is np

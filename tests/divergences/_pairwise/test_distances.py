"""Distances by name or as functions; no half of an asymmetric matrix is a copy of the other."""

from functools import partial
from typing import Any

import numpy as np
import pytest

import divergences
from divergences import (
    DistributionError,
    PairwiseError,
    alpha,
    closed_forms,
    f_divergence,
    log_space,
    pairwise,
    renyi,
    sampled,
)
from divergences._pairwise.distances import NAMES, SYMMETRIC_NAMES, is_symmetric

ROUNDING = 16 * 2.0**-53
P = np.random.default_rng(0).dirichlet(np.ones(6), 4)  # of case W3
CLOUDS = [np.random.default_rng(k).normal(size=(40, 1)) + k / 4 for k in range(3)]


def squared(t):
    return (t - 1) ** 2


DISTANCES: dict[str, tuple[Any, Any]] = {
    **{name: (getattr(divergences, name), P) for name in NAMES if name != "emd"},
    **{f"log {name}": (getattr(log_space, name), np.log(P)) for name in NAMES if name != "emd"},
    "kl in bits": (partial(divergences.kl, base=2), P),
    "js in bits": (partial(divergences.js, base=2), P),
    "js_distance in bits": (partial(divergences.js_distance, base=2), P),
    "renyi": (lambda p, q: renyi(p, q, 2), P),
    "alpha": (lambda p, q: alpha(p, q, 2), P),
    "f_divergence": (lambda p, q: f_divergence(p, q, squared), P),
    "closed_forms.kl": (closed_forms.kl, [closed_forms.Normal(k, 1 + k) for k in range(3)]),
    "closed_forms.js": (closed_forms.js, [closed_forms.Bernoulli(k / 4) for k in range(3)]),
    "closed_forms.w2": (closed_forms.w2, [closed_forms.Normal(k, 1 + k) for k in range(3)]),
    "sampled.kl": (partial(sampled.kl, method="histogram"), CLOUDS),
    "sampled.js": (partial(sampled.js, method="histogram"), CLOUDS),
    "sampled.emd": (sampled.emd, CLOUDS),
    "sampled.emd by name": (partial(sampled.emd, metric="cityblock"), CLOUDS),
    "sampled.emd of order 2": (partial(sampled.emd, order=2), CLOUDS),
}


def number(value):
    return float(getattr(value, "value", value))


@pytest.mark.parametrize("name", DISTANCES)
def test_both_triangles_have_the_distances_of_their_pairs(name):
    distance, distributions = DISTANCES[name]
    matrix = pairwise(distributions, distance=distance)
    expected = [[number(distance(a, b)) for b in distributions] for a in distributions]
    np.testing.assert_allclose(matrix, expected, rtol=ROUNDING, atol=1e-300)


def test_the_triangles_of_kl_differ():
    matrix = pairwise(P, distance=divergences.kl)
    assert round(matrix[0, 1], 2) == 4.03
    assert round(matrix[1, 0], 3) == 3.710


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stands_for_the_function(name):
    options = {"cost": np.abs(np.subtract.outer(np.arange(6.0), np.arange(6.0)))}
    options = options if name == "emd" else {}
    by_function = pairwise(P, distance=getattr(divergences, name), **options)
    np.testing.assert_array_equal(pairwise(P, distance=name, **options), by_function)


def test_emd_by_name_is_of_points_without_a_cost():
    np.testing.assert_array_equal(pairwise(CLOUDS, distance="emd"), pairwise(CLOUDS))


def weighted(p, q):
    return p @ np.arange(6.0) * (q @ np.arange(6.0) ** 2)


@pytest.mark.parametrize(
    ("distance", "count"),
    [
        (weighted, 16),
        (partial(weighted), 16),
        (lambda p, q: divergences.js(p, q), 16),
    ],
)
def test_an_unknown_function_is_called_for_both_entries_of_a_pair(distance, count):
    calls = []

    def counted(p, q):
        calls.append((p, q))
        return distance(p, q)

    matrix = pairwise(P, distance=counted)
    assert len(calls) == count
    np.testing.assert_array_equal(matrix, [[distance(p, q) for q in P] for p in P])


def doubled(x, y):
    return 2 * np.abs(x[:, None, 0] - y[:, 0])


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        *(
            (getattr(divergences, name), name in SYMMETRIC_NAMES)
            for name in NAMES
            if name != "emd"
        ),
        (log_space.js, True),
        (log_space.kl, False),
        (partial(divergences.js, base=2), True),
        (partial(partial(divergences.js, base=2), base=3), True),
        (partial(divergences.js, P[0]), False),
        (sampled.emd, True),
        (partial(sampled.emd, metric="chebyshev", order=2), True),
        (partial(sampled.emd, metric=doubled), False),
        (partial(sampled.emd, x_weights=[1.0, 2.0]), False),
        (sampled.js, True),
        (sampled.kl, False),
        (closed_forms.js, True),
        (closed_forms.w1, True),
        (closed_forms.kl, False),
        (max, False),
        (weighted, False),
    ],
)
def test_only_distances_that_are_known_to_be_are_taken_as_symmetric(distance, expected):
    assert is_symmetric(distance) is expected


def one_way(x, y):
    """Distances that are not symmetric: down is free."""
    return np.maximum(y[:, 0] - x[:, None, 0], 0)


def test_a_metric_that_is_a_function_is_evaluated_both_ways():
    distance = partial(sampled.emd, metric=one_way)
    matrix = pairwise([[0.0], [1.0]], distance=distance)
    assert matrix.tolist() == [[0.0, 1.0], [0.0, 0.0]]


def test_an_asymmetric_cost_is_used_both_ways():
    cost = [[0.0, 1.0], [2.0, 0.0]]
    assert pairwise([[1.0, 0.0], [0.0, 1.0]], cost=cost).tolist() == [[0.0, 1.0], [2.0, 0.0]]


def test_processes_do_not_change_a_bit():  # the start of the processes takes seconds
    for k in (5, 300):
        p = np.random.default_rng(0).dirichlet(np.ones(k), 40)
        for distance in ("js_distance", "kl", "jeffreys"):
            np.testing.assert_array_equal(
                pairwise(p, distance=distance, n_jobs=2), pairwise(p, distance=distance)
            )


def test_single_precision_stays_single_precision():
    p = P.astype(np.float32)
    expected = [[float(divergences.js(a, b)) for b in p] for a in p]
    np.testing.assert_array_equal(pairwise(p, distance="js"), expected)


def test_vectors_of_several_types_are_taken_pair_by_pair():
    p = [P[0], P[1].astype(np.float32), [1, 0, 0, 0, 0, 0]]
    expected = [[float(divergences.js(a, b)) for b in p] for a in p]
    np.testing.assert_allclose(pairwise(p, distance="js"), expected, rtol=ROUNDING)


REFUSED = [
    ("nonsense", P, r"`distance` must be one of 'chi2', .*, or a function, but is 'nonsense'$"),
    ("renyi", P, r"with an order: lambda p, q: divergences.renyi\(p, q, 2\)"),
    (3, P, "`distance` must be a name or a function of two distributions, but is 3"),
    (divergences.emd, P, "`distance` emd compares histograms under a ground cost: give `cost`"),
    ("js", CLOUDS, r"`distributions\[0\]` must be a vector of probabilities, .* \(40, 1\)"),
    ("js", CLOUDS, "for samples of points pass distance=divergences.sampled.js"),
    ("chi2", CLOUDS, "shape .* pass vectors"),
    ("js", 2 * P, r"`distributions` must sum to 1 .* divergences.normalize\(distributions\)"),
    ("js", [2 * p for p in P], r"`distributions\[0\]` must sum to 1"),
    (log_space.js, P, r"the exponentials of `distributions` must sum to 1|log-probabilities"),
    (partial(divergences.js, base=-1), P, "`base` must be a finite number above 1"),
]


@pytest.mark.parametrize(("distance", "distributions", "message"), REFUSED)
def test_invalid_distances_and_vectors_are_refused(distance, distributions, message):
    with pytest.raises(DistributionError, match=message):
        pairwise(distributions, distance=distance)


def test_an_invalid_vector_is_named_and_all_other_pairs_are_kept():
    p = [P[0], 2 * P[1], P[2]]
    with pytest.raises(PairwiseError, match=r"3 of 9 .* `distributions\[1\]` must sum") as raised:
        pairwise(p, distance="js")
    assert raised.value.distances[0, 2] == raised.value.distances[2, 0] > 0
    np.testing.assert_array_equal(np.isnan(raised.value.distances[1]), True)


def test_a_distance_that_is_no_number_is_refused():
    with pytest.raises(PairwiseError, match=r"must return one number .* array of shape \(6,\)"):
        pairwise(P, distance=np.add)
    with pytest.raises(PairwiseError, match=r"must return one number .* returned str"):
        pairwise(P, distance=lambda p, q: "near")

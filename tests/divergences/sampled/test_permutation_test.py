"""Permutation tests: values, exact level, ties, processes, interrupts, refusals."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from divergences import DistributionError, PermutationInterrupt, _parallel, sampled
from divergences.sampled._two_sample.kernel_statistics import (
    MAX_POINTS_OF_MEDIAN,
    MAX_ROWS_PER_PART,
    median_distance,
)

NAMES = ("emd", "js", "energy", "mmd")


def normals(n, m, d, *, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + shift


def run_test(x, y, name, permutations=1, seed=0, **options):
    rng = np.random.default_rng(seed)
    return sampled.permutation_test(
        x, y, statistic=name, permutations=permutations, rng=rng, **options
    )


def kernel_mean(x, y, kernel):
    """The quadratic form by its definition: E k(x, x') + E k(y, y') - 2 E k(x, y)."""
    return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()


def gaussian(width):
    return lambda a, b: np.exp(-cdist(a, b, "sqeuclidean") / (2 * width**2))


def neighbour_js(x, y, k):
    """The estimate by its definition, with fractional weights of points at the k-th distance.

    (The library would take one of two values that are equally far.)
    """
    points, of_x = np.vstack([x, y]), np.arange(len(x) + len(y)) < len(x)
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    terms = {True: [], False: []}
    for row, label in zip(distances, of_x, strict=True):
        last = np.sort(row)[k - 1]
        share = (k - np.sum(row < last)) / np.sum(row == last)
        weights = np.where(row < last, 1.0, np.where(row == last, share, 0.0))
        like_x = (weights[of_x].sum() + 0.5) / len(x)
        like_y = (weights[~of_x].sum() + 0.5) / len(y)
        terms[label].append(np.log(2 * (like_x if label else like_y) / (like_x + like_y)))
    return (np.mean(terms[True]) + np.mean(terms[False])) / 2


@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 7), (12, 5), (3, 40)])
def test_energy_on_the_line_is_the_square_of_scipys(n, m):
    x, y = normals(n, m, 1)
    expected = scipy.stats.energy_distance(x[:, 0], y[:, 0]) ** 2
    assert run_test(x, y, "energy").statistic == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("d", [1, 2, 30])
@pytest.mark.parametrize(("n", "m"), [(7, 7), (12, 5)])
def test_energy_and_mmd_are_the_mean_kernels(n, m, d):
    x, y = normals(n, m, d, shift=1.0)
    energy = kernel_mean(x, y, lambda a, b: -cdist(a, b))
    assert run_test(x, y, "energy").statistic == pytest.approx(energy, rel=1e-12, abs=0)
    width = np.median(pdist(np.vstack([x, y])))
    squared = kernel_mean(x, y, gaussian(width))
    assert run_test(x, y, "mmd").statistic == pytest.approx(squared, rel=1e-12, abs=0)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize(("n", "m"), [(1, 4), (7, 7), (12, 5)])
def test_emd_is_that_of_the_samples(n, m, d):
    x, y = normals(n, m, d)
    assert run_test(x, y, "emd").statistic == pytest.approx(
        sampled.emd(x, y).value, rel=1e-12, abs=0
    )


@pytest.mark.parametrize(("n", "m", "k"), [(20, 20, 13), (40, 10, 14), (2, 3, 4), (1, 1, 1)])
def test_js_is_that_of_the_labels_of_the_neighbours(n, m, k):
    x, y = normals(n, m, 2, shift=0.5)
    assert run_test(x, y, "js").statistic == pytest.approx(neighbour_js(x, y, k), rel=1e-12, abs=0)


def test_js_of_samples_far_apart_is_nearly_log_2():
    x, y = normals(500, 400, 2, shift=100.0)
    assert np.log(2) - 0.03 < run_test(x, y, "js").statistic < np.log(2)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_null_is_the_statistic_of_the_permuted_samples(name, d):
    x, y = normals(9, 14, d)
    direct = run_test(x, y, lambda a, b: run_test(a, b, name).statistic, permutations=30)
    again = run_test(x, y, name, permutations=30)
    np.testing.assert_allclose(again.null, direct.null, rtol=1e-11, atol=1e-13)
    assert again.p_value == direct.p_value
    assert (again.n, again.m, again.name) == (9, 14, name)
    assert again.null.shape == (30,)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=6),
    st.lists(st.integers(-3, 3), min_size=1, max_size=6),
    st.sampled_from(["emd", "energy", "mmd"]),
)
def test_a_statistic_is_symmetric_and_0_only_for_equal_distributions(x, y, name):
    forth, back = (run_test(*pair, name, permutations=5) for pair in ((x, y), (y, x)))
    assert forth.statistic == pytest.approx(back.statistic, abs=1e-14)
    equal = np.array_equal(np.sort(np.repeat(x, len(y))), np.sort(np.repeat(y, len(x))))
    assert (forth.statistic > 1e-6) == (not equal)
    if equal:
        assert forth.p_value == back.p_value == 1


def test_js_is_symmetric():
    x, y = normals(30, 50, 3)
    assert run_test(x, y, "js").statistic == pytest.approx(
        run_test(y, x, "js").statistic, rel=1e-12, abs=0
    )


@pytest.mark.parametrize("unit", [2.0**-660, 2.0**660])
@pytest.mark.parametrize("name", NAMES)
def test_the_unit_of_the_points_changes_nothing(name, unit):
    x, y = normals(12, 9, 2)
    one, other = run_test(x, y, name, 50), run_test(x * unit, y * unit, name, 50)
    scale = unit if name in ("emd", "energy") else 1.0
    assert other.statistic == one.statistic * scale
    np.testing.assert_array_equal(other.null, one.null * scale)
    assert other.p_value == one.p_value


def enumerated(x, y, statistic):
    """The p-value over all divisions of the points."""
    points, count = np.concatenate([x, y]), len(x) + len(y)
    observed, above = statistic(x, y), 0
    for chosen in combinations(range(count), len(x)):
        mask = np.isin(np.arange(count), chosen)
        above += statistic(points[mask], points[~mask]) >= observed - 1e-12
    return above / comb(count, len(x))


# Each of the following two fails by chance in one of 10^6 seeds, 2 * 4 tests taken together: the
# count of permutations above is binomial.
FALSE_ALARM = 1e-6 / 8


def require_binomial(count, trials, p):
    low, high = scipy.stats.binom.interval(1 - FALSE_ALARM, trials, p)
    assert low <= count <= high


@pytest.mark.parametrize("name", NAMES)
def test_the_p_value_tends_to_that_over_all_divisions(name):
    x, y = normals(4, 5, 2, shift=0.8)
    exact = enumerated(x, y, lambda a, b: run_test(a, b, name).statistic)
    p_value = run_test(x, y, name, permutations=5000).p_value
    require_binomial(p_value * 5001 - 1, 5000, exact)


@pytest.mark.parametrize("name", ["emd", "energy"])
def test_scipys_permutation_test_agrees(name):
    x, y = (side[:, 0] for side in normals(6, 5, 1, shift=0.8))
    peer = {"emd": scipy.stats.wasserstein_distance, "energy": scipy.stats.energy_distance}[name]
    exact = scipy.stats.permutation_test(  # type: ignore[call-overload]
        (x, y), peer, alternative="greater", n_resamples=np.inf, vectorized=False
    ).pvalue
    require_binomial(run_test(x, y, name, permutations=5000).p_value * 5001 - 1, 5000, exact)


@pytest.mark.parametrize("name", [*NAMES, sampled.emd])
@pytest.mark.parametrize("scale", [1.0, 0.1, 1 / 3])
def test_a_division_and_its_mirror_image_are_ties_despite_rounding(name, scale):
    x, y = (side * scale for side in normals(3, 3, 2, shift=2.0, seed=4))
    test = run_test(x, y, name, permutations=400)
    above = np.sum(test.null > test.statistic - 1e-6 * abs(test.statistic))
    assert above > 15  # 2 of 20 divisions are the observed one and its mirror image
    assert test.p_value == (1 + above) / 401


@pytest.mark.parametrize("name", [*NAMES, sampled.emd])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e200])
def test_coincident_points_have_statistic_0_and_p_value_1(name, value):
    test = run_test(np.full((6, 2), value), np.full((4, 2), value), name, permutations=20)
    assert (test.statistic, test.p_value) == (0, 1)
    assert not test.null.any()


def continuous(rng, size):
    return rng.normal(size=(size, 2))


def tied(rng, size):
    return rng.integers(0, 3, size=(size, 1)).astype(float)


def lattice(rng, size):
    return rng.integers(0, 3, size=(size, 2)).astype(float)


RUNS = 300


@pytest.mark.parametrize("draw", [continuous, tied, lattice])
@pytest.mark.parametrize("name", NAMES)
def test_the_level_is_exact_with_and_without_ties(name, draw):
    """Fails by chance for one seed in 10^6: all 12 cases of 3 binomial counts taken together."""
    rng = np.random.default_rng(7)
    p_values = np.array([
        sampled.permutation_test(
            draw(rng, 12), draw(rng, 7), statistic=name, permutations=19, rng=rng
        ).p_value
        for _ in range(RUNS)
    ])
    for level in (0.05, 0.25, 0.5):
        most = scipy.stats.binom.isf(1e-6 / 72, RUNS, level)
        least = scipy.stats.binom.ppf(1e-6 / 72, RUNS, level)
        rejected = np.sum(p_values <= level + 1e-12)
        assert rejected <= most
        assert rejected >= least or draw is not continuous


@pytest.mark.parametrize("d", [1, 2, 20])
@pytest.mark.parametrize("name", NAMES)
def test_a_shift_is_significant(name, d):
    x, y = normals(60, 45, d, shift=1.5)
    assert run_test(x, y, name, permutations=99).p_value == 0.01


@pytest.mark.parametrize("values", [[0, 1], [0, 1, 3, 7], [0, 1, 3, 7, 15, 31, 63, 127]])
def test_coincident_points_have_equal_weights_as_neighbours(values):
    rng = np.random.default_rng(0)
    x, y = rng.choice(values, 60).astype(float), rng.choice(values[:-1], 30).astype(float)
    assert run_test(x, y, "js").statistic == pytest.approx(
        neighbour_js(x[:, None], y[:, None], 19), rel=1e-12, abs=0
    )


@given(st.integers(0, 2**32), st.sampled_from(NAMES))
def test_the_order_of_the_points_does_not_matter(seed, name):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-2, 3, size=(size, 2)) for size in (9, 13))
    one, other = (run_test(a, y, name).statistic for a in (x, rng.permutation(x)))
    assert one == pytest.approx(other, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", [*NAMES, sampled.emd])
def test_processes_change_nothing(name):
    x, y = normals(20, 30, 2)
    one, two = (run_test(x, y, name, permutations=100, n_jobs=n) for n in (1, 2))
    np.testing.assert_array_equal(one.null, two.null)
    assert (one.statistic, one.p_value) == (two.statistic, two.p_value)


def test_the_kernel_of_many_points_is_summed_in_parts():
    x, y = normals(MAX_ROWS_PER_PART // 2, MAX_ROWS_PER_PART, 2)
    one, two = (run_test(x, y, "energy", permutations=20, n_jobs=n) for n in (1, 2))
    np.testing.assert_array_equal(one.null, two.null)
    energy = kernel_mean(x, y, lambda a, b: -cdist(a, b))
    assert one.statistic == pytest.approx(energy, rel=1e-9)


def test_the_median_distance_of_many_points_does_not_depend_on_their_order():
    x, y = normals(MAX_POINTS_OF_MEDIAN, MAX_POINTS_OF_MEDIAN // 2, 2, shift=3.0)
    points = np.vstack([x, y])
    width = median_distance(points)
    assert median_distance(points[::-1]) == width
    assert width == pytest.approx(np.median(pdist(points)), rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_permutations_do_not_depend_on_their_number(name):
    x, y = normals(8, 6, 2)
    few, many = (run_test(x, y, name, permutations=n).null for n in (13, 40))
    np.testing.assert_allclose(few, many[:13], rtol=1e-12, atol=1e-15)


def test_the_generator_is_the_callers_or_one_of_a_fixed_seed():
    x, y = normals(8, 6, 2)
    default = sampled.permutation_test(x, y, permutations=50)
    np.testing.assert_array_equal(default.null, run_test(x, y, "emd", 50, seed=0).null)
    assert not np.array_equal(default.null, run_test(x, y, "emd", 50, seed=1).null)


def test_lists_tensors_and_single_precision_have_the_same_null():
    x, y = normals(8, 6, 2)
    x, y = x.astype(np.float32), y.astype(np.float32)
    expected = run_test(x.astype(float), y.astype(float), "emd", 20).null
    for kind in (np.asarray, torch.tensor, np.ndarray.tolist):
        np.testing.assert_array_equal(run_test(kind(x), kind(y), "emd", 20).null, expected)


def test_a_function_receives_arrays_of_as_many_axes_as_were_passed():
    shapes = set()

    def difference(a, b):
        shapes.add((a.shape, b.shape))
        return abs(a.mean() - b.mean())

    run_test([0.0, 1.0], [2.0, 3.0, 4.0], difference, 9)
    assert shapes == {((2,), (3,))}
    run_test([[0.0], [1.0]], [2.0, 3.0, 4.0], difference, 9)
    assert shapes == {((2,), (3,)), ((2, 1), (3, 1))}


def test_a_function_may_return_an_estimate_or_infinity():
    assert run_test([0.0], [1.0], sampled.emd, 9).statistic == 1
    never = run_test([0.0, 1.0], [2.0, 3.0], lambda a, b: np.inf if a.max() < b.min() else 0.0, 99)
    assert never.statistic == np.inf
    assert never.p_value == (1 + np.isinf(never.null).sum()) / 100


def test_costs_of_many_orders_of_magnitude_have_a_statistic():
    x, y = (np.random.default_rng(seed).random((20, 2)) for seed in (1, 101))
    x, y = np.vstack([x, [1e15, 0]]), np.vstack([y, [1e15, 0]])
    near = sampled.emd(x[:-1], y[:-1]).value * 20 / 21
    assert sampled.emd(x, y, method="dense").value == pytest.approx(near, rel=1e-12, abs=0)
    assert run_test(x, y, "emd").statistic == pytest.approx(sampled.emd(x, y).value, rel=1e-9)


def interrupted_after(calls):
    """The difference of means, until Ctrl-C."""
    done = 0

    def difference(a, b):
        nonlocal done
        done += 1
        if done > calls:
            raise KeyboardInterrupt
        return abs(a.mean() - b.mean())

    return difference


def test_an_interrupt_keeps_the_permutations_so_far():
    x, y = normals(8, 6, 1, shift=0.5)
    whole = run_test(x, y, interrupted_after(1000), permutations=200)
    with pytest.raises(
        PermutationInterrupt, match=r"interrupted: 39 of 200 .* is 0\.\d+"
    ) as raised:
        run_test(x, y, interrupted_after(45), permutations=200)
    assert raised.value.statistic == whole.statistic
    np.testing.assert_array_equal(raised.value.null, whole.null[:39])
    assert raised.value.p_value == (1 + np.sum(whole.null[:39] >= whole.statistic)) / 40


def test_an_interrupt_before_the_first_value_has_p_value_1():
    with pytest.raises(PermutationInterrupt, match="interrupted: 0 of 200") as raised:
        run_test([0.0], [1.0], interrupted_after(0), permutations=200)
    assert (raised.value.p_value, raised.value.null.size) == (1, 0)
    assert np.isnan(raised.value.statistic)


def test_an_interrupt_before_the_observed_value_has_p_value_1(monkeypatch):
    def last_first(function, tasks, **options):
        yield len(tasks) - 1, function(*tasks[-1])
        raise KeyboardInterrupt

    monkeypatch.setattr(_parallel, "unordered_results", last_first)
    with pytest.raises(PermutationInterrupt, match="interrupted: 1 of 24") as raised:
        run_test(*normals(8, 6, 2, shift=9.0), "emd", permutations=24)  # type: ignore[call-arg]
    assert raised.value.p_value == 1


def test_progress_is_shown(capsys):
    run_test(*normals(5, 5, 1), "energy", progress=True)  # type: ignore[call-arg]
    assert "permutations" in capsys.readouterr().err


X = [[0.0, 1.0], [2.0, 3.0]]
REFUSED = [
    ((X, []), {}, "`y` must not be empty, but has shape"),
    ((np.empty((0, 2)), X), {}, "`x` must not be empty"),
    ((X, [[1.0]]), {}, "must have points of the same dimension, but have 2 and 1"),
    ((X, [*X, [np.nan, 1.0]]), {}, r"`y` must be finite, but 1 of its 3 rows has .* row 2; drop"),
    ((X, "text"), {}, "`y` must hold numbers, but is the text 'text'"),
    (
        (X, X),
        {"statistic": "ks"},
        '`statistic` must be one of "emd", "js", "energy", "mmd", or a func',
    ),
    ((X, X), {"statistic": None}, '`statistic` must be one of "emd", "js", "energy", "mmd"'),
    ((X, X), {"statistic": lambda a, b: np.nan}, "`statistic` must return a number.* nan"),
    ((X, X), {"statistic": lambda a, b: a - b}, "`statistic` must return a number"),
    ((X, X), {"permutations": 0}, "`permutations` must be a whole number of at least 1"),
    ((X, X), {"permutations": 9.5}, "`permutations` must be a whole number"),
    ((X, X), {"permutations": True}, "`permutations` must be a whole number"),
    ((X, X), {"rng": 3}, r"`rng` must be .* is 3; pass numpy.random.default_rng\(0\)"),
    ((X, X), {"n_jobs": 0}, "`n_jobs` must be a number of processes"),
    (([-1e308], [1e308]), {"statistic": "energy"}, "so large .* divide both by a constant"),
    (([-1e308], [1e308]), {}, "so large .* divide both by a constant"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
def test_invalid_samples_and_options_are_refused(arguments, options, message):
    with pytest.raises(DistributionError, match=message):
        sampled.permutation_test(*arguments, **options)

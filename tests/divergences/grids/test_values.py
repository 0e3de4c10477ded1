"""Values of the EMD on grids: against the matrix of all costs, closed forms and laws."""

import itertools
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import divergences
import divergences.grids._small
from divergences import grids
from tests.divergences.grids.small_grids import cost_matrix, random_images

METRICS = ("euclidean", "cityblock", "chebyshev", "sqeuclidean")


@st.composite
def problems(draw):
    """Two images, and options of the ground cost."""
    seed = draw(st.integers(0, 2**32 - 1))
    d = draw(st.integers(1, 3))
    sides = st.integers(1, (0, 24, 9, 5)[d])
    shape = draw(st.tuples(*[sides] * d))
    rng = np.random.default_rng(seed)
    kind = draw(st.sampled_from(["sparse", "scales", "counts", "far"]))
    equal = draw(st.booleans())
    spacing = (1.0,) * d if equal else tuple(rng.uniform(0.2, 3, d).tolist())
    periodic = tuple(draw(st.booleans()) for _ in range(d))
    options = {"metric": draw(st.sampled_from(METRICS)), "spacing": spacing, "periodic": periodic}
    return *random_images(rng, shape, kind), options


@pytest.mark.parametrize("max_pairs", [0, 10**6])
@settings(max_examples=50)
@given(problems())
def test_cost_plan_and_potentials_are_those_of_the_matrix_of_costs(max_pairs, problem):
    p, q, options = problem
    with patch.object(divergences.grids._small, "MAX_PAIRS", max_pairs):
        solved = grids.transport(p, q, **options)
    cost = cost_matrix(p.shape, **options)
    reference = divergences.transport(p.ravel(), q.ravel(), cost)
    rounding = 1e-15 * cost.max() + 1e-300
    assert_allclose(solved.cost, reference.cost, rtol=1e-11, atol=reference.gap + rounding)
    assert solved.gap <= 1e-10 * solved.cost + 100 * rounding
    u, v = solved.potential.ravel(), solved.target_potential.ravel()
    assert (u[:, None] + v <= cost + 4 * rounding).all()
    plan = solved.plan()
    assert_allclose(plan.sum(axis=1), solved.p.ravel(), rtol=0, atol=1e-14)
    assert_allclose(plan.sum(axis=0), solved.q.ravel(), rtol=0, atol=1e-14)
    rows, cols = plan.coords
    assert_allclose(plan.data @ cost[rows, cols], solved.cost, rtol=1e-11, atol=100 * rounding)
    dual = u @ solved.p.ravel() + v @ solved.q.ravel()
    assert solved.cost - dual <= solved.gap + 100 * rounding


@settings(max_examples=25)
@given(problems())
def test_flow_conserves_mass_and_has_the_cost(problem):
    p, q, options = problem
    solved = grids.transport(p, q, **options)
    outflow = solved.flow.sum(axis=1) - solved.flow.sum(axis=0)
    assert_allclose(outflow, (solved.p - solved.q).ravel(), rtol=0, atol=1e-14)
    assert_allclose(solved.flow.data @ solved.arc_costs, solved.cost, rtol=1e-13)
    if options["metric"] != "sqeuclidean":
        assert (solved.target_potential == -solved.potential).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("step", [(3, 4), (1, 0), (5, 2)])
def test_translation_costs_its_length(metric, step):
    rng = np.random.default_rng(3)
    image = np.zeros((24, 24))
    image[:16, :16] = rng.random((16, 16))
    moved = np.roll(image, step, axis=(0, 1))
    a, b = map(abs, step)
    length = {
        "euclidean": np.hypot(a, b),
        "cityblock": a + b,
        "chebyshev": max(a, b),
        "sqeuclidean": a**2 + b**2,
    }
    assert_allclose(grids.emd(image, moved, metric=metric), length[metric], rtol=1e-12)


@pytest.mark.parametrize("metric", METRICS[:3])
def test_metric_axioms(metric):
    rng = np.random.default_rng(5)
    images = [*random_images(rng, (12, 20), "sparse"), random_images(rng, (12, 20), "counts")[0]]
    images = [image / image.sum() for image in images]
    distance = {
        (i, j): float(grids.emd(images[i], images[j], metric=metric))
        for i, j in itertools.product(range(3), repeat=2)
    }
    assert all(distance[i, i] == 0 for i in range(3))
    assert_allclose([distance[0, 1], distance[0, 2]], [distance[1, 0], distance[2, 0]], rtol=1e-12)
    assert distance[0, 2] <= distance[0, 1] + distance[1, 2]


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 7.0, 1e9, 1e150])
@pytest.mark.parametrize("metric", METRICS)
def test_units_of_mass_and_length_scale_the_value(metric, scale):
    p, q = random_images(np.random.default_rng(8), (7, 10), "sparse")
    power = 2 if metric == "sqeuclidean" else 1
    value = float(grids.emd(p, q, metric=metric))
    assert_allclose(float(grids.emd(scale * p, scale * q, metric=metric)), value, rtol=1e-12)
    if abs(np.log10(scale)) < 100:
        scaled = float(grids.emd(p, q, metric=metric, spacing=scale))
        assert_allclose(scaled, value * scale**power, rtol=1e-12)


def test_several_levels_of_blocks_agree_with_the_matrix_of_costs(monkeypatch):
    p, q = random_images(np.random.default_rng(4), (37, 30), "sparse")
    monkeypatch.setattr(divergences.grids._small, "MAX_PAIRS", 0)
    for metric in METRICS:
        cost = cost_matrix(p.shape, metric=metric, spacing=(1.0, 1.0), periodic=(False, False))
        expected = float(divergences.emd(p.ravel(), q.ravel(), cost))
        solved = grids.transport(p, q, metric=metric)
        assert_allclose(solved.cost, expected, rtol=1e-11)
        assert solved.gap <= 1e-10 * solved.cost


def test_w2_is_the_root_of_the_squared_cost():
    p, q = random_images(np.random.default_rng(6), (6, 8), "sparse")
    squared = float(grids.emd(p, q, metric="sqeuclidean"))
    assert_allclose(float(grids.emd(p, q, order=2)) ** 2, squared, rtol=1e-14)
    assert_allclose(grids.transport(p, q, order=2).cost, squared, rtol=1e-14)


@pytest.mark.parametrize("periodic", [False, True])
def test_bins_of_unequal_width(periodic):
    rng = np.random.default_rng(7)
    edges = np.cumsum(rng.uniform(0.1, 2, 15))
    p, q = (x / x.sum() for x in rng.random((2, 14)))
    centers = (edges[1:] + edges[:-1]) / 2
    cost = np.abs(centers[:, None] - centers)
    if periodic:
        cost = np.minimum(cost, edges[-1] - edges[0] - cost)
    value = float(grids.emd(p, q, edges=edges, periodic=periodic))
    assert_allclose(value, float(divergences.emd(p, q, cost)), rtol=1e-12)


def test_hours_of_a_clock():
    night, morning = np.zeros(24), np.zeros(24)
    night[23], morning[1] = 1, 1
    assert float(grids.emd(night, morning)) == 22
    assert float(grids.emd(night, morning, periodic=True)) == 2


def test_batches_broadcast_and_have_their_axes_anywhere():
    rng = np.random.default_rng(9)
    p, q = random_images(rng, (3, 2, 5, 4), "dense")
    p, q = (a / a.sum(axis=(-2, -1), keepdims=True) for a in (p, q))
    values = grids.emd(p, q[0, 0], axes=(-2, -1))
    assert values.shape == (3, 2)
    for index in np.ndindex(3, 2):
        assert_allclose(values[index], grids.emd(p[index], q[0, 0]), rtol=1e-12)
    moved = grids.emd(np.moveaxis(p, 2, 0), np.moveaxis(q, 2, 0), axes=(0, 3))
    assert_allclose(moved, grids.emd(p, q, axes=(2, 3)), rtol=1e-12)


def test_uint8_images_are_taken():
    image = np.array([[200, 100], [0, 0]], dtype=np.uint8)
    assert float(grids.emd(image, image[::-1])) == 1.0


def test_float32_images_give_float32():
    p, q = (a.astype(np.float32) for a in random_images(np.random.default_rng(2), (4, 4), "dense"))
    value = grids.emd(p / p.sum(), q / q.sum())
    assert value.dtype == np.float32


def test_no_mass_moves_between_equal_images():
    image = np.arange(12.0).reshape(3, 4)
    for metric in METRICS:
        solved = grids.transport(image, image, metric=metric)
        assert solved.cost <= 1e-30
        assert (solved.potential == solved.potential.flat[0]).all() or metric == "sqeuclidean"
        assert_allclose(solved.plan().toarray(), np.diag(image.ravel() / image.sum()), atol=1e-17)


def test_result_prints_as_one_line():
    solved = grids.transport([[1, 0, 0]], [[0, 0, 1]])
    assert str(solved).startswith("cost 2, proved within ")
    assert repr(solved).endswith("2 arcs on 1 x 3 pixels>")

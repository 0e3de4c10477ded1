"""Pricing of column generation: lowest reduced costs, and bounds that allow to skip pairs."""

import numpy as np
import pytest
import torch
from hypothesis import event, given, settings
from hypothesis import strategies as st

from divergences._transport.column_generation import (
    block_pricing,
    c_transform,
    near_pairs,
    partial_pricing,
)
from divergences._transport.column_generation.arcs import lowest_per_group
from divergences._transport.column_generation.block_pricing import BlockPricing
from divergences._transport.column_generation.c_transform import lowest_reduced_costs
from divergences._transport.column_generation.euclidean_pricing import EuclideanPricing
from divergences._transport.column_generation.near_pairs import NearPairPricing, spatial_order
from divergences._transport.column_generation.partial_pricing import ReducedCostBounds
from divergences._transport.ground import GroundCost


def normals(n, m, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + 0.3


def reduced_costs(ground, u, v):
    return ground.block(slice(None), slice(None)) - u[:, None] - v


def assert_lowest_reduced_costs(violations, ground, u, v, rounding):
    """Costs of pairs and of blocks may be rounded differently."""
    lowest = np.minimum(reduced_costs(ground, u, v), 0.0)
    atol = rounding * (1 + np.abs(u).max() + np.abs(v).max())
    np.testing.assert_allclose(violations.by_row, lowest.min(axis=1), rtol=0, atol=atol)
    np.testing.assert_allclose(violations.by_col, lowest.min(axis=0), rtol=0, atol=atol)


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    d=st.sampled_from([1, 2, 24, 25, 60]),
    squared=st.booleans(),
    shift=st.floats(-1, 1),
    offset=st.sampled_from([0.0, 1.0, 1e3, 1e6]),
    targets_in_subspace=st.booleans(),
    width=st.sampled_from([0.0, 0.01, 10.0]),
)
@pytest.mark.parametrize("device", ["numpy", "torch"])
def test_euclidean_pricing_finds_every_violation(
    device, seed, d, squared, shift, offset, targets_in_subspace, width
):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, d)), rng.normal(size=(50, d))
    if targets_in_subspace:
        y[:, d // 2 :] = 0.0
    metric = "sqeuclidean" if squared else "euclidean"
    ground = GroundCost.of(x + offset, y + offset, metric=metric)
    cost = ground.block(slice(None), slice(None))
    v = rng.normal(size=50) * cost.mean() / 10 + shift
    # Potentials that are exactly tight, a little below and a little above.
    u = (cost - v).min(axis=1) + rng.choice([0.0, 1e-15, -1e-15, 1e-7, 1e-2], size=40)
    pricing = EuclideanPricing.of(ground, None if device == "numpy" else torch.zeros(1))
    violations = ReducedCostBounds(pricing).violations(u, v, ground.of_pairs, 100, width=width)
    assert_lowest_reduced_costs(violations, ground, u, v, 4e-15)


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    d=st.sampled_from([40, 60, 100]),
    squared=st.booleans(),
    signs=st.booleans(),
)
def test_the_margin_of_a_float32_product_is_at_least_its_a_priori_rounding_error(
    seed, d, squared, signs
):
    """Higham 2002, section 3.1: k roundings of a sum of k products, and one of each factor."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(40, d)), rng.normal(size=(50, d))
    if signs:  # the absolute terms of a product then sum to all that Cauchy-Schwarz allows
        x, y = np.sign(x), np.sign(y)
    ground = GroundCost.of(x, y, metric="sqeuclidean" if squared else "euclidean")
    u, v = rng.normal(size=40) / 10, rng.normal(size=50) / 10
    left, right, margin = EuclideanPricing.of(ground, None).reduced_cost_factors(u, v)
    assert left.dtype == right.dtype == np.float32
    terms = np.abs(left).astype(np.float64) @ np.abs(right).astype(np.float64)  # type: ignore[call-overload]
    error = (left.shape[1] + 2) * 2.0**-24 * terms
    assert (error.max(axis=1) <= margin).all()


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    d=st.sampled_from([2, 40]),
    step=st.sampled_from([1e-4, 1e-2, 0.3]),
    width=st.sampled_from([0.0, 0.02, 0.3]),
    max_candidates=st.sampled_from([2, 64]),
)
@pytest.mark.parametrize("method", ["euclidean", "block"])
def test_partial_pricing_skips_no_violation(method, seed, d, step, width, max_candidates):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, d)), rng.normal(size=(70, d))
    ground = GroundCost.of(x, y, metric="euclidean")
    bounds = ReducedCostBounds(
        EuclideanPricing.of(ground, None) if method == "euclidean" else BlockPricing(ground)
    )
    cost = ground.block(slice(None), slice(None))
    v = rng.normal(size=70) * cost.mean() / 10
    u = (cost - v).min(axis=1)
    skipped = False
    with pytest.MonkeyPatch.context() as patch:
        for module in (partial_pricing, block_pricing):
            patch.setattr(module, "MAX_CANDIDATES_PER_ROW", max_candidates)
        for _ in range(6):
            u = u + step * cost.mean() * rng.normal(size=60) * 0.1
            v = v + step * cost.mean() * rng.normal(size=70) * np.where(
                rng.random(70) < 0.05, 1, 0.1
            )
            violations = bounds.violations(u, v, ground.of_pairs, 5, width=width * cost.mean())
            skipped |= not bounds.complete
            assert_lowest_reduced_costs(violations, ground, u, v, 1e-14)
    event(f"pairs skipped: {skipped}")


def test_pairs_with_slack_are_skipped_until_the_bounds_are_reset():
    x, y = normals(400, 300, 40)
    ground = GroundCost.of(x, y, metric="euclidean")
    u, v = ground.block(slice(None), slice(None)).min(axis=1), np.zeros(300)
    bounds = ReducedCostBounds(EuclideanPricing.of(ground, None))
    bounds.violations(u, v, ground.of_pairs, 5, width=0.01)
    assert bounds.complete
    bounds.violations(u + 1e-9, v, ground.of_pairs, 5, width=0.01)
    assert not bounds.complete
    bounds.reset()
    bounds.violations(u, v, ground.of_pairs, 5, width=0.01)
    assert bounds.complete


def test_the_most_violated_pair_of_each_source_and_target_is_returned():
    x, y = normals(60, 70, 3)
    ground = GroundCost.of(x, y, metric="cityblock")
    u, v = np.full(60, 0.2), np.full(70, 0.2)
    reduced_cost = reduced_costs(ground, u, v)
    bounds = ReducedCostBounds(BlockPricing(ground))
    violations = bounds.violations(u, v, ground.of_pairs, 1, width=0.0)
    pairs = set(zip(violations.rows.tolist(), violations.cols.tolist(), strict=True))
    for i in np.flatnonzero(reduced_cost.min(axis=1) < 0):
        assert (i, reduced_cost[i].argmin()) in pairs
    for j in np.flatnonzero(reduced_cost.min(axis=0) < 0):
        assert (reduced_cost[:, j].argmin(), j) in pairs


METRICS = ["euclidean", "sqeuclidean", "cityblock", "chebyshev"]


def clustered_ground(seed, metric, d, order, offset=0.0):
    """Costs between points of clusters, some of them coincident, in the order of a k-d tree."""
    rng = np.random.default_rng(seed)
    x, y = (rng.normal(size=(n, d)) * 0.1 + rng.integers(0, 3, (n, 1)) for n in (150, 200))
    y[: len(y) // 2] = np.round(y[: len(y) // 2], 1)
    x[:20] = y[:20]
    x, y = (points[spatial_order(points)] + offset for points in (x, y))
    return GroundCost.of(x, y, metric=metric, order=order)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    metric=st.sampled_from(METRICS),
    d=st.integers(1, 4),
    order=st.sampled_from([1.0, 1.5, 2.0]),
    offset=st.sampled_from([0.0, 1.0, 1e6]),
    width=st.sampled_from([0.0, 0.02, 10.0]),
)
def test_pairs_outside_the_candidates_of_near_pairs_have_at_least_the_slack(
    seed, metric, d, order, offset, width
):
    ground = clustered_ground(seed, metric, d, order, offset)
    rng = np.random.default_rng(seed)
    cost = ground.block(slice(None), slice(None))
    v = rng.normal(size=200) * rng.choice([0.0, 1e-3, 0.1]) * cost.max()
    u = (cost - v).min(axis=1) + rng.choice([0.0, 1e-15, 1e-7, 1e-2], size=150) * cost.max()
    fast = metric == "euclidean" and order == 1
    plain = EuclideanPricing.of(ground, None) if fast else BlockPricing(ground)
    price = NearPairPricing(plain).pricer(u, v, ground.of_pairs, width * cost.max())
    atol = 8e-15 * (np.abs(u).max() + np.abs(v).max() + (offset > 0))
    for start in range(0, 150, 30):
        rows = np.arange(start, start + 30)
        block = price(rows, slice(None))
        reduced_cost = cost[rows] - u[rows, None] - v
        np.testing.assert_allclose(block.cost, cost[block.rows, block.cols], rtol=1e-14, atol=0)
        reduced_cost[block.rows - start, block.cols] = np.inf
        complete = block.slack > -np.inf  # in a crowded block, there are too many candidates
        assert (reduced_cost[complete] >= -atol).all()
        assert (block.slack <= reduced_cost.min(axis=1) + atol).all()


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    metric=st.sampled_from(METRICS),
    d=st.integers(1, 4),
    count=st.sampled_from([1, 10, 60]),
    sampled=st.booleans(),
)
def test_near_targets_contain_those_of_lowest_reduced_cost(seed, metric, d, count, sampled):
    ground = clustered_ground(seed, metric, d, 1.0)
    among = np.arange(0, 200, 4) if sampled else None
    targets = np.arange(200) if among is None else among
    rng = np.random.default_rng(seed)
    potential = rng.normal(size=len(targets)) * rng.choice([0.0, 0.1, 10.0])
    pricing = NearPairPricing(BlockPricing(ground))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(c_transform, "BLOCK_ENTRIES", 1)
        patch.setattr(near_pairs, "SOURCES_PER_BLOCK", 4)
        patch.setattr(near_pairs, "CELL_POINTS", 2)
        indices, minima = lowest_reduced_costs(pricing, potential, count, among=among)
    reduced_cost = ground.block(slice(None), targets) - potential
    selected = np.take_along_axis(reduced_cost, indices, axis=1)
    np.testing.assert_array_equal(np.sort(selected), np.sort(reduced_cost)[:, :count])
    np.testing.assert_array_equal(minima, reduced_cost.min(axis=1))


@pytest.mark.parametrize("m", [5, 100, 3000])
def test_the_selected_targets_have_the_lowest_reduced_costs(m):
    x, y = normals(30, m, 2)
    ground = GroundCost.of(x, y, metric="euclidean")
    potential = np.random.default_rng(0).random(m)
    indices, minima = lowest_reduced_costs(BlockPricing(ground), potential, 10)
    reduced_cost = ground.block(slice(None), slice(None)) - potential
    selected = np.take_along_axis(reduced_cost, indices, axis=1)
    np.testing.assert_array_equal(np.sort(selected), np.sort(reduced_cost)[:, :10])
    np.testing.assert_array_equal(minima, reduced_cost.min(axis=1))


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-1, 0)), min_size=1), st.integers(1, 3))
def test_the_lowest_values_of_each_group_are_selected(pairs, count):
    groups = np.array([group for group, _ in pairs])
    values = np.array([value for _, value in pairs])
    indices = lowest_per_group(groups, values, count)
    for group in set(groups.tolist()):
        lowest = np.sort(values[groups == group])[:count]
        np.testing.assert_array_equal(np.sort(values[indices[groups[indices] == group]]), lowest)

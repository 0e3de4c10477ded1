"""Lipschitz extension of potentials: 1-Lipschitz, and its difference of means is the EMD."""

import numpy as np
import pytest
import torch
from hypothesis import given

from divergences import DistributionError, lipschitz_witness, sampled, transport
from divergences._transport import witness
from divergences._transport.column_generation import lipschitz_extension
from divergences._transport.metrics import distances
from tests.strategies import cloud_pairs


def cityblock(x, y):
    return np.abs(x[:, None] - y).sum(-1)


NORMS = {
    "euclidean": lambda d: np.sqrt((d**2).sum(-1)),
    "cityblock": lambda d: np.abs(d).sum(-1),
    "chebyshev": lambda d: np.abs(d).max(-1),
    cityblock: lambda d: np.abs(d).sum(-1),
}


@pytest.mark.parametrize("metric", NORMS)
@given(pair=cloud_pairs())
def test_the_difference_of_means_is_the_exact_emd(metric, pair):
    x, y = pair
    solved = sampled.transport(x, y, metric=metric)
    f = lipschitz_witness(solved, y, metric=metric)
    assert f(x).mean() - f(y).mean() == pytest.approx(solved.cost, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("metric", NORMS)
def test_it_is_1_lipschitz_everywhere(metric):
    rng = np.random.default_rng(0)
    x, y, z = (rng.normal(size=(n, 3)) for n in (50, 40, 200))
    f = lipschitz_witness(sampled.transport(x, y, metric=metric), y, metric=metric)
    increase = np.abs(f(z)[:, None] - f(z))
    assert (increase <= NORMS[metric](z[:, None] - z) * (1 + 1e-12) + 1e-14).all()


def test_potentials_of_the_column_method_extend_too():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 2)), rng.normal(size=(300, 2))
    solved = sampled.transport(x, y, method="columns")
    f = lipschitz_witness(solved, y)
    assert f(x).mean() - f(y).mean() == pytest.approx(solved.cost, rel=1e-11, abs=0)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_products_of_many_coordinates_give_the_minima_of_the_differences(monkeypatch, scale):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 60, 30))
    y[30:] = y[:30] + 1e-9 * rng.normal(size=(30, 30))  # nearer than products in float32 resolve
    z = np.concatenate([x, y, rng.normal(size=(20, 30)), 1e3 * x[:5]])
    x, y, z = x * scale, y * scale, z * scale
    f = lipschitz_witness(sampled.transport(x, y), y)
    values = f._minimum(z)[1]
    monkeypatch.setattr(lipschitz_extension, "MIN_COORDINATE_PAIRS", 0)
    by_products = f._minimum(z)
    rounding = 1e-14 * np.abs(z).max()
    assert by_products[1] == pytest.approx(values, rel=0, abs=rounding)
    attained = np.linalg.norm((z - y[by_products[0]]) / scale, axis=1) * scale
    assert attained - f.potential[by_products[0]] == pytest.approx(values, rel=0, abs=rounding)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_unit_does_not_matter(scale):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 2)) * scale, rng.normal(size=(8, 2)) * scale
    solved = sampled.transport(x, y)
    f = lipschitz_witness(solved, y)
    assert f(x).mean() - f(y).mean() == pytest.approx(solved.cost, rel=1e-12, abs=0)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev"])
def test_torch_gradients_pass_gradcheck(metric):
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, 3, generator=generator, dtype=torch.float64) for n in (20, 30))
    f = lipschitz_witness(sampled.transport(x, y, metric=metric), y, metric=metric)
    z = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    assert f(z).shape == (2, 5)
    np.testing.assert_allclose(f(z).detach(), f(z.detach().numpy()), rtol=1e-14)
    assert torch.autograd.gradcheck(f, (z,))
    if metric == "euclidean":
        (slopes,) = torch.autograd.grad(f(z).sum(), z)
        torch.testing.assert_close(slopes.norm(dim=-1), torch.ones(2, 5, dtype=torch.float64))


def test_the_gradient_at_a_target_is_0():
    y = torch.zeros(1, 2)
    f = lipschitz_witness(sampled.transport(torch.ones(1, 2), y), y)
    z = torch.zeros(1, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    assert torch.equal(slope, torch.zeros(1, 2))


def test_blocks_give_the_same_values(monkeypatch):
    rng = np.random.default_rng(0)
    x, y, z = (rng.normal(size=(n, 2)) for n in (5, 6, 100))
    f = lipschitz_witness(sampled.transport(x, y), y)
    whole = f(z)
    monkeypatch.setattr(witness, "MAX_BLOCK_DISTANCES", 20)
    np.testing.assert_array_equal(f(z), whole)


SOLVED = sampled.transport([[0.0, 0.0], [1.0, 2.0]], [[0.0, 1.0], [3.0, 3.0], [5.0, 1.0]])
Y = [[0.0, 1.0], [3.0, 3.0], [5.0, 1.0]]


@pytest.mark.parametrize(
    ("y", "metric", "message"),
    [
        (Y[:2], "euclidean", "`y` must be the 3 targets of `solution`, but has 2 points"),
        (Y, "sqeuclidean", '"sqeuclidean" is no metric'),
        (Y, "hamming", "`metric` must be one of"),
        (
            Y,
            lambda x, y: cityblock(x, y) + 1,
            r"must be 0 from a point to itself, but is 1.0 at `y`",
        ),
        (
            Y,
            lambda x, y: np.maximum(x[:, :1] - y[:, 0], 0),
            r"must be symmetric, but is 0.0 from `y`\[0\] .*, and 5.0 back",
        ),
        (
            [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]],
            lambda x, y: cityblock(x, y) ** 2,
            r"must satisfy the triangle inequality, .* by way of `y`\[1\]",
        ),
    ],
)
def test_invalid_targets_and_metrics_are_refused(y, metric, message):
    with pytest.raises(DistributionError, match=message):
        lipschitz_witness(SOLVED, y, metric=metric)([[0.0, 0.0]])


@pytest.mark.parametrize(
    ("z", "message"),
    [
        (
            [[0.0]],
            r"`z` must be points of 2 coordinates, shape \(..., 2\), but has shape \(1, 1\)",
        ),
        ([[np.nan, 0.0]], "`z` must be finite"),
    ],
)
def test_invalid_points_are_refused(z, message):
    with pytest.raises(DistributionError, match=message):
        lipschitz_witness(SOLVED, Y)(z)


@pytest.mark.parametrize("method", ["dense", "columns", None])
@pytest.mark.parametrize("d", [1, 2])
def test_targets_without_mass_have_feasible_potentials(method, d):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, d)), rng.normal(size=(40, d))
    q = np.where(np.arange(40) % 3 == 0, rng.random(40), 0.0)
    solved = sampled.transport(x, y, y_weights=q, method=method)
    reduced_cost = distances(x, y) - solved.source_potential[:, None] - solved.target_potential
    assert reduced_cost.min() >= -1e-15
    f = lipschitz_witness(solved, y)
    assert f(x).mean() - f(y) @ q / q.sum() == pytest.approx(solved.cost, rel=1e-13, abs=0)


@given(pair=cloud_pairs(max_size=6, d=2), others=cloud_pairs(max_size=6, d=2))
def test_the_difference_of_means_of_other_points_is_a_lower_bound(pair, others):
    x, y = pair
    a, b = others
    f = lipschitz_witness(sampled.transport(x, y), y)
    assert f(a).mean() - f(b).mean() <= sampled.emd(a, b).value + 1e-13


def test_other_targets_orders_and_costs_are_refused():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + 3
    others = [
        (sampled.transport(x, y, order=2), y),
        (sampled.transport(x, y), y / 100),
        (transport(np.ones(20), np.ones(20), 5 * rng.random((20, 20))), y / 100),
    ]
    for solved, targets in others:
        with pytest.raises(DistributionError, match="of order 1, but its potentials of `y`"):
            lipschitz_witness(solved, targets)


def test_a_gradient_through_a_callable_metric_is_refused():
    f = lipschitz_witness(SOLVED, Y, metric=lambda a, b: distances(a, b))
    with pytest.raises(DistributionError, match=r"no gradient passes: .* z.detach\(\)"):
        f(torch.ones(1, 2, requires_grad=True))
    assert f(torch.ones(1, 2)).shape == (1,)

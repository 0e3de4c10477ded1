"""The witness: 1-Lipschitz, attains the distance, bounds other distances; what has none."""

import numpy as np
import pytest
import torch
from hypothesis import given
from strategies import clouds, points

from divergences import DistributionError, lipschitz_witness, sampled, transport
from divergences.transport import witness
from divergences.transport.distances import distances

METRICS = ["euclidean", "cityblock", "chebyshev"]


def taxi(x, y):
    return np.abs(x[:, None] - y).sum(-1)


def mean(values, weights):
    return values @ weights / weights.sum()


@pytest.mark.parametrize("metric", [*METRICS, taxi])
@given(pair=clouds(most=10))
def test_the_means_differ_by_the_distance(metric, pair):
    x, y = pair
    p, q = np.arange(1.0, len(x) + 1), np.arange(len(y), 0.0, -1)
    solved = sampled.transport(x, y, x_weights=p, y_weights=q, metric=metric)
    f = lipschitz_witness(solved, y, metric=metric)
    assert mean(f(x), p) - mean(f(y), q) == pytest.approx(solved.cost, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("metric", METRICS)
@given(pair=clouds(most=6, d=2), z=points(12, 2))
def test_the_witness_is_1_lipschitz(metric, pair, z):
    x, y = pair
    f = lipschitz_witness(sampled.transport(x, y, metric=metric), y, metric=metric)
    rise = np.abs(f(z)[:, None] - f(z))
    assert (rise <= distances(z, z, metric=metric) + 1e-14).all()


@given(pair=clouds(most=6, d=2), others=clouds(most=6, d=2))
def test_the_witness_bounds_the_distance_of_other_points_from_below(pair, others):
    x, y = pair
    a, b = others
    f = lipschitz_witness(sampled.transport(x, y), y)
    assert f(a).mean() - f(b).mean() <= sampled.emd(a, b).value + 1e-13


def test_columns_and_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 2)), rng.normal(size=(200, 2)) + 1
    solved = sampled.transport(x, y, method="columns")
    f = lipschitz_witness(solved, y)
    assert f(x).mean() - f(y).mean() == pytest.approx(solved.cost, rel=1e-12)
    whole = f(x)
    monkeypatch.setattr(witness, "PAIRS", 999)
    np.testing.assert_array_equal(f(x), whole)


@pytest.mark.parametrize("method", ["dense", "columns", None])
@pytest.mark.parametrize("d", [1, 2])
def test_targets_without_mass_have_feasible_prices(method, d):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, d)), rng.normal(size=(40, d))
    q = np.where(np.arange(40) % 3 == 0, rng.random(40), 0.0)
    solved = sampled.transport(x, y, y_weights=q, method=method)
    room = distances(x, y) - solved.source_price[:, None] - solved.target_price
    assert room.min() >= -1e-15
    f = lipschitz_witness(solved, y)
    assert f(x).mean() - mean(f(y), q) == pytest.approx(solved.cost, rel=1e-13)


@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1e100, 1e200])
@pytest.mark.parametrize("metric", [*METRICS, taxi])
def test_the_unit_of_length_does_not_matter(scale, metric):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(30, 2))
    solved = sampled.transport(x * scale, y * scale, metric=metric)
    f = lipschitz_witness(solved, y * scale, metric=metric)
    assert f(x * scale).mean() - f(y * scale).mean() == pytest.approx(solved.cost, rel=1e-13)


@pytest.mark.parametrize("metric", METRICS)
def test_torch_gets_values_and_gradients(metric):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(30, 3))
    f = lipschitz_witness(sampled.transport(x, y, metric=metric), y, metric=metric)
    z = torch.tensor(rng.normal(size=(2, 4, 3)), requires_grad=True)
    np.testing.assert_array_equal(f(z).detach().numpy(), f(z.detach().numpy()))
    assert f(z).shape == (2, 4)
    assert torch.autograd.gradcheck(f, z)
    (gradient,) = torch.autograd.grad(f(z).sum(), z)
    dual = {"euclidean": 2, "cityblock": torch.inf, "chebyshev": 1}[metric]
    np.testing.assert_allclose(torch.linalg.vector_norm(gradient, dual, dim=-1), 1, rtol=1e-14)


def test_the_gradient_is_0_at_a_target_and_has_a_gradient_itself():
    f = lipschitz_witness(sampled.transport([[0.0, 0.0]], [[3.0, 4.0]]), [[3.0, 4.0]])
    z = torch.tensor([[3.0, 4.0], [3.0, 5.0]], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(f(z).sum(), z, create_graph=True)
    assert gradient.tolist() == [[0, 0], [0, 1]]
    (second,) = torch.autograd.grad(gradient.square().sum(), z)
    assert second.isfinite().all()


def test_points_keep_their_type_and_shape():
    f = lipschitz_witness(sampled.transport([0.0], [1.0]), [1.0])
    assert f(np.float32([2.0, 3.0])).dtype == np.float32
    assert f([2.0, 3.0]).shape == f([[2.0], [3.0]]).shape == (2,)
    f = lipschitz_witness(sampled.transport([[0.0, 0.0]], [[1.0, 0.0]]), [[1.0, 0.0]])
    assert f([1.0, 1.0]) == f([[1.0, 1.0]])[0]


SOLVED = sampled.transport(np.eye(3)[:2], np.eye(3))


def squared(x, y):
    return taxi(x, y) ** 2


def shifted(x, y):
    return taxi(x, y) + 1


def one_way(x, y):
    return np.maximum(x[:, None] - y, 0).sum(-1) + np.maximum(y - x[:, None], 0).sum(-1) / 2


REFUSED = [
    ({"metric": "sqeuclidean"}, '"sqeuclidean" breaks the triangle inequality'),
    ({"metric": "hamming"}, "`metric` must be one of euclidean"),
    ({"metric": shifted}, r"`metric` must be 0 from a point to itself, but is 1 at `y`\[0\]"),
    ({"metric": one_way}, r"symmetric, but from `y`\[0\] to `y`\[1\] it is 2 and back 1"),
    ({"metric": squared}, r"from `y`\[0\] to `y`\[2\] it is 9, and by way of `y`\[1\] only 5"),
    ({"metric": lambda x, y: -taxi(x, y)}, "`metric` must return finite distances of at least 0"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_is_no_metric_has_no_witness(options, message):
    y = np.array([[1.0, 0.0], [0.0, 0.0], [-2.0, 0.0]])
    if options["metric"] is one_way:
        y = np.array([[0.0, 0.0], [-1.0, -1.0], [0.0, 0.0]])
    with pytest.raises(DistributionError, match=message):
        lipschitz_witness(SOLVED, y, **options)


def test_other_targets_and_orders_are_refused():
    with pytest.raises(DistributionError, match="targets of `solved`, which has 3, but has 2"):
        lipschitz_witness(SOLVED, np.eye(2))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + 3
    with pytest.raises(DistributionError, match="of order 1, but its prices at"):
        lipschitz_witness(sampled.transport(x, y, order=2), y)
    with pytest.raises(DistributionError, match="of order 1, but its prices at"):
        lipschitz_witness(sampled.transport(x, y), y / 100)
    cost = 5 * rng.random((20, 20))
    with pytest.raises(DistributionError, match="of order 1, but its prices at"):
        lipschitz_witness(transport(np.ones(20), np.ones(20), cost), y / 100)


@pytest.mark.parametrize(
    ("z", "message"),
    [
        (np.ones((4, 2)), r"`z` must have points of 3 coordinates, as the targets.* \(4, 2\)"),
        (1.0, r"`z` must have points of 3 coordinates, as the targets.* \(\)"),
        ([np.nan, 0, 0], r"`z` must be finite, but `z`\[0\] = nan"),
    ],
)
def test_points_that_are_none_are_refused(z, message):
    with pytest.raises(DistributionError, match=message):
        lipschitz_witness(SOLVED, np.eye(3))(z)


def test_no_gradient_passes_through_a_function():
    f = lipschitz_witness(SOLVED, np.eye(3), metric=lambda a, b: distances(a, b))
    with pytest.raises(DistributionError, match=r"no gradient passes: .* z.detach\(\)"):
        f(torch.ones(1, 3, requires_grad=True))
    assert f(torch.ones(1, 3)).shape == (1,)

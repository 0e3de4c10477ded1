"""Great-circle distance: 50 digits, close and antipodal points, solvers, gradients, refusals."""

import mpmath
import numpy as np
import pytest
import torch

from divergences import DistributionError, lipschitz_witness, sampled
from divergences._transport.metrics import distances


def exact_distance(a, b):
    """Haversine formula in 60 digits."""
    with mpmath.workdps(60):
        lat_a, lon_a, lat_b, lon_b = (mpmath.radians(mpmath.mpf(float(c))) for c in (*a, *b))
        haversine = (
            mpmath.sin((lat_a - lat_b) / 2) ** 2
            + mpmath.cos(lat_a) * mpmath.cos(lat_b) * mpmath.sin((lon_a - lon_b) / 2) ** 2
        )
        return float(2 * mpmath.asin(mpmath.sqrt(haversine)))


def places(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(-90, 90, n), rng.uniform(-180, 180, n)], axis=1)


def neighbours(points):
    rng = np.random.default_rng(1)
    size = 10.0 ** -rng.integers(0, 12, (len(points), 1))
    moved = points + rng.normal(size=points.shape) * size
    return np.stack([np.clip(moved[:, 0], -90, 90), moved[:, 1]], axis=1)


@pytest.mark.parametrize("kind", ["any", "close", "antipodal", "date line", "poles"])
def test_all_digits_of_distances_are_right(kind):
    x = places(60)
    y = {
        "any": places(60, seed=2) * [1, 2.5],
        "close": neighbours(x),
        "antipodal": neighbours(np.stack([-x[:, 0], x[:, 1] + 180], axis=1)),
        "date line": x * [1, -1],
        "poles": np.stack([np.where(x[:, 0] > 0, 90.0, -90.0), x[:, 1] + 77], axis=1),
    }[kind]
    computed = distances(x, y, metric="haversine").diagonal()
    truth = [exact_distance(a, b) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(computed, truth, rtol=1e-15)


def test_known_distances():
    paris, london = [[48.8566, 2.3522]], [[51.5074, -0.1278]]
    kilometres = 6371.0088 * sampled.emd(paris, london, metric="haversine").value
    assert kilometres == pytest.approx(343.56, abs=0.01)
    assert sampled.emd([[90.0, 0.0]], [[-90.0, 50.0]], metric="haversine").value == np.pi
    assert sampled.emd([[10.0, 179.5]], [[10.0, -180.5]], metric="haversine").value == 0
    assert sampled.emd([[0.0, 0.0]], [[1e-200, 0.0]], metric="haversine").value == pytest.approx(
        1e-200 * np.pi / 180, rel=1e-14, abs=0
    )


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_dense_and_column_methods_agree_with_a_function(order):
    x, y = places(40), places(30, seed=2)

    def haversine(x, y):
        return distances(x, y, metric="haversine")

    values = [
        sampled.emd(x, y, metric=metric, method=method, order=order).value
        for metric in ("haversine", haversine)
        for method in ("dense", "columns")
    ]
    np.testing.assert_allclose(values, values[0], rtol=1e-12)


def test_longitudes_do_not_count_as_a_constant_coordinate():
    x, y = [[0.0, 0.0], [0.0, 170.0]], [[0.0, -170.0], [0.0, 30.0]]
    assert sampled.emd(x, y, metric="haversine").value == pytest.approx(
        np.radians(25), rel=1e-15, abs=0
    )


def test_the_witness_attains_the_distance_and_partial_transport_is_cheaper():
    x, y = places(40), places(30, seed=2)
    solved = sampled.transport(x, y, metric="haversine")
    witness = lipschitz_witness(solved, y, metric="haversine")
    assert witness(x).mean() - witness(y).mean() == pytest.approx(solved.cost, rel=1e-12, abs=0)
    assert sampled.partial_transport(x, y, metric="haversine").cost < solved.cost
    z = torch.tensor(x[:3], requires_grad=True)
    np.testing.assert_allclose(witness(z).detach().numpy(), witness(x[:3]), rtol=1e-14)


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_torch_gradients_pass_gradcheck_and_are_0_at_coincident_points(order):
    x = torch.tensor(places(5) * [1, 2.5], requires_grad=True)
    y = torch.tensor(places(4, seed=2), requires_grad=True)

    def distance(x, y):
        return sampled.emd(x, y, metric="haversine", order=order).value

    assert torch.autograd.gradcheck(distance, (x, y))
    (gradient,) = torch.autograd.grad(distance(x, x.detach()), x)
    assert torch.equal(gradient, torch.zeros_like(x))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0.0, 0.0], [100.5, 45.0]], r"`x`\[1\] has latitude 100.5; pass x\[:, ::-1\]"),
        ([[-90.5, 145.0]], r"latitude -90.5; drop such rows: x\[abs\(x\[:, 0\]\) <= 90\]"),
        ([[0.0, 0.0, 0.0]], "takes points .latitude, longitude. in degrees, but `x` has 3"),
    ],
)
def test_what_is_no_latitude_is_refused(x, message):
    with pytest.raises(DistributionError, match=message):
        sampled.emd(x, x, metric="haversine")

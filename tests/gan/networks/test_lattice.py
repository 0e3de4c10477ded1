"""The lattice of cones and planes: its values, its slopes, and its changes of pieces."""

import pytest
import torch

from gan.networks import lattice as lattice_module
from gan.networks.lattice import Lattice

SEVEN_PIECES = (torch.zeros(4, 2), torch.zeros(3, 2), torch.zeros(7))


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def lattice(group_count, sign, d=3):
    """Eight cones and four planes, two of whose normals are longer than 1."""
    scale = torch.tensor([[0.1], [0.9], [3.0], [30.0]])
    normals = scale * torch.nn.functional.normalize(torch.randn(4, d, generator=rng(1)), dim=1)
    centers, biases = torch.randn(8, d, generator=rng(2)), torch.randn(12, generator=rng(3))
    biases[:8] -= 3  # else planes have the minimum at all points
    return Lattice(centers, normals, biases, group_count=group_count, sign=sign)


def values_by_definition(network, points):
    """Maximum of the minima of the groups, one by one, in float64."""
    centers, normals, biases = (
        part.detach().double() for part in (network.centers, network.normals, network.biases)
    )
    normals = normals / normals.norm(dim=1, keepdim=True).clamp_min(1)
    pieces = torch.cat([torch.cdist(points.double(), centers), points.double() @ normals.T], 1)
    pieces += biases
    minima = [pieces[:, g :: network.group_count].amin(1) for g in range(network.group_count)]
    return network.sign * torch.stack(minima).amax(0)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("group_count", [1, 2, 4])
def test_scores_are_maxima_of_minima_with_slopes_of_at_most_1(group_count, sign):
    network = lattice(group_count, sign)
    points = 2 * torch.randn(500, 3, generator=rng(4))
    points.requires_grad_()
    scores = network(points)
    by_definition = values_by_definition(network, points.detach())
    torch.testing.assert_close(scores.double(), by_definition, atol=2e-5, rtol=0)
    (slopes,) = torch.autograd.grad(scores.sum(), points)
    assert slopes.norm(dim=1).max() <= 1 + 1e-6
    quotients = torch.cdist(scores[:, None], scores[:, None]) / torch.cdist(points, points)
    assert quotients.nan_to_num(0).max() <= 1 + 1e-4  # scores of float32, of nearby points too


def test_only_active_pieces_have_a_gradient_and_the_gradient_is_that_of_the_scores():
    network = lattice(2, 1).double()
    points = torch.randn(3, 3, generator=rng(5), dtype=torch.float64)
    network(points).sum().backward()
    assert (network.biases.grad != 0).sum() <= 3
    step = 1e-6
    for parameter in network.parameters():
        index = int(parameter.grad.abs().argmax())
        with torch.no_grad():
            parameter.view(-1)[index] += step
            above = network(points).sum()
            parameter.view(-1)[index] -= 2 * step
            below = network(points).sum()
            parameter.view(-1)[index] += step
        slope = float(above - below) / (2 * step)
        assert slope == pytest.approx(float(parameter.grad.view(-1)[index]), abs=1e-7)


@pytest.mark.parametrize("group_count", [1, 2])
def test_reducing_drops_the_last_idle_cones_and_keeps_scores(group_count):
    network = lattice(group_count, 1)
    with torch.no_grad():
        network.biases[2:4] += 100.0  # never a minimum, in either group
    points = torch.randn(400, 3, generator=rng(6))
    network(points).sum().backward()
    active = (network.biases.grad[:8] != 0).view(-1, group_count).any(1)
    assert 1 < active.sum() < len(active)
    for idle in (0, 1):  # an idle one stays while there is room: it may become active later
        kept = active.clone()
        kept[(~active).nonzero()[:idle, 0]] = True
        reduced = network.reduced(points, cone_count=group_count * int(kept.sum()))
        expected = network.centers.view(-1, group_count, 3)[kept].flatten(0, 1)
        assert torch.equal(reduced.centers, expected)
        torch.testing.assert_close(reduced(points), network(points))


@torch.no_grad()
def test_a_new_cone_cuts_into_its_group_by_the_depth():
    network = lattice(1, -1)
    apexes = torch.randn(5, 3, generator=rng(7))
    extended = network.extended(apexes[:1], depth=0.25)
    assert float(extended(apexes[:1]) - network(apexes[:1])) == pytest.approx(0.25, abs=1e-5)
    assert (extended(apexes) >= network(apexes) - 1e-6).all()
    grouped = lattice(2, 1).extended(apexes[:4], depth=0.25)
    assert len(grouped.centers) == 12
    assert (grouped(apexes) <= lattice(2, 1)(apexes) + 1e-6).all()


@pytest.mark.parametrize("spread", [1.0, 0.1])
def test_the_first_apexes_are_points_drawn_to_their_mean(spread):
    points = torch.randn(50, 1, 2, 2, generator=rng(8)) + 5
    network = Lattice.at_random(rng(), points, cone_count=6, plane_count=4, spread=spread)
    flat = points.flatten(start_dim=1)
    allowed = flat.mean(0) + spread * (flat - flat.mean(0))
    assert torch.cdist(network.centers, allowed).amin(1).max() < 1e-4
    assert network.normals.norm(dim=1).tolist() == pytest.approx([0.5] * 4)
    assert network(points).shape == (50,)


@torch.no_grad()
@pytest.mark.parametrize("group_count", [1, 4])
def test_cones_far_from_the_origin_have_the_scores_of_cones_near_it(group_count):
    # Squares of such coordinates in float32 carry errors of 1, more than squared distances.
    grid = (8 * torch.randn(200, 3, generator=rng(9))).round() / 8
    near, far = (
        Lattice(
            (grid + offset)[:40],
            torch.zeros(0, 3),
            torch.arange(40) / 100,
            group_count=group_count,
        )(grid + offset)
        for offset in (0, 2**12)
    )
    torch.testing.assert_close(far, near, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("group_count", [1, 2])
def test_blocks_of_points_have_the_scores_of_all_at_once(group_count, monkeypatch):
    network, points = lattice(group_count, 1), torch.randn(50, 3, generator=rng(10))
    at_once = network(points)
    monkeypatch.setattr(lattice_module, "BLOCK_SIZE", 7)
    torch.testing.assert_close(network(points), at_once, atol=1e-5, rtol=0)
    assert network(points[:0]).shape == (0,)


def test_points_of_half_precision_have_a_lattice_of_float32():
    points = torch.randn(20, 2, generator=rng(11)).half()
    network = Lattice.at_random(rng(), points, cone_count=4, plane_count=2, spread=1.0)
    assert network(points).dtype == torch.float32
    assert network.reduced(points, cone_count=2)(points).dtype == torch.float32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group_count": 2}, "`group_count` must divide .* is 2, for 4 cones and 3 planes"),
        ({"group_count": 0}, "`group_count` must divide"),
        ({"sign": 2}, "`sign` must be 1 or -1, but is 2"),
        ({"biases": torch.zeros(8)}, "`biases` must hold one value .* holds 8"),
    ],
)
def test_groups_signs_and_biases_that_do_not_fit_the_pieces_are_refused(changes, message):
    centers, normals, biases = SEVEN_PIECES
    with pytest.raises(ValueError, match=message):
        Lattice(centers, normals, **{"biases": biases, **changes})

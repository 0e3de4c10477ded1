"""Knowledge: 0 of a constant critic, 1 of exact potentials, the same in any unit and scale."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.evaluation import c_transform, distance_filter, pair_distances, scale_search
from gan.evaluation import certified_bound as certified_bound_module
from gan.evaluation.certified_bound import certified_bound
from gan.evaluation.critic_gap import CriticGap, ExactTransport, critic_gap, knowledge
from gan.networks import plane_critic
from tests.strategies import cloud_pairs


def clouds(seed, n=40, m=30, d=3):
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=rng, dtype=torch.float64) + 0.5
    return x, torch.randn(m, d, generator=rng, dtype=torch.float64)


def lookup(points, values):
    """A critic that gives each of these points its value."""
    table = torch.tensor(values, dtype=torch.float64)
    return lambda batch: table[(batch[:, None] == points).all(dim=2).int().argmax(dim=1)]


@settings(max_examples=40)
@given(cloud_pairs(max_size=7), st.data())
def test_the_baseline_is_at_most_the_bound_which_is_at_most_exact(pair, data):
    x, y = map(torch.from_numpy, pair)
    distinct = torch.cat([x, y]).unique(dim=0)
    scores = st.floats(-1e3, 1e3) | st.just(0.0)
    values = data.draw(st.lists(scores, min_size=len(distinct), max_size=len(distinct)))
    critic = lookup(distinct, values)
    result = critic_gap(critic, x, y)
    assert 0 <= result.baseline <= result.certified <= result.exact
    assert math.isnan(result.knowledge) or 0 <= result.knowledge <= 1
    bound = certified_bound(critic, x, y)
    assert (bound.certified, bound.baseline) == pytest.approx(
        (result.certified, result.baseline), rel=1e-12, abs=0
    )


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8])
@pytest.mark.parametrize("d", [1, 3, 60])
def test_a_constant_critic_certifies_the_baseline_and_knows_nothing(value, d):
    x, y = clouds(0, d=d)
    result = critic_gap(lambda points: torch.full((len(points),), value), x, y)
    cost = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = max(float(cost.amin(dim=k).mean()) for k in (0, 1))
    assert result.baseline == result.certified == pytest.approx(nearest, rel=1e-12, abs=0)
    assert result.knowledge == 0
    assert not result.flipped


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("d", [2, 60])
def test_exact_potentials_know_everything_at_any_scale(seed, d):
    transport = ExactTransport.between(*clouds(seed, d=d))
    for factor in (1.0, 3.0, 1e-6):
        result = transport.critic_gap(lambda points, k=factor: k * transport.witness(points))
        assert result.knowledge == pytest.approx(1, abs=1e-9)
        assert result.certified <= result.exact


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), factor=st.sampled_from([1e-150, 1e-6, 3.0, 2.0**40, 1e150]))
def test_knowledge_is_the_same_in_any_unit_of_length_and_for_any_affine_critic(seed, factor):
    x, y = clouds(seed, 9, 8)
    critic = plane_critic(torch.Generator().manual_seed(seed)).double()
    x, y = x[:, :2], y[:, :2]
    plain = critic_gap(critic, x, y)
    scaled = critic_gap(lambda points: critic(points / factor), factor * x, factor * y)
    affine = critic_gap(lambda points: 7.0 + 1e-3 * critic(points), x, y)
    for other in (scaled, affine):
        # The search ends within 1e-9 of the part of the bound above the baseline.
        assert other.knowledge == pytest.approx(plain.knowledge, rel=1e-6, abs=1e-9)
    assert scaled.baseline == pytest.approx(factor * plain.baseline, rel=1e-12, abs=0)


def test_the_opposite_sign_is_recognized():
    x, y = clouds(1)
    good = critic_gap(lambda points: points.sum(1), x, y)
    bad = critic_gap(lambda points: -points.sum(1), x, y)
    assert (good.flipped, bad.flipped) == (False, True)
    assert good.certified > bad.certified >= bad.baseline == good.baseline
    assert "the opposite sign certifies more" in str(bad)
    assert "opposite" not in str(good)


def test_knowledge_is_nan_where_nothing_is_beyond_the_baseline_and_the_text_says_why():
    x, y = clouds(2)
    same = critic_gap(lambda points: points[:, 0], x, x)
    assert (same.exact, same.baseline, same.certified, same.gap) == (0, 0, 0, 0)
    assert math.isnan(same.knowledge)
    assert str(same).endswith("knowledge is undefined, since the sets are identical")
    single = critic_gap(lambda points: points[:, 0], x[:1], y[:1])
    assert math.isnan(single.knowledge)
    assert single.certified == pytest.approx(single.exact, rel=1e-12, abs=0)
    assert str(single).endswith("since the baseline is exact")
    inside = critic_gap(lambda points: points[:, 0], x, x[:3])
    assert 0 <= inside.knowledge <= 1


def test_knowledge_is_the_share_beyond_the_baseline():
    assert knowledge(1.0, 1.5, 2.0) == 0.5
    result = CriticGap(gap=1.0, slope=1.0, baseline=1.0, certified=1.5, exact=2.0)
    assert str(result) == (
        "gap 1, slope 1; certified 1.5, between baseline 1 and exact 2: knowledge 50.0%"
    )


@pytest.mark.parametrize("d", [2, 60])
def test_blocks_give_the_same_bound_as_the_whole(monkeypatch, d):
    x, y = clouds(3, 300, 250, d=d)
    x[:20] = y[:20] + 1e-7 * x[:20]  # close pairs, whose products cancel

    def critic(points):
        return points.square().sum(dim=1) - points[:, 0]

    whole, slope = certified_bound(critic, x, y), critic_gap(critic, x, y).slope
    monkeypatch.setattr(pair_distances, "MAX_STORED_DISTANCES", 0)
    monkeypatch.setattr(pair_distances, "BLOCK_DISTANCES", 1000)
    blocks = certified_bound(critic, x, y)
    assert blocks.certified == pytest.approx(whole.certified, rel=1e-12, abs=0)
    assert blocks.baseline == pytest.approx(whole.baseline, rel=1e-12, abs=0)
    assert critic_gap(critic, x, y).slope == pytest.approx(slope, rel=1e-9)


def test_scales_from_a_subset_give_the_same_bound(monkeypatch):
    x, y = clouds(4, 300, 250)
    plain = certified_bound(lambda points: points.norm(dim=1), x, y)
    monkeypatch.setattr(scale_search, "MAX_WHOLE", 1000)
    monkeypatch.setattr(scale_search, "MAX_SUBSET", 50)
    guessed = certified_bound(lambda points: points.norm(dim=1), x, y)
    assert guessed.certified == pytest.approx(plain.certified, rel=1e-9)
    assert guessed.scale == pytest.approx(plain.scale, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_distances_by_products_are_right_within_their_stated_error(seed):
    rng = torch.Generator().manual_seed(seed)
    x, y = torch.randn(2, 40, 100, generator=rng, dtype=torch.float64) + 50
    y[:20] = x[:20] + torch.logspace(-12, 0, 20)[:, None] * torch.randn(20, 100, generator=rng)
    pair = pair_distances.PairDistances.between(x, y)
    exact = torch.from_numpy(
        np.sqrt(((x.numpy()[:, None].astype(np.longdouble) - y.numpy()) ** 2).sum(axis=2)).astype(
            np.float64
        )
    )
    (block,) = [block for _, block in pair.blocks()]
    error = (2.0**pair.exponent * block - exact).abs()
    stated = 2.0**pair.exponent * pair.mean_rounding(block.amin(dim=1))
    assert float(error.amax(dim=1).mean()) <= stated + 1e-12
    assert (error <= 1e-6 * exact).all()
    assert exact.max() <= 2.0**pair.exponent * pair.longest


def test_the_points_of_one_side_attain_the_bound_of_their_side():
    """On the line, with all mass of one side at one point, the distance is the mean distance."""
    x, y = torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[-1.0]])
    bound = certified_bound(lambda points: points[:, 0], x, y)
    assert bound.certified == pytest.approx(3.0, rel=1e-12, abs=0)
    assert bound.excess == bound.certified - bound.baseline


@pytest.mark.parametrize(
    ("share", "max_codes"),
    [(c_transform.MAX_CANDIDATE_SHARE, 1 << 20), (1.0, 1 << 20), (1.0, 0), (0.0, 0)],
)
def test_lower_bounds_in_float32_leave_the_bound_as_it_is(monkeypatch, share, max_codes):
    x, y = clouds(5, 120, 100, d=60)
    x[:, 20:] *= 1e-3  # most variance along few axes, so that the filter projects
    y[:, 20:] *= 1e-3
    x[:5] = y[:5]

    def critic(points):
        return points[:, 0] + points.norm(dim=1)

    plain, slope = certified_bound(critic, x, y), critic_gap(critic, x, y).slope
    monkeypatch.setattr(pair_distances, "MAX_STORED_DISTANCES", 0)
    monkeypatch.setattr(distance_filter, "MAX_CODES", max_codes)
    for module in (c_transform, certified_bound_module):
        monkeypatch.setattr(module, "MAX_CANDIDATE_SHARE", share)
    distances = pair_distances.PairDistances.between(x, y)
    assert distances.filter.x.shape == (120, 21)
    bounds = distances.filter.lower_bounds(np.arange(120))
    exact = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").numpy()
    assert (2.0**distances.exponent * bounds <= exact * (1 + 1e-6)).all()
    assert critic_gap(critic, x, y).slope == pytest.approx(slope, rel=1e-12, abs=0)
    filtered = certified_bound(critic, x, y)
    assert filtered.certified == pytest.approx(plain.certified, rel=1e-11, abs=0)
    assert filtered.baseline == pytest.approx(plain.baseline, rel=1e-12, abs=0)


@pytest.mark.parametrize("outlier", [1.0, 1e6])
def test_bounds_in_two_bytes_are_below_the_bounds_and_lose_little(monkeypatch, outlier):
    x, y = (part.numpy().copy() for part in clouds(6, 70, 50, d=40))
    x[0] *= outlier
    x /= outlier
    y /= outlier
    with_codes = distance_filter.DistanceFilter.of(x, y)
    monkeypatch.setattr(distance_filter, "MAX_CODES", 0)
    bounds = distance_filter.DistanceFilter.of(x, y).lower_bounds(np.arange(70)).astype(float)
    codes = with_codes.lower_bounds(np.arange(70))
    loss = 2.0**-15 * np.sqrt(bounds * with_codes.codes.largest) + 2.0**-19 * bounds
    assert (codes <= bounds).all()
    assert (codes >= bounds - loss).all()
    for columns in (np.arange(7, 19), np.array([0, 5, 2]), np.array([49])):
        assert np.array_equal(with_codes.transposed.lower_bounds(columns), codes[:, columns].T)


def test_bounds_on_the_limit_of_two_codes_are_not_rounded_up():
    bounds = (0.7 * (np.arange(65536) / 65535) ** 2).astype(np.float32)[None]
    codes = distance_filter._BoundCodes(np.empty(bounds.shape, dtype=np.uint16), np.float32(0.7))
    codes.store(np.array([0]), bounds.copy())
    assert (codes.decoded(np.array([0])) <= bounds).all()

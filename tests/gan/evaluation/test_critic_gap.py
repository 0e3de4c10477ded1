"""Gap, slope and certified bound: at most the exact EMD, whatever the critic."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from divergences import DistributionError, emd, sampled
from divergences._transport.metrics import distances
from gan.evaluation.certified_bound import bound_of_scores
from gan.evaluation.critic_gap import CriticGap, critic_gap, critic_gaps, exact_emd
from gan.evaluation.pair_distances import PairDistances
from gan.networks import plane_critic
from tests.strategies import cloud_pairs


def certified_bound(cost, real_scores, generated_scores):
    """The bound of scores under a matrix of distances."""
    scores = map(torch.from_numpy, (real_scores, generated_scores))
    return bound_of_scores(PairDistances.of_matrix(cost), *scores)


def first_coordinate(points):
    return points[:, 0]


@pytest.fixture
def pair(rng):
    """Two sets of points, the second moved by -1 along the first axis."""
    real, generated = torch.randn(2, 200, 2, generator=rng, dtype=torch.float64)
    return real, generated - torch.tensor([1.0, 0.0])


@st.composite
def scored_clouds(draw):
    x, y = draw(cloud_pairs(max_size=7))
    scores = st.one_of(st.floats(-3, 3), st.floats(-1e6, 1e6), st.just(0.0))
    return (
        x,
        y,
        *(draw(npst.arrays(np.float64, len(points), elements=scores)) for points in (x, y)),
    )


@given(scored_clouds())
def test_the_certified_bound_is_at_most_the_exact_emd_for_any_scores(scored):
    x, y, f, g = scored
    cost = distances(x, y)
    exact = emd(np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)), cost)
    bound = certified_bound(cost, f, g)
    assert 0 <= bound.baseline <= bound.certified <= exact


@given(cloud_pairs(max_size=10))
def test_the_exact_potentials_certify_the_exact_emd(pair):
    x, y = pair
    solution = sampled.transport(x, y)
    bound = certified_bound(
        distances(x, y), solution.source_potential, -solution.target_potential
    ).certified
    assert bound == pytest.approx(solution.cost, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_the_certified_bound_of_exact_potentials_exceeds_no_matching(seed):
    # In exact arithmetic: without an allowance for rounding, the bound exceeds it for three seeds.
    x, y = np.random.default_rng(seed).random((2, 50))
    solution = sampled.transport(x, y)
    scores = solution.source_potential, -solution.target_potential
    bound = certified_bound(np.abs(x[:, None] - y), *scores).certified
    matching = sum(Fraction(float(d)) for d in np.abs(np.sort(x) - np.sort(y))) / 50
    assert Fraction(bound) <= matching


@given(scored_clouds())
@example(scored=(np.zeros((2, 1)), np.eye(3)[:, :1], np.zeros(2), np.array([3e-320, 0.0, 0.0])))
def test_the_certified_bound_is_the_maximum_over_scales_and_sides(scored):
    x, y, f, g = scored
    cost = distances(x, y)
    best = 0.0
    for scores, table in ((f - f.mean(), cost), (g.mean() - g, cost.T)):
        if scores.max() > 0 and cost.any():
            scores = scores / scores.max()
            max_scale = cost.max()  # beyond it the value is below 0
            for s in (
                np.concatenate([[0], np.geomspace(1e-6, 1, 300), np.linspace(0, 1, 300)])
                * max_scale
            ):
                best = max(best, (table - s * scores[:, None]).min(axis=0).mean())
    assert certified_bound(cost, f, g).certified >= best * (1 - 1e-6) - 1e-9 * cost.max()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_certified_bound_does_not_depend_on_the_scale_of_the_critic(pair, scale):
    plain = critic_gap(first_coordinate, *pair)
    scaled = critic_gap(lambda points: scale * points[:, 0], *pair)
    assert scaled.certified == pytest.approx(plain.certified, rel=1e-6)
    assert scaled.gap == pytest.approx(scale * plain.gap, rel=1e-12, abs=0)
    assert scaled.slope == pytest.approx(scale * plain.slope, rel=1e-12, abs=0)


def test_gap_and_slope_agree_with_their_definitions(pair):
    real, generated = pair
    estimate = critic_gap(lambda points: points.square().sum(1), real, generated)
    f, g = real.square().sum(1), generated.square().sum(1)
    assert estimate.gap == pytest.approx(float(f.mean() - g.mean()), rel=1e-12, abs=0)
    max_slope = ((f[:, None] - g).abs() / torch.cdist(real, generated)).max()
    assert estimate.slope == pytest.approx(float(max_slope), rel=1e-9)
    assert estimate.exact == exact_emd(real, generated)


def test_the_gap_of_a_1_lipschitz_critic_is_at_most_its_certified_bound(pair):
    estimate = critic_gap(first_coordinate, *pair)
    assert estimate.slope <= 1 + 1e-12
    assert estimate.gap <= estimate.certified + 1e-12  # s = 1 is among the scales
    assert estimate.certified <= estimate.exact


def test_an_untrained_network_certifies_less_than_exact_and_a_constant_the_nearest_distances(
    pair,
):
    rng = torch.Generator().manual_seed(0)
    real, generated = (points.float() for points in pair)
    estimate = critic_gap(plane_critic(rng), real, generated)
    assert 0 < estimate.certified < estimate.exact
    constant = critic_gap(lambda points: torch.zeros(len(points)), real, generated)
    nearest = torch.cdist(real.double(), generated.double()).min(dim=0).values.mean()
    assert constant.certified >= float(nearest) * (1 - 1e-12)
    assert constant.slope == constant.gap == 0


def test_images_are_flattened_to_points(rng):
    real, generated = torch.rand(2, 6, 1, 4, 4, generator=rng)
    estimate = critic_gap(lambda images: images.sum(dim=(1, 2, 3)), real, generated)
    assert estimate.exact == exact_emd(real.flatten(1), generated.flatten(1))


def test_errors_are_relative_to_the_exact_emd():
    estimate = CriticGap(gap=3.0, slope=2.0, baseline=1.0, certified=1.5, exact=2.0)
    assert estimate.error == 0.5
    assert estimate.certified_error == -0.25
    assert estimate.knowledge == 0.5
    equal_sets = CriticGap(gap=0.0, slope=0.0, baseline=0.0, certified=0.0, exact=0.0)
    assert equal_sets.error == 0
    assert replace(equal_sets, gap=-1.0).error == -math.inf


def test_scores_that_are_not_finite_are_refused(pair):
    with pytest.raises(ValueError, match="finite scores, but gives nan at real point 0"):
        critic_gap(lambda points: points[:, 0] * math.nan, *pair)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (torch.zeros(3, 2), torch.zeros(3, 1), r"points of one shape.*\(3, 2\) and \(3, 1\)"),
        (torch.zeros(3), torch.zeros(3), r"points of one shape"),
        (torch.zeros(0, 2), torch.zeros(3, 2), "`real` must hold points"),
        (torch.zeros(3, 2), torch.full((3, 2), math.nan), "`generated` must hold points"),
    ],
)
def test_points_of_different_shapes_empty_or_not_finite_are_refused(real, generated, message):
    with pytest.raises(DistributionError, match=message):
        critic_gap(lambda points: points.flatten(1).sum(1), real, generated)


def test_several_critics_share_one_exact_emd(pair):
    both = critic_gaps([first_coordinate, lambda points: points[:, 1]], *pair)
    assert both[0] == critic_gap(first_coordinate, *pair)
    assert both[0].exact == both[1].exact
    assert both[0].certified > both[1].certified


def test_scores_of_the_wrong_shape_are_refused(pair):
    with pytest.raises(ValueError, match=r"one score per point, but gave shape \(200, 2\)"):
        critic_gap(lambda points: points, *pair)

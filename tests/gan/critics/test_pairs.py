"""Pairs of populations: their W1 is what it is said to be, and the moves are optimal."""

import math

import pytest
import torch

from divergences import sampled
from gan.critics.pairs import cones, named_pair
from gan.critics.pairs.distribution_pair import paired_distances
from gan.errors import PairError

TRUTH = {(2, 4): 0.82046, (4, 64): 0.71063, (16, 64): 1.54933, (128, 4): 1.13347}


@pytest.mark.parametrize(("d", "n"), TRUTH)
def test_pairs_of_known_w1_have_it(d, n):
    matched = cones.MinFunnel.published(d, n).coupling(2**14, torch.Generator().manual_seed(0))
    moves = paired_distances(*matched)
    # Five standard errors of this mean and one per mille of the published one.
    error = 5 * float(moves.std()) / 2**7 + 1e-3 * TRUTH[d, n]
    assert abs(float(moves.mean()) - TRUTH[d, n]) < error


@pytest.mark.parametrize("d", cones.PUBLISHED_DIMENSIONS)
@pytest.mark.parametrize("method", ["dense", "columns"])
def test_paired_samples_have_the_exact_emd_of_their_pairs(d, method):
    matched = cones.MinFunnel.published(d, 16).coupling(300, torch.Generator().manual_seed(0))
    x, y = (points.numpy() for points in matched)
    truth = float(paired_distances(*matched).mean())
    assert sampled.emd(x, y, method=method).value == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("name", ["translation-3", "scaling-4"])
def test_closed_forms_are_the_mean_move_of_an_optimal_plan(name):
    pair = named_pair(name)
    x, y = pair.optimal_coupling(300, torch.Generator().manual_seed(0))
    moves = paired_distances(x, y)
    assert sampled.emd(x.numpy(), y.numpy()).value == pytest.approx(float(moves.mean()), rel=1e-12)
    many = paired_distances(*pair.optimal_coupling(2**14, torch.Generator().manual_seed(1)))
    # Five standard errors; a translation's moves are equal but for rounding.
    assert abs(float(many.mean()) - pair.w1()[0]) < 5 * float(many.std()) / 2**7 + 1e-12


def test_a_w1_without_a_formula_comes_with_its_standard_error():
    value, error = named_pair("cones-2-4").w1()
    assert abs(value - TRUTH[2, 4]) < 5 * error + 1e-3 * TRUTH[2, 4]
    assert 0 < error < 2e-3


def test_samplers_draw_the_two_sides_of_the_coupling():
    pair = named_pair("cones-4-4")
    real = pair.real(2000, torch.Generator().manual_seed(0))
    cube = pair.generated(2000, torch.Generator().manual_seed(0))
    assert real.dtype == cube.dtype == torch.float32
    x, _ = pair.optimal_coupling(2000, torch.Generator().manual_seed(0))
    assert torch.equal(real, x.float())
    assert cube.abs().max() <= cones.CUBE_HALF_SIDE
    assert abs(float(cube.std()) - pair.unit) < 0.05
    assert not torch.equal(cube, real)


def test_digits_and_their_gaussian_have_the_same_mean():
    pair = named_pair("digits-normal")
    rng = torch.Generator().manual_seed(0)
    real, drawn = pair.real(4000, rng), pair.generated(4000, rng)
    assert real.shape == drawn.shape == (4000, 1, 28, 28)
    difference = (real.mean(0) - drawn.mean(0)).square().sum().sqrt()
    # The digits' variance is 52.7 in all: each mean of 4000 is 0.115 off, in quadratic mean.
    assert difference < 2 * math.sqrt(2) * 0.115
    assert pair.w1() is None


@pytest.mark.parametrize("name", ["cones", "cones-2", "cones-0-4", "cones-2-x", "moons", ""])
def test_a_pair_that_there_is_not_is_refused_with_those_that_there_are(name):
    with pytest.raises(PairError, match="cones-D-N, translation-D"):
        named_pair(name)

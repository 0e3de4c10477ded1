"""Pairs of populations: their W1 is the published or closed form, their couplings are optimal."""

import math

import pytest
import torch
from scipy import stats

from divergences import DistributionError, SolverError, sampled
from gan.critics.pairs import clusters, cones, gaussians, named_pair, samples
from gan.critics.pairs.distribution_pair import paired_distances
from gan.data import mnist
from gan.errors import PairError

PUBLISHED_W1 = {(2, 4): 0.82046, (4, 64): 0.71063, (16, 64): 1.54933, (128, 4): 1.13347}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("d", "n"), PUBLISHED_W1)
def test_the_w1_of_the_cones_pairs_is_the_published_one(d, n):
    coupling = cones.MinFunnel.published(d, n).coupling(2**14, generator())
    distances = paired_distances(*coupling)
    # Five standard errors of this mean (6e-7) and one per mille of the published one.
    tolerance = 5 * float(distances.std()) / 2**7 + 1e-3 * PUBLISHED_W1[d, n]
    assert abs(float(distances.mean()) - PUBLISHED_W1[d, n]) < tolerance


@pytest.mark.parametrize("d", cones.PUBLISHED_DIMENSIONS)
@pytest.mark.parametrize("method", ["dense", "columns"])
def test_coupled_samples_have_the_exact_emd_of_their_coupling(d, method):
    coupling = cones.MinFunnel.published(d, 16).coupling(300, generator())
    x, y = (points.numpy() for points in coupling)
    emd = float(paired_distances(*coupling).mean())
    assert sampled.emd(x, y, method=method).value == pytest.approx(emd, rel=1e-12, abs=0)


@pytest.mark.parametrize("d", [1, 2, 8, 32, 1000])
@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_the_w1_of_a_scaling_is_the_mean_of_the_chi_distribution_times_the_change(d, factor):
    pair = gaussians.scaling_pair(d, factor=factor)
    # The difference of two log-gammas of up to 2600 carries their rounding.
    assert pair.closed_form == pytest.approx(abs(factor - 1) * stats.chi.mean(d), rel=1e-12, abs=0)
    assert pair.w1() == (pair.closed_form, 0.0)


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_the_w1_of_a_translation_is_its_length(shift):
    pair = gaussians.translation_pair(5, shift=shift)
    assert pair.w1() == (shift, 0.0)
    x, y = pair.optimal_coupling(10, generator())
    assert paired_distances(x, y).numpy() == pytest.approx(shift, abs=1e-14)


def test_named_gaussian_pairs_have_the_default_shift_and_factor():
    assert named_pair("translation-3").closed_form == 1.0
    assert named_pair("scaling-4").closed_form == pytest.approx(
        stats.chi.mean(4), rel=1e-12, abs=0
    )


@pytest.mark.parametrize("value", [-2.0, math.inf, math.nan])
def test_a_shift_or_factor_that_is_negative_or_not_finite_is_refused(value):
    # By a negative factor the map is not optimal: N(0, I) times -1 is N(0, I), at W1 0.
    with pytest.raises(DistributionError, match="`factor` must be at least 0 and finite"):
        gaussians.scaling_pair(3, factor=value)
    with pytest.raises(DistributionError, match="`shift` must be at least 0 and finite"):
        gaussians.translation_pair(3, shift=value)


@pytest.mark.parametrize(
    "name",
    [
        "translation-3",
        "scaling-4",
        "seeded-cones-3-5-2",
        "rotated-clusters-2",
        "rotated-clusters-9",
    ],
)
def test_the_couplings_of_pairs_are_optimal(name):
    x, y = named_pair(name).optimal_coupling(300, generator())
    emd = float(paired_distances(x, y).mean())
    assert sampled.emd(x.numpy(), y.numpy()).value == pytest.approx(emd, rel=1e-12, abs=0)


def test_the_w1_of_rotated_clusters_is_the_length_of_every_sample_of_the_coupling():
    pair = named_pair("rotated-clusters-4")
    x, y = pair.optimal_coupling(4000, generator())
    distances = paired_distances(x, y)
    assert len(torch.unique(distances.round(decimals=9))) == clusters.CLUSTER_COUNT
    assert abs(float(distances.mean()) - pair.closed_form) < 4 * float(distances.std()) / 4000**0.5
    assert (pair.real(4000, generator()) - pair.generated(4000, generator())).norm(dim=1).min() > 0


@pytest.mark.parametrize("d", [1, 2001])
def test_rotated_clusters_on_a_line_or_of_too_high_dimension_are_refused(d):
    with pytest.raises(DistributionError, match=f"must be from 2 to 2000, but is {d}"):
        named_pair(f"rotated-clusters-{d}")


def test_a_linear_program_without_a_solution_is_an_error():
    costs = torch.eye(3).numpy()  # the diagonal is not an optimal assignment
    with pytest.raises(SolverError, match="slack of the clusters cannot be computed"):
        clusters._slack(costs)


def test_cones_of_another_seed_have_other_apexes():
    published, other, same = (
        cones.MinFunnel.published(4, 6, **seed).apexes
        for seed in ({}, {"seed": 3}, {"seed": cones.PUBLISHED_SEED})
    )
    assert torch.equal(published, same)
    assert not torch.isclose(published, other).any()


def test_a_w1_without_a_closed_form_comes_with_its_standard_error():
    value, error = named_pair("cones-2-4").w1()
    assert abs(value - PUBLISHED_W1[2, 4]) < 5 * error + 1e-3 * PUBLISHED_W1[2, 4]
    assert 0 < error < 2e-3


def test_samplers_draw_the_marginals_of_the_coupling():
    pair = named_pair("cones-4-4")
    real, cube = pair.real(2000, generator()), pair.generated(2000, generator())
    assert real.dtype == cube.dtype == torch.float32
    x, _ = pair.optimal_coupling(2000, generator())
    assert torch.equal(real, x.float())
    assert cube.abs().max() <= cones.CUBE_HALF_SIDE
    assert abs(float(cube.std()) - pair.unit) < 0.05
    assert not torch.equal(cube, real)


@pytest.mark.parametrize("components", [1, 3, 6])
def test_a_principal_gaussian_has_the_mean_and_the_leading_components_of_the_points(components):
    scales = torch.tensor([9.0, 5.0, 3.0, 2.0, 1.0, 0.5], dtype=torch.float64)
    points = scales * torch.randn(500, 6, generator=generator(), dtype=torch.float64) + 1
    mean, factor = samples.principal_gaussian(points, components)
    torch.testing.assert_close(mean, points.mean(dim=0))
    # Eckart-Young: the best approximation of rank k of the covariance.
    u, values, _ = torch.linalg.svd(points.T.cov())
    best = u[:, :components] * values[:components] @ u[:, :components].T
    torch.testing.assert_close(factor.T @ factor, best)


def test_digits_and_their_gaussian_have_the_same_mean(mnist_dir, monkeypatch):
    # Of all digits the covariance takes seconds.
    digits = mnist.digits(data_dir=mnist_dir).pixels[:5000]
    monkeypatch.setattr(mnist, "digits", lambda data_dir: mnist.Digits(digits))
    pair = named_pair("digits-normal", data_dir=mnist_dir)
    rng = generator()
    real, generated = pair.real(4000, rng), pair.generated(4000, rng)
    assert real.shape == generated.shape == (4000, 1, 28, 28)
    difference = (real.mean(0) - generated.mean(0)).square().sum().sqrt()
    # The root mean square of the difference is at most that of two means of 4000 digits, of total
    # variance v; twice as much has a false-alarm rate below 1e-6.
    v = float((digits / 255).var(dim=0).sum())
    assert difference < 2 * math.sqrt(2 * v / 4000)
    assert pair.w1() is None


@pytest.mark.parametrize("name", ["cones", "cones-2", "cones-0-4", "cones-2-x", "moons", ""])
def test_an_unknown_pair_is_refused_with_the_names_of_the_others(name):
    with pytest.raises(PairError, match=r"unknown pair .*choose from cones-D-N, translation-D"):
        named_pair(name)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("seeded-cones-3-4", "seeded-cones-D-N-S"),
        ("rotated-clusters", "rotated-clusters-D"),
        ("cones-2-4-7", "cones-D-N"),
        ("ring", "'ring-normal'"),
    ],
)
def test_a_pair_with_wrong_numbers_is_refused_with_its_pattern(name, pattern):
    with pytest.raises(PairError, match=rf"did you mean {pattern}\? choose from"):
        named_pair(name)

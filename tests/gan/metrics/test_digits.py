"""Metrics of generated digits: on real digits, on broken generators, and in closed form."""

import math

import pytest
import torch

from divergences import DistributionError
from gan.data import mnist
from gan.metrics.digits import digit_quality, mode_coverage, stacked_numbers
from gan.metrics.frechet import Moments


@pytest.fixture(scope="module")
def real(mnist_dir):
    """The test digits and what they show."""
    images = mnist.digits("test", data_dir=mnist_dir).pixels.reshape(-1, 1, 28, 28) / 255
    return images, mnist.labels("test", data_dir=mnist_dir).long()


@pytest.fixture(scope="module")
def moments(real, classifier):
    return Moments.of(classifier.features(real[0][5000:]))


def test_real_digits_are_all_there_and_close_to_real_ones(real, classifier, moments):
    quality = digit_quality(classifier, real[0][:5000], moments)
    truth = torch.bincount(real[1][:5000], minlength=10) / 5000
    assert sum(quality.shares) == pytest.approx(1)
    # One reading in 66 may be wrong.
    assert quality.shares == pytest.approx(truth.tolist(), abs=0.015)
    assert 0.07 < quality.smallest_share <= quality.largest_share < 0.13
    assert quality.confidence > 0.95


def test_each_damage_is_seen(real, classifier, moments, rng):
    images, truth = real
    whole = digit_quality(classifier, images[:5000], moments)
    noisy = images[:5000] + 0.3 * torch.rand(5000, 1, 28, 28, generator=rng)
    blurred = torch.nn.functional.avg_pool2d(images[:5000], 5, 1, 2)
    few = images[truth < 5]
    for damaged in (noisy, blurred, few):
        assert digit_quality(classifier, damaged, moments).frechet > 3 * whole.frechet
    assert digit_quality(classifier, blurred, moments).confidence < whole.confidence


def test_a_generator_of_one_digit_has_shares_of_one_and_nothing(real, classifier, moments):
    images, truth = real
    quality = digit_quality(classifier, images[truth == 3], moments)
    assert quality.shares[3] == quality.largest_share > 0.95
    assert quality.smallest_share < 0.01


def test_one_image_has_no_frechet_distance(real, classifier, moments):
    with pytest.raises(DistributionError, match=r"`points` must be two or more rows"):
        digit_quality(classifier, real[0][:1], moments)


def test_stacked_digits_are_read_with_the_hundreds_first(real, classifier):
    images, truth = real
    chosen = torch.arange(3000).reshape(1000, 3)
    numbers = stacked_numbers(classifier, images[chosen, 0])
    shown = truth[chosen] @ torch.tensor([100, 10, 1])
    # Three readings, each wrong once in 66 at most.
    assert (numbers == shown).double().mean() > 1 - 3 / 66
    assert 0 <= numbers.min() <= numbers.max() <= 999


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (5, 2352)])
def test_what_is_not_stacked_is_refused(shape, classifier):
    with pytest.raises(ValueError, match=r"`images` must have three channels, one digit each"):
        stacked_numbers(classifier, torch.zeros(shape))


def test_a_perfect_sampler_has_the_divergence_of_its_luck():
    numbers = torch.randint(1000, (25_600,), generator=torch.Generator().manual_seed(0))
    coverage = mode_coverage(numbers)
    assert coverage.covered == 1000
    # 2 n KL is chi-squared with 999 degrees of freedom, to first order in 1 / n: 5 deviations.
    expected, spread = 999 / 51_200, (2 * 999) ** 0.5 / 51_200
    assert coverage.reverse_kl == pytest.approx(expected, abs=5 * spread)


@pytest.mark.parametrize("k", [1, 7, 1000])
def test_samples_even_over_k_of_1000_modes_are_log_of_the_ratio_away(k):
    coverage = mode_coverage(torch.arange(5 * k) % k)
    assert coverage.covered == k
    assert coverage.reverse_kl == pytest.approx(math.log(1000 / k), abs=1e-12)


def test_one_sample_is_enough_for_a_mode():
    assert mode_coverage(torch.tensor([0] * 99 + [9]), modes=10).covered == 2


@pytest.mark.parametrize("numbers", [[], [-1], [0, 10]])
def test_a_number_that_is_no_mode_is_refused(numbers):
    with pytest.raises(ValueError, match=r"`numbers` must be one or more of 0 to 9"):
        mode_coverage(torch.tensor(numbers, dtype=torch.long), modes=10)

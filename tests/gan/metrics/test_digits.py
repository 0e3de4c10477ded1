"""Metrics of generated digits: on real digits, on degraded ones, and in closed form."""

import math

import pytest
import torch

from divergences import DistributionError
from gan.data import mnist
from gan.metrics.digits import digit_quality, mode_coverage, stacked_numbers
from gan.metrics.frechet import Moments


@pytest.fixture(scope="module")
def real(mnist_dir):
    """The test digits and their labels."""
    images = mnist.digits("test", data_dir=mnist_dir).pixels.reshape(-1, 1, 28, 28) / 255
    return images, mnist.labels("test", data_dir=mnist_dir).long()


@pytest.fixture(scope="module")
def moments(real, classifier):
    return Moments.of(classifier.features(real[0][5000:]))


def test_real_digits_have_their_own_class_shares_and_a_high_confidence(real, classifier, moments):
    quality = digit_quality(classifier, real[0][:5000], moments)
    shares = torch.bincount(real[1][:5000], minlength=10) / 5000
    assert sum(quality.shares) == pytest.approx(1)
    # The half of the test digits has at most twice the errors of the whole.
    error_rate = 2 * (1 - classifier.accuracy)
    assert quality.shares == pytest.approx(shares.tolist(), abs=error_rate)
    assert 0.07 < quality.smallest_share <= quality.largest_share < 0.13
    assert quality.confidence > 0.95


def test_every_degradation_triples_the_frechet_distance(real, classifier, moments, rng):
    images, labels = real[0][:2000], real[1][:2000]
    intact = digit_quality(classifier, images, moments)
    noisy = images + 0.3 * torch.rand(images.shape, generator=rng)
    blurred = torch.nn.functional.avg_pool2d(images, 5, 1, 2)
    half_of_classes = images[labels < 5]
    for degraded in (noisy, blurred, half_of_classes):
        assert digit_quality(classifier, degraded, moments).frechet > 3 * intact.frechet
    assert digit_quality(classifier, blurred, moments).confidence < intact.confidence


def test_a_single_class_has_a_share_near_1(real, classifier, moments):
    images, labels = real
    quality = digit_quality(classifier, images[labels == 3], moments)
    assert quality.shares[3] == quality.largest_share > 0.95
    assert quality.smallest_share < 0.01


def test_one_image_has_no_frechet_distance(real, classifier, moments):
    with pytest.raises(DistributionError, match=r"`points` must be two or more rows"):
        digit_quality(classifier, real[0][:1], moments)


def test_stacked_digits_are_numbers_with_the_hundreds_in_the_first_channel(real, classifier):
    images, labels = real
    indices = torch.arange(10_000 // 3 * 3).reshape(-1, 3)
    numbers = stacked_numbers(classifier, images[indices, 0])
    expected = labels[indices] @ torch.tensor([100, 10, 1])
    # Every wrong number has a wrong digit, and the rest of the test set is one digit.
    errors = (numbers != expected).sum().item()
    assert errors <= round(10_000 * (1 - classifier.accuracy))
    assert 0 <= numbers.min() <= numbers.max() <= 999


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (5, 2352)])
def test_images_of_other_than_three_channels_are_refused(shape, classifier):
    with pytest.raises(ValueError, match=r"`images` must have three channels, one digit each"):
        stacked_numbers(classifier, torch.zeros(shape))


def test_the_divergence_of_uniform_samples_has_a_chi_squared_distribution():
    numbers = torch.randint(1000, (25_600,), generator=torch.Generator().manual_seed(0))
    coverage = mode_coverage(numbers)
    assert coverage.covered == 1000
    # 2 n KL is chi-squared with 999 degrees of freedom to first order in 1 / n. Five standard
    # deviations: false-alarm rate over seeds 6e-7.
    expected, deviation = 999 / 51_200, (2 * 999) ** 0.5 / 51_200
    assert coverage.reverse_kl == pytest.approx(expected, abs=5 * deviation)


@pytest.mark.parametrize("k", [1, 7, 1000])
def test_the_divergence_of_k_of_1000_equally_frequent_modes_is_the_log_of_their_ratio(k):
    coverage = mode_coverage(torch.arange(5 * k) % k)
    assert coverage.covered == k
    assert coverage.reverse_kl == pytest.approx(math.log(1000 / k), abs=1e-12)


def test_one_sample_covers_a_mode():
    assert mode_coverage(torch.tensor([0] * 99 + [9]), modes=10).covered == 2


@pytest.mark.parametrize("numbers", [[], [-1], [0, 10]])
def test_a_number_that_is_no_mode_is_refused(numbers):
    with pytest.raises(ValueError, match=r"`numbers` must be one or more modes from 0 to 9"):
        mode_coverage(torch.tensor(numbers, dtype=torch.long), modes=10)

"""Metrics of generated digits by a classifier: class shares, Frechet distance, mode coverage."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

import divergences
from gan.metrics.classifier import DigitClassifier
from gan.metrics.frechet import Moments, frechet_distance

STACKED_MODES = 1000
STACKED_SAMPLES = 25_600  # as in Metz et al. 2017


@dataclass(frozen=True, slots=True)
class DigitQuality:
    """Class shares, Frechet distance and confidence of generated digits.

    Attributes:
        shares: Share of the samples classified as 0, 1, ..., 9; sums to 1. 9.0 to 11.2 % each for
            MNIST itself.
        frechet: Frechet distance to real digits in the features of the classifier, at least 0. Not
            comparable with FID, whose features are Inception's; biased by the number of samples.
        confidence: Mean probability of the predicted class, in [0.1, 1].
    """

    shares: tuple[float, ...]
    frechet: float
    confidence: float

    @property
    def smallest_share(self) -> float:
        """Share of the least frequent digit, in [0, 0.1]."""
        return min(self.shares)

    @property
    def largest_share(self) -> float:
        """Share of the most frequent digit, in [0.1, 1]."""
        return max(self.shares)


def digit_quality(
    classifier: DigitClassifier, images: Float[Tensor, " n 1 28 28"], real: Moments, /
) -> DigitQuality:
    """Class shares, Frechet distance and confidence of generated digits.

    Args:
        classifier: Classifier of digits.
        images: Generated digits, pixels in [0, 1], at least two.
        real: Moments of the same classifier's features on real digits.

    Returns:
        Shares of the ten digits, Frechet distance to the real digits, mean confidence.

    Raises:
        DistributionError: If there are fewer than two images, or a pixel is not finite.

    Source:
        Heusel et al. 2017, section 2, with a classifier of digits instead of Inception.
    """
    frechet = frechet_distance(Moments.of(classifier.features(images)), real)
    confidence, predicted = classifier.logits(images).cpu().double().softmax(dim=1).max(dim=1)
    shares = torch.bincount(predicted, minlength=10) / len(images)
    return DigitQuality(tuple(shares.tolist()), frechet, float(confidence.mean()))


@dataclass(frozen=True, slots=True)
class ModeCoverage:
    """Distribution of samples over equally likely modes.

    Attributes:
        covered: Number of modes with at least one sample.
        modes: Number of modes.
        reverse_kl: KL(shares of the modes || uniform), in nats, in [0, log(modes)]. Its
            expectation for n samples of the uniform distribution is about ``(modes - 1) / (2 n)``.
    """

    covered: int
    modes: int
    reverse_kl: float


def stacked_numbers(
    classifier: DigitClassifier, images: Float[Tensor, " n 3 28 28"], /
) -> Int[Tensor, " n"]:
    """Mode of each image of three stacked digits: a number with the hundreds in the first channel.

    Args:
        classifier: Classifier of digits, applied to each channel.
        images: Images of three channels, pixels in [0, 1].

    Returns:
        One number in 0, ..., 999 per image.

    Raises:
        ValueError: If the images do not have three channels.

    Source:
        Metz et al. 2017, "Unrolled GAN", section 3.3.1.
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(
            "`images` must have three channels, one digit each, in shape (n, 3, 28, 28), but has "
            f"{tuple(images.shape)}"
        )
    hundreds, tens, ones = (
        classifier.logits(images[:, channel : channel + 1]).argmax(dim=1) for channel in range(3)
    )
    return 100 * hundreds + 10 * tens + ones


def mode_coverage(numbers: Int[Tensor, " n"], /, *, modes: int = STACKED_MODES) -> ModeCoverage:
    """Number of modes covered by samples, and the divergence of their shares from uniform.

    Args:
        numbers: Mode of each sample, in 0, ..., ``modes - 1``; published results for stacked MNIST
            use 25,600 samples.
        modes: Number of modes.

    Returns:
        Number of covered modes, and the divergence in nats.

    Raises:
        ValueError: If there are no samples, or a number is not below ``modes``.

    Source:
        Lin et al. 2018, "PacGAN", section 4.1.

    >>> mode_coverage(torch.tensor([0, 0, 1, 1]), modes=4)
    ModeCoverage(covered=2, modes=4, reverse_kl=0.6931471805599453)
    """
    if numbers.numel() == 0 or numbers.min() < 0 or numbers.max() >= modes:
        raise ValueError(
            f"`numbers` must be one or more modes from 0 to {modes - 1}, one per sample"
        )
    counts = torch.bincount(numbers, minlength=modes).cpu().double().numpy()
    uniform = np.full(modes, 1 / modes)
    reverse_kl = float(divergences.kl(counts / counts.sum(), uniform))
    return ModeCoverage(int((counts > 0).sum()), modes, reverse_kl)

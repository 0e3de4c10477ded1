"""What generated digits are measured by: which digits they are, and how much like real ones."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

import divergences
from gan.metrics.classifier import DigitClassifier
from gan.metrics.frechet import Moments, frechet_distance

STACKED_MODES = 1000
STACKED_SAMPLES = 25_600  # of the published numbers


@dataclass(frozen=True, slots=True)
class DigitQuality:
    """How generated digits compare with real ones, as a classifier of digits sees both.

    Attributes:
        shares: Of the samples, read as 0, 1, ..., 9; sums to 1. Of MNIST itself 9.0 to 11.2 %.
        frechet: Frechet distance to the real digits in the classifier's features, at least 0; it
            depends on the classifier, so it is no FID, and on the number of samples.
        confidence: Mean probability that the classifier gives its reading, in [0.1, 1].
    """

    shares: tuple[float, ...]
    frechet: float
    confidence: float

    @property
    def smallest_share(self) -> float:
        """Of the rarest digit; 0 if one never came."""
        return min(self.shares)

    @property
    def largest_share(self) -> float:
        """Of the most frequent digit."""
        return max(self.shares)


def digit_quality(
    classifier: DigitClassifier, images: Float[Tensor, " n 1 28 28"], real: Moments, /
) -> DigitQuality:
    """Which digits the images show, and how far their features are from those of real ones.

    Args:
        classifier: What reads them.
        images: Generated digits, pixels in [0, 1], at least two.
        real: Moments of the same classifier's features of real digits.

    Returns:
        Shares of the ten digits, Frechet distance, mean confidence.

    Raises:
        DistributionError: If there are fewer than two images, or a pixel is not finite.

    Source:
        Heusel et al. 2017, section 2, with a classifier of digits in place of Inception.
    """
    frechet = frechet_distance(Moments.of(classifier.features(images)), real)
    confidence, read = classifier.logits(images).cpu().double().softmax(dim=1).max(dim=1)
    shares = torch.bincount(read, minlength=10) / len(images)
    return DigitQuality(tuple(shares.tolist()), frechet, float(confidence.mean()))


@dataclass(frozen=True, slots=True)
class ModeCoverage:
    """How samples spread over modes that a perfect sampler draws equally often.

    Attributes:
        covered: Modes with at least one sample.
        modes: How many there are.
        reverse_kl: KL(generated || uniform) of the shares of the modes, in nats, from 0 to
            ``log(modes)``. Of n samples of a perfect sampler about ``(modes - 1) / (2 n)``.
    """

    covered: int
    modes: int
    reverse_kl: float


def stacked_numbers(
    classifier: DigitClassifier, images: Float[Tensor, " n 3 28 28"], /
) -> Int[Tensor, " n"]:
    """The numbers 0 to 999 that stacked digits show, hundreds in the first channel.

    Args:
        classifier: What reads each channel.
        images: Pixels in [0, 1].

    Returns:
        One number per image.

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
    """How many modes the samples found, and how evenly they are spread over them.

    Args:
        numbers: The mode of each sample, from 0; the published numbers for stacked MNIST are of
            25,600 samples.
        modes: How many modes there are.

    Returns:
        Modes found, and the divergence of their shares from the uniform distribution, in nats.

    Raises:
        ValueError: If there are no samples, or a number is not that of a mode.

    Source:
        Lin et al. 2018, "PacGAN", section 4.1.

    >>> mode_coverage(torch.tensor([0, 0, 1, 1]), modes=4)
    ModeCoverage(covered=2, modes=4, reverse_kl=0.6931471805599453)
    """
    if numbers.numel() == 0 or numbers.min() < 0 or numbers.max() >= modes:
        raise ValueError(
            f"`numbers` must be one or more of 0 to {modes - 1}, the mode of each sample"
        )
    counts = torch.bincount(numbers, minlength=modes).cpu().double().numpy()
    uniform = np.full(modes, 1 / modes)
    reverse_kl = float(divergences.kl(counts / counts.sum(), uniform))
    return ModeCoverage(int((counts > 0).sum()), modes, reverse_kl)

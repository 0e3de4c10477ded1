"""What a finished run of `benchmarks.gan.training` is measured by, on fresh points."""

from typing import Any

import torch

from gan.data import mnist
from gan.data.mixtures import GaussianMixture
from gan.metrics.classifier import digit_classifier
from gan.metrics.digits import digit_quality
from gan.metrics.frechet import Moments, frechet_distance
from gan.metrics.modes import modes
from gan.runs import measures
from gan.runs.run import RunResult

Numbers = dict[str, Any]

POINTS = 4000  # on each side of an exact EMD
DIGITS = 2000
DIGIT_PAIRS = 5
MANY = 20_000  # points whose modes are counted
PACGAN_POINTS = 2500
SAMPLES = 10_000  # digits that the classifier reads


def fresh(seed: int) -> torch.Generator:
    """Randomness that training has not seen."""
    return measures.seeded_generator(torch.device("cpu"), seed, 20261121)


def distances(outcome: RunResult, n: int, rng: torch.Generator, *, pairs: int) -> Numbers:
    """Exact EMD of n generated to n real points, and of n other real ones to the same."""
    emd, floor = measures.emd_and_floor(outcome.training, outcome.data, n, rng, pairs=pairs)
    return {"emd": emd, "floor": floor, "emd_over_floor": emd / floor}


def points(outcome: RunResult, seed: int, *, mixture: GaussianMixture, pairs: int) -> Numbers:
    """Modes, shares and exact EMD of a mixture of the plane, and PacGAN's numbers.

    Args:
        outcome: The run.
        seed: Its seed; the points here are fresh.
        mixture: What it learned.
        pairs: Pairs of samples that the EMD is averaged over; of 5, its ratio to the floor varies
            by a quarter for a perfect sampler.

    Returns:
        The numbers, by name.
    """
    rng = fresh(seed)
    found = modes(mixture, measures.ema_samples(outcome.training, MANY, rng))
    pacgan = modes(
        mixture, measures.ema_samples(outcome.training, PACGAN_POINTS, rng), min_share=0
    )
    return {
        **distances(outcome, POINTS, rng, pairs=pairs),
        "modes": found.covered,
        "smallest_share": min(found.shares),
        "largest_share": max(found.shares),
        "in_3_sigma": found.within_3_sigma,
        "pacgan_modes": pacgan.covered,
        "pacgan_quality": pacgan.within_3_sigma,
        "pacgan_reverse_kl": pacgan.reverse_kl,
    }


def digits(outcome: RunResult, seed: int) -> Numbers:
    """Class shares and Frechet distance beside that of real digits, and exact EMD."""
    rng = fresh(seed)
    classifier = digit_classifier()
    train = mnist.digits()
    images = train.sample_images_without_replacement(2 * SAMPLES, rng).split(SAMPLES)
    real, other = (Moments.of(classifier.features(half)) for half in images)
    found = digit_quality(classifier, measures.ema_samples(outcome.training, SAMPLES, rng), real)
    return {
        **distances(outcome, DIGITS, rng, pairs=DIGIT_PAIRS),
        "smallest_share": found.smallest_share,
        "largest_share": found.largest_share,
        "frechet": found.frechet,
        "frechet_of_real": frechet_distance(other, real),
        "confidence": found.confidence,
    }

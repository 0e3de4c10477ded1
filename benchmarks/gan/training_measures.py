"""Measures of a finished run of `benchmarks.gan.training`, on fresh points."""

from typing import Any

import torch

from gan.data import mnist
from gan.data.mixtures import GaussianMixture
from gan.metrics.classifier import digit_classifier
from gan.metrics.digits import digit_quality
from gan.metrics.frechet import Moments, frechet_distance
from gan.metrics.modes import modes
from gan.runs import run_metrics
from gan.runs.run import RunResult

Numbers = dict[str, Any]

FRESH_STREAM = 20261121
EMD_POINTS = 4000  # on each side
EMD_DIGITS = 2000
EMD_DIGIT_PAIRS = 5
MODE_POINTS = 20_000
PACGAN_POINTS = 2500
CLASSIFIED_DIGITS = 10_000


def fresh_generator(seed: int) -> torch.Generator:
    """Random generator independent of that of training."""
    return run_metrics.seeded_generator(torch.device("cpu"), seed, FRESH_STREAM)


def emd_numbers(outcome: RunResult, n: int, rng: torch.Generator, *, pairs: int) -> Numbers:
    """Mean exact EMD of n generated, and of n other real points, to the same n real points."""
    emd, floor = run_metrics.emd_and_floor(outcome.training, outcome.data, n, rng, pairs=pairs)
    return {"emd": emd, "floor": floor, "emd_over_floor": emd / floor}


def mixture_numbers(
    outcome: RunResult, seed: int, *, mixture: GaussianMixture, pairs: int
) -> Numbers:
    """Modes, shares and exact EMD on a mixture in the plane, and the numbers of PacGAN's protocol.

    Args:
        outcome: The finished run.
        seed: Seed of the run; the points are drawn from another stream of it.
        mixture: The mixture of its data.
        pairs: Pairs of samples over which the EMD is averaged; of 5 pairs, the ratio to the floor
            of a perfect sampler varies by a quarter.

    Returns:
        The numbers by name.
    """
    rng = fresh_generator(seed)
    coverage = modes(mixture, run_metrics.ema_samples(outcome.training, MODE_POINTS, rng))
    pacgan = modes(
        mixture, run_metrics.ema_samples(outcome.training, PACGAN_POINTS, rng), min_share=0
    )
    return {
        **emd_numbers(outcome, EMD_POINTS, rng, pairs=pairs),
        "modes": coverage.covered,
        "smallest_share": min(coverage.shares),
        "largest_share": max(coverage.shares),
        "in_3_sigma": coverage.within_3_sigma,
        "pacgan_modes": pacgan.covered,
        "pacgan_quality": pacgan.within_3_sigma,
        "pacgan_reverse_kl": pacgan.reverse_kl,
    }


def digit_numbers(outcome: RunResult, seed: int) -> Numbers:
    """Class shares, Frechet distances of generated and of real digits, and exact EMD."""
    rng = fresh_generator(seed)
    classifier = digit_classifier()
    train = mnist.digits()
    images = train.sample_images_without_replacement(2 * CLASSIFIED_DIGITS, rng).split(
        CLASSIFIED_DIGITS
    )
    real, other = (Moments.of(classifier.features(half)) for half in images)
    quality = digit_quality(
        classifier, run_metrics.ema_samples(outcome.training, CLASSIFIED_DIGITS, rng), real
    )
    return {
        **emd_numbers(outcome, EMD_DIGITS, rng, pairs=EMD_DIGIT_PAIRS),
        "smallest_share": quality.smallest_share,
        "largest_share": quality.largest_share,
        "frechet": quality.frechet,
        "frechet_of_real": frechet_distance(other, real),
        "confidence": quality.confidence,
    }

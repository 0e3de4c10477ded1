"""Registry of data sets, each with the metrics of its points; a plugin adds more entries."""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from gan.data import mnist
from gan.data.characters import CharacterSequences, complete_words, read_text
from gan.data.curves import SwissRoll, VerticalSegments
from gan.data.dataset import DEFAULT_HELD_OUT, IMAGE_REFINEMENT, DataSet, Loader, Measures, Sampler
from gan.data.files import data_set_of_path
from gan.data.grammar import grammar_text
from gan.data.mixtures import GaussianMixture, eight_gaussians, twenty_five_gaussians
from gan.errors import ConfigError
from gan.metrics.classifier import DigitClassifier, digit_classifier
from gan.metrics.densities import density_js, density_reverse_kl
from gan.metrics.digits import STACKED_SAMPLES, digit_quality, mode_coverage, stacked_numbers
from gan.metrics.frechet import Moments
from gan.metrics.modes import modes
from gan.metrics.ngrams import NgramReference, known_words

REFERENCE_SIZE = 2000  # real points that JS compares generated points with
FRECHET_STRIDE = 3  # 20,000 digits, from the whole file: its order is not random


def mixture_set(mixture: GaussianMixture, /, *, unit: float = 1.0) -> DataSet:
    """A mixture in the plane, with mode coverage and density metrics."""
    real = _reference_sample(mixture.sample)

    def measure(points: Tensor) -> Measures:
        coverage = modes(mixture, points)
        return {
            "modes": coverage.covered,
            "in_3_sigma": coverage.within_3_sigma,
            "smallest_share": min(coverage.shares),
            "largest_share": max(coverage.shares),
            "shares": coverage.shares,
            "share_reverse_kl": coverage.reverse_kl,
            "density_reverse_kl": density_reverse_kl(mixture.log_density, points),
            "density_js": density_js(real, points),
        }

    return DataSet(
        (2,), mixture.sample, unit=unit, measure=measure, log_density=mixture.log_density
    )


def eight_gaussians_set(data_dir: Path | None) -> DataSet:
    """The ring of eight Gaussians, radius 2, sigma 0.02."""
    del data_dir
    return mixture_set(eight_gaussians())


def pacgan_ring_set(data_dir: Path | None) -> DataSet:
    """The ring of PacGAN's protocol (Lin et al. 2018): radius 1, sigma 0.01."""
    del data_dir
    return mixture_set(eight_gaussians(radius=1.0, sigma=0.01), unit=0.5)


def twenty_five_gaussians_set(data_dir: Path | None) -> DataSet:
    """The grid of twenty-five Gaussians, step 2, sigma 0.05."""
    del data_dir
    return mixture_set(twenty_five_gaussians(), unit=2.828)


def swiss_roll_set(data_dir: Path | None) -> DataSet:
    """The Swiss roll, with density metrics."""
    del data_dir
    roll = SwissRoll()
    real = _reference_sample(roll.sample)

    def measure(points: Tensor) -> Measures:
        return {
            "density_reverse_kl": density_reverse_kl(roll.log_density, points),
            "density_js": density_js(real, points),
        }

    return DataSet((2,), roll.sample, measure=measure, log_density=roll.log_density)


def segments_set(abscissae: tuple[float, ...], /, *, networks: str = "mlp") -> DataSet:
    """Vertical segments, with distances and shares of the segments."""
    segments = VerticalSegments(abscissae)

    def measure(points: Tensor) -> Measures:
        nearest, distance = segments.nearest(points)
        shares = torch.bincount(nearest, minlength=len(abscissae)) / len(points)
        return {
            "shares": shares.tolist(),
            "distance_to_segments": float(distance.mean()),
            "theta": float(points[:, 0].mean()),
        }

    return DataSet((2,), segments.sample, networks=networks, measure=measure)


def two_segments_set(data_dir: Path | None) -> DataSet:
    """Two parallel segments at distance 1."""
    del data_dir
    return segments_set((0.0, 1.0))


def segment_set(data_dir: Path | None) -> DataSet:
    """One segment at 0; its generator is a segment that starts at theta = 1."""
    del data_dir
    return segments_set((0.0,), networks="segment")


def mnist_set(data_dir: Path | None) -> DataSet:
    """The 60,000 training digits, drawn with replacement."""
    digits = mnist.digits(data_dir=data_dir)

    @cache  # at the first evaluation: it takes a minute
    def classifier_and_moments() -> tuple[DigitClassifier, Moments]:
        classifier = digit_classifier(data_dir=data_dir)
        images = digits.pixels[::FRECHET_STRIDE].unflatten(1, (1, 28, 28)).float() / 255
        return classifier, Moments.of(classifier.features(images))

    def measure(points: Tensor) -> Measures:
        classifier, real_moments = classifier_and_moments()
        quality = digit_quality(classifier, points, real_moments)
        return {
            "smallest_share": quality.smallest_share,
            "largest_share": quality.largest_share,
            "shares": list(quality.shares),
            "frechet": quality.frechet,
            "confidence": quality.confidence,
        }

    return DataSet(
        (1, 28, 28),
        digits.sample_images,
        networks="convolutional",
        measure=measure,
        measure_size=5000,
        evaluation_size=2000,
        refinement=IMAGE_REFINEMENT,
        sample_without_replacement=digits.sample_images_without_replacement,
    )


def stacked_mnist_set(data_dir: Path | None) -> DataSet:
    """Three digits as three channels: 1000 modes."""
    digits = mnist.digits(data_dir=data_dir)

    @cache  # at the first evaluation: it takes a minute
    def classifier() -> DigitClassifier:
        return digit_classifier(data_dir=data_dir)

    def measure(points: Tensor) -> Measures:
        coverage = mode_coverage(stacked_numbers(classifier(), points))
        return {"modes": coverage.covered, "mode_kl": coverage.reverse_kl}

    return DataSet(
        (3, 28, 28),
        digits.sample_stacked,
        networks="convolutional",
        measure=measure,
        measure_size=STACKED_SAMPLES,
        evaluation_size=2000,
        refinement=IMAGE_REFINEMENT,
    )


def characters_set(data_dir: Path | None, data_file: Path | None = None) -> DataSet:
    """Text of a small grammar, or of --data-file, in sequences of 32 characters."""
    del data_dir
    text = grammar_text() if data_file is None else read_text(data_file)
    sequences = CharacterSequences.of(text, name=str(data_file or "text"))
    vocabulary = sequences.words()
    rng = torch.Generator().manual_seed(0)  # the same reference in every evaluation
    real, other = sequences.draw(2 * REFERENCE_SIZE, rng).split(REFERENCE_SIZE)
    reference = NgramReference.of(real, other, rng)

    def measure(points: Tensor) -> Measures:
        indices = points.argmax(dim=2)
        words = [complete_words(text) for text in sequences.texts(indices)]
        return {**reference.measures(indices), "known_words": known_words(words, vocabulary)}

    return DataSet(
        sequences.shape,
        sequences.sample,
        networks="sequence",
        measure=measure,
        measure_size=REFERENCE_SIZE,
        refinement=IMAGE_REFINEMENT,
        decode=sequences.decode,
        description="" if data_file is None else f"{data_file}: {sequences}",
    )


def _reference_sample(sample: Sampler) -> Tensor:
    """Real points that are the same in every evaluation, so that their noise is, too."""
    return sample(REFERENCE_SIZE, torch.Generator().manual_seed(0))


def load_data_set(
    name: str,
    data_dir: Path | None,
    /,
    *,
    image_size: int | None = None,
    standardize: bool = False,
    held_out: float = DEFAULT_HELD_OUT,
    labels: str | None = None,
    data_file: Path | None = None,
) -> DataSet:
    """The data set of a name, or of a path.

    Args:
        name: A key of `DATA`, or the path of a file of points or a folder of images.
        data_dir: Folder of the MNIST files.
        image_size: Side in pixels that images of a folder are resized to.
        standardize: Divide each column of a table by its standard deviation.
        held_out: Share of the points of a file or folder that training does not see.
        labels: Column of a table, a file of labels, or "folders" for images in folders.
        data_file: A UTF-8 text for the data set characters.

    Returns:
        The data set.

    Raises:
        ConfigError: If an option does not apply to a data set of a name.
        DistributionError: If the file or folder holds no points that can be read.
    """
    if name == "characters" and data_file is not None:
        return characters_set(data_dir, data_file)
    if data_file is not None:
        raise ConfigError(
            f"--data-file is the text of the data characters; leave it out, or give "
            f"--data characters instead of {name}"
        )
    if name not in DATA:
        return data_set_of_path(
            Path(name),
            image_size=image_size,
            standardize=standardize,
            held_out=held_out,
            labels=labels,
        )
    of_files = {
        "--image-size": image_size is not None,
        "--standardize": standardize,
        "--held-out": held_out != DEFAULT_HELD_OUT,
        "--labels": labels is not None,
    }
    if any(of_files.values()):
        option = next(option for option, is_given in of_files.items() if is_given)
        raise ConfigError(
            f"{option} is for a file or folder, not for the data {name}; leave it out"
        )
    return DATA[name](data_dir)


DATA: dict[str, Loader] = {
    "eight-gaussians": eight_gaussians_set,
    "pacgan-ring": pacgan_ring_set,
    "twenty-five-gaussians": twenty_five_gaussians_set,
    "swiss-roll": swiss_roll_set,
    "two-segments": two_segments_set,
    "segment": segment_set,
    "mnist": mnist_set,
    "stacked-mnist": stacked_mnist_set,
    "characters": characters_set,
}

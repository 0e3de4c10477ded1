"""Shifted and noised digits of one squared error: exact EMD and a critic tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from divergences import grids
from gan.critics.pairs.distribution_pair import DistributionPair
from gan.critics.pairs.samples import digits_normal_pair
from gan.data import mnist
from gan.diagnose.critic_steps import DISCRIMINATOR_RECIPE, critic_steps
from gan.diagnose.result import DiagnosticResult, Panel
from gan.diagnose.verdict import Criterion
from gan.errors import ConfigError
from gan.networks import NETWORKS, Critic
from gan.runs.figure_style import BLACK, BLUE, VERMILION, legend_below

Floats = NDArray[np.float64]
SHIFT = 2  # pixels to the right
BISECTIONS = 50
SHOWN_DIGITS = 3
MAX_ERROR_DIFFERENCE = 1e-3  # relative, of the squared errors
MIN_RATIO = 1.2  # of the EMDs, in the median
MIN_SHARE = 0.95  # of digits
REFERENCE_POINTS = 2000
MAX_DIGITS = 9859  # test digits without ink in the last two columns


@dataclass(frozen=True, slots=True)
class PixelErrors(DiagnosticResult):
    """Digits that are shifted, and noised to the same squared error.

    Arrays have shape ``(n,)``, one entry per digit.

    Attributes:
        squared_shift: Squared error of the shifted digit, in pixel values in [0, 1].
        squared_noise: Squared error of the noised digit.
        emd_shift: Exact EMD of digit and shifted digit, as distributions on the grid, in pixels.
        emd_noise: Exact EMD of digit and noised digit, in pixels.
        score: Score of the digit by a critic of real digits, minus the mean score of real ones, in
            standard deviations of the scores of real digits.
        score_shift: Score of the shifted digit, alike.
        score_noise: Score of the noised digit, alike.
        images: The first digits, each as it is, shifted and noised, shape ``(k, 3, 28, 28)``.
    """

    title = "A shifted and a noised digit of the same squared error"

    squared_shift: Floats
    squared_noise: Floats
    emd_shift: Floats
    emd_noise: Floats
    score: Floats
    score_shift: Floats
    score_noise: Floats
    images: Floats

    def criteria(self) -> tuple[Criterion, ...]:
        """Equality of the squared errors, and differences of EMD and scores."""
        difference = float(np.abs(self.squared_noise / self.squared_shift - 1).max())
        ratio = float(np.median(self.emd_noise / self.emd_shift))
        farther = float((self.emd_noise > self.emd_shift).mean())
        below = float((self.score_noise < self.score_shift).mean())
        return (
            Criterion(
                f"squared errors equal; relative difference at most {MAX_ERROR_DIFFERENCE:g}",
                difference,
                difference <= MAX_ERROR_DIFFERENCE,
            ),
            Criterion(
                f"median ratio of the EMD by noise to that by the shift at least {MIN_RATIO}",
                ratio,
                ratio >= MIN_RATIO,
            ),
            Criterion(
                f"share of digits that noise moves farther than the shift at least {MIN_SHARE}",
                farther,
                farther >= MIN_SHARE,
            ),
            Criterion(
                "share of digits that the critic scores lower with noise than shifted at least "
                f"{MIN_SHARE}",
                below,
                below >= MIN_SHARE,
            ),
        )

    def panels(self) -> list[Panel]:
        """Digits, distances, and scores."""
        return [self._draw_digits, self._draw_distances, self._draw_scores]

    def _draw_digits(self, axes: Axes) -> None:
        """Draw digits as they are, shifted and noised, with their numbers."""
        rows = [np.concatenate(list(row), axis=1) for row in self.images]
        axes.imshow(np.concatenate(rows), cmap="gray_r", vmin=0, vmax=1)
        axes.grid(visible=False)
        axes.set_xticks([14, 42, 70], ["digit", f"shifted by {SHIFT}", "noised"])
        labels = [f"squared error\n{error:.1f}" for error in self.squared_shift[: len(rows)]]
        axes.set_yticks([14 + 28 * i for i in range(len(rows))], labels)
        axes.tick_params(length=0)
        axes.set_title("Both have the same squared error")
        for i in range(len(rows)):
            for column, emd in ((1, self.emd_shift[i]), (2, self.emd_noise[i])):
                axes.text(
                    *(28 * column + 0.5, 28 * i + 3.5, f"EMD {emd:.1f}"),
                    fontsize=9,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                )

    def _draw_distances(self, axes: Axes) -> None:
        """Draw EMD over the squared error."""
        for errors, emds, color, marker, label in (
            (self.squared_shift, self.emd_shift, BLUE, "o", f"shifted by {SHIFT} pixels"),
            (self.squared_noise, self.emd_noise, VERMILION, "^", "noised"),
        ):
            axes.plot(errors, emds, marker, color=color, markersize=4, alpha=0.6, label=label)
        axes.set(
            title="EMD tells them apart",
            xlabel="squared error to the digit",
            ylabel="exact EMD to the digit (pixels)",
            ylim=(0, 1.05 * float(self.emd_noise.max())),
        )
        legend_below(axes)

    def _draw_scores(self, axes: Axes) -> None:
        """Draw the histogram of the score with noise minus that of the same digit shifted."""
        differences = self.score_noise - self.score_shift
        lower = float((differences < 0).mean())
        axes.hist(differences, 30, color=VERMILION, label="one digit: noised minus shifted")
        axes.axvline(0, color=BLACK, linestyle="--", linewidth=1.2, label="equal scores")
        axes.set(
            title=f"{lower:.0%} score lower with noise",
            xlabel="difference of scores (sd of real digits)",
            ylabel="number of digits",
        )
        legend_below(axes)


def squared_error(
    *, n: int = 200, critic_training: int = 300, seed: int = 0, data_dir: Path | None = None
) -> PixelErrors:
    """Compare digits shifted by two pixels with noised digits of the same squared error.

    The critic, convolutional with layer norm, is trained with a gradient penalty between real
    digits and the Gaussian of their principal components; it has seen neither kind.

    Args:
        n: Number of test digits.
        critic_training: Steps of the critic.
        seed: Seed of the digits, the noise and the critic.
        data_dir: Folder of the four MNIST files.

    Returns:
        Squared errors, exact EMDs and scores.

    Raises:
        ConfigError: If a number is out of range.
        MnistError: If the digits are missing.

    Source:
        Larsen, Sonderby, Larochelle and Winther 2016, "Autoencoding beyond pixels using a learned
        similarity metric"; Rubner, Tomasi and Guibas 2000.
    """
    if not 1 <= n <= MAX_DIGITS or critic_training < 1:
        raise ConfigError(
            f"`n` must be from 1 to {MAX_DIGITS} and `critic_training` at least 1, but are {n} "
            f"and {critic_training}"
        )
    rng = torch.Generator().manual_seed(seed)
    test = mnist.digits("test", data_dir=data_dir)
    digits = _digits_with_room(test, n, rng)
    shifted = _shifted(digits)
    noised = _noised(digits, _squared_errors(digits, shifted), rng)
    pair = digits_normal_pair(data_dir)
    critic = _critic(pair, critic_training, rng)
    reference = test.sample_images_without_replacement(REFERENCE_POINTS, rng)
    score, score_shift, score_noise = _standardized_scores(
        critic, reference, (digits, shifted, noised)
    )
    kinds = torch.stack([digits, shifted, noised], dim=1)[:SHOWN_DIGITS, :, 0]
    return PixelErrors(
        _squared_errors(digits, shifted).numpy(),
        _squared_errors(digits, noised).numpy(),
        _emds(digits, shifted),
        _emds(digits, noised),
        score,
        score_shift,
        score_noise,
        kinds.double().numpy(),
    )


def _digits_with_room(test: mnist.Digits, n: int, rng: torch.Generator) -> Tensor:
    """``n`` test digits, drawn without replacement, that a shift leaves whole."""
    images = test.sample_images_without_replacement(len(test.pixels), rng)
    return images[images[..., -SHIFT:].amax(dim=(1, 2, 3)) == 0][:n]


def _shifted(images: Tensor) -> Tensor:
    """Images shifted to the right, with empty columns at the left."""
    return pad(images[..., :-SHIFT], (SHIFT, 0))


def _squared_errors(images: Tensor, others: Tensor) -> Tensor:
    """Sums of squared differences of the pixels, shape ``(n,)``, in float64."""
    return (images.double() - others.double()).square().flatten(start_dim=1).sum(dim=1)


def _noised(images: Tensor, errors: Tensor, rng: torch.Generator) -> Tensor:
    """Images with normal noise, cut off to [0, 1], of given squared errors: by bisection."""
    noise = torch.randn(images.shape, generator=rng)
    low, high = torch.zeros(len(images)), torch.full((len(images),), 4.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        candidates = (images + middle[:, None, None, None] * noise).clamp(0, 1)
        too_small = _squared_errors(images, candidates) < errors
        low, high = torch.where(too_small, middle, low), torch.where(too_small, high, middle)
    return candidates


def _emds(images: Tensor, others: Tensor) -> Floats:
    """Exact EMD of each pair of images as distributions on the grid, in pixels."""
    p, q = (
        part.double() / part.double().sum(dim=(1, 2, 3), keepdim=True) for part in (images, others)
    )
    return np.array([
        float(grids.emd(*pair)) for pair in zip(p[:, 0].numpy(), q[:, 0].numpy(), strict=True)
    ])


def _critic(pair: DistributionPair, steps: int, rng: torch.Generator) -> Critic:
    """A critic of real digits, against the Gaussian of their principal components."""
    recipe = replace(
        DISCRIMINATOR_RECIPE,
        loss="wasserstein",
        constraint="gradient-penalty",
        batch_size=64,
        learning_rate=1e-3,
        betas=(0.5, 0.9),
    )
    critic = NETWORKS["convolutional-norm"].critic(rng, pair.shape)
    for _ in critic_steps(
        critic, pair.real, pair.generated, recipe, steps=steps, rng=rng, name="critic"
    ):
        pass
    return critic


@torch.no_grad()
def _standardized_scores(
    critic: Critic, reference: Tensor, groups: Sequence[Tensor]
) -> list[Floats]:
    """Scores of groups of images in standard deviations from the mean of a reference."""
    real = critic(reference).double()
    return [((critic(images).double() - real.mean()) / real.std()).numpy() for images in groups]

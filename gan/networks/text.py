"""Generator and critic of text, whose points are sequences of rows of probabilities."""

import math
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

from gan.networks.modules import Critic, Generator, Shape
from gan.networks.sequences import SequenceBlock, Transpose

HE_GAIN = math.sqrt(2)  # a ReLU halves the mean square
FEATURE_GAIN = 0.5  # of one-hot rows, of which one entry in k is not 0
LOGIT_SCALE = 4.0

Layer = TypeVar("Layer", nn.Linear, nn.Conv1d)


class NormalizedLogits(nn.Module):
    """Logits of each row with mean 0 and standard deviation `LOGIT_SCALE`.

    In the first steps all rows have a common direction to real ones, in which unbounded logits
    grow until the gradient of the softmax has vanished: every sequence is then of one character.
    """

    def forward(self, logits: Tensor) -> Tensor:
        """The normalised ``logits``, shape ``(n, length, k)``."""
        return LOGIT_SCALE * layer_norm(logits.float(), logits.shape[-1:])


def text_generator(
    rng: torch.Generator,
    shape: Shape,
    /,
    *,
    noise_size: int = 64,
    channels: int = 48,
    blocks: int = 8,
) -> Generator:
    """Generator of sequences of probability vectors, with residual convolutions.

    With 4 blocks or more each row depends on the features of 16 positions on either side.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Positions, and size of the alphabet.
        noise_size: Dimension of the noise.
        channels: Channels of every block.
        blocks: Number of residual blocks.

    Returns:
        A generator of points of shape ``(n, *shape)``, whose rows are probability vectors.

    Source:
        Gulrajani et al. 2017, appendix C, "language model"; there with 512 channels, 5 blocks.
    """
    length, k = shape
    body = nn.Sequential(
        _linear(noise_size, channels * length, 1.0, rng),
        nn.Unflatten(1, (channels, length)),
        *(_he_block(channels, rng) for _ in range(blocks)),
        _convolution(channels, k, 1, 1.0, rng),
        Transpose(),
        NormalizedLogits(),
        nn.Softmax(dim=2),
    )
    return Generator(noise_size, body)


def ngram_critic(
    rng: torch.Generator, shape: Shape, /, *, channels: int = 256, kernel_size: int = 7
) -> Critic:
    """Critic of sequences of probability vectors: features of n-grams at each position, weighed.

    One hidden layer learns to tell n-grams sooner than a deep residual critic does: between a text
    and a Markov chain of its characters, after 400 steps, 128 features of 5-grams have a gap of
    0.76, two residual blocks one of 0.45, at three times the cost.

    Args:
        rng: Source of the initial weights, which determines the device.
        shape: Positions, and size of the alphabet.
        channels: Number of features at each position.
        kernel_size: Characters of an n-gram; odd.

    Returns:
        A critic of points of shape ``(n, *shape)``, independent per point.
    """
    length, k = shape
    body = nn.Sequential(
        Transpose(),
        _convolution(k, channels, kernel_size, FEATURE_GAIN * math.sqrt(k), rng),
        nn.ReLU(),
        nn.Flatten(),
        _linear(channels * length, 1, 1.0, rng),
    )
    return Critic(body)


def _linear(n_in: int, n_out: int, gain: float, rng: torch.Generator) -> nn.Linear:
    """A linear layer with normal weights."""
    return _initialised(nn.utils.skip_init(nn.Linear, n_in, n_out, device=rng.device), gain, rng)


def _convolution(n_in: int, n_out: int, size: int, gain: float, rng: torch.Generator) -> nn.Conv1d:
    """A convolution over positions that keeps their number, with normal weights."""
    layer = nn.utils.skip_init(nn.Conv1d, n_in, n_out, size, 1, size // 2, device=rng.device)
    return _initialised(layer, gain, rng)


def _initialised(layer: Layer, gain: float, rng: torch.Generator) -> Layer:
    """The layer, with weights that multiply the scale of independent inputs by ``gain``."""
    nn.init.normal_(layer.weight, std=gain / math.sqrt(layer.weight[0].numel()), generator=rng)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _he_block(channels: int, rng: torch.Generator) -> SequenceBlock:
    """A residual block whose convolutions keep the scale of their inputs."""
    block = SequenceBlock(channels, rng)
    for layer in block.convolutions:
        if isinstance(layer, nn.Conv1d):
            _initialised(layer, HE_GAIN, rng)
    return block

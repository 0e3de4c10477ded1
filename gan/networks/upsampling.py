"""Transposed convolutions of stride 2 to few channels, by a convolution at half the size.

The transposed convolutions of torch are slow on a CPU where the output has few channels, as
images have: four times as slow to one channel as the same sums in this order.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv2d, pixel_shuffle

MAX_CHANNELS = 4  # of the output; above, torch is as fast


def upsampled(
    values: Float[Tensor, " n c h w"], weight: Float[Tensor, " c k size size"], /
) -> Float[Tensor, " n k h2 w2"]:
    """The transposed convolution of stride 2 that doubles height and width.

    Each of the four phases of the output is a convolution of the input with every second row and
    column of the kernel.

    Args:
        values: Input, shape ``(n, c, h, w)``.
        weight: Kernel of an even size, shape ``(c, k, size, size)``.

    Returns:
        ``conv_transpose2d(values, weight, stride=2, padding=size / 2 - 1)`` up to rounding, shape
        ``(n, k, 2 h, 2 w)``.

    Source:
        Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?".
    """
    n_in, n_out, half = weight.shape[0], weight.shape[1], weight.shape[2] // 2
    phases = weight.reshape(n_in, n_out, half, 2, half, 2).flip(2, 4).permute(1, 3, 5, 0, 2, 4)
    kernel = phases.reshape(4 * n_out, n_in, half, half)
    crop = half - 1
    whole = pixel_shuffle(conv2d(values, kernel, padding=crop), 2)
    return whole[:, :, crop : crop + 2 * values.shape[2], crop : crop + 2 * values.shape[3]]


class Upsampling(nn.Module):
    """A transposed convolution that doubles height and width, computed by `upsampled`.

    Attributes:
        weight: Kernel, shape ``(c, k, size, size)``, as of ``nn.ConvTranspose2d``.
        bias: Bias of each channel of the output, shape ``(k,)``.
    """

    def __init__(self, n_in: int, n_out: int, size: int, device: torch.device) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out, size, size, device=device))
        self.bias = nn.Parameter(torch.empty(n_out, device=device))

    def forward(self, values: Tensor) -> Tensor:
        """From ``(n, c, h, w)`` to ``(n, k, 2 h, 2 w)``."""
        return upsampled(values, self.weight) + self.bias[:, None, None]

"""Categorical latent code of a generator, in addition to continuous noise."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

CODE_SCALE = 4.0  # against the unit variance of the continuous noise


class CategoricalLatent(nn.Module):
    """Replaces the first k coordinates of the noise by the scaled one-hot code of their maximum.

    All k categories are equally likely. A generator that is continuous in its noise has a
    connected support: between the modes of the data it must generate points of no mode (a digit
    half 4, half 9). A categorical code lifts this restriction.

    Attributes:
        k: Number of categories.
        scale: Value of the code at its category.

    Source:
        Chen et al. 2016, "InfoGAN", section 7, for the codes; Khayatkhoei, Elgammal and Singh
        2018, "Disconnected manifold learning for generative adversarial networks", for the reason.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k
        self.scale = CODE_SCALE

    def forward(self, noise: Tensor) -> Tensor:
        """Noise whose first k coordinates are 0, except for `CODE_SCALE` at their maximum."""
        code = one_hot(noise[:, : self.k].argmax(dim=1), self.k).to(noise.dtype)
        return torch.cat([self.scale * code, noise[:, self.k :]], dim=1)

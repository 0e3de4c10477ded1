"""A generator's choice: one of several, beside numbers that vary smoothly."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import one_hot

CODE_SCALE = 4.0  # of the choice, beside normal numbers of size 1


class CategoricalLatent(nn.Module):
    """Turns the first k numbers of the noise into a choice of one of k, equally likely.

    A generator that is continuous in its noise maps a connected set to a connected one: between
    the modes of what it learns there must be points that belong to none (a digit half 4, half 9).
    With a choice, it needs not be connected.

    Attributes:
        k: From how many it chooses.

    Source:
        Chen et al. 2016, "InfoGAN", section 7, has such codes; Khayatkhoei, Elgammal and Singh
        2018, "Disconnected manifold learning for generative adversarial networks", the reason.
    """

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, noise: Float[Tensor, " n z"]) -> Float[Tensor, " n z"]:
        """The largest of the first k numbers replaced by 4, the rest of these by 0."""
        code = one_hot(noise[:, : self.k].argmax(dim=1), self.k).to(noise.dtype)
        return torch.cat([CODE_SCALE * code, noise[:, self.k :]], dim=1)

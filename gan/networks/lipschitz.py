"""Critics that are 1-Lipschitz by construction."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

from gan.networks.mlp import linear
from gan.networks.modules import Critic, Shape

BJORCK_ITERATIONS = 12
SINGULAR_VALUE_MARGIN = 1e-5  # relative rounding error of the largest singular value in float32


class GroupSort(nn.Module):
    """Sorts the values within each group; the Jacobian is a permutation and preserves norms.

    Groups of 2 are MaxMin; a single group is the full sort.

    Attributes:
        size: Size of a group, a divisor of the width.

    Source:
        Anil, Lucas and Grosse 2019, "Sorting out Lipschitz function approximation".
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, values: Tensor) -> Tensor:
        """``values``, shape ``(n, width)``, sorted within each group."""
        groups = values.unflatten(1, (-1, self.size))
        if self.size == 2:
            return torch.cat([groups.amax(dim=2), groups.amin(dim=2)], dim=1)
        return groups.sort(dim=2).values.flatten(start_dim=1)


class Orthonormal(nn.Module):
    r"""Projects a matrix to the nearest one with orthonormal rows (columns, if it is tall).

    .. math:: W \leftarrow \tfrac32 W - \tfrac12 W W^T W

    Singular values in (0, 1] increase towards 1 and never exceed it: the layer is 1-Lipschitz even
    before convergence. Only matrix products are differentiated; torch's
    `parametrizations.orthogonal` is several times slower for wide matrices.

    Source:
        Bjorck and Bowie 1971; Anil, Lucas and Grosse 2019, section 4.
    """

    def forward(self, weight: Tensor) -> Tensor:
        """The orthonormal matrix, of the shape of ``weight``."""
        wide = weight if weight.shape[0] <= weight.shape[1] else weight.T
        with torch.no_grad():
            largest = torch.linalg.eigvalsh(wide @ wide.T)[-1].sqrt()
        near = wide / (largest * (1 + SINGULAR_VALUE_MARGIN))
        for _ in range(BJORCK_ITERATIONS):
            near = 1.5 * near - 0.5 * (near @ near.T) @ near
        return near if weight.shape[0] <= weight.shape[1] else near.T


def spectral_norm_critic(
    rng: torch.Generator, shape: Shape, /, *, hidden: Sequence[int]
) -> Critic:
    """ReLU layers divided by their spectral norm.

    The norm is an estimate by power iteration, so that slopes may exceed 1 slightly in training.

    Args:
        rng: Source of the initial weights.
        shape: Of one point.
        hidden: Widths of the hidden layers.

    Returns:
        The critic.

    Source:
        Miyato et al. 2018, "Spectral normalization for generative adversarial networks".
    """
    global_seed = int(torch.randint(2**31, (1,), generator=rng, device=rng.device))
    sizes = [math.prod(shape), *hidden, 1]
    layers: list[nn.Module] = [nn.Flatten()]
    with torch.random.fork_rng(devices=[rng.device] if rng.device.type == "cuda" else []):
        torch.manual_seed(global_seed)  # power iteration starts from the global generator
        for n_in, n_out in pairwise(sizes):
            layers += [parametrizations.spectral_norm(linear(n_in, n_out, rng)), nn.ReLU()]
    return Critic(nn.Sequential(*layers[:-1]))


def group_sort_critic(
    rng: torch.Generator, shape: Shape, /, *, hidden: Sequence[int], group_size: int = 2
) -> Critic:
    """Orthonormal layers with GroupSort activations.

    Args:
        rng: Source of the initial weights.
        shape: Of one point.
        hidden: Widths of the hidden layers.
        group_size: Values sorted together, a divisor of all hidden widths.

    Returns:
        The critic; its gradient has norm 1 almost everywhere if no layer but the last is narrower
        than the one before.

    Source:
        Anil, Lucas and Grosse 2019, "Sorting out Lipschitz function approximation".
    """
    sizes = [math.prod(shape), *hidden, 1]
    layers: list[nn.Module] = [nn.Flatten()]
    for n_in, n_out in pairwise(sizes):
        layer = linear(n_in, n_out, rng)
        nn.init.orthogonal_(layer.weight, generator=rng)
        parametrize.register_parametrization(layer, "weight", Orthonormal())
        layers += [layer, GroupSort(group_size)]
    return Critic(nn.Sequential(*layers[:-1]))

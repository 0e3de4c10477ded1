r"""Gradient ascent on the semi-dual of exact EMD: a critic fitted to all points of two fixed sets.

.. math:: \frac1n \sum_i f(x_i) + \frac1m \sum_j \min_i [ d(x_i, y_j) - f(x_i) ]

For every f the value is feasible for the Kantorovich dual, so at most the exact EMD: the ascent is
unconstrained.
"""

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan.errors import TrainingError
from gan.evaluation.certified_bound import bound_of_scores
from gan.evaluation.pair_distances import MAX_DIRECT_COORDINATES, PairDistances, row_argmin
from gan.evaluation.point_pair import PointPair
from gan.networks import Critic

MAX_BLOCK_DISTANCES = 1 << 22
COST_BLOCK_ROWS = 128  # so that a block of differences stays in the processor's cache
ADAM_BETAS = (0.9, 0.99)


def pairwise_distances(
    x: Float[Tensor, " n *shape"], y: Float[Tensor, " m *shape"], /
) -> Float[Tensor, " n m"]:
    """Euclidean distances of flattened points; of many coordinates by products, in float64."""
    x, y = x.flatten(start_dim=1), y.flatten(start_dim=1)
    # Apple's devices have no float64.
    if x.shape[1] <= MAX_DIRECT_COORDINATES or x.device.type == "mps":
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.cdist(x.double(), y.double(), compute_mode="use_mm_for_euclid_dist").to(x)


def c_transform_argmin(cost: Float[Tensor, " m n"], f: Float[Tensor, " n"], /) -> Tensor:
    """Minimizer ``i`` of ``cost[j, i] - f[i]``, at which the c-transform of f at j is attained.

    Args:
        cost: Distances, shape ``(m, n)``.
        f: Potential, shape ``(n,)``.

    Returns:
        Column indices, shape ``(m,)``, int64.
    """
    return torch.cat([row_argmin(block, f) for block in cost.split(COST_BLOCK_ROWS)])


class BoundAscent:
    """Ascent of a critic on the semi-dual bound of two fixed sets of points.

    The potential at the real points is the sum of a network and of one free correction per point,
    which fits the non-smooth part of the optimum. Optionally the potential is defined on the
    generated points instead, with the sign reversed. At a learning rate of 0 only the
    corrections change, and the network is evaluated once.

    Attributes:
        critic: The network; changed in place.
        correction: Correction of the potential at each point, shape ``(n,)``; None if there is
            none.
    """

    def __init__(
        self,
        critic: Critic,
        real: Float[Tensor, " n *shape"],
        generated: Float[Tensor, " m *shape"],
        /,
        *,
        learning_rate: float,
        correction_rate: float = 0.0,
        correction_start: float = 0.0,
        scale: float = 1.0,
        on_real: bool = True,
    ) -> None:
        self.critic = critic
        self._correction_start = correction_start
        self.correction: Tensor | None = None
        self._fixed_scores: Tensor | None = None
        self._points, others = (real, generated) if on_real else (generated, real)
        self._sign = 1.0 if on_real else -1.0
        self._cost = pairwise_distances(others, self._points)
        with torch.no_grad():
            scores = self.potential()
        self._fixed_scores = scores if learning_rate == 0 else None
        groups: list[dict[str, Any]] = []
        if learning_rate > 0:
            groups.append({"params": [*critic.parameters()], "rate": learning_rate})
        if correction_rate > 0:
            initial = ((scale - 1) * scores.cpu().double()).to(scores)
            self.correction = initial.requires_grad_()
            groups.append({"params": [self.correction], "rate": correction_rate})
        self._optimizer = torch.optim.Adam(groups, betas=ADAM_BETAS, fused=True)

    def potential(self) -> Float[Tensor, " n"]:
        """Potential at the real points, or minus the scores of the generated ones."""
        scores = self._fixed_scores
        if scores is None:
            scores = self._sign * self.critic(self._points)
        return scores if self.correction is None else scores + self.correction

    def c_transform(self) -> "CTransform":
        """The 1-Lipschitz extension of the potential; it follows the ascent."""
        return CTransform(self.potential, self._points, sign=self._sign)

    def step(self, progress: float, /) -> float:
        """Apply one update, at a rate that falls linearly to 0.

        Args:
            progress: Share of the budget that is used, in [0, 1].

        Returns:
            The bound before the update, in the unit of the points.

        Raises:
            TrainingError: If the bound or its gradient is not finite; the critic is unchanged.
        """
        f = self.potential()
        argmin = c_transform_argmin(self._cost, f.detach())
        mean_cost = self._cost.gather(1, argmin[:, None]).mean()
        bound = f.mean() - f[argmin].mean() + mean_cost
        groups = self._optimizer.param_groups
        weights = [weight for group in groups for weight in group["params"]]
        gradients = torch.autograd.grad(-bound, weights)
        value = bound.item()
        if not (math.isfinite(value) and all(part.isfinite().all() for part in gradients)):
            raise TrainingError(
                f"the bound is {value}, and with its gradient it must be finite. The update was "
                "not applied: look for non-finite values in the points"
            )
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient
        for group in groups:
            is_correction = group["params"][0] is self.correction
            is_active = not is_correction or progress >= self._correction_start
            group["lr"] = group["rate"] * (1 - progress) * is_active
        self._optimizer.step()
        return value


class CTransform:
    r"""The 1-Lipschitz extension of a potential on the real points.

    .. math:: h(z) = \max_i [ f(x_i) - d(x_i, z) ]

    With the sign -1 the score is -h, for a potential on the generated points. The gap is at least
    the semi-dual bound of the potential, and at most the exact EMD.
    """

    def __init__(
        self,
        potential: Callable[[], Float[Tensor, " n"]],
        points: Float[Tensor, " n *shape"],
        /,
        *,
        sign: float = 1.0,
    ) -> None:
        self._potential = potential
        self._points = points
        self._sign = sign

    def __call__(self, points: Float[Tensor, " k *shape"], /) -> Float[Tensor, " k"]:
        """Scores, in float64 if the device has it; differentiable in the points."""
        # Apple's devices have no float64.
        dtype = torch.float32 if points.device.type == "mps" else torch.float64
        with torch.no_grad():
            f = self._potential().to(dtype)
        x = self._points.to(dtype)
        blocks = points.to(dtype).split(max(1, MAX_BLOCK_DISTANCES // len(x)))
        maxima = [(f - pairwise_distances(block, x)).amax(dim=1) for block in blocks]
        return self._sign * torch.cat(maxima)


def refined_critic(
    critic: Critic,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " m *shape"],
    /,
    *,
    steps: int,
    learning_rate: float,
    correction_rate: float,
) -> CTransform:
    """Refine a copy of the critic by ascent on the certified bound of two fixed sets of points.

    A critic in training has the large-scale shape of the optimum, up to its scale. A few full
    steps, in a few times the time of exact transport, tighten its bound. They start from the scale
    and the side at which the critic certifies most.

    Args:
        critic: Any that scores each point by itself; it is not changed.
        real: Real points.
        generated: Generated points.
        steps: Updates on all points.
        learning_rate: Of Adam for the copy, falling linearly to 0; at 0 the copy is unchanged.
        correction_rate: Of the corrections of single points, in the unit of the points.

    Returns:
        The 1-Lipschitz function whose gap is at least the bound that was reached.

    Raises:
        TrainingError: If the bound is not finite.
    """
    network = copy.deepcopy(critic).eval()
    points = PointPair.of(real, generated)
    initial = bound_of_scores(PairDistances.between(*points.flat), *points.scores(network))
    ascent = BoundAscent(
        network,
        real,
        generated,
        learning_rate=learning_rate,
        correction_rate=correction_rate,
        scale=initial.scale,
        on_real=initial.on_real,
    )
    for step in range(steps):
        ascent.step(step / steps)
    return ascent.c_transform()

r"""Ascent on the certified bound itself: a critic on all points of two fixed sets.

.. math:: \frac1n \sum_i f(x_i) + \frac1m \sum_j \min_i [ d(x_i, y_j) - f(x_i) ]

Every value of it is feasible for the Kantorovich dual, so at most the exact EMD, whatever f: there
is no constraint to keep.
"""

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan.errors import TrainingError
from gan.evaluation.certified_bound import certified, partners
from gan.networks import Critic

BLOCK = 1 << 22  # distances that are held at a time
BETAS = (0.9, 0.99)
FEW = 32  # coordinates


def pairwise_distances(
    x: Float[Tensor, " n *shape"], y: Float[Tensor, " m *shape"], /
) -> Float[Tensor, " n m"]:
    """Euclidean, of flattened points; of many coordinates by products, in float64."""
    x, y = x.flatten(start_dim=1), y.flatten(start_dim=1)
    if x.shape[1] <= FEW or x.device.type == "mps":  # which has no float64
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.cdist(x.double(), y.double(), compute_mode="use_mm_for_euclid_dist").to(x)


class BoundAscent:
    """A critic that climbs the bound of two fixed sets of points.

    Its values on the real points are those of a network and of a correction of each point: the
    network has the large shape, and the rest is what no smooth function has. It may as well be
    its values on the generated points that climb, with the sign turned. At a learning rate of 0
    only the corrections climb, and the network is asked once.

    Attributes:
        critic: The network; changed in place.
        correction: Of each point that it is valued on, shape ``(n,)``; None if there is none.
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
        corrected_from: float = 0.0,
        scale: float = 1.0,
        by_real: bool = True,
    ) -> None:
        self.critic = critic
        self._corrected_from = corrected_from
        self.correction: Tensor | None = None
        self._scores: Tensor | None = None
        self._points, others = (real, generated) if by_real else (generated, real)
        self._sign = 1.0 if by_real else -1.0
        self._cost = pairwise_distances(others, self._points)
        with torch.no_grad():
            scores = self.values()
        self._scores = scores if learning_rate == 0 else None
        groups: list[dict[str, Any]] = []
        if learning_rate > 0:
            groups.append({"params": [*critic.parameters()], "rate": learning_rate})
        if correction_rate > 0:
            first = ((scale - 1) * scores.cpu().double()).to(scores)
            self.correction = first.requires_grad_()
            groups.append({"params": [self.correction], "rate": correction_rate})
        self._optimizer = torch.optim.Adam(groups, betas=BETAS, fused=True)

    def values(self) -> Float[Tensor, " n"]:
        """Of the real points, or minus those of the generated ones."""
        scores = self._scores
        if scores is None:
            scores = self._sign * self.critic(self._points)
        return scores if self.correction is None else scores + self.correction

    def extended(self) -> "CTransform":
        """The 1-Lipschitz function that the values extend to; it follows the ascent."""
        return CTransform(self.values, self._points, sign=self._sign)

    def step(self, used: float, /) -> float:
        """One update, at a rate that falls along a line to 0; the bound before it.

        Args:
            used: The share of the budget that is used, in [0, 1].

        Returns:
            The bound.

        Raises:
            TrainingError: If the bound or its gradient is not finite; the critic is as it was.
        """
        f = self.values()
        partner = partners(self._cost, f.detach())
        way = self._cost.gather(1, partner[:, None]).mean()
        bound = f.mean() - f[partner].mean() + way
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
            late = group["params"][0] is self.correction
            group["lr"] = group["rate"] * (1 - used) * (not late or used >= self._corrected_from)
        self._optimizer.step()
        return value


class CTransform:
    r"""The 1-Lipschitz function that values on the real points extend to.

    .. math:: h(z) = \max_i [ f(x_i) - d(x_i, z) ]

    With the sign -1 it is -h, and the values are minus those of generated points. Its gap is at
    least the bound that it was fitted to, and at most the exact EMD.
    """

    def __init__(
        self,
        values: Callable[[], Float[Tensor, " n"]],
        points: Float[Tensor, " n *shape"],
        /,
        *,
        sign: float = 1.0,
    ) -> None:
        self._values = values
        self._points = points
        self._sign = sign

    def __call__(self, points: Float[Tensor, " k *shape"], /) -> Float[Tensor, " k"]:
        """Scores, in float64 where there is that; the gradient in the points passes."""
        # Apple's devices have no float64.
        wide = torch.float32 if points.device.type == "mps" else torch.float64
        with torch.no_grad():
            f = self._values().to(wide)
        x = self._points.to(wide)
        parts = points.to(wide).split(max(1, BLOCK // len(x)))
        highest = [(f - pairwise_distances(part, x)).amax(dim=1) for part in parts]
        return self._sign * torch.cat(highest)


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
    """What a critic comes to when a copy of it climbs the bound of two fixed sets of points.

    Training leaves a critic that is right in the large, up to scale; what it lacks for a tight
    bound is found in some full steps, in a few times the time of exact transport, from the scale
    and the side at which it proves most.

    Args:
        critic: Any that scores each point by itself; it is not changed.
        real: Real points.
        generated: Generated points.
        steps: Updates on all points.
        learning_rate: Of Adam for the copy, in which it falls to 0; 0 leaves the copy as it is.
        correction_rate: Of the corrections of single points, in the unit of the points.

    Returns:
        The 1-Lipschitz function whose gap is the bound that was reached.

    Raises:
        TrainingError: If the bound is not finite.
    """
    own = copy.deepcopy(critic).eval()
    with torch.no_grad():
        cost = pairwise_distances(real, generated)
        first = certified(
            *(part.cpu().double().numpy() for part in (cost, own(real), own(generated)))
        )
    ascent = BoundAscent(
        own,
        real,
        generated,
        learning_rate=learning_rate,
        correction_rate=correction_rate,
        scale=first.scale,
        by_real=first.by_real,
    )
    for step in range(steps):
        ascent.step(step / steps)
    return ascent.extended()

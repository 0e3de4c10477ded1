r"""Ascent on the certified bound itself: a critic on all points of two fixed sets.

.. math:: \frac1n \sum_i f(x_i) + \frac1m \sum_j \min_i [ d(x_i, y_j) - f(x_i) ]

Every value of it is feasible for the Kantorovich dual, so at most the exact EMD, whatever f: there
is no constraint to keep.
"""

import copy
import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gan.networks import Critic
from gan.training import TrainingError

BLOCK = 1 << 22  # distances that are held at a time
BETAS = (0.9, 0.99)
ROWS = 128  # of distances at a time, so that the differences stay in the processor's cache


def pairwise_distances(
    x: Float[Tensor, " n *shape"], y: Float[Tensor, " m *shape"], /
) -> Float[Tensor, " n m"]:
    """Euclidean, of flattened points; without the products that cancel between close ones."""
    flat = x.flatten(start_dim=1), y.flatten(start_dim=1)
    return torch.cdist(*flat, compute_mode="donot_use_mm_for_euclid_dist")


class BoundAscent:
    """A critic that climbs the bound of two fixed sets of points.

    Its values on the real points are those of a network and of a correction of each point: the
    network has the large shape, and the rest is what no smooth function has.

    Attributes:
        critic: The network; changed in place.
        correction: Of each real point, shape ``(n,)``; None if there is none.
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
    ) -> None:
        self.critic = critic
        self._corrected_from = corrected_from
        self.correction: Tensor | None = None
        self._real = real
        self._cost = pairwise_distances(generated, real)
        weights = [*critic.parameters()]
        groups = [{"params": weights, "rate": learning_rate}]
        if correction_rate > 0:
            self.correction = torch.zeros(len(real), requires_grad=True, device=real.device)
            groups.append({"params": [self.correction], "rate": correction_rate})
        self._optimizer = torch.optim.Adam(groups, betas=BETAS, fused=True)

    def values(self) -> Float[Tensor, " n"]:
        """Of the real points."""
        scores = self.critic(self._real)
        return scores if self.correction is None else scores + self.correction

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
        partner = _partners(self._cost, f.detach())
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


def _partners(cost: Float[Tensor, " m n"], f: Float[Tensor, " n"]) -> Tensor:
    """Of each generated point the real one at the minimum, a few rows at a time."""
    found = torch.empty(len(cost), dtype=torch.int64, device=cost.device)
    for start in range(0, len(cost), ROWS):
        part = slice(start, start + ROWS)
        torch.argmin(cost[part] - f, dim=1, out=found[part])
    return found


class CTransform:
    r"""The 1-Lipschitz function that values on the real points extend to.

    .. math:: h(z) = \max_i [ f(x_i) - d(x_i, z) ]

    Its gap is at least the bound that it was fitted to, and at most the exact EMD.
    """

    def __init__(
        self, values: Callable[[], Float[Tensor, " n"]], real: Float[Tensor, " n *shape"], /
    ) -> None:
        self._values = values
        self._real = real

    def __call__(self, points: Float[Tensor, " k *shape"], /) -> Float[Tensor, " k"]:
        """Scores, in float64 where there is that; the gradient in the points passes."""
        # Apple's devices have no float64.
        wide = torch.float32 if points.device.type == "mps" else torch.float64
        with torch.no_grad():
            f = self._values().to(wide)
        x = self._real.to(wide)
        parts = points.to(wide).split(max(1, BLOCK // len(x)))
        return torch.cat([(f - pairwise_distances(part, x)).amax(dim=1) for part in parts])


def refined_critic(
    critic: Critic,
    real: Float[Tensor, " n *shape"],
    generated: Float[Tensor, " m *shape"],
    /,
    *,
    steps: int,
    learning_rate: float = 3e-3,
    correction_rate: float = 0.03,
) -> CTransform:
    """What a critic comes to when a copy of it climbs the bound of two fixed sets of points.

    Training leaves a critic that is right in the large; what it lacks for a tight bound is found
    in some full steps, in a few times the time of exact transport.

    Args:
        critic: Any that scores each point by itself; it is not changed.
        real: Real points.
        generated: Generated points.
        steps: Updates on all points.
        learning_rate: Of Adam for the copy, in which it falls to 0.
        correction_rate: Of the corrections of single points, in the unit of the points.

    Returns:
        The 1-Lipschitz function whose gap is the bound that was reached.

    Raises:
        TrainingError: If the bound is not finite.
    """
    ascent = BoundAscent(
        copy.deepcopy(critic).eval(),
        real,
        generated,
        learning_rate=learning_rate,
        correction_rate=correction_rate,
    )
    for step in range(steps):
        ascent.step(step / steps)
    return CTransform(ascent.values, real)

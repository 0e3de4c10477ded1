"""Two distributions to estimate W1 between: samplers, or two fixed sets of points."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from divergences import DistributionError
from gan.data.dataset import Sampler
from gan.networks import Critic

CriticFactory = Callable[[torch.Generator, tuple[int, ...]], Critic]


@dataclass(frozen=True, slots=True)
class Problem:
    """Two distributions; a critic of them is to score the first higher.

    Attributes:
        real: Sampler of the first: ``real(n, rng)`` has shape ``(n, *shape)``.
        generated: Sampler of the second.
        shape: Shape of one point.
        unit: Typical size of a coordinate.
        points: All points of the first and of the second, if they are fixed sets; None if fresh
            points can be drawn without end.
    """

    real: Sampler
    generated: Sampler
    shape: tuple[int, ...]
    unit: float = 1.0
    points: tuple[Tensor, Tensor] | None = None

    @classmethod
    def of_points(
        cls,
        real: Float[Tensor, " n *shape"],
        generated: Float[Tensor, " m *shape"],
        /,
        *,
        unit: float = 1.0,
    ) -> "Problem":
        """The problem of two fixed sets of points, sampled with replacement.

        Args:
            real: Points of the first.
            generated: Points of the second.
            unit: Typical size of a coordinate.

        Returns:
            The problem, of the points in float32.

        Raises:
            DistributionError: If a set is empty, not finite or not of rows, or the shapes of
                points differ, or the unit is not a positive length.
        """
        if real.shape[1:] != generated.shape[1:] or real.ndim < 2:
            shapes = f"{tuple(real.shape)} and {tuple(generated.shape)}"
            raise DistributionError(
                "`real` and `generated` must have points of one shape, (n, ...) and (m, ...), but "
                f"have {shapes}"
            )
        for name, points in (("real", real), ("generated", generated)):
            if not (points.numel() and points.isfinite().all()):
                raise DistributionError(f"`{name}` must hold points, all of them finite")
        if not (math.isfinite(unit) and unit > 0):
            raise DistributionError(f"`unit` must be a positive length, but is {unit}")
        sets = real.detach().float(), generated.detach().float()
        return cls(_resampler(sets[0]), _resampler(sets[1]), tuple(real.shape[1:]), unit, sets)

    def samples(self, n: int, rng: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """The fixed sets in full, or else ``n`` fresh points of each distribution."""
        if self.points is not None:
            return self.points
        return self.real(n, rng), self.generated(n, rng)


def _resampler(points: Tensor) -> Sampler:
    """Sampler of rows, with replacement."""

    def sample(n: int, rng: torch.Generator) -> Tensor:
        return points[torch.randint(len(points), (n,), generator=rng, device=rng.device)]

    return sample

"""A finite set of points: drawn with or without replacement."""

from dataclasses import dataclass

import torch
from torch import Tensor

from divergences import DistributionError

SPLIT_SEED = 0  # of what is held out: the same points in every run


@dataclass(frozen=True, slots=True)
class FiniteSample:
    """Sampler of a finite set of points.

    Attributes:
        points: Shape ``(n, *shape)``; float32 in the unit of the points, or uint8 for pixels in
            [0, 1] that are stored as 0 to 255.
        samples: Disjoint samples of an evaluation that are drawn from the set.
    """

    points: Tensor
    samples: int = 2

    def split(self, share: float, /) -> tuple["FiniteSample", "FiniteSample | None"]:
        """Points of training, and points held out from it.

        Args:
            share: Share of the points that are held out, in [0, 0.5]; at least two are, unless it
                is 0.

        Returns:
            The two sets, without a point in common; None for the second if the share is 0.
        """
        if share == 0:
            return self, None
        n = len(self.points)
        order = torch.randperm(n, generator=torch.Generator().manual_seed(SPLIT_SEED))
        held_out, training = order.split([max(2, round(share * n)), n - max(2, round(share * n))])
        return (
            FiniteSample(self.points[training.sort().values], samples=1),
            FiniteSample(self.points[held_out.sort().values], samples=1),
        )

    def sample(self, n: int, rng: torch.Generator) -> Tensor:
        """``n`` points drawn with replacement, on the device of ``rng``."""
        return self._at(torch.randint(len(self.points), (n,), generator=rng, device=rng.device))

    def sample_without_replacement(self, n: int, rng: torch.Generator) -> Tensor:
        """``n`` points drawn without replacement.

        Args:
            n: Number of points.
            rng: Source of randomness.

        Returns:
            Points, shape ``(n, *shape)``, on the device of ``rng``.

        Raises:
            DistributionError: If the set has fewer than ``n`` points.
        """
        if n > len(self.points):
            raise DistributionError(
                f"`n` must be at most {len(self.points)}, the number of points, without "
                f"replacement, but is {n}; compare fewer points: --evaluation-size "
                f"{len(self.points) // self.samples}"
            )
        return self._at(torch.randperm(len(self.points), generator=rng, device=rng.device)[:n])

    def all(self) -> Tensor:
        """All points, as float32."""
        return self._at(torch.arange(len(self.points)))

    def _at(self, indices: Tensor) -> Tensor:
        """Points at some indices, as float32."""
        points = self.points[indices.to(self.points.device)].to(indices.device)
        return points.float() / 255 if points.dtype == torch.uint8 else points

"""What a run is measured by: its critic against exact transport, its points against the target."""

from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.critic_gap import CriticGap, critic_gaps, exact_emd, sample_floor
from gan.data.mixtures import GaussianMixture
from gan.targets import Target
from gan.train import Training, caught_up_critic

FLOOR_PAIRS = 5
CATCH_UP_STEPS = 100


def seeded(device: torch.device, *seeds: int) -> torch.Generator:
    """A source of randomness of its own per list of seeds: measuring never changes training."""
    mixed = 0
    for seed in seeds:
        mixed = (mixed * 1_000_003 + seed + 1) % 2**63
    return torch.Generator(device).manual_seed(mixed)


@torch.no_grad()
def averaged_samples(training: Training, n: int, rng: torch.Generator) -> Float[Tensor, " n d"]:
    """``n`` points from the average of the generator."""
    return training.average.sample(n, rng)


@dataclass(frozen=True, slots=True)
class Measured:
    """The run's critic between fresh real and fresh generated points, beside the exact distance.

    Attributes:
        live: The critic as it stands in training: its gap is what the training reports.
        caught_up: A copy that was trained a little further on these very points, with the
            generator held (`caught_up_critic`).
    """

    live: CriticGap
    caught_up: CriticGap

    def record(self) -> dict[str, float]:
        """A line of the metrics: the copy's numbers, and the live critic's beside them."""
        live = {"live_gap": self.live.gap, "live_certified": self.live.certified}
        return {**asdict(self.caught_up), **live}


def measured(training: Training, target: Target, n: int, rng: torch.Generator, /) -> Measured:
    """What the run's critic sees between n real points and n from the average of the generator."""
    real, generated = target.sample(n, rng), averaged_samples(training, n, rng)
    copy = caught_up_critic(training, real, generated, steps=CATCH_UP_STEPS, rng=rng)
    return Measured(*critic_gaps([training.critic, copy], real, generated))


def floor(target: Target, n: int, rng: torch.Generator, /) -> float:
    """Mean exact EMD between two independent real samples of n points, over several pairs."""
    return sum(sample_floor(target.sample, n, rng, pairs=FLOOR_PAIRS)) / FLOOR_PAIRS


def emd_beside_floor(
    training: Training, target: Target, n: int, rng: torch.Generator, /, *, pairs: int
) -> tuple[float, float]:
    """Mean exact EMD of n generated, and of n other real points, to the same n real points.

    The same real points on both sides of the comparison: the luck of their draw cancels in it.

    Returns:
        Both means, over ``pairs`` draws.
    """
    emds, floors = [], []
    for _ in range(pairs):
        real, other = target.sample(n, rng), target.sample(n, rng)
        emds.append(exact_emd(averaged_samples(training, n, rng), real))
        floors.append(exact_emd(other, real))
    return sum(emds) / pairs, sum(floors) / pairs


@dataclass(frozen=True, slots=True)
class Modes:
    """How points spread over the parts of a mixture.

    Attributes:
        found: Parts that have at least 1 % of all points within 3 sigma.
        shares: Of all points, by the nearest centre; sums to 1.
        within_3_sigma: Share of points at a Euclidean distance of at most 3 sigma from the nearest
            centre.
    """

    found: int
    shares: list[float]
    within_3_sigma: float


def modes(mixture: GaussianMixture, points: Float[Tensor, " n d"], /) -> Modes:
    """How the points spread over the parts of the mixture."""
    k, n = len(mixture.centres), len(points)
    part, distance = mixture.nearest(points)
    close = distance <= 3
    found = torch.bincount(part[close], minlength=k) >= 0.01 * n
    shares = torch.bincount(part, minlength=k) / n
    return Modes(int(found.sum()), shares.tolist(), float(close.float().mean()))

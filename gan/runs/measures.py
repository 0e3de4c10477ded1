"""What a run is measured by: its critic against exact transport, its points against the data."""

import copy
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.dataset import DataSet, Measures
from gan.evaluation.critic_gap import CriticGap, critic_gaps, exact_emd
from gan.evaluation.semi_dual_ascent import CTransform, refined_critic
from gan.networks import Critic
from gan.training.loop import Training, caught_up_critic

FLOOR_PAIRS = 5
CATCH_UP_STEPS = 40
BATCH = 2000  # points that are generated at a time


def seeded(device: torch.device, *seeds: int) -> torch.Generator:
    """A source of randomness of its own per list of seeds: measuring never changes training."""
    mixed = 0
    for seed in seeds:
        mixed = (mixed * 1_000_003 + seed + 1) % 2**63
    return torch.Generator(device).manual_seed(mixed)


@torch.no_grad()
def averaged_samples(training: Training, n: int, rng: torch.Generator) -> Float[Tensor, " n d"]:
    """``n`` points from the average of the generator."""
    parts = [min(BATCH, n - done) for done in range(0, n, BATCH)]
    return torch.cat([training.average.sample(part, rng) for part in parts])


@dataclass(frozen=True, slots=True)
class Measured:
    """The run's critic between fresh real and fresh generated points, beside the exact distance.

    Attributes:
        live: The critic as it stands in training: its gap is what the training reports.
        caught_up: A copy that was trained a little further on these very points, with the
            generator held, by the recipe (`caught_up_critic`).
        refined: Another, that climbed the certified bound of these points (`refined_critic`); the
            live critic where that proves more.
        certifies: Whether the bound that a critic proves is what the recipe calls its gap.
        measures: What else the data set knows to say of the generated points.
    """

    live: CriticGap
    caught_up: CriticGap
    refined: CriticGap
    measures: Measures
    certifies: bool = False

    def record(self) -> Measures:
        """A line of the metrics: the recipe's copy, what the others prove, what the data says."""
        live, copy_ = self.live, self.caught_up
        gaps = (copy_.certified, live.certified) if self.certifies else (copy_.gap, live.gap)
        return {
            **asdict(copy_),
            "gap": gaps[0],
            "live_gap": gaps[1],
            "live_certified": live.certified,
            "refined_certified": self.refined.certified,
            **self.measures,
        }


def measured(training: Training, data: DataSet, n: int, rng: torch.Generator, /) -> Measured:
    """What the run's critic sees between n real points and n from the average of the generator."""
    real, generated = data.sample(n, rng), averaged_samples(training, n, rng)
    later = caught_up_critic(training, real, generated, steps=CATCH_UP_STEPS, rng=rng).eval()
    now = copy.deepcopy(training.critic).eval()
    higher = refined(now, data, real, generated)
    live, caught_up, climbed = critic_gaps([now, later, higher], real, generated)
    if climbed.certified < live.certified:
        climbed = live
    certifies = training.recipe.loss == "certified"
    return Measured(live, caught_up, climbed, _measures(training, data, generated, rng), certifies)


def refined(critic: Critic, data: DataSet, real: Tensor, generated: Tensor, /) -> CTransform:
    """What a copy of the critic comes to, on its way up the bound of these points."""
    return refined_critic(
        critic,
        real,
        generated,
        steps=data.refinement.steps,
        learning_rate=data.refinement.learning_rate,
        correction_rate=data.refinement.correction_rate * data.unit,
    )


def _measures(
    training: Training, data: DataSet, generated: Tensor, rng: torch.Generator
) -> Measures:
    """What the data set says, of as many points as it asks for."""
    if data.measure is None:
        return {}
    more = data.measure_size - len(generated)
    if more > 0:
        generated = torch.cat([generated, averaged_samples(training, more, rng)])
    return data.measure(generated[: data.measure_size])


def floor(data: DataSet, n: int, rng: torch.Generator, /) -> float:
    """Mean exact EMD between two independent real samples of n points, over several pairs."""
    pairs = (data.two_samples(n, rng) for _ in range(FLOOR_PAIRS))
    return sum(exact_emd(*pair) for pair in pairs) / FLOOR_PAIRS


def emd_beside_floor(
    training: Training, data: DataSet, n: int, rng: torch.Generator, /, *, pairs: int
) -> tuple[float, float]:
    """Mean exact EMD of n generated, and of n other real points, to the same n real points.

    The same real points on both sides of the comparison: the luck of their draw cancels in it.

    Returns:
        Both means, over ``pairs`` draws.
    """
    emds, floors = [], []
    for _ in range(pairs):
        real, other = data.two_samples(n, rng)
        emds.append(exact_emd(averaged_samples(training, n, rng), real))
        floors.append(exact_emd(other, real))
    return sum(emds) / pairs, sum(floors) / pairs

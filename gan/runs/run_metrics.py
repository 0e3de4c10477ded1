"""Metrics of a run: its critic against exact EMD, its generator against the data."""

import copy
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.dataset import DataSet, Measures
from gan.evaluation.critic_gap import CriticGap, critic_gaps, exact_emd
from gan.evaluation.semi_dual_ascent import CTransform, refined_critic
from gan.networks import Critic
from gan.runs.metric_keys import plain_measures
from gan.training.loop import Step, Training, fine_tuned_critic

STEP_KEYS = (  # numbers of the training step before the evaluation
    "critic_loss",
    "generator_loss",
    "critic_gradient_norm",
    "generator_gradient_norm",
    "learning_rate",
    "generator_learning_rate",
    "noise",
)
FLOOR_PAIRS = 5
FINE_TUNING_STEPS = 40
MAX_GENERATED_BATCH = 2000


def seeded_generator(device: torch.device, *seeds: int) -> torch.Generator:
    """An independent source of randomness for a list of seeds, apart from that of training."""
    combined = 0
    for seed in seeds:
        combined = (combined * 1_000_003 + seed + 1) % 2**63
    return torch.Generator(device).manual_seed(combined)


@torch.no_grad()
def ema_samples(training: Training, n: int, rng: torch.Generator) -> Float[Tensor, " n *shape"]:
    """``n`` samples of the generator's exponential moving average."""
    sizes = [min(MAX_GENERATED_BATCH, n - start) for start in range(0, n, MAX_GENERATED_BATCH)]
    return torch.cat([training.average.sample(size, rng) for size in sizes])


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run's critics against the exact EMD of fresh real and generated points.

    The knowledge of the live critic is of points that it was not fitted to, that of the two copies
    of the points that they were fitted to.

    Attributes:
        live: The critic of the training.
        fine_tuned: A copy trained further on these points by the recipe, with the generator fixed
            (`fine_tuned_critic`).
        refined: A copy refined by ascent on the certified bound of these points
            (`refined_critic`); the live critic where that certifies more.
        measures: Metrics of the generated points, by the data set.
        gap_is_certified: Whether the recipe's own estimate of the distance is the certified bound.
    """

    live: CriticGap
    fine_tuned: CriticGap
    refined: CriticGap
    measures: Measures
    gap_is_certified: bool = False

    def record(self) -> Measures:
        """Numbers of the live critic under plain keys, those of its two copies prefixed."""
        live, tuned = self.live, self.fine_tuned
        certified = self.gap_is_certified
        return {
            **asdict(live),
            "knowledge": live.knowledge,
            "gap": live.certified if certified else live.gap,
            "tuned_gap": tuned.certified if certified else tuned.gap,
            "tuned_slope": tuned.slope,
            "tuned_certified": tuned.certified,
            "tuned_knowledge": tuned.knowledge,
            "refined_certified": self.refined.certified,
            "refined_knowledge": self.refined.knowledge,
            **self.measures,
        }


def metrics_line(
    evaluation: Evaluation,
    step: Step,
    /,
    *,
    seconds: float,
    steps_per_second: float,
    floor: float,
) -> dict[str, Any]:
    """One line of metrics.jsonl, by key: the whole of what a run writes of an evaluation.

    Args:
        evaluation: The evaluation.
        step: The training step that it follows.
        seconds: Time of training so far.
        steps_per_second: Generator steps per second since the last evaluation.
        floor: Sampling floor of the exact EMD.

    Returns:
        Numbers by key.
    """
    return {
        "step": step.number,
        "seconds": round(seconds, 3),
        "steps_per_second": round(steps_per_second, 3),
        **evaluation.record(),
        "floor": floor,
        **{key: getattr(step, key) for key in STEP_KEYS},
    }


def evaluate(training: Training, data: DataSet, n: int, rng: torch.Generator, /) -> Evaluation:
    """Evaluate a run on n real points and n samples of the averaged generator.

    Args:
        training: The run; unchanged.
        data: Data set of the run.
        n: Points on each side.
        rng: Source of randomness other than the run's own.

    Returns:
        Gaps and bounds of the critics, and the data set's metrics.
    """
    real, generated = data.fresh_sample(n, rng), ema_samples(training, n, rng)
    tuned_critic = fine_tuned_critic(
        training, real, generated, steps=FINE_TUNING_STEPS, rng=rng
    ).eval()
    live_critic = copy.deepcopy(training.critic).eval()
    refinement = refine_critic(live_critic, data, real, generated)
    live, fine_tuned, refined = critic_gaps(
        [live_critic, tuned_critic, refinement], real, generated
    )
    return Evaluation(
        live,
        fine_tuned,
        refined if refined.certified >= live.certified else live,
        _data_measures(training, data, generated, rng),
        gap_is_certified=training.recipe.loss == "certified",
    )


def refine_critic(critic: Critic, data: DataSet, real: Tensor, generated: Tensor, /) -> CTransform:
    """A copy of the critic, refined on these points with the settings of the data set."""
    return refined_critic(
        critic,
        real,
        generated,
        steps=data.refinement.steps,
        learning_rate=data.refinement.learning_rate,
        correction_rate=data.refinement.correction_rate * data.unit,
    )


def _data_measures(
    training: Training, data: DataSet, generated: Tensor, rng: torch.Generator
) -> Measures:
    """Metrics of the data set, of as many generated points as they need."""
    if data.measure is None:
        return {}
    missing = data.measure_size - len(generated)
    if missing > 0:
        generated = torch.cat([generated, ema_samples(training, missing, rng)])
    return plain_measures(data.measure(generated[: data.measure_size]))


def floor(data: DataSet, n: int, rng: torch.Generator, /) -> float:
    """The sampling floor: mean exact EMD between two independent real samples of n points.

    It is the expected EMD of a perfect generator: above 0, since samples are finite.

    Args:
        data: The data set.
        n: Points in each sample.
        rng: Source of randomness.

    Returns:
        Mean over `FLOOR_PAIRS` pairs of samples, in the unit of the points.
    """
    pairs = (data.two_samples(n, rng) for _ in range(FLOOR_PAIRS))
    return sum(exact_emd(*pair) for pair in pairs) / FLOOR_PAIRS


def emd_and_floor(
    training: Training, data: DataSet, n: int, rng: torch.Generator, /, *, pairs: int
) -> tuple[float, float]:
    """Mean exact EMD of generated points to real ones, and the sampling floor to the same ones.

    Both are to the same real points, so that the noise of their draw cancels in a comparison.

    Args:
        training: The run.
        data: Data set of the run.
        n: Points in each sample.
        rng: Source of randomness.
        pairs: Number of draws.

    Returns:
        Means of the EMD and of the floor over the draws, in the unit of the points.
    """
    emds, floors = [], []
    for _ in range(pairs):
        real, other_real = data.two_samples(n, rng)
        emds.append(exact_emd(ema_samples(training, n, rng), real))
        floors.append(exact_emd(other_real, real))
    return sum(emds) / pairs, sum(floors) / pairs

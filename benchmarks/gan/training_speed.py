"""Steps per second of the WGAN-GP loop and of a plain loop, same networks, one thread.

    OMP_NUM_THREADS=1 python -m benchmarks.gan.training_speed

The plain loop is the usual one of PyTorch: three calls of the critic, autograd through the
gradient of the third, Adam by its default implementation, no checkpoints. Ours keeps the state of
the last step, checks every update, and averages the generator. The loops alternate in one run;
times are of the processor. Results go to ``results/training_speed.json``.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import torch

from benchmarks import results_io
from gan.data.mixtures import eight_gaussians
from gan.evaluation.critic_gap import critic_gap
from gan.networks import plane_critic, plane_generator
from gan.recipes.registry import WGAN_GP
from gan.training.devices import Devices, Precision, launch
from gan.training.loop import Training, fine_tuned_critic, train

RESULTS = results_io.RESULTS / "training_speed.json"
BATCH_SIZE = 256
TIMED_ROUNDS = 9
ROUND_STEPS = {128: 40, 512: 8}  # generator steps in a round, by width
RECIPE = replace(WGAN_GP, learning_rate=1e-3, batch_size=BATCH_SIZE, betas=(0.5, 0.9))
REAL = eight_gaussians().sample
GAP_CRITIC_STEPS, GAP_SEEDS = 600, 3


def plain_loop(width: int) -> Iterator[float]:
    """Run plain WGAN-GP, yielding the generator's loss after each of its steps."""
    rng = torch.Generator().manual_seed(0)
    generator, critic = plane_generator(rng, width=width), plane_critic(rng, width=width)
    rate, betas = RECIPE.learning_rate, RECIPE.betas
    generator_optimizer = torch.optim.Adam(generator.parameters(), lr=rate, betas=betas)
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=rate, betas=betas)
    while True:
        for _ in range(RECIPE.critic_steps):
            real = REAL(BATCH_SIZE, rng)
            with torch.no_grad():
                generated = generator(torch.randn(BATCH_SIZE, 2, generator=rng))
            mix = torch.rand(BATCH_SIZE, 1, generator=rng)
            interpolates = (mix * real + (1 - mix) * generated).requires_grad_()
            (gradient,) = torch.autograd.grad(
                critic(interpolates).sum(), interpolates, create_graph=True
            )
            penalty = ((gradient.norm(dim=1) - 1) ** 2).mean()
            loss = critic(generated).mean() - critic(real).mean() + 10 * penalty
            critic_optimizer.zero_grad()
            loss.backward()
            critic_optimizer.step()
        loss = -critic(generator(torch.randn(BATCH_SIZE, 2, generator=rng))).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
        yield loss.item()


def start_training(width: int, precision: Precision, seed: int = 0) -> Training:
    """Training by `gan` of the same networks."""
    rng = torch.Generator().manual_seed(seed)
    return Training.start(
        plane_generator(rng, width=width),
        plane_critic(rng, width=width),
        RECIPE,
        steps=10**6,
        rng=rng,
        devices=launch(Devices(torch.device("cpu")), precision=precision),
    )


def rates(width: int, precision: Precision) -> dict[str, Any]:
    """Generator steps per second of processor time, of both loops, alternating."""
    plain, ours = plain_loop(width), train(start_training(width, precision), real=REAL)
    seconds: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(TIMED_ROUNDS):
        for name, loop in (("plain", plain), ("ours", ours)):
            start = time.process_time()
            list(islice(loop, ROUND_STEPS[width]))
            seconds[name].append(time.process_time() - start)
    ratios = [p / o for p, o in zip(seconds["plain"][1:], seconds["ours"][1:], strict=True)]
    return {
        "width": width,
        "precision": precision,
        **{
            name: ROUND_STEPS[width] / statistics.median(times[1:])
            for name, times in seconds.items()
        },
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def gaps(precision: Precision) -> list[float]:
    """Ratios of the learned gap to the exact EMD of one pair of point sets, for several seeds."""
    rng = torch.Generator().manual_seed(99)
    real, generated = REAL(2000, rng), torch.randn(2000, 2, generator=rng)
    ratios = []
    for seed in range(GAP_SEEDS):
        training = start_training(512, precision, seed)
        critic = fine_tuned_critic(
            training, real, generated, steps=GAP_CRITIC_STEPS, rng=training.rng
        )
        estimate = critic_gap(critic, real, generated)
        ratios.append(estimate.gap / estimate.exact)
    return ratios


def table(record: dict[str, Any], /) -> str:
    """Markdown table of the rates, and the gaps."""
    lines = [
        "| width | precision | plain loop, steps/s | `gan`, steps/s | times as fast |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['width']} | {row['precision']} | {row['plain']:.1f} | {row['ours']:.1f} "
        f"| {row['ratio']:.2f} |"
        for row in record["rates"]
    ]
    spread = {
        name: f"{statistics.fmean(values):.4f} ± {statistics.stdev(values):.4f}"
        for name, values in record["gaps"].items()
    }
    return "\n".join([
        *lines,
        "",
        f"Learned gap over exact EMD at width 512 after {GAP_CRITIC_STEPS} critic steps, mean and "
        f"standard deviation of {GAP_SEEDS} seeds:",
        f"{spread['32']} in float32, {spread['bf16-mixed']} in bf16-mixed.",
    ])


def main() -> None:
    """Measure, print and save."""
    torch.set_num_threads(1)
    cases: list[tuple[int, Precision]] = [(128, "32"), (512, "32"), (512, "bf16-mixed")]
    record = {
        "rates": [rates(width, precision) for width, precision in cases],
        "gaps": {"32": gaps("32"), "bf16-mixed": gaps("bf16-mixed")},
        "command": "python -m benchmarks.gan.training_speed",
        **results_io.origin(),
    }
    results_io.save(record, RESULTS)
    print(table(record))


if __name__ == "__main__":
    main()

"""The command line: ``gan demo``, ``gan train``."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional, arg

from divergences import DistributionError, SolverError
from gan import demo, session
from gan.data.mnist import MnistError
from gan.runs import RunError
from gan.train import TrainingError

INTERRUPTED = 130  # the exit status of a program that Ctrl-C ended


def train_command(
    recipe: Positional[Annotated[str, arg(metavar="RECIPE")]],
    /,
    *,
    data: str = "eight-gaussians",
    steps: int = 4000,
    seed: int = 0,
    out: Path | None = None,
    resume: bool = False,
    settings: Literal["quick", "paper"] = "quick",
    device: str = "cpu",
    evaluate_every: int = 200,
    evaluation_size: int | None = None,
    threads: int = 1,
    data_dir: Path | None = None,
) -> int:
    """Train one recipe on one data set, and hold its critic against exact EMD on the way.

    The folder OUT gets config.json, metrics.jsonl (a line per evaluation), samples.png and
    checkpoint.pt. Ctrl-C ends the run with a checkpoint; the same command with --resume goes on
    exactly where it stopped.

    Args:
        recipe: gan, wgan or wgan-gp.
        data: eight-gaussians or mnist.
        steps: Generator steps in all; the learning rate's schedule ends there.
        seed: Seed of weights, batches and evaluations.
        out: Folder of the run. Default: runs/DATA-RECIPE-seedSEED.
        resume: Go on with the run in OUT.
        settings: quick: made for minutes. paper: the published settings, made for hours.
        device: cpu, cuda, cuda:1, mps, ...
        evaluate_every: Generator steps between evaluations.
        evaluation_size: Points on each side of an evaluation. Default: 2000.
        threads: Threads that torch computes with. The small networks of the eight Gaussians gain
            nothing from a second one.
        data_dir: Folder of the four MNIST files. Default: $MNIST_DIR, else the user's cache, else
            a download.

    Returns:
        The exit status.
    """
    out = out or Path("runs") / f"{data}-{recipe}-seed{seed}"
    config = session.Config(
        recipe,
        data,
        out,
        steps,
        seed,
        settings,
        device,
        evaluate_every,
        evaluation_size,
        threads,
        data_dir,
    )
    outcome = session.run(config, resume=resume)
    if not outcome.finished:
        print(
            f"stopped after step {outcome.training.step} of {steps}; "
            "the same command with --resume goes on"
        )
        return INTERRUPTED
    last = outcome.metrics[-1]
    print(
        f"{recipe} on {data}, {steps} steps: exact EMD {last['exact']:.4f} "
        f"(floor {last['floor']:.4f}), critic's gap {last['gap']:.4f}, "
        f"certified {last['certified']:.4f}; {out}"
    )
    return 0


def demo_command(
    *,
    seed: int = 0,
    steps: int = demo.STEPS,
    points: int = demo.POINTS,
    out: Path = Path("runs/demo"),
) -> int:
    """Train GAN, WGAN and WGAN-GP on eight Gaussians: one table, two figures.

    Their critics are held against exact EMD. Takes about three minutes on two cores. An earlier
    demo in the folder is replaced.

    Args:
        seed: Seed of everything.
        steps: Generator steps of each recipe.
        points: Points on each side of the final comparison.
        out: Folder of the results.

    Returns:
        The exit status.
    """
    if demo.run(seed=seed, steps=steps, points=points, out=out):
        return 0
    print(f"stopped; what was done is in {out}", file=sys.stderr)
    return INTERRUPTED


def main() -> int:
    """Run the command that the arguments name; the exit status."""
    commands: dict[str, Callable[..., int]] = {"demo": demo_command, "train": train_command}
    try:
        return tyro.extras.subcommand_cli_from_dict(commands, prog="gan", description=__doc__)
    except (
        session.ConfigError,
        RunError,
        MnistError,
        TrainingError,
        DistributionError,
        SolverError,
    ) as error:
        print(f"gan: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("gan: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

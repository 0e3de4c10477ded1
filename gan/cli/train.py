"""``gan train``: one recipe on one data set, for one seed or several."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from divergences import DistributionError, SolverError
from gan.errors import ConfigError, RunError, TrainingError
from gan.runs.comparison import comparison_table, finished_runs
from gan.runs.concurrent_speed import sized_together
from gan.runs.config import Config
from gan.runs.folder import RunFolder
from gan.runs.process_pool import parallel_map
from gan.runs.run import initial_training, run
from gan.runs.signals import EXIT_INTERRUPTED
from gan.runs.text_table import percentage


def train_command(
    config: Config,
    *,
    seeds: str | None = None,
    workers: int | None = None,
    resume: bool = False,
) -> int:
    """Train one recipe on one data set, and compare its critic with exact EMD on the way.

    The folder of the run gets config.json, metrics.jsonl (a line per evaluation), samples.png,
    samples.gif and checkpoint.pt. Ctrl-C ends the run with a checkpoint; the same command with
    --resume continues exactly where it stopped. Settings of the recipe are its own (`gan recipes`)
    unless they are given.

    Args:
        config: Configuration of the run.
        seeds: Several seeds at once, a process each: 0-7 or 0,3,5. Their runs lie in OUT/seed0
            and so on.
        workers: Processes for several seeds; by default one per core.
        resume: Continue the run in OUT; begin it if it never began.

    Returns:
        The exit status.
    """
    if seeds is not None:
        workers = workers or os.cpu_count() or 1
        return _train_seeds(config, parse_seeds(seeds), workers, resume=resume)
    result = run(config, resume=resume)
    if result.training.devices.rank > 0:
        return 0
    if result.flat:
        print(
            f"stopped early after step {result.training.step} of {result.training.steps}: no new "
            f"lowest exact EMD in {config.patience} evaluations; the best state is in best.pt"
        )
        return 0
    if not result.finished:
        print(
            f"stopped after step {result.training.step} of {result.training.steps}; "
            "the same command with --resume goes on"
        )
        return EXIT_INTERRUPTED
    last = result.metrics[-1]
    print(
        f"{config.recipe} on {config.data}, {result.training.step} steps: "
        f"exact EMD {last['exact']:.4f} "
        f"(floor {last['floor']:.4f}); critic: gap {last['gap']:.4f}, certified "
        f"{last['certified']:.4f}, knowledge {percentage(last['knowledge'])}; its copy, trained "
        f"further on the points compared: knowledge {percentage(last['tuned_knowledge'])}; "
        f"{config.folder}"
    )
    return 0


def parse_seeds(text: str, /) -> list[int]:
    """The numbers in ``0-7`` or ``0,3,5`` or both, ``0-3,9``.

    Args:
        text: Numbers and ranges, separated by commas.

    Returns:
        The numbers in the given order, without duplicates.

    Raises:
        ConfigError: If the text has another form, or a range decreases.
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise ConfigError(f"--seeds must be like 0-7 or 0,3,5, but is {text!r}")
        seeds |= dict.fromkeys(range(first, last + 1))
    return list(seeds)


@dataclass(frozen=True, slots=True)
class SeedOutcome:
    """End of the run of one seed.

    Attributes:
        finished: Whether all its steps are done.
        error: Message of the error that ended it, or empty.
    """

    finished: bool
    error: str = ""


def _train_seeds(config: Config, seeds: list[int], workers: int, *, resume: bool) -> int:
    """Train one run per seed in parallel, and print their table; the exit status."""
    if config.devices > 1:
        raise ConfigError("--seeds runs a process per seed: give --devices 1 with it")
    out = config.out or Path("runs") / f"{config.data}-{config.recipe}"
    configs = [replace(config, seed=seed, out=out / f"seed{seed}") for seed in seeds]
    initial_training(configs[0])  # refuses an impossible configuration before processes start
    timed = sized_together(
        config, [each.folder for each in configs], workers=workers, resume=resume
    )
    if timed is None:
        print("stopped before the first step; the same command begins again")
        return EXIT_INTERRUPTED
    configs = [replace(timed, seed=each.seed, out=each.out) for each in configs]
    outcomes = parallel_map(partial(_train_seed, resume=resume), configs, workers=workers)
    evaluated = [c.folder for c in configs if RunFolder(c.folder).metrics()]
    if evaluated:
        print(comparison_table(finished_runs(evaluated)))
    return _report_unfinished(seeds, outcomes)


def _train_seed(config: Config, position: int, stop_file: Path, *, resume: bool) -> SeedOutcome:
    """Start or resume the run of one seed; its error does not end the other runs."""
    try:
        result = run(config, resume=resume, position=position, stop_file=stop_file)
    except (TrainingError, RunError, DistributionError, SolverError) as error:
        return SeedOutcome(finished=False, error=str(error))
    return SeedOutcome(result.finished or result.flat)


def _report_unfinished(seeds: list[int], outcomes: Sequence[SeedOutcome | None]) -> int:
    """Print failed and interrupted seeds; the exit status."""
    errors = {
        seed: outcome.error
        for seed, outcome in zip(seeds, outcomes, strict=True)
        if outcome is not None and outcome.error
    }
    for seed, error in errors.items():
        print(f"gan: seed {seed}: {error}", file=sys.stderr)
    unfinished = sum(
        outcome is None or not (outcome.finished or outcome.error) for outcome in outcomes
    )
    if unfinished:
        print(
            f"stopped with {unfinished} of {len(seeds)} runs unfinished; "
            "the same command with --resume goes on"
        )
        return EXIT_INTERRUPTED
    return 1 if errors else 0

"""``gan train``: one recipe on one data set, for one seed or several."""

import os
import re
import sys
from dataclasses import asdict, dataclass, fields, make_dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import OmitArgPrefixes

from divergences import DistributionError, SolverError
from gan.errors import ConfigError, RunError, TrainingError
from gan.recipes.recipe import Recipe
from gan.runs.comparison import comparison_table, finished_runs
from gan.runs.config import Config
from gan.runs.folder import RunFolder
from gan.runs.process_pool import at_once
from gan.runs.run import made, run
from gan.runs.signals import INTERRUPTED

if TYPE_CHECKING:
    Settings = Recipe
else:
    Settings = make_dataclass(
        "Settings", [(part.name, part.type | None, None) for part in fields(Recipe)]
    )
    Settings.__doc__ = Recipe.__doc__


def train_command(
    config: OmitArgPrefixes[Config],
    recipe_settings: OmitArgPrefixes[Settings],
    *,
    seeds: str | None = None,
    workers: int | None = None,
    resume: bool = False,
) -> int:
    """Train one recipe on one data set, and hold its critic against exact EMD on the way.

    The folder of the run gets config.json, metrics.jsonl (a line per evaluation), samples.png,
    samples.gif and checkpoint.pt. Ctrl-C ends the run with a checkpoint; the same command with
    --resume goes on exactly where it stopped. Settings of the recipe are its own (`gan recipes`)
    unless they are given.

    Args:
        config: What the run is.
        recipe_settings: Settings of the recipe that differ.
        seeds: Several seeds at once, a process each: 0-7 or 0,3,5. Their runs lie in OUT/seed0
            and so on.
        workers: Processes for several seeds; by default one per core.
        resume: Go on with the run in OUT.

    Returns:
        The exit status.
    """
    given = {key: value for key, value in asdict(recipe_settings).items() if value is not None}
    config = replace(config, changes=given)
    if seeds is not None:
        return _train_seeds(config, numbers(seeds), workers or os.cpu_count() or 1, resume=resume)
    outcome = run(config, resume=resume)
    if outcome.training.devices.rank > 0:
        return 0
    if not outcome.finished:
        print(
            f"stopped after step {outcome.training.step} of {config.steps}; "
            "the same command with --resume goes on"
        )
        return INTERRUPTED
    last = outcome.metrics[-1]
    print(
        f"{config.recipe} on {config.data}, {config.steps} steps: exact EMD {last['exact']:.4f} "
        f"(floor {last['floor']:.4f}), critic's gap {last['gap']:.4f}, "
        f"certified {last['certified']:.4f}; {config.folder}"
    )
    return 0


def numbers(text: str, /) -> list[int]:
    """The numbers in ``0-7`` or ``0,3,5`` or both, ``0-3,9``.

    Args:
        text: The ranges, with commas between them.

    Returns:
        The numbers, in order, each once.

    Raises:
        ConfigError: If the text is something else.
    """
    found: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise ConfigError(f"--seeds must be like 0-7 or 0,3,5, but is {text!r}")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)


def _train_seeds(config: Config, seeds: list[int], workers: int, *, resume: bool) -> int:
    """One run per seed, side by side, and their table."""
    if config.devices > 1:
        raise ConfigError("--seeds runs a process per seed: give --devices 1 with it")
    out = config.out or Path("runs") / f"{config.data}-{config.recipe}"
    configs = [replace(config, seed=seed, out=out / f"seed{seed}") for seed in seeds]
    made(configs[0])  # what cannot be is refused before any process starts
    task = partial(_attempt, resume=resume)
    endings = at_once(task, configs, workers=workers)
    measured = [one.folder for one in configs if _measured(one)]
    if measured:
        print(comparison_table(finished_runs(measured)))
    failed = {
        config.seed: ending.error
        for config, ending in zip(configs, endings, strict=True)
        if ending is not None and ending.error
    }
    for seed, error in failed.items():
        print(f"gan: seed {seed}: {error}", file=sys.stderr)
    left = sum(ending is None or not (ending.finished or ending.error) for ending in endings)
    if left:
        print(
            f"stopped with {left} of {len(seeds)} runs unfinished; "
            "the same command with --resume goes on"
        )
        return INTERRUPTED
    return 1 if failed else 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How one of several runs ended.

    Attributes:
        finished: Whether all its steps are done.
        error: Why it could not go on, or empty.
    """

    finished: bool
    error: str = ""


def _attempt(config: Config, position: int, stop_file: Path, *, resume: bool) -> Ending:
    """A run from its start, or from where it stopped; an error is its own, not the others'."""
    there = resume and (config.folder / "config.json").exists()
    try:
        outcome = run(config, resume=there, position=position, stop_file=stop_file)
    except (TrainingError, RunError, DistributionError, SolverError) as error:
        return Ending(finished=False, error=str(error))
    return Ending(outcome.finished)


def _measured(config: Config) -> bool:
    """Whether the run has an evaluation."""
    return bool(RunFolder(config.folder).metrics())

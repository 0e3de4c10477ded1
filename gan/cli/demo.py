"""``gan demo``: GAN, WGAN and WGAN-GP on eight Gaussians, compared on one page."""

import math
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import current_process
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan.cli.demo_page import COLUMNS, cells, progress_page, result_page
from gan.data.mixtures import eight_gaussians
from gan.errors import ConfigError, RunError
from gan.evaluation.critic_gap import exact_emd
from gan.metrics.modes import Modes, modes
from gan.runs import figures, run_metrics
from gan.runs.atomic_files import make_folder, write_json
from gan.runs.config import Config
from gan.runs.process_pool import parallel_map
from gan.runs.run import run
from gan.runs.signals import EXIT_INTERRUPTED
from gan.runs.text_table import text_table

DEFAULT_POINTS = 4000
COMPARISON_PAIRS = 8
EVALUATION_SIZE = 1000
EVALUATIONS = 4
WORKERS = 3
NICENESS = 10  # of all recipes but the slowest, which then ends at about the same time

# Steps and settings for a minute on one core; those of `gan train` take two to three.
DEMO_STEPS = {"gan": 4500, "wgan": 4500, "wgan-gp": 3600}
DEMO_SETTINGS: dict[str, dict[str, Any]] = {
    "gan": {},
    "wgan": {"critic_steps": 3, "batch_size": 128},
    "wgan-gp": {"critic_steps": 3},
}
NOTE = """\
EMD is exact, and floor is what a perfect generator would score; gap is what the critic in training
says of the distance, exact what it is; knowledge is the part of it that the critic proves."""
DEMO_RECIPES = tuple(DEMO_STEPS)
SLOWEST = DEMO_RECIPES[-1]
FLOOR_RECIPE = DEMO_RECIPES[0]  # whose process ends first


@dataclass(frozen=True, slots=True)
class DemoRow:
    """Results of one recipe.

    Attributes:
        recipe: Name of the recipe.
        modes: Distribution of its samples over the eight Gaussians.
        emd: Mean exact EMD of generated to fresh real points, over `COMPARISON_PAIRS` pairs.
        floor: Mean exact EMD between two real samples of the same sizes, one of which is the same.
        metrics: Evaluations during training; the last one has the critic's gap and bounds.
        points: Generated points.
    """

    recipe: str
    modes: Modes
    emd: float
    floor: float
    metrics: list[dict[str, Any]]
    points: Float[Tensor, " n 2"]

    def record(self) -> dict[str, Any]:
        """Plain values of the row, without points and earlier evaluations."""
        last = self.metrics[-1]
        keys = (
            "gap",
            "baseline",
            "certified",
            "exact",
            "knowledge",
            "tuned_gap",
            "tuned_slope",
            "tuned_certified",
            "tuned_knowledge",
            "refined_certified",
            "refined_knowledge",
        )
        return {
            "recipe": self.recipe,
            "found": self.modes.covered,
            "shares": self.modes.shares,
            "within_3_sigma": self.modes.within_3_sigma,
            "emd": self.emd,
            "floor": self.floor,
            **{key: last[key] for key in keys},
            "error": last["tuned_gap"] / last["exact"] - 1,
            "certified_error": last["tuned_certified"] / last["exact"] - 1,
        }


def demo_command(
    *,
    seed: int = 0,
    steps: int | None = None,
    points: int = DEFAULT_POINTS,
    out: Path = Path("runs/demo"),
) -> int:
    """Train GAN, WGAN and WGAN-GP on eight Gaussians: one page, one table, figures.

    The three train side by side, about 90 seconds on two cores. The page index.html in the folder
    has their newest pictures meanwhile, and afterwards the results and what each number means. An
    earlier demo in the folder is replaced.

    Args:
        seed: Seed of everything.
        steps: Generator steps of each recipe; by default 3600 to 4500.
        points: Points on each side of the final comparison.
        out: Folder of the results.

    Returns:
        The exit status.

    Raises:
        ConfigError: If a number is out of range.
        RunError: If the folder has other content.
    """
    configs = [demo_config(recipe, seed, out / recipe, steps) for recipe in DEMO_RECIPES]
    if points < 2:
        raise ConfigError(f"--points must be at least 2, but is {points}")
    _replace_earlier_demo(out, {"seed": seed, "steps": steps, "points": points})
    page = out / "index.html"
    page.write_text(progress_page(DEMO_RECIPES, seed), encoding="utf-8")
    print(
        f"Training {', '.join(DEMO_RECIPES)} side by side on eight Gaussians, about 90 seconds on "
        f"two cores.\nPictures, from about 15 seconds on: {page.resolve().as_uri()}",
        flush=True,
    )
    # The slowest recipe first.
    reversed_rows = parallel_map(partial(_row, points=points), configs[::-1], workers=WORKERS)
    rows = [row for row in reversed_rows[::-1] if row is not None]
    if len(rows) < len(configs):
        page.unlink()
        print(f"stopped; what was done is in {out}", file=sys.stderr)
        return EXIT_INTERRUPTED
    (floor,) = (row.floor for row in rows if row.recipe == FLOOR_RECIPE)
    _report([replace(row, floor=floor) for row in rows], seed, points, out)
    return 0


def demo_config(recipe: str, seed: int, out: Path, steps: int | None = None) -> Config:
    """Configuration of the run of one recipe.

    Args:
        recipe: One of `DEMO_RECIPES`.
        seed: Seed of the run.
        out: Folder of the run.
        steps: Generator steps; by default those of `DEMO_STEPS`.

    Returns:
        The configuration.
    """
    steps = DEMO_STEPS[recipe] if steps is None else steps
    return Config(
        recipe=recipe,
        out=out,
        steps=steps,
        seed=seed,
        changes=DEMO_SETTINGS[recipe],
        evaluate_every=max(1, steps // EVALUATIONS),
        evaluation_size=EVALUATION_SIZE,
    )


def _replace_earlier_demo(out: Path, config: dict[str, int | None]) -> None:
    """Empty the folder of an earlier demo, recognised by its marker, and write a new marker."""
    marker = out / "demo.json"
    if marker.is_file():
        shutil.rmtree(out)
    elif out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RunError(f"{out} is no earlier demo; name another folder with --out")
    make_folder(out)
    write_json(marker, config)


def _row(config: Config, position: int, stop_file: Path, *, points: int) -> DemoRow | None:
    """Train and evaluate one recipe; None if it was interrupted. The floor may be NaN."""
    if config.recipe != SLOWEST and current_process().name != "MainProcess":
        _lower_priority()
    result = run(config, position=position, stop_file=stop_file)
    if not result.finished:
        return None
    training, data = result.training, result.data
    rng = run_metrics.seeded_generator(training.rng.device, config.seed, points)
    pairs = [data.two_samples(points, rng) for _ in range(COMPARISON_PAIRS)]
    emds = [exact_emd(run_metrics.ema_samples(training, points, rng), real) for real, _ in pairs]
    # The real points are the same for all recipes, and so is their floor.
    measured = pairs if config.recipe == FLOOR_RECIPE else []
    floors = [exact_emd(other, real) for real, other in measured] or [math.nan]
    samples = run_metrics.ema_samples(training, points, rng)
    coverage = modes(eight_gaussians(), samples)
    return DemoRow(config.recipe, coverage, fmean(emds), fmean(floors), result.metrics, samples)


def _report(rows: Sequence[DemoRow], seed: int, points: int, out: Path) -> None:
    """Print the table, and write it and the figures to the folder."""
    rng = run_metrics.seeded_generator(torch.device("cpu"), seed, 0)
    real = eight_gaussians().sample(points, rng)
    records = [row.record() for row in rows]
    write_json(out / "table.json", records)
    figures.save_sample_panels(
        out / "samples.png", DEMO_RECIPES, real, [row.points for row in rows]
    )
    figures.save_curves(out / "training.png", {row.recipe: row.metrics for row in rows})
    page = result_page(
        records,
        seed,
        points=points,
        pairs=COMPARISON_PAIRS,
        size=EVALUATION_SIZE,
    )
    (out / "index.html").write_text(page, encoding="utf-8")
    print(f"\n{demo_table(records)}\n\n{NOTE}")
    print(
        f"\nWrote {out}/index.html, with pictures and the meaning of each number, and table.json"
    )


def demo_table(records: Sequence[dict[str, Any]], /) -> str:
    """The table of the demo as text, one line per record of a `DemoRow`."""
    return text_table(list(COLUMNS), [cells(record) for record in records])


def _lower_priority() -> None:
    """Leave this process less time where another one waits, once."""
    if hasattr(os, "nice") and os.nice(0) < NICENESS:
        os.nice(NICENESS)

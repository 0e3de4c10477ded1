"""``gan demo``: GAN, WGAN and WGAN-GP on eight Gaussians, compared in one table."""

import math
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.mixtures import eight_gaussians
from gan.errors import ConfigError, RunError
from gan.metrics.modes import Modes, modes
from gan.runs import figures, run_metrics
from gan.runs.atomic_files import make_folder, write_json
from gan.runs.config import Config
from gan.runs.process_pool import parallel_map
from gan.runs.run import run
from gan.runs.signals import EXIT_INTERRUPTED
from gan.runs.text_table import text_table

DEMO_RECIPES = ("gan", "wgan", "wgan-gp")
DEFAULT_STEPS = 4500
DEFAULT_POINTS = 4000
COMPARISON_PAIRS = 8
EVALUATION_SIZE = 2000
EVALUATE_EVERY = 500
WORKERS = 2

NOTE = """\
EMD       exact, of {points} generated to {points} real points; the mean of {pairs} pairs.
floor     the same between two real samples: the expected EMD of a perfect generator.
gap       of the critic in training, on {size} generated and {size} real points; copy's gap is
          that of a copy, trained {fine_tuning} steps further on these points with the generator
          fixed.
exact     the exact EMD of these points; certified is the largest lower bound of it that the
          scores of the copy prove, for any critic. Near {small_floor:.3f}, the floor at this size,
          exact is mostly sampling noise, to which a critic of the populations is blind.
refined   the bound of another copy, refined by ascent on the certified bound of these points.
baseline  what a constant critic certifies: the mean distance to the nearest other point.
knowledge (certified - baseline) / (exact - baseline), 0 of a constant critic and 1 of exact
          potentials: of the critic in training, of the copy and of the refined one. Only the
          first was not fitted to these points."""


@dataclass(frozen=True, slots=True)
class DemoRow:
    """Results of one recipe.

    Attributes:
        recipe: Name of the recipe.
        modes: Distribution of its samples over the eight Gaussians.
        emd: Mean exact EMD of generated to fresh real points, over `COMPARISON_PAIRS` pairs.
        floor: Mean exact EMD between two real samples of the same sizes.
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


TABLE_COLUMNS = {  # head and format of each value in a record
    "recipe": "{recipe}",
    "modes": "{found}/8",
    "in 3 sigma": "{within_3_sigma:.1%}",
    "EMD": "{emd:.4f}",
    "floor": "{floor:.4f}",
    "gap": "{gap:.4g}",
    "copy's gap": "{tuned_gap:.4g}",
    "baseline": "{baseline:.4f}",
    "certified": "{tuned_certified:.4f}",
    "refined": "{refined_certified:.4f}",
    "exact": "{exact:.4f}",
    "gap error": "{error:+.1%}",
    "knowledge: critic, copy, refined": (
        "{knowledge:.0%} {tuned_knowledge:.0%} {refined_knowledge:.0%}"
    ),
}


def demo_command(
    *,
    seed: int = 0,
    steps: int = DEFAULT_STEPS,
    points: int = DEFAULT_POINTS,
    out: Path = Path("runs/demo"),
) -> int:
    """Train GAN, WGAN and WGAN-GP on eight Gaussians: one table, two figures.

    Their critics are compared with exact EMD. Takes about four minutes on two cores. An earlier
    demo in the folder is replaced.

    Args:
        seed: Seed of everything.
        steps: Generator steps of each recipe.
        points: Points on each side of the final comparison.
        out: Folder of the results.

    Returns:
        The exit status.

    Raises:
        ConfigError: If a number is out of range.
        RunError: If the folder has other content.
    """
    configs = [_config(recipe, seed, steps, out / recipe) for recipe in DEMO_RECIPES]
    if points < 2:
        raise ConfigError(f"--points must be at least 2, but is {points}")
    _replace_earlier_demo(out, {"seed": seed, "steps": steps, "points": points})
    print(
        f"Training {', '.join(DEMO_RECIPES)} on eight Gaussians, {steps} generator steps each",
        flush=True,
    )
    # The slowest recipe first, so that both processes end at about the same time.
    reversed_rows = parallel_map(partial(_row, points=points), configs[::-1], workers=WORKERS)
    rows = [row for row in reversed_rows[::-1] if row is not None]
    if len(rows) < len(configs):
        print(f"stopped; what was done is in {out}", file=sys.stderr)
        return EXIT_INTERRUPTED
    _report(rows, seed, points, out)
    return 0


def _config(recipe: str, seed: int, steps: int, out: Path) -> Config:
    """Configuration of the run of one recipe."""
    return Config(
        recipe=recipe,
        out=out,
        steps=steps,
        seed=seed,
        evaluate_every=max(1, min(EVALUATE_EVERY, steps)),
        evaluation_size=EVALUATION_SIZE,
    )


def _replace_earlier_demo(out: Path, config: dict[str, int]) -> None:
    """Empty the folder of an earlier demo, recognised by its marker, and write a new marker."""
    marker = out / "demo.json"
    if marker.is_file():
        shutil.rmtree(out)
    elif out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RunError(f"{out} is no earlier demo; name another folder with --out")
    make_folder(out)
    write_json(marker, config)


def _row(config: Config, position: int, stop_file: Path, *, points: int) -> DemoRow | None:
    """Train and evaluate one recipe; None if it was interrupted."""
    result = run(config, position=position, stop_file=stop_file)
    if not result.finished:
        return None
    training, data = result.training, result.data
    rng = run_metrics.seeded_generator(training.rng.device, config.seed, points)
    emd, floor = run_metrics.emd_and_floor(training, data, points, rng, pairs=COMPARISON_PAIRS)
    samples = run_metrics.ema_samples(training, points, rng)
    coverage = modes(eight_gaussians(), samples)
    return DemoRow(config.recipe, coverage, emd, floor, result.metrics, samples)


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
    note = NOTE.format(
        points=points,
        pairs=COMPARISON_PAIRS,
        size=EVALUATION_SIZE,
        fine_tuning=run_metrics.FINE_TUNING_STEPS,
        small_floor=rows[0].metrics[-1]["floor"],
    )
    print(f"\n{demo_table(records)}\n\n{note}")
    print(f"\nWrote {out}/table.json, {out}/samples.png and {out}/training.png")


def demo_table(records: Sequence[dict[str, Any]], /) -> str:
    """The table of the demo as text, one line per record of a `DemoRow`."""
    # Numbers that were not finite are None in the metrics of a run.
    numbers = [
        {key: math.nan if value is None else value for key, value in record.items()}
        for record in records
    ]
    rows = [[column.format(**record) for column in TABLE_COLUMNS.values()] for record in numbers]
    return text_table(list(TABLE_COLUMNS), rows)

"""``gan demo``: GAN, WGAN and WGAN-GP side by side on eight Gaussians, in one table."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan.data.mixtures import eight_gaussians
from gan.errors import ConfigError, RunError
from gan.metrics.modes import Modes, modes
from gan.runs import figures, measures
from gan.runs.config import Config
from gan.runs.folder import make_folder, write_json
from gan.runs.process_pool import at_once
from gan.runs.run import run
from gan.runs.signals import INTERRUPTED
from gan.runs.text_table import text_table

STEPS = 4500
POINTS = 4000  # on each side of the final comparison
PAIRS = 8  # of such samples, to average over
SIZE = 2000  # points on each side of an evaluation
EVALUATE_EVERY = 500
WORKERS = 2

RECIPES = ("gan", "wgan", "wgan-gp")

NOTE = """\
EMD       exact, of {points} generated to {points} real points; the mean of {pairs} pairs.
floor     the same between two real samples: what a perfect generator would be measured at.
live gap  what the critic in training says of {size} generated and {size} real points; gap is what
          a copy says, trained {catch_up} steps further on these points with the generator held.
exact     the exact EMD of these points; certified is the most that the copy's scores prove of
          it, so certified <= exact whatever the critic. Near {small_floor:.3f}, the floor at this
          size, most of exact is sampling noise, which no critic of the populations can know.
refined   what another copy proves, that climbed the certified bound of these points itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """One recipe's line of the table.

    Attributes:
        recipe: Its name.
        modes: How its points spread over the eight Gaussians.
        emd: Mean exact EMD of `POINTS` generated to as many fresh real points, over `PAIRS` pairs.
        floor: The same between two real samples.
        metrics: The evaluations during training; the last has the critic's verdict.
        points: Generated points.
    """

    recipe: str
    modes: Modes
    emd: float
    floor: float
    metrics: list[dict[str, Any]]
    points: Float[Tensor, " n 2"]

    def record(self) -> dict[str, Any]:
        """The row in plain values, without points and history."""
        last = self.metrics[-1]
        keys = (
            "gap",
            "slope",
            "certified",
            "refined_certified",
            "exact",
            "live_gap",
            "live_certified",
        )
        critic = {key: last[key] for key in keys}
        errors = {
            "error": last["gap"] / last["exact"] - 1,
            "certified_error": last["certified"] / last["exact"] - 1,
        }
        return {
            "recipe": self.recipe,
            **asdict(self.modes),
            "emd": self.emd,
            "floor": self.floor,
            **critic,
            **errors,
        }


def demo_command(
    *,
    seed: int = 0,
    steps: int = STEPS,
    points: int = POINTS,
    out: Path = Path("runs/demo"),
) -> int:
    """Train GAN, WGAN and WGAN-GP on eight Gaussians: one table, two figures.

    Their critics are held against exact EMD. Takes about four minutes on two cores. An earlier
    demo in the folder is replaced.

    Args:
        seed: Seed of everything.
        steps: Generator steps of each recipe.
        points: Points on each side of the final comparison.
        out: Folder of the results.

    Returns:
        The exit status.
    """
    if _run(seed=seed, steps=steps, points=points, out=out):
        return 0
    print(f"stopped; what was done is in {out}", file=sys.stderr)
    return INTERRUPTED


def _run(*, seed: int, steps: int, points: int, out: Path) -> bool:
    """Train the recipes side by side, print the table and write the folder.

    Args:
        seed: Seed of every run.
        steps: Generator steps of every run.
        points: Points on each side of the final comparison.
        out: Folder of the results; an earlier demo in it is replaced.

    Returns:
        Whether it came to the end; if it was interrupted, what was done is in the folder.

    Raises:
        ConfigError: If a number is out of range.
        RunError: If there is something else in the folder.
    """
    configs = {recipe: _config(recipe, seed, steps, out / recipe) for recipe in RECIPES}
    if points < 2:
        raise ConfigError(f"--points must be at least 2, but is {points}")
    _make_room(out, {"seed": seed, "steps": steps, "points": points})
    print(
        f"Training {', '.join(RECIPES)} on eight Gaussians, {steps} generator steps each",
        flush=True,
    )
    slowest_first = [configs[recipe] for recipe in reversed(RECIPES)]
    task = partial(_row, points=points)
    rows = at_once(task, slowest_first, workers=WORKERS)[::-1]
    finished = [row for row in rows if row is not None]
    if len(finished) == len(rows):
        _report(finished, seed, points, out)
    return len(finished) == len(rows)


def _config(recipe: str, seed: int, steps: int, out: Path) -> Config:
    """One recipe's run."""
    every = max(1, min(EVALUATE_EVERY, steps))
    return Config(
        recipe=recipe,
        out=out,
        steps=steps,
        seed=seed,
        evaluate_every=every,
        evaluation_size=SIZE,
    )


def _make_room(out: Path, config: dict[str, int]) -> None:
    """Remove an earlier demo, known by its marker, and nothing else; leave a new marker."""
    marker = out / "demo.json"
    if marker.is_file():
        shutil.rmtree(out)
    elif out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RunError(f"{out} is no earlier demo; name another folder with --out")
    make_folder(out)
    write_json(marker, config)


def _row(config: Config, position: int, stop_file: Path, *, points: int) -> Row | None:
    """Train one recipe and measure it, in a process of its own; None if it was interrupted."""
    outcome = run(config, position=position, stop_file=stop_file)
    if not outcome.finished:
        return None
    training, data = outcome.training, outcome.data
    rng = measures.seeded(training.rng.device, config.seed, points)
    emd, floor = measures.emd_beside_floor(training, data, points, rng, pairs=PAIRS)
    cloud = measures.averaged_samples(training, points, rng)
    return Row(config.recipe, modes(eight_gaussians(), cloud), emd, floor, outcome.metrics, cloud)


def _report(rows: Sequence[Row], seed: int, points: int, out: Path) -> None:
    """The table, and the files of the demo."""
    real = eight_gaussians().sample(points, measures.seeded(torch.device("cpu"), seed, 0))
    write_json(out / "table.json", [row.record() for row in rows])
    figures.save_clouds(out / "samples.png", RECIPES, real, [row.points for row in rows])
    figures.save_curves(out / "training.png", {row.recipe: row.metrics for row in rows})
    small_floor = rows[0].metrics[-1]["floor"]
    print()
    print(table([row.record() for row in rows]))
    print()
    print(
        NOTE.format(
            points=points,
            pairs=PAIRS,
            size=SIZE,
            catch_up=measures.CATCH_UP_STEPS,
            small_floor=small_floor,
        )
    )
    print(f"\nWrote {out}/table.json, {out}/samples.png and {out}/training.png")


def table(records: Sequence[dict[str, Any]], /) -> str:
    """The rows of the demo as text."""
    heads = (
        "recipe",
        "modes",
        "in 3 sigma",
        "EMD",
        "floor",
        "live gap",
        "gap",
        "certified",
        "refined",
        "exact",
        "gap error",
        "cert. error",
    )
    cells = [
        (
            r["recipe"],
            f"{r['covered']}/8",
            f"{r['within_3_sigma']:.1%}",
            f"{r['emd']:.4f}",
            f"{r['floor']:.4f}",
            f"{r['live_gap']:.4g}",
            f"{r['gap']:.4g}",
            f"{r['certified']:.4f}",
            f"{r['refined_certified']:.4f}",
            f"{r['exact']:.4f}",
            f"{r['error']:+.1%}",
            f"{r['certified_error']:+.1%}",
        )
        for r in records
    ]
    return text_table(heads, cells)

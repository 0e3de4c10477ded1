"""The demonstration: one table of three recipes on eight Gaussians, critics against exact EMD."""

import multiprocessing
import shutil
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from gan import evaluation, pictures, session
from gan.evaluation import Modes
from gan.mixtures import eight_gaussians
from gan.runs import RunError, write_json
from gan.targets import eight_gaussians_target

STEPS = 4500
POINTS = 4000  # on each side of the final comparison
PAIRS = 8  # of such samples, to average over
EVALUATE_EVERY = 500
WORKERS = 2

RECIPES = ("gan", "wgan", "wgan-gp")

NOTE = """\
EMD is exact, of {points} generated to {points} fresh real points, the mean over {pairs} pairs; the
floor is the same between two real samples: a perfect generator would be measured at the floor.
Gap, certified and exact are of one set of {size} + {size} points at the end of training, on which
the critic was trained {catch_up} steps further. certified <= exact whatever the critic.
Near the floor ({small_floor:.3f} at that size) most of the exact EMD is sampling noise: no critic
of the populations can know it."""


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
        critic = {key: last[key] for key in ("gap", "slope", "certified", "exact")}
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


def run(*, seed: int, steps: int, points: int, out: Path) -> bool:
    """Train the recipes side by side, print the table and write the folder.

    Args:
        seed: Seed of every run.
        steps: Generator steps of every run.
        points: Points on each side of the final comparison.
        out: Folder of the results; an earlier demo in it is replaced.

    Returns:
        Whether it came to the end; if it was interrupted, what was done is in the folder.

    Raises:
        RunError: If there is something else in the folder.
    """
    _make_room(out)
    print(
        f"Training {', '.join(RECIPES)} on eight Gaussians, {steps} generator steps each",
        flush=True,
    )
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    with ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        jobs = {  # the slowest first
            recipe: pool.submit(_row, recipe, seed, steps, points, out / recipe)
            for recipe in reversed(RECIPES)
        }
        try:
            with _termination_reaches_the_workers():
                rows = [jobs[recipe].result() for recipe in RECIPES]
        except KeyboardInterrupt:  # Ctrl-C reaches the workers, too: they save and stop
            pool.shutdown(wait=True, cancel_futures=True)
            return False
    finished = [row for row in rows if row is not None]
    if len(finished) == len(rows):
        _report(finished, seed, points, out)
    return len(finished) == len(rows)


@contextmanager
def _termination_reaches_the_workers() -> Iterator[None]:
    """Pass a termination signal on to the workers, and take it as an interrupt."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        del number, frame
        for worker in multiprocessing.active_children():
            worker.terminate()  # the same signal
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _make_room(out: Path) -> None:
    """Remove an earlier demo, and nothing else."""
    ours = {*RECIPES, "table.json", "samples.png", "training.png"}
    strangers = sorted({path.name for path in out.iterdir()} - ours) if out.is_dir() else []
    if strangers or out.is_file():
        what = ", ".join(strangers) if strangers else "it is a file"
        raise RunError(f"{out} is no earlier demo ({what}); name another folder with --out")
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)


def _row(recipe: str, seed: int, steps: int, points: int, out: Path) -> Row | None:
    """Train one recipe and measure it, in a process of its own; None if it was interrupted."""
    config = session.Config(
        recipe, "eight-gaussians", out, steps, seed, evaluate_every=min(EVALUATE_EVERY, steps)
    )
    outcome = session.run(config, position=RECIPES.index(recipe))
    if not outcome.finished:
        return None
    training, target = outcome.training, outcome.target
    rng = evaluation.seeded(training.rng.device, seed, points)
    emd, floor = evaluation.emd_beside_floor(training, target, points, rng, pairs=PAIRS)
    cloud = evaluation.averaged_samples(training, points, rng)
    modes = evaluation.modes(eight_gaussians(), cloud)
    return Row(recipe, modes, emd, floor, outcome.metrics, cloud)


def _report(rows: Sequence[Row], seed: int, points: int, out: Path) -> None:
    """The table, and the files of the demo."""
    real = eight_gaussians().sample(points, evaluation.seeded(torch.device("cpu"), seed, 0))
    write_json(out / "table.json", [row.record() for row in rows])
    pictures.save_clouds(out / "samples.png", RECIPES, real, [row.points for row in rows])
    pictures.save_curves(out / "training.png", {row.recipe: row.metrics for row in rows})
    size = eight_gaussians_target(None).evaluation_size
    small_floor = rows[0].metrics[-1]["floor"]
    print()
    print(table([row.record() for row in rows]))
    print()
    print(
        NOTE.format(
            points=points,
            pairs=PAIRS,
            size=size,
            catch_up=evaluation.CATCH_UP_STEPS,
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
        "gap",
        "certified",
        "exact",
        "gap error",
        "cert. error",
    )
    cells = [
        (
            r["recipe"],
            f"{r['found']}/8",
            f"{r['within_3_sigma']:.1%}",
            f"{r['emd']:.4f}",
            f"{r['floor']:.4f}",
            f"{r['gap']:.4g}",
            f"{r['certified']:.4f}",
            f"{r['exact']:.4f}",
            f"{r['error']:+.1%}",
            f"{r['certified_error']:+.1%}",
        )
        for r in records
    ]
    widths = [max(len(row[i]) for row in (heads, *cells)) for i in range(len(heads))]
    lines = [
        "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        for row in (heads, *cells)
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])

"""``gan critic``: one estimator of W1 on one pair of distributions."""

import math
import sys
from pathlib import Path
from typing import Any

import torch
from tyro.conf import Positional, UseAppendAction

from divergences import DistributionError
from gan.critics import CRITICS, Budget, Checkpoint, Experiment, Question
from gan.critics.experiment import DEFAULT_SAMPLE_SIZE
from gan.critics.pairs import named_pair
from gan.errors import ConfigError, RunError, TrainingError
from gan.runs import figures
from gan.runs.folder import make_folder, write_json
from gan.runs.plugins import load_plugins
from gan.runs.signals import EXIT_INTERRUPTED, stop_signals
from gan.runs.text_table import text_table

HEADS = ("step", "seconds", "gap", "gap error", "slope", "cosine", "certified", "cert. error")


def critic_command(
    method: Positional[str] = "",
    *,
    pair: str = "ring-normal",
    question: Question | None = None,
    n: int | None = None,
    steps: int = 1000,
    seconds: float = math.inf,
    seed: int = 0,
    out: Path | None = None,
    threads: int = 1,
    data_dir: Path | None = None,
    plugin: UseAppendAction[tuple[str, ...]] = (),
) -> int:
    """Fit a critic between two distributions, and hold it against the truth.

    Without a METHOD, lists the methods. The folder OUT gets critic.json and critic.png: the error
    over the fit, and in the plane the surface of the critic's values.

    Args:
        method: The estimator.
        pair: cones-D-N, translation-D, scaling-D, ring-normal, digits-normal, or run:FOLDER.
        question: same-points: its gap and bound against the exact EMD of the very points that it
            saw. population: its gap on fresh points against the known W1. By default population
            where W1 is known.
        n: Points on each side, of the first question; 4096 by default.
        steps: Updates of the critic.
        seconds: Time they may take; a fit that this ends depends on the machine.
        seed: Seed of points, weights and batches.
        out: Folder; by default runs/critic-METHOD-PAIR-QUESTION-seedSEED. What is in it from an
            earlier fit is replaced.
        threads: Threads that torch computes with.
        data_dir: Folder of the four MNIST files.
        plugin: A Python file or module that adds estimators or pairs of your own.

    Returns:
        The exit status.

    Raises:
        ConfigError: If there is no such method, or a number is out of range.
        PairError: If there is no such pair.
        PluginError: If a plugin cannot be loaded.
        RunError: If the folder of a run holds none, or OUT cannot be written.
        MnistError: If the digits cannot be had.
        TrainingError: If the fit diverges before anything could be seen.
        DistributionError: If its scores do.
        SolverError: If the exact distance cannot be computed.
    """
    load_plugins(plugin)
    if not method:
        rows = [(name, known.description, known.source) for name, known in CRITICS.items()]
        print(text_table(("method", "what", "source"), rows, left=3))
        return 0
    _require(
        method,
        n=DEFAULT_SAMPLE_SIZE if n is None else n,
        steps=steps,
        seconds=seconds,
        threads=threads,
        seed=seed,
    )
    torch.set_num_threads(threads)
    chosen = named_pair(pair, data_dir=data_dir)
    known = chosen.optimal_coupling is not None
    if question == "population" and not known:
        raise ConfigError(f"the W1 of the populations of {pair} is not known: ask same-points")
    asked = question or ("population" if known else "same-points")
    if asked == "population" and n is not None:
        raise ConfigError(f"--n {n} is for the same points: populations are drawn from afresh")
    folder = out or _folder(method, pair, asked, seed)
    make_folder(folder)
    study = Experiment(chosen, asked, seed, n=n or DEFAULT_SAMPLE_SIZE)
    print(f"{method} on {pair}, {asked}: exact {study.exact:.6g}")
    looks, status = _looks(study, method, Budget(steps, seconds))
    print(text_table(HEADS, [_cells(look) for look in looks], left=0))
    record: dict[str, Any] = {
        "method": method,
        "pair": pair,
        "question": asked,
        "seed": seed,
        "n": None if asked == "population" else n or DEFAULT_SAMPLE_SIZE,
        "steps": steps,
        "seconds": seconds if math.isfinite(seconds) else None,
        "finished": looks[-1].fit.finished,
        "exact": study.exact,
        "torch": torch.__version__,
        "looks": [look.record() for look in looks],
    }
    write_json(folder / "critic.json", record)
    points = study.problem.samples(2000, torch.Generator().manual_seed(seed))
    picture = folder / "critic.png"
    title = f"{method} on {pair}, {asked}"
    try:
        figures.save_critic(picture, title, record["looks"], looks[-1].fit.score, *points)
    except OSError as error:
        raise RunError(f"{picture} could not be written ({error})") from None
    print(f"Wrote {folder / 'critic.json'} and {picture}")
    return status


def _folder(method: str, pair: str, question: Question, seed: int) -> Path:
    """Where a critic's files lie by default: a folder for each question and seed."""
    name = pair.replace(":", "-").replace("/", "-")
    return Path("runs") / f"critic-{method}-{name}-{question}-seed{seed}"


def _require(method: str, *, n: int, steps: int, seconds: float, threads: int, seed: int) -> None:
    """Refuse what cannot be, before anything is computed."""
    if method not in CRITICS:
        raise ConfigError(f"there is no method {method!r}; there are: {', '.join(CRITICS)}")
    for name, number in (("n", n), ("steps", steps), ("threads", threads)):
        if number < 1:
            raise ConfigError(f"--{name} must be at least 1, but is {number}")
    if not seconds > 0:
        raise ConfigError(f"--seconds must be above 0, but is {seconds}")
    if not 0 <= seed < 2**63:
        raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {seed}")


def _looks(study: Experiment, method: str, budget: Budget) -> tuple[list[Checkpoint], int]:
    """What was seen until the end, an interrupt or a failure; and the exit status."""
    looks: list[Checkpoint] = []
    with stop_signals() as stop:
        fits = study.checkpoints(CRITICS[method].estimator, budget, stopped=lambda: stop.asked)
        try:
            looks.extend(fits)
        except (TrainingError, DistributionError) as error:
            if not looks:
                raise
            print(f"gan: {error}", file=sys.stderr)
            return looks, 1
        return looks, EXIT_INTERRUPTED if stop.asked else 0


def _cells(look: Checkpoint) -> list[str]:
    """A look as cells of the table."""
    verdict = look.errors
    proved = (
        ["-", "-"]
        if verdict.certified is None or verdict.certified_error is None
        else [f"{verdict.certified:.5g}", f"{verdict.certified_error:+.3%}"]
    )
    return [
        str(look.step),
        f"{look.seconds:.1f}",
        f"{verdict.gap:.5g}",
        f"{verdict.error:+.2%}",
        f"{verdict.slope:.3f}",
        f"{verdict.cosine:.3f}",
        *proved,
    ]

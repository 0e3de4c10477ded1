"""``gan critic``: the errors of one estimator of W1 on one pair of distributions."""

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tyro.conf import Positional, UseAppendAction

from divergences import DistributionError
from gan.critics import CRITICS, Budget, Checkpoint, Experiment, Question
from gan.critics.experiment import DEFAULT_SAMPLE_SIZE
from gan.critics.pairs import named_pair
from gan.critics.pairs.distribution_pair import DistributionPair
from gan.critics.references import ReferenceCritic, reference_critics
from gan.errors import ConfigError, RunError, TrainingError, unknown_name
from gan.runs import figures
from gan.runs.atomic_files import make_folder, write_json
from gan.runs.plugins import load_plugins
from gan.runs.signals import EXIT_INTERRUPTED, stop_signals
from gan.runs.text_table import percentage, text_table

CHECKPOINT_HEADS = (
    "step",
    "seconds",
    "gap",
    "gap error",
    "slope",
    "cosine",
    "certified",
    "knowledge",
    "fresh error",
    "fresh knowledge",
)
REFERENCE_HEADS = ("reference", "knowledge", "fresh knowledge")
NOTE = """\
knowledge is (certified - baseline) / (exact - baseline): of the same points, and of fresh points
of the pair against their exact EMD. A constant critic certifies the baseline, so it has 0."""
FIGURE_POINTS = 2000


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
    """Fit a critic between two distributions, and compare it with their exact distance.

    Without a METHOD, lists the methods. Knowledge is measured on the same points, and on fresh
    points of the pair, beside that of a constant critic, an untrained network and exact
    potentials. The folder OUT gets critic.json and critic.png: error and knowledge over the fit,
    and in the plane the contours of the critic.

    Args:
        method: The estimator.
        pair: cones-D-N, translation-D, scaling-D, seeded-cones-D-N-S, rotated-clusters-D,
            ring-normal, digits-normal, or run:FOLDER.
        question: same-points: gap and bound on the points of the fit, against their exact EMD.
            population: gap on fresh points, against the known W1. By default population where W1
            is known.
        n: Points on each side, of same-points; 4096 by default.
        steps: Updates of the critic.
        seconds: Limit of their time; a fit that it ends depends on the machine.
        seed: Seed of points, weights and batches.
        out: Folder; by default runs/critic-METHOD-PAIR-QUESTION-seedSEED. Results of an earlier
            fit in it are replaced.
        threads: Number of torch threads.
        data_dir: Folder of the four MNIST files.
        plugin: A Python file or module that adds estimators or pairs of your own.

    Returns:
        The exit status.

    Raises:
        ConfigError: If the method is unknown, or a number is out of range.
        PairError: If the pair is unknown.
        PluginError: If a plugin cannot be loaded.
        RunError: If the folder of a run holds none, or OUT cannot be written.
        MnistError: If the digits cannot be loaded.
        TrainingError: If the fit diverges before its first checkpoint.
        DistributionError: If a score at the first checkpoint is not finite.
        SolverError: If the exact distance cannot be computed.
    """
    load_plugins(plugin)
    if not method:
        rows = [(name, known.description, known.source) for name, known in CRITICS.items()]
        print(text_table(("method", "what", "source"), rows, left=3))
        return 0
    size = DEFAULT_SAMPLE_SIZE if n is None else n
    _require_valid(method, n=size, steps=steps, seconds=seconds, threads=threads, seed=seed)
    torch.set_num_threads(threads)
    distributions = named_pair(pair, data_dir=data_dir)
    question = _answerable_question(question, pair, distributions, n)
    folder = out or _default_folder(method, pair, question, seed)
    make_folder(folder)
    experiment = Experiment(distributions, question, seed, n=size)
    print(f"{method} on {pair}, {question}: exact {experiment.exact:.6g}")
    checkpoints, status = _fit(experiment, method, Budget(steps, seconds))
    print(text_table(CHECKPOINT_HEADS, [_cells(c) for c in checkpoints], left=0))
    references = reference_critics(experiment)
    print(f"\n{_reference_table(references)}\n\n{NOTE}\n{_baselines(experiment)}")
    settings: dict[str, Any] = {
        "method": method,
        "pair": pair,
        "question": question,
        "seed": seed,
        "n": None if question == "population" else size,
        "steps": steps,
        "seconds": seconds if math.isfinite(seconds) else None,
    }
    settings["references"] = [asdict(reference) for reference in references]
    _write_results(folder, settings, experiment, checkpoints)
    return status


def _require_valid(
    method: str, *, n: int, steps: int, seconds: float, threads: int, seed: int
) -> None:
    """Refuse an unknown method and numbers out of range."""
    if method not in CRITICS:
        raise ConfigError(unknown_name("method", method, CRITICS))
    for name, number in (("n", n), ("steps", steps), ("threads", threads)):
        if number < 1:
            raise ConfigError(f"--{name} must be at least 1, but is {number}")
    if not seconds > 0:
        raise ConfigError(f"--seconds must be above 0, but is {seconds}")
    if not 0 <= seed < 2**63:
        raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {seed}")


def _answerable_question(
    question: Question | None, pair: str, distributions: DistributionPair, n: int | None
) -> Question:
    """The question; by default "population" if the W1 is known, else "same-points"."""
    has_w1 = distributions.optimal_coupling is not None
    if question == "population" and not has_w1:
        raise ConfigError(f"the W1 of the populations of {pair} is not known: ask same-points")
    question = question or ("population" if has_w1 else "same-points")
    if question == "population" and n is not None:
        raise ConfigError(f"--n {n} is for the same points: populations are drawn from afresh")
    return question


def _default_folder(method: str, pair: str, question: Question, seed: int) -> Path:
    """Default folder of the results, one for each method, pair, question and seed."""
    name = pair.replace(":", "-").replace("/", "-")
    return Path("runs") / f"critic-{method}-{name}-{question}-seed{seed}"


def _fit(experiment: Experiment, method: str, budget: Budget) -> tuple[list[Checkpoint], int]:
    """Fit the critic until its end, an interrupt or a failure; its checkpoints, exit status."""
    checkpoints: list[Checkpoint] = []
    estimator = CRITICS[method].estimator
    with stop_signals() as request:
        try:
            checkpoints.extend(
                experiment.checkpoints(estimator, budget, stopped=lambda: request.is_set)
            )
        except (TrainingError, DistributionError) as error:
            if not checkpoints:
                raise
            print(f"gan: {error}", file=sys.stderr)
            return checkpoints, 1
        return checkpoints, EXIT_INTERRUPTED if request.is_set else 0


def _cells(checkpoint: Checkpoint) -> list[str]:
    """Cells of the table row of a checkpoint."""
    errors, fresh = checkpoint.errors, checkpoint.fresh
    return [
        str(checkpoint.step),
        f"{checkpoint.seconds:.1f}",
        f"{errors.gap:.5g}",
        f"{errors.error:+.2%}",
        f"{errors.slope:.3f}",
        f"{errors.cosine:.3f}",
        "-" if errors.certified is None else f"{errors.certified:.5g}",
        percentage(errors.knowledge),
        "-" if fresh is None else f"{fresh.error:+.2%}",
        percentage(None if fresh is None else fresh.knowledge),
    ]


def _reference_table(references: Sequence[ReferenceCritic]) -> str:
    """Knowledge of critics that no estimator has fitted."""
    rows = [(r.name, percentage(r.knowledge), percentage(r.fresh_knowledge)) for r in references]
    return text_table(REFERENCE_HEADS, rows)


def _baselines(experiment: Experiment) -> str:
    """Baseline and exact EMD of the points, in a line for each set."""
    sets = (("same", experiment.exact_transport), ("fresh", experiment.fresh_transport))
    return "\n".join(
        f"{name} points: baseline {transport.baseline:.5g} of exact {transport.exact:.5g}"
        for name, transport in sets
        if transport is not None
    )


def _write_results(
    folder: Path, settings: dict[str, Any], experiment: Experiment, checkpoints: list[Checkpoint]
) -> None:
    """Write settings and errors as JSON, and the figure."""
    record = {
        **settings,
        "finished": checkpoints[-1].fit.finished,
        "exact": experiment.exact,
        "torch": torch.__version__,
        "looks": [checkpoint.record() for checkpoint in checkpoints],
    }
    write_json(folder / "critic.json", record)
    path = folder / "critic.png"
    points = experiment.problem.samples(
        FIGURE_POINTS, torch.Generator().manual_seed(settings["seed"])
    )
    title = f"{settings['method']} on {settings['pair']}, {settings['question']}"
    try:
        figures.save_critic(path, title, record["looks"], checkpoints[-1].fit.score, *points)
    except OSError as error:
        raise RunError(f"{path} could not be written ({error})") from None
    print(f"Wrote {folder / 'critic.json'} and {path}")

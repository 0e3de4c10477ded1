"""Runs side by side, from their folders: what each came to, and how it got there."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.errors import RunError
from gan.runs.folder import RunFolder
from gan.runs.text_table import text_table

COLUMNS = {  # of the metrics, in this order where they are there: the head, and how it is written
    "modes": ("modes", ".3g"),
    "in_3_sigma": ("in 3 sigma", ".1%"),
    "smallest_share": ("min share", ".1%"),
    "largest_share": ("max share", ".1%"),
    "share_reverse_kl": ("share KL", ".2g"),
    "density_reverse_kl": ("rev. KL", ".3g"),
    "density_js": ("JS", ".3f"),
    "frechet": ("Frechet", ".3g"),
    "confidence": ("confidence", ".3f"),
    "mode_kl": ("mode KL", ".3f"),
    "live_gap": ("live gap", ".4g"),
    "gap": ("gap", ".4g"),
    "slope": ("slope", ".3g"),
    "certified": ("certified", ".4f"),
    "refined_certified": ("refined", ".4f"),
    "exact": ("exact", ".4f"),
    "floor": ("floor", ".4f"),
}


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run as its folder tells it.

    Attributes:
        name: The folder, as it was given.
        config: What it was asked to be.
        metrics: Its evaluations, at least one.
    """

    name: str
    config: dict[str, Any]
    metrics: list[dict[str, Any]]

    @property
    def last(self) -> dict[str, Any]:
        """The last evaluation."""
        return self.metrics[-1]


def finished_run(path: Path, /) -> FinishedRun:
    """The run in a folder.

    Args:
        path: The folder.

    Returns:
        The run.

    Raises:
        RunError: If the folder holds no run, or one without an evaluation.
    """
    folder = RunFolder(path)
    config, metrics = folder.config(), folder.metrics()
    if not metrics:
        raise RunError(f"the run in {path} has no evaluation yet, so there is nothing to compare")
    return FinishedRun(str(path), config, metrics)


def finished_runs(paths: Sequence[Path], /) -> list[FinishedRun]:
    """The runs in several folders; a folder of seeds stands for the runs in it.

    Args:
        paths: The folders.

    Returns:
        The runs, in order, each once.

    Raises:
        RunError: If a folder holds no run.
    """
    found: list[FinishedRun] = []
    for path in {path.resolve(): path for path in paths}.values():
        seeds = sorted(path.glob("seed*/config.json"), key=lambda file: _number(file.parent))
        found += [finished_run(file.parent) for file in seeds] or [finished_run(path)]
    return found


def comparison_table(runs: Sequence[FinishedRun], /) -> str:
    """A line per run with its last evaluation, and mean and spread of runs that differ in seed.

    Args:
        runs: The runs.

    Returns:
        The table; the spread is the standard deviation over seeds.
    """
    shown = [key for key in COLUMNS if any(key in run.last for run in runs)]
    heads = ["run", "step", "seconds", *(COLUMNS[key][0] for key in shown)]
    rows = [
        [
            run.name,
            str(run.last["step"]),
            f"{run.last['seconds']:.0f}",
            *(_cell(run.last.get(key), key) for key in shown),
        ]
        for run in runs
    ]
    for group in _groups(runs):
        rows += _summary(group, shown)
    return text_table(heads, rows)


def _groups(runs: Sequence[FinishedRun]) -> list[list[FinishedRun]]:
    """Runs that are the same but for their seed, where there are several."""
    groups: dict[str, list[FinishedRun]] = {}
    for run in runs:
        same = {key: value for key, value in run.config.items() if key != "seed"}
        groups.setdefault(repr(sorted(same.items())), []).append(run)
    return [group for group in groups.values() if len(group) > 1]


def _summary(group: Sequence[FinishedRun], shown: Sequence[str]) -> list[list[str]]:
    """Two lines of the table: the mean over a group, and its standard deviation."""
    config = group[0].config
    columns = [
        [float(v) for run in group if isinstance(v := run.last.get(key), int | float)]
        for key in shown
    ]
    label = f"{config['recipe']} on {config['data']}, {len(group)} seeds"
    return [
        [
            f"{label}: {name}",
            "",
            "",
            *(_over(columns[i], key, of, len(group)) for i, key in enumerate(shown)),
        ]
        for name, of in (("mean", statistics.fmean), ("spread", statistics.stdev))
    ]


def _over(values: list[float], key: str, of: Any, runs: int) -> str:
    """A statistic of a column, as its cells are written; a dash if a run lacks the number."""
    return _cell(of(values) if len(values) == runs > 1 else None, key)


def _cell(value: Any, key: str) -> str:
    """A number as its column writes it; a dash where there is none."""
    return "-" if value is None else format(value, COLUMNS[key][1])


def _number(path: Path) -> int:
    """The seed in a folder's name."""
    digits = path.name.removeprefix("seed")
    return int(digits) if digits.isdigit() else 0

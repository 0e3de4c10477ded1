"""Comparison of finished runs: their last evaluations, with mean and spread over seeds."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.errors import RunError
from gan.runs.folder import RunFolder
from gan.runs.text_table import text_table

METRIC_COLUMNS = {  # head and number format of each metric, in the order of the table
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
    "js_4": ("JS of 4-grams", ".3f"),
    "known_words": ("words", ".1%"),
    "gap": ("gap", ".4g"),
    "slope": ("slope", ".3g"),
    "baseline": ("baseline", ".4f"),
    "certified": ("certified", ".4f"),
    "tuned_certified": ("tuned", ".4f"),
    "refined_certified": ("refined", ".4f"),
    "exact": ("exact", ".4f"),
    "knowledge": ("knowledge", ".1%"),
    "tuned_knowledge": ("tuned knowledge", ".1%"),
    "refined_knowledge": ("refined knowledge", ".1%"),
    "floor": ("floor", ".4f"),
}


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """Configuration and evaluations of a run, from its folder.

    Attributes:
        name: Path of the folder, as given.
        config: Configuration of the run, in plain values.
        metrics: Metrics of each evaluation, at least one.
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
        Configuration and evaluations of the run.

    Raises:
        RunError: If the folder holds no run, or one without an evaluation.
    """
    folder = RunFolder(path)
    config, metrics = folder.config(), folder.metrics()
    if not metrics:
        raise RunError(f"the run in {path} has no evaluation yet, so there is nothing to compare")
    return FinishedRun(str(path), config, metrics)


def finished_runs(paths: Sequence[Path], /) -> list[FinishedRun]:
    """The runs in several folders; a folder of seeds stands for all its runs.

    Args:
        paths: The folders.

    Returns:
        The runs in the given order without duplicates, those of a folder of seeds by seed.

    Raises:
        RunError: If a folder holds no run.
    """
    runs: list[FinishedRun] = []
    for path in {path.resolve(): path for path in paths}.values():
        configs = sorted(path.glob("seed*/config.json"), key=lambda file: _seed(file.parent))
        runs += [finished_run(file.parent) for file in configs] or [finished_run(path)]
    return runs


def comparison_table(runs: Sequence[FinishedRun], /) -> str:
    """A table of last evaluations, with mean and spread of runs that differ only in their seed.

    Args:
        runs: The runs.

    Returns:
        One line per run, and two per group of seeds; the spread is the standard deviation.
    """
    keys = [key for key in METRIC_COLUMNS if any(key in run.last for run in runs)]
    heads = ["run", "step", "seconds", *(METRIC_COLUMNS[key][0] for key in keys)]
    rows = [
        [
            run.name,
            str(run.last["step"]),
            f"{run.last['seconds']:.0f}",
            *(_cell(run.last.get(key), key) for key in keys),
        ]
        for run in runs
    ]
    for group in _seed_groups(runs):
        rows += [
            _statistic_row(group, keys, "mean", statistics.fmean),
            _statistic_row(group, keys, "spread", statistics.stdev),
        ]
    return text_table(heads, rows)


def _seed_groups(runs: Sequence[FinishedRun]) -> list[list[FinishedRun]]:
    """Groups of two or more runs whose configurations differ only in the seed."""
    groups: dict[str, list[FinishedRun]] = {}
    for run in runs:
        without_seed = {key: value for key, value in run.config.items() if key != "seed"}
        groups.setdefault(repr(sorted(without_seed.items())), []).append(run)
    return [group for group in groups.values() if len(group) > 1]


def _statistic_row(
    group: Sequence[FinishedRun],
    keys: Sequence[str],
    name: str,
    statistic: Callable[[list[float]], float],
) -> list[str]:
    """One statistic of each metric over a group; a dash where a run has no number."""
    config = group[0].config
    cells = []
    for key in keys:
        values = [v for run in group if isinstance(v := run.last.get(key), int | float)]
        complete = len(values) == len(group)
        cells.append(_cell(statistic(list(map(float, values))) if complete else None, key))
    label = f"{config['recipe']} on {config['data']}, {len(group)} seeds: {name}"
    return [label, "", "", *cells]


def _cell(value: Any, key: str) -> str:
    """A number in the format of its column; a dash for None."""
    return "-" if value is None else format(value, METRIC_COLUMNS[key][1])


def _seed(path: Path) -> int:
    """The seed in the name of a folder."""
    digits = path.name.removeprefix("seed")
    return int(digits) if digits.isdigit() else 0

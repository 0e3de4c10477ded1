"""Markdown tables of the results of `benchmarks.gan.critic_gap`."""

import statistics
from collections.abc import Sequence
from typing import Any

from gan.critics.pairs.cones import PUBLISHED_CONE_COUNTS, PUBLISHED_DIMENSIONS

PUBLISHED_ERRORS = {  # Korotin et al. 2022: mean |error| in % over N, by dimension
    "gradient penalty": (32, 21, 13, 15, 18, 27, 22),
    "one-sided penalty": (9, 9, 10, 15, 19, 25, 23),
    "spectral norm": (91, 84, 81, 80, 80, 77, 78),
    "GroupSort": (46, 49, 43, 31, 23, 14, 22),
    "c-transform of batches": (6, 3, 15, 38, 77, 150, 267),
    "exact EMD of 4096 samples": (5, 13, 49, 146, 354, 799, 1661),
}
# The other pairs of the results were not looked at while settings of `lattice` were chosen.
LATTICE_TUNING_PAIRS = frozenset({
    "cones-2-4",
    "cones-2-64",
    "cones-2-256",
    "cones-4-4",
    "cones-4-256",
    "cones-8-256",
    "cones-16-64",
    "cones-16-256",
    "cones-32-64",
    "cones-32-256",
    "cones-64-256",
    "cones-128-4",
    "cones-128-256",
    "translation-2",
    "translation-8",
    "scaling-8",
})
KNOWLEDGE_COLUMNS = {  # those that a row of the results has are shown
    "knowledge": "knowledge of the same points",
    "fresh_knowledge": "of fresh points",
    "fresh_error": "gap on fresh points",
}
Row = dict[str, Any]


def markdown(record: dict[str, Any], /) -> str:
    """Tables of the groups that have results.

    Args:
        record: Content of ``results/critic_gap.json``.

    Returns:
        The tables as Markdown.
    """
    groups = record["groups"]
    rows = {name: successful(group["rows"]) for name, group in groups.items()}
    parts = [
        _same_points_table(f"{groups[name]['n']} points each, {pair}", rows[name])
        for name, pair in (
            ("points", "eight Gaussians and N(0, I)"),
            ("digits", "MNIST digits and their Gaussian of 64 directions"),
        )
        if rows[name]
    ]
    of_cones = [
        row
        for name in ("lattice", "population")
        for row in rows.get(name, [])
        if row["pair"].startswith("cones")
    ]
    if of_cones:
        parts += [_population_table(*item) for item in grouped(of_cones, "method").items()]
        parts.append(_dimension_table(of_cones))
    if rows.get("set-aside"):
        parts.append(_set_aside_table(rows["set-aside"], rows["lattice"]))
    if rows["gaussians"] or rows["others"]:
        names = ("lattice", "gaussians", "normalized", "others", "population")
        parts.append(_method_table([row for name in names for row in rows.get(name, [])]))
    failed = [row for group in groups.values() for row in group["rows"] if "failed" in row]
    parts += [f"Failed: {row['method']} on {row['pair']}: {row['failed']}." for row in failed]
    return "\n\n".join(parts)


def successful(rows: Sequence[Row]) -> list[Row]:
    """The fits without an error."""
    return [row for row in rows if "failed" not in row]


def _same_points_table(title: str, rows: Sequence[Row]) -> str:
    """Errors and knowledge on the same points, knowledge of fresh ones, a row per method."""
    columns = {
        key: head
        for key, head in KNOWLEDGE_COLUMNS.items()
        if any(row.get(key) is not None for row in rows)
    }
    heads = "".join(f"{head} | " for head in columns.values())
    unmeasured = "" if "fresh_knowledge" in columns else "; on fresh points none was measured"
    lines = [
        f"Same points: {title}; means over seeds, errors relative to the exact EMD of these "
        f"points{unmeasured}:",
        "",
        f"| critic | gap | largest slope | certified | {heads}cosine | steps | time | seeds |",
        "|---" * (8 + len(columns)) + "|",
    ]
    for method, group in grouped(rows, "method").items():
        shares = "".join(f"| {_share(group, key)} " for key in columns)
        lines.append(
            f"| {method} | {_mean(group, 'error'):+.2%} | {_mean(group, 'slope'):.2f} "
            f"| {_signed_percentage(_mean(group, 'certified_error'))} {shares}"
            f"| {_mean(group, 'cosine'):.3f} | {group[0]['steps']} "
            f"| {_mean(group, 'seconds'):.0f} s | {len(group)} |"
        )
    return "\n".join(lines)


def _population_table(method: str, rows: Sequence[Row]) -> str:
    """Mean error of a method on each pair of cones, by dimension and number of cones."""
    cells = {pair: _mean(group, "error") for pair, group in grouped(rows, "pair").items()}
    seed_counts = sorted({len(group) for group in grouped(rows, "pair").values()})
    mean = _mean_absolute_error(rows)
    seconds = statistics.median(row["seconds"] for row in rows)
    seeds = " or ".join(map(str, seed_counts)) + (" seed" if seed_counts == [1] else " seeds")
    lines = [
        f"Populations: error of `{method}` in each of the {len(cells)} published pairs measured, "
        f"one setting for all ({rows[0]['steps']} steps, {seeds}); mean of the absolute errors "
        f"{mean:.1%}; median time of a fit {seconds:.0f} s:",
        "",
        "| cones | " + " | ".join(f"D = {d}" for d in PUBLISHED_DIMENSIONS) + " |",
        "|---" * (1 + len(PUBLISHED_DIMENSIONS)) + "|",
    ]
    for n in PUBLISHED_CONE_COUNTS:
        row = [cells.get(f"cones-{d}-{n}") for d in PUBLISHED_DIMENSIONS]
        lines.append(
            f"| {n} | " + " | ".join("-" if v is None else f"{v:+.1%}" for v in row) + " |"
        )
    return "\n".join(lines)


def _dimension_table(rows: Sequence[Row]) -> str:
    """Table of mean absolute errors by dimension, measured and published."""
    lines = [
        "Mean of the absolute errors over the four numbers of cones, beside the published ones "
        "(Korotin et al. 2022):",
        "",
        "| critic | " + " | ".join(f"D = {d}" for d in PUBLISHED_DIMENSIONS) + " | mean |",
        "|---" * (2 + len(PUBLISHED_DIMENSIONS)) + "|",
    ]
    for method, group in grouped(rows, "method").items():
        mean_errors = []
        for d in PUBLISHED_DIMENSIONS:
            errors = [abs(row["error"]) for row in group if row["pair"].startswith(f"cones-{d}-")]
            mean_errors.append(statistics.fmean(errors) if errors else float("nan"))
        lines.append(_dimension_row(f"`{method}`", [100 * value for value in mean_errors], ".1f"))
    lines += [_dimension_row(name, values, ".0f") for name, values in PUBLISHED_ERRORS.items()]
    return "\n".join(lines)


def _set_aside_table(rows: Sequence[Row], others: Sequence[Row]) -> str:
    """Errors on the pairs set aside, below the means over tuned and other pairs."""
    tuned, untuned = (
        [row for row in others if (row["pair"] in LATTICE_TUNING_PAIRS) is is_tuned]
        for is_tuned in (True, False)
    )
    lines = [
        "Pairs set aside, on which no setting of `lattice` was chosen: cones of other seeds and "
        "numbers, and clusters moved by a rotation. Mean of the absolute errors on them "
        f"{_mean_absolute_error(rows):.1%}; on {len(tuned)} pairs of the other tables, on which "
        f"settings were chosen, {_mean_absolute_error(tuned):.1%}; on the other {len(untuned)} "
        f"of them {_mean_absolute_error(untuned):.1%}:",
        "",
        "| pair | W1 | error | largest slope | cosine | time | seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    for pair, group in grouped(rows, "pair").items():
        errors = [row["error"] for row in group]
        spread = f" ({min(errors):+.1%} to {max(errors):+.1%})" if len(group) > 1 else ""
        lines.append(
            f"| {pair} | {group[0]['exact']:.4f} | {statistics.fmean(errors):+.1%}{spread} "
            f"| {max(row['slope'] for row in group):.3f} | {_mean(group, 'cosine'):.3f} "
            f"| {_mean(group, 'seconds'):.0f} s | {len(group)} |"
        )
    return "\n".join(lines)


def _mean_absolute_error(rows: Sequence[Row]) -> float:
    """Mean over the pairs of the mean absolute error of its fits."""
    return statistics.fmean(
        statistics.fmean(abs(row["error"]) for row in group)
        for group in grouped(rows, "pair").values()
    )


def _method_table(rows: Sequence[Row]) -> str:
    """Mean error of each method on pairs of populations."""
    cones = ("cones-2-64", "cones-16-64")
    gaussians = sorted(
        {row["pair"] for row in rows if not row["pair"].startswith("cones")},
        key=lambda name: (name.split("-")[0], int(name.split("-")[1])),
    )
    pairs = [*cones, *gaussians]
    lines = [
        "Populations: error of the gap on fresh points, for all methods that were measured:",
        "",
        "| critic | " + " | ".join(pairs) + " |",
        "|---" * (1 + len(pairs)) + "|",
    ]
    for method, group in grouped(rows, "method").items():
        errors = {pair: _mean(part, "error") for pair, part in grouped(group, "pair").items()}
        lines.append(
            f"| {method} | "
            + " | ".join(f"{errors[p]:+.1%}" if p in errors else "-" for p in pairs)
            + " |"
        )
    return "\n".join(lines)


def _dimension_row(name: str, values: Sequence[float], spec: str) -> str:
    """Row of a method's errors by dimension, and their mean."""
    cells = [format(value, spec) for value in (*values, statistics.fmean(values))]
    return f"| {name} | {' | '.join(cells)} |"


def grouped(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    """Rows by the value of a column, in order of appearance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _mean(rows: Sequence[Row], key: str) -> float:
    """Mean of a column; NaN if a value is NaN."""
    return statistics.fmean(float(row[key]) for row in rows)


def _share(rows: Sequence[Row], key: str) -> str:
    """Mean of a column in percent, of the gap with its sign; fits without it are named as such."""
    if any(row.get(key) is None for row in rows):
        return "not measured"
    mean = _mean(rows, key)
    return f"{mean:+.1%}" if key == "fresh_error" else f"{mean:.1%}"


def _signed_percentage(value: float) -> str:
    """Relative error in percent, with two more digits below 0.01 %."""
    return f"{value:+.2%}" if abs(value) >= 1e-4 else f"{value:+.4%}"

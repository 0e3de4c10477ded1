"""The results of `benchmarks.gan.critic_gap` as the README shows them, and their figure."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import colormaps
from matplotlib.figure import Figure

from gan.critics import CRITICS
from gan.critics.pairs.cones import CONES, DIMENSIONS

FIGURE = Path(__file__).parents[2] / "docs" / "critic_gap.png"
PUBLISHED = {  # Korotin et al. 2022: mean |error| in % over N, by dimension
    "gradient penalty": (32, 21, 13, 15, 18, 27, 22),
    "one-sided penalty": (9, 9, 10, 15, 19, 25, 23),
    "spectral norm": (91, 84, 81, 80, 80, 77, 78),
    "GroupSort": (46, 49, 43, 31, 23, 14, 22),
    "c-transform of batches": (6, 3, 15, 38, 77, 150, 267),
    "exact EMD of 4096 samples": (5, 13, 49, 146, 354, 799, 1661),
}
Row = dict[str, Any]


def markdown(record: dict[str, Any], /) -> str:
    """The tables, of what there is.

    Args:
        record: What `benchmarks.gan.critic_gap` wrote.

    Returns:
        Markdown.
    """
    groups = record["groups"]
    rows = {name: _finished(group["rows"]) for name, group in groups.items()}
    parts = [
        _same(f"{groups[name]['n']} points each, {what}", rows[name])
        for name, what in (
            ("points", "eight Gaussians and N(0, I)"),
            ("digits", "MNIST digits and their Gaussian of 64 directions"),
        )
        if rows[name]
    ]
    if rows["population"]:
        parts += [_cells(rows["population"]), _by_dimension(rows["population"])]
    if rows["gaussians"] or rows["others"]:
        parts.append(_others(rows["gaussians"] + rows["others"] + rows["population"]))
    failed = [row for group in groups.values() for row in group["rows"] if "failed" in row]
    parts += [f"Failed: {row['method']} on {row['pair']}: {row['failed']}." for row in failed]
    return "\n\n".join(parts)


def _finished(rows: Sequence[Row]) -> list[Row]:
    """The fits that came to an end."""
    return [row for row in rows if "failed" not in row]


def _same(title: str, rows: Sequence[Row]) -> str:
    """On the same points: a line per method."""
    lines = [
        f"Same points: {title}; means over seeds, errors relative to the exact EMD of these "
        "points:",
        "",
        "| critic | gap | largest slope | certified | cosine | steps | time | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for method, of in _by(rows, "method").items():
        lines.append(
            f"| {method} | {_mean(of, 'error'):+.2%} | {_mean(of, 'slope'):.2f} "
            f"| {_signed(_mean(of, 'certified_error'))} | {_mean(of, 'cosine'):.3f} "
            f"| {of[0]['steps']} | {_mean(of, 'seconds'):.0f} s | {len(of)} |"
        )
    return "\n".join(lines)


def _cells(rows: Sequence[Row]) -> str:
    """The error in each population pair."""
    cells = {pair: _mean(of, "error") for pair, of in _by(rows, "pair").items()}
    seeds = sorted({len(of) for of in _by(rows, "pair").values()})
    mean = statistics.fmean(
        statistics.fmean(abs(row["error"]) for row in of) for of in _by(rows, "pair").values()
    )
    many = " or ".join(map(str, seeds)) + (" seeds" if seeds != [1] else " seed")
    lines = [
        f"Populations: error of `sharp` in each of the {len(cells)} published pairs measured, one "
        f"setting for all ({many}); mean of the absolute errors {mean:.1%}:",
        "",
        "| cones | " + " | ".join(f"D = {d}" for d in DIMENSIONS) + " |",
        "|---" * (1 + len(DIMENSIONS)) + "|",
    ]
    for n in CONES:
        row = [cells.get(f"cones-{d}-{n}") for d in DIMENSIONS]
        lines.append(
            f"| {n} | " + " | ".join("-" if v is None else f"{v:+.1%}" for v in row) + " |"
        )
    return "\n".join(lines)


def _by_dimension(rows: Sequence[Row]) -> str:
    """Mean absolute errors beside the published ones."""
    lines = [
        "Mean of the absolute errors over the four numbers of cones, beside the published ones "
        "(Korotin et al. 2022):",
        "",
        "| critic | " + " | ".join(f"D = {d}" for d in DIMENSIONS) + " | mean |",
        "|---" * (2 + len(DIMENSIONS)) + "|",
    ]
    ours = []
    for d in DIMENSIONS:
        of = [abs(row["error"]) for row in rows if row["pair"].startswith(f"cones-{d}-")]
        ours.append(statistics.fmean(of) if of else float("nan"))
    lines.append(_line("`sharp`", [100 * value for value in ours], ".1f"))
    lines += [_line(name, values, ".0f") for name, values in PUBLISHED.items()]
    return "\n".join(lines)


def _others(rows: Sequence[Row]) -> str:
    """Other methods and pairs of populations."""
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
    for method, of in _by(rows, "method").items():
        found = {pair: _mean(part, "error") for pair, part in _by(of, "pair").items()}
        lines.append(
            f"| {method} | "
            + " | ".join(f"{found[p]:+.1%}" if p in found else "-" for p in pairs)
            + " |"
        )
    return "\n".join(lines)


def _line(name: str, values: Sequence[float], spec: str) -> str:
    """A method's errors by dimension, and their mean."""
    cells = [format(value, spec) for value in (*values, statistics.fmean(values))]
    return f"| {name} | {' | '.join(cells)} |"


def _by(rows: Sequence[Row], key: str) -> dict[str, list[Row]]:
    """Rows by the value of a column, in order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _mean(rows: Sequence[Row], key: str) -> float:
    """Mean of a column; what is not a number counts as such."""
    return statistics.fmean(float(row[key]) for row in rows)


def _signed(value: float) -> str:
    """A relative error of a bound, with digits enough to see it."""
    return f"{value:+.2%}" if abs(value) >= 1e-4 else f"{value:+.4%}"


def save_figure(record: dict[str, Any], /, path: Path = FIGURE) -> None:
    """Error of the gap against time on the same points, and by dimension on populations."""
    groups = record["groups"]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for method, rows in _by(_finished(groups["points"]["rows"]), "method").items():
        for key, marker in (("error", "o"), ("certified_error", "s")):
            x = [row["seconds"] for row in rows]
            y = [max(abs(float(row[key])), 1e-6) for row in rows]
            left.plot(x, y, marker, color=_color(method), alpha=0.7)
        left.plot([], [], "o", color=_color(method), label=method)
    left.plot([], [], "s", color="0.4", label="certified")
    left.set(yscale="log", xlabel="seconds", ylabel="relative error")
    left.set_title("same points: eight Gaussians and N(0, I)")
    left.legend(fontsize="x-small", loc="lower right")
    cells = _by(groups["population"]["rows"], "pair")
    for n in CONES:
        known = [
            (d, statistics.fmean(abs(row["error"]) for row in cells[f"cones-{d}-{n}"]))
            for d in DIMENSIONS
            if f"cones-{d}-{n}" in cells
        ]
        if known:
            right.plot(*zip(*known, strict=True), marker="o", label=f"sharp, {n} cones")
    for name, style in (("one-sided penalty", "--"), ("GroupSort", ":")):
        published = [value / 100 for value in PUBLISHED[name]]
        right.plot(DIMENSIONS, published, style, color="0.4", label=f"{name}, published mean")
    right.set(
        xscale="log", xlabel="dimension", ylabel="|relative error| of the gap", ylim=(0, None)
    )
    right.set_xticks(DIMENSIONS, labels=map(str, DIMENSIONS), minor=False)
    right.minorticks_off()
    right.set_title("populations with known W1")
    right.legend(fontsize="x-small")
    figure.savefig(path, dpi=100)


def _color(method: str) -> tuple[float, ...]:
    """One of twenty, by the method's place in the catalogue."""
    return colormaps["tab20"](list(CRITICS).index(method))

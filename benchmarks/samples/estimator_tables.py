"""Markdown tables of `estimators`: the cases at n = 1000, and the rest in sentences."""

from typing import Any

import numpy as np

from benchmarks.samples.estimators import EMD_SAMPLE_SIZE, OUR_METHODS

TABLE_SIZE = 1000
Row = dict[str, Any]


def markdown(record: Row, /) -> str:
    """Table of the cases at n = 1000, and sentences on the rest.

    Args:
        record: Result of `estimators.run`.

    Returns:
        Markdown.
    """
    comparisons = _compare_with_best(record["cells"])
    sizes = {ours["n"] for ours, _ in comparisons}
    lines = [
        f"| case, n = m = {TABLE_SIZE} | KL | bias | rmse of `auto` | best other method "
        "| its rmse | 95 % intervals hold | time |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(ours, best) for ours, best in comparisons if ours["n"] == TABLE_SIZE),
        "",
        *(_sentence(comparisons, nominal) for nominal in sorted(sizes)),
    ]
    return "\n".join([*lines, _emd_sentence(record), _tie_sentence(record)])


def _compare_with_best(cells: list[Row]) -> list[tuple[Row, Row]]:
    """Rows of "auto", each with the best other method.

    Returns:
        Pairs of rows; the second of a method of at least half as many repetitions if there is one.
    """
    comparisons = []
    for ours in cells:
        if ours["method"] != "auto":
            continue
        others = [
            row
            for row in cells
            if (row["case"], row["n"]) == (ours["case"], ours["n"]) and row["method"] != "auto"
        ]
        tried = [row for row in others if 2 * row["repetitions"] >= ours["repetitions"]]
        comparisons.append((ours, min(tried or others, key=lambda row: float(row["rmse"]))))
    return comparisons


def _line(ours: Row, best: Row) -> str:
    """Line of the table for one case."""
    name = best["method"] if best["method"] in OUR_METHODS else f"*{best['method']}*"
    return (
        f"| {ours['case']} | {ours['kl']:.3f} | {ours['bias']:+.3f} | {ours['rmse']:.3f} "
        f"| {name} | {best['rmse']:.3f} | {ours['coverage']:.0%} | {ours['seconds']:.1f} s |"
    )


def _sentence(comparisons: list[tuple[Row, Row]], nominal: int) -> str:
    """Sentence on all cases of a nominal size."""
    rows = [(ours, best) for ours, best in comparisons if ours["n"] == nominal]
    ratios = {ours["case"]: ours["rmse"] / best["rmse"] for ours, best in rows if ours["kl"] > 0}
    worst = max(ratios, key=lambda name: ratios[name])
    coverages = {ours["case"]: ours["coverage"] for ours, _ in rows}
    least = min(coverages, key=lambda name: coverages[name])
    return (
        f"- n = {nominal:,}, {len(rows)} cases, {rows[0][0]['repetitions']} repetitions: error of "
        f"`auto` {min(ratios.values()):.2f} to {ratios[worst]:.2f} times that of the best other "
        f"method, where KL is not 0 (most in {worst}); intervals hold the truth in "
        f"{coverages[least]:.0%} ({least}) to {max(coverages.values()):.0%}."
    )


def _emd_sentence(record: Row) -> str:
    """Sentence on the population interval of the exact EMD."""
    rows = record["emd_intervals"]
    coverages = ", ".join(f"{row['coverage']:.1%}" for row in rows)
    return (
        f"- The interval of `sampled.emd` ({EMD_SAMPLE_SIZE} points of each of two normal "
        f"distributions, at distance 1 and 0, d = 1, 2, 5, 20 each) holds W_1 in {coverages} of "
        f"{rows[0]['repetitions']} repetitions."
    )


def _tie_sentence(record: Row) -> str:
    """Sentence on the effect of ties."""
    effects = record["ties"]
    return (
        f"- One point in a hundred copied moves the estimate by {np.median(effects):.2f} standard "
        f"errors (median of {len(effects)}; {max(effects):.2f} at most)."
    )

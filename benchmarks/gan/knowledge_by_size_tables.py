"""Markdown tables of the results of `benchmarks.gan.knowledge_by_size`."""

import math
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks import markdown as tables

PAIR_NAMES = {
    "ring-normal": "Eight Gaussians and N(0, I)",
    "translation-8": "N(0, I) in 8 dimensions, translated by 1, and N(0, I)",
    "digits-normal": "MNIST digits and their Gaussian of 64 directions",
}
QUANTILE = 1.96  # of 95 %, two-sided
MIN_BLOCKS = 8  # that a standard error is estimated by
CONVERGED = ("ring-normal",)
FULL_SUPPORT = ("translation-8",)  # both fill the space, so that the populations' baseline is 0
INTRODUCTION = """\
Knowledge of n fresh points is relative to their exact EMD, which falls towards the W1 of the
populations as n grows, as baseline and certified bound do; the gap of a fixed critic has the same
mean at each n. The critics are those of seed 0 of [the page before](fresh_knowledge.md). All sizes
of a pair use the same fresh points, split into blocks of n; numbers are means over the blocks, ± a
standard error, which is nearly the same at all sizes.

W1 is extrapolated from the exact EMD W(n), and from that of two samples of one distribution, s(n),
whose limit is 0, by the model W(n)² = W1² + κ s(n)²: sampling displaces points across the
transport, and such lengths add in squares. The value is that of the larger three of the sizes 128,
256, ..., 4096, of four draws of 8192 points; in brackets is the interval of 95 % by the standard
error over the draws and by that of the model, the difference from the value of the smaller three.
The last table has pairs of known W1, on none of which the model was chosen.

Knowledge of populations: of eight Gaussians, certified bound and EMD are extrapolated linearly in
s(n)² by the three largest sizes, with the baseline of the largest; ± is the root of the squares of
the standard error and of the extrapolated difference. Where both distributions fill the space, the
baseline of the populations is 0, and knowledge is what the critic certifies of them over W1: at
least the gap of a 1-Lipschitz critic, and at most a bound by steepest ascent from 1024 points; the
limits are 1.96 standard errors away from these. Of digits, neither baseline nor W1 is known well
enough: W1 is at least the gap of a 1-Lipschitz critic, such as the distance from the subspace that
the Gaussian fills, and at most the exact EMD at any n, in the mean."""
Row = dict[str, Any]


def markdown(record: Row, /) -> str:
    """Tables of the pairs of critics, and of the pairs of known W1.

    Args:
        record: Content of ``results/knowledge_by_size.json``.

    Returns:
        The tables as Markdown, with their titles.
    """
    distances = {row["pair"]: row for row in record["emd"]}
    fits = record["fits"]
    parts = [
        f"{PAIR_NAMES[row['pair']]}:\n\n{pair_table(row, distances[row['pair']], fits)}"
        for row in record["sizes"]
    ]
    of_critics = {row["pair"] for row in record["sizes"]}
    known = [row for row in record["emd"] if row["pair"] not in of_critics]
    return "\n\n".join([*parts, conclusions(record), _summary(known), known_table(known)])


def conclusions(record: Row, /) -> str:
    """Sentences on the knowledge of populations, a point of a list for each pair of critics.

    Args:
        record: Content of ``results/knowledge_by_size.json``.

    Returns:
        The list as Markdown.
    """
    distances = {row["pair"]: row for row in record["emd"]}
    ring, shift, digits = (_pair(record["sizes"], name) for name in PAIR_NAMES)
    fits = {fit["method"]: fit for fit in record["fits"] if fit["pair"] == shift["pair"]}
    share, error = converged_knowledge(ring, "averaged-witness")
    limits = {
        method: full_support_knowledge(shift, distances[shift["pair"]], fits[method])
        for method in ("averaged-witness", "lattice")
    }
    gap, largest = digits["gaps"]["taught"][0], digits["rows"][-1]
    sentences = (
        f"Eight Gaussians: in the plane, knowledge of {ring['rows'][-1]['n']} points is near that "
        f"of the populations; of the averaged witness this is {100 * share:.1f} ± "
        f"{100 * error:.1f} %.",
        "Translation: knowledge of samples rises with n for every critic, since the baseline "
        "falls, and is no estimate of that of the populations. The averaged witness knows most of "
        f"the samples, but at most {100 * limits['averaged-witness'][1]:.0f} % of the "
        f"populations, of which `lattice` knows at least {100 * limits['lattice'][0]:.0f} %.",
        f"Digits: the gap of `taught`, {gap:.2f}, is near the exact EMD of a few thousand points "
        f"and above that of {largest['n']}, {largest['exact'][0]:.2f}, and so above W1: it "
        "estimates the EMD of samples as large as those it was fitted to.",
    )
    return "\n".join(line for text in sentences for line in _item(text))


def _item(text: str) -> list[str]:
    """Lines of a point of a list."""
    first, *others = tables.wrapped(f"- {text}")
    return [first, *(f"  {line}" for line in others)]


def _pair(rows: list[Row], name: str) -> Row:
    """The row of a pair."""
    return next(row for row in rows if row["pair"] == name)


def pair_table(row: Row, distance: Row, fits: list[Row], /) -> str:
    """Exact EMD, baseline and knowledge of each critic, a column per size of the blocks.

    Args:
        row: Numbers of the critics of the pair.
        distance: Exact EMD of the pair, extrapolated.
        fits: Fits of all pairs.

    Returns:
        The table as Markdown, with standard errors of the numbers of the smallest size.
    """
    sizes = row["rows"]
    head = ["", *(f"n = {size['n']}" for size in sizes), "populations", "gap, any n"]
    low, high = distance["limit"]["interval"]
    limit = f"{distance['limit']['value']:.3f} ({low:.3f} to {high:.3f})"
    base = "0" if row["pair"] in FULL_SUPPORT else "-"
    lines = [
        ["exact EMD", *_numbers([size["exact"] for size in sizes]), limit, "-"],
        ["baseline", *_numbers([size["baseline"] for size in sizes]), base, "-"],
    ]
    for fit in fits:
        if fit["pair"] == row["pair"]:
            method = fit["method"]
            shares = [f"{100 * size[method]['knowledge'][0]:.1f} %" for size in sizes]
            name = f"{method} (1-Lipschitz)" if fit["lipschitz"] else method
            gap, error = row["gaps"][method]
            cells = [_population_cell(row, distance, fit), f"{gap:.3f} ± {error:.3f}"]
            lines.append([name, *shares, *cells])
    return tables.table(head, lines)


def full_support_knowledge(row: Row, distance: Row, fit: Row, /) -> tuple[float, float]:
    """Limits of the knowledge that a critic has of populations that fill the space.

    Args:
        row: Numbers of the critics of the pair.
        distance: Exact EMD of the pair, with its known W1.
        fit: The fit, with the upper bound of what it certifies of the populations.

    Returns:
        Smallest and largest knowledge, in [0, 1], within 1.96 standard errors: of the gap if the
        critic is 1-Lipschitz, else 0, and of the bound, over W1.
    """
    gap, gap_error = row["gaps"][fit["method"]]
    bound, error = fit["population_bound"]
    low = (gap - QUANTILE * gap_error) / distance["w1"] if fit["lipschitz"] else 0.0
    high = (bound + QUANTILE * error) / distance["w1"]
    return max(0.0, min(1.0, low)), max(0.0, min(1.0, high))


def converged_knowledge(row: Row, method: str, /) -> tuple[float, float]:
    """Knowledge of populations of a dimension so low that EMD and bounds nearly converge.

    Exact EMD and certified bound are extrapolated linearly to a squared self-distance of 0, by the
    larger half of the sizes; the baseline is that of the largest size.

    Args:
        row: Numbers of the critics of the pair.
        method: Name of the critic.

    Returns:
        Knowledge, and its error: the root of the squares of the standard error at the largest size
        of at least 8 blocks and of the distance from the knowledge at the largest size.
    """
    sizes = row["rows"]
    larger = sizes[len(sizes) // 2 :]
    scale = [size["self_distance"] ** 2 for size in larger]
    baseline = sizes[-1]["baseline"][0]
    exact, certified = (
        float(np.polynomial.polynomial.polyfit(scale, values, 1)[0])
        for values in (
            [size["exact"][0] for size in larger],
            [size[method]["certified"][0] for size in larger],
        )
    )
    share = min(1.0, (certified - baseline) / (exact - baseline))
    step = share - sizes[-1][method]["knowledge"][0]
    error = [size[method]["knowledge"][1] for size in sizes if size["blocks"] >= MIN_BLOCKS][-1]
    return share, math.hypot(step, error)


def _population_cell(row: Row, distance: Row, fit: Row) -> str:
    """Knowledge of the populations in percent: limits, or a value with its error, or none."""
    if row["pair"] in FULL_SUPPORT:
        low, high = full_support_knowledge(row, distance, fit)
        if low == 0:
            return f"at most {100 * high:.1f} %"
        return f"{100 * low:.1f} to {100 * high:.1f} %"
    if row["pair"] in CONVERGED:
        share, error = converged_knowledge(row, fit["method"])
        return f"{100 * share:.1f} ± {100 * error:.1f} %"
    return "-"


def _numbers(pairs: list[list[float]]) -> list[str]:
    """Means, the first with its standard error."""
    (first, error), *others = pairs
    return [f"{first:.3f} ± {error:.3f}", *(f"{mean:.3f}" for mean, _ in others)]


def _summary(rows: list[Row]) -> str:
    """Sentence on the errors of the extrapolation over pairs of known W1."""
    held = sum(low <= row["w1"] <= high for row in rows for low, high in [_interval(row)])
    limits = [abs(row["limit"]["value"] / row["w1"] - 1) for row in rows]
    largest = fmean(_largest(row) / row["w1"] - 1 for row in rows)
    text = (
        f"Extrapolated W1 of {len(rows)} pairs of known W1: {held} of the intervals of 95 % hold "
        f"it; mean |error| {fmean(limits):.1%}, the largest {max(limits):.0%}; the EMD at the "
        f"largest size is {largest:.0%} above W1 in the mean. In 32 or more dimensions, where the "
        "sampling displaces points by several times W1, intervals can be as wide as W1 itself:"
    )
    return "\n".join(tables.wrapped(text))


def known_table(rows: list[Row], /) -> str:
    """Extrapolated and known W1, a row per pair.

    Args:
        rows: Exact EMD of the pairs, extrapolated.

    Returns:
        The table as Markdown.
    """
    head = ["pair", "W1", "EMD, n = 4096", "extrapolated", "standard error", "of the model"]
    lines = []
    for row in rows:
        limit, (low, high) = row["limit"], _interval(row)
        inside = "yes" if low <= row["w1"] <= high else "no"
        numbers = (
            row["w1"],
            _largest(row),
            limit["value"],
            limit["statistical_error"],
            limit["model_error"],
        )
        cells = [f"{number:.3f}" for number in numbers]
        lines.append([row["pair"], *cells, f"{low:.3f} to {high:.3f}", inside])
    return tables.table([*head, "interval of 95 %", "holds W1"], lines)


def _interval(row: Row) -> tuple[float, float]:
    """Interval of the extrapolated W1."""
    low, high = row["limit"]["interval"]
    return low, high


def _largest(row: Row) -> float:
    """Mean EMD at the largest size."""
    return fmean(draw[-1] for draw in row["emd"])

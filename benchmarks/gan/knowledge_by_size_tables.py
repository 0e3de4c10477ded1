"""Markdown tables of the results of `benchmarks.gan.knowledge_by_size`."""

from statistics import fmean
from typing import Any

from benchmarks import markdown as tables

PAIR_NAMES = {
    "ring-normal": "Eight Gaussians and N(0, I)",
    "translation-8": "N(0, I) in 8 dimensions, translated by 1, and N(0, I)",
    "digits-normal": "MNIST digits and their Gaussian of 64 directions",
}
QUANTILE = 1.96  # of 95 %, two-sided
BOTH_FILL_SPACE = ("ring-normal", "translation-8")  # so that the populations' baseline is 0
Row = dict[str, Any]


def markdown(record: Row, /) -> str:
    """Tables of the pairs of critics, and of the pairs of known W1.

    Args:
        record: Content of ``results/knowledge_by_size.json``.

    Returns:
        The tables as Markdown, with their titles.
    """
    distances = {row["pair"]: row for row in record["emd"]}
    lipschitz = {(row["pair"], row["method"]) for row in record["fits"] if row["lipschitz"]}
    parts = [
        f"{PAIR_NAMES[row['pair']]}:\n\n{pair_table(row, distances[row['pair']], lipschitz)}"
        for row in record["sizes"]
    ]
    known = [row for row in record["emd"] if row["w1"] is not None]
    return "\n\n".join([*parts, _summary(known), known_table(known)])


def pair_table(row: Row, distance: Row, lipschitz: set[tuple[str, str]], /) -> str:
    """Exact EMD, baseline and knowledge of each critic, a column per size of the blocks.

    Args:
        row: Numbers of the critics of the pair.
        distance: Exact EMD of the pair, extrapolated.
        lipschitz: Pair and name of each critic that is 1-Lipschitz by construction.

    Returns:
        The table as Markdown, with standard errors of the numbers of the smallest size.
    """
    sizes = row["rows"]
    head = ["", *(f"n = {size['n']}" for size in sizes), "populations", "gap"]
    low, high = distance["limit"]["interval"]
    limit = f"{distance['limit']['value']:.3f} ({low:.3f} to {high:.3f})"
    base = "0" if row["pair"] in BOTH_FILL_SPACE else "-"
    lines = [
        ["exact EMD", *_numbers([size["exact"] for size in sizes]), limit, "-"],
        ["baseline", *_numbers([size["baseline"] for size in sizes]), base, "-"],
    ]
    for method, (gap, error) in row["gaps"].items():
        is_lipschitz = (row["pair"], method) in lipschitz
        shares = [f"{100 * size[method]['knowledge'][0]:.1f} %" for size in sizes]
        name = f"{method} (1-Lipschitz)" if is_lipschitz else method
        bracket = _bracket(row, distance, method, is_lipschitz)
        lines.append([name, *shares, bracket, f"{gap:.3f} ± {error:.3f}"])
    return tables.table(head, lines)


def population_knowledge(
    row: Row, distance: Row, method: str, is_lipschitz: bool, /
) -> tuple[float, float]:
    """Bounds of the knowledge that a critic has of populations whose baseline is 0.

    Args:
        row: Numbers of the critics of the pair.
        distance: Exact EMD of the pair, extrapolated.
        method: Name of the critic.
        is_lipschitz: Whether the critic is 1-Lipschitz by construction, so that the mean of its
            gap is at most what it certifies of the populations.

    Returns:
        Smallest and largest knowledge, in [0, 1]: limits of confidence of gap and of the certified
        bound at the largest size, over those of W1.
    """
    w1 = distance["w1"]
    low, high = (w1, w1) if w1 is not None else distance["limit"]["interval"]
    gap, gap_error = row["gaps"][method]
    certified = row["rows"][-1][method]["certified"][0]
    # All sizes use the same points, and so have nearly the same error; few blocks estimate it ill.
    error = row["rows"][0][method]["certified"][1]
    least = max(0.0, gap - QUANTILE * gap_error) / high if is_lipschitz else 0.0
    return min(1.0, least), min(1.0, (certified + QUANTILE * error) / low)


def _bracket(row: Row, distance: Row, method: str, is_lipschitz: bool) -> str:
    """Bounds of the knowledge of the populations, in percent."""
    if row["pair"] not in BOTH_FILL_SPACE:
        return "-"
    low, high = population_knowledge(row, distance, method, is_lipschitz)
    if not is_lipschitz:
        return f"at most {100 * high:.0f} %" if high < 1 else "-"
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _numbers(pairs: list[list[float]]) -> list[str]:
    """Means, the first with its standard error."""
    (first, error), *others = pairs
    return [f"{first:.3f} ± {error:.3f}", *(f"{mean:.3f}" for mean, _ in others)]


def _summary(rows: list[Row]) -> str:
    """Sentence on the errors of the extrapolation over pairs of known W1."""
    held = sum(low <= row["w1"] <= high for row in rows for low, high in [_interval(row)])
    limits = fmean(abs(row["limit"]["value"] / row["w1"] - 1) for row in rows)
    largest = fmean(_largest(row) / row["w1"] - 1 for row in rows)
    return (
        f"Extrapolated W1 of {len(rows)} pairs of known W1: {held} of the intervals of 95 % hold "
        f"it;\nmean |error| {limits:.1%}, of the EMD at the largest size {largest:.0%}:"
    )


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

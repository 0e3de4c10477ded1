"""The README's tables, from the results.

    python -m benchmarks.render_tables

replaces what is between the markers, in the README, by what the files in `results/` say.
"""

import re
import textwrap
from pathlib import Path
from typing import Any

from benchmarks import results_io
from benchmarks.discrete import accuracy, speed
from benchmarks.gan import (
    critic_gap,
    critic_gap_tables,
    progress,
    training,
    training_speed,
    training_tables,
)
from benchmarks.samples import estimator_tables, estimators, permutation
from benchmarks.transport import column_generation, exact

README = Path(__file__).parent.parent / "README.md"
PEERS = ("scipy entropy", "F.kl_div", "torchmetrics")
OUTCOMES = 1_000
LARGE = 1e-15  # an error at the edges that is named


def section(record: dict[str, Any], /) -> str:
    """What stands between the markers: the errors of KL by closeness, and the impossible values.

    Args:
        record: What `benchmarks.discrete.accuracy` wrote.

    Returns:
        Markdown.
    """
    rows = [row for row in record["sweep"] if row["n"] == OUTCOMES]
    peers = [peer for peer in PEERS if peer in rows[0]["kl"]]
    lines = [
        *_wrapped(
            f"Largest relative error of KL over {rows[0]['draws']} pairs of {OUTCOMES:,} "
            "outcomes, q = p (1 + ε z) normalised, against mpmath; exact KL is that of "
            "the first pair:"
        ),
        "",
        _row(["ε", "exact KL", "`kl`", *(_package(peer, record) for peer in peers)]),
        "|" + "---|" * (3 + len(peers)),
        *(_row(_cells(row, peers)) for row in rows[::2]),
        "",
        *_wrapped(_worst(record)),
        "",
        *_wrapped(_impossible(record["signs"])),
    ]
    return "\n".join(lines)


def updated(readme: str, sections: dict[str, str], /) -> str:
    """The README with what stands between its markers replaced.

    Args:
        readme: The whole text.
        sections: New text by the name of the marker.

    Returns:
        The whole text.

    Raises:
        ValueError: If the markers of a section are not there, once each.
    """
    for name, text in sections.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if len(pattern.findall(readme)) != 1:
            raise ValueError(f"the README must have {begin} ... {end} once")
        before, after = pattern.split(readme)
        readme = f"{before}{begin}\n{text}\n{end}{after}"
    return readme


def sections() -> dict[str, str]:
    """What the results say, by the name of the marker."""
    return {
        "accuracy": section(results_io.load(accuracy.RESULTS)),
        "speed": speed.table(results_io.load(speed.RESULTS)),
        "exact": exact.table(results_io.load(exact.RESULTS)),
        "large": column_generation.table(results_io.load(column_generation.RESULTS)["cases"]),
        "estimators": estimator_tables.markdown(results_io.load(estimators.RESULTS)),
        "permutation": permutation.table(results_io.load(permutation.RESULTS)),
        "critic_gap": critic_gap_tables.markdown(results_io.load(critic_gap.RESULTS)),
        "progress": progress.table(results_io.load(progress.RESULTS)),
        "training": training_tables.markdown(results_io.load(training.RESULTS)),
        "training_speed": training_speed.table(results_io.load(training_speed.RESULTS)),
    }


def _package(peer: str, record: dict[str, Any]) -> str:
    """A peer's name with its version."""
    package = {"scipy entropy": "scipy", "F.kl_div": "torch"}.get(peer, peer)
    shown = {"scipy entropy": "`scipy.stats.entropy`", "F.kl_div": "torch `F.kl_div`"}
    return f"{shown.get(peer, peer)} {record['versions'][package].partition('+')[0]}"


def _cells(row: dict[str, Any], peers: list[str]) -> list[str]:
    """One line of the table."""
    errors = [row["ours"]["kl"], *(row["kl"][peer] for peer in peers)]
    eps = f"{row['eps']:.0e}".replace("e-0", "e-").replace("1e+00", "1")
    return [eps, results_io.short(row["exact"]["kl"]), *map(results_io.short, errors)]


def _row(cells: list[str]) -> str:
    """Cells as a line of a table."""
    return f"| {' | '.join(cells)} |"


def _wrapped(text: str) -> list[str]:
    """Lines as long as the README's."""
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


def _worst(record: dict[str, Any]) -> str:
    """The largest errors of ours over all that was measured."""
    float64 = max(max(map(float, row["ours"].values())) for row in record["sweep"])
    float32 = max(max(map(float, row["ours"].values())) for row in record["float32"])
    edges = [
        (float(error), f"`{quantity}` {results_io.short(error)} ({row['name']})")
        for row in record["edges"]
        for quantity, error in row["errors"].items()
    ]
    usual = max(error for error, _ in edges if error <= LARGE)
    large = ", ".join(text for error, text in edges if error > LARGE)
    largest = max(row["n"] for row in record["sweep"])
    return (
        f"Of `{'`, `'.join(record['sweep'][0]['ours'])}` at up to {largest:,} outcomes and ε from "
        f"1 to 1e-12, the largest error is {results_io.short(float64)}; at the edges of float64 "
        f"(subnormal masses, zeros, totals beyond 1e308) {results_io.short(usual)}"
        f"{f', except {large}' if large else ''}. Of float32 input it is {float32:.0f} units in "
        "the last place."
    )


def _impossible(signs: dict[str, Any]) -> str:
    """One sentence about negative values and NaN."""
    totals = {name: sum(count.values()) for name, count in signs["counts"].items()}
    ours = sum(total for name, total in totals.items() if name.endswith(": ours"))
    theirs = ", ".join(
        f"{name.partition(': ')[2]} ({name.partition(':')[0].upper()}) {total:,}"
        for name, total in totals.items()
        if not name.endswith(": ours") and total
    )
    return (
        f"Of {signs['draws']:,} pairs of {signs['n']} outcomes at ε = 1e-8, negative or NaN: "
        f"{ours or 'none'} of ours; {theirs}."
    )


def main() -> None:
    """Bring the README up to date."""
    text = README.read_text(encoding="utf-8")
    README.write_text(updated(text, sections()), encoding="utf-8")
    print(f"{README} is up to date")


if __name__ == "__main__":
    main()

"""Tables of the README, generated from `results/`.

    python -m benchmarks.render_tables

replaces the text between each pair of markers in the README.
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
TABLE_OUTCOMES = 1_000
NOTABLE_ERROR = 1e-15  # larger errors of edge cases are listed one by one


def accuracy_section(record: dict[str, Any], /) -> str:
    """Errors of KL by epsilon, largest errors of all divergences, and counts of impossible values.

    Args:
        record: Results of `benchmarks.discrete.accuracy`.

    Returns:
        Markdown.
    """
    rows = [row for row in record["sweep"] if row["n"] == TABLE_OUTCOMES]
    peers = [peer for peer in PEERS if peer in rows[0]["kl"]]
    lines = [
        *_wrapped(
            f"Largest relative error of KL over {rows[0]['draws']} pairs of {TABLE_OUTCOMES:,} "
            "outcomes, q = p (1 + ε z) normalised, against mpmath; exact KL is that of "
            "the first pair:"
        ),
        "",
        _row(["ε", "exact KL", "`kl`", *(_package(peer, record) for peer in peers)]),
        "|" + "---|" * (3 + len(peers)),
        *(_row(_cells(row, peers)) for row in rows[::2]),
        "",
        *_wrapped(_largest_errors(record)),
        "",
        *_wrapped(_impossible_values(record["signs"])),
    ]
    return "\n".join(lines)


def replace_sections(readme: str, sections: dict[str, str], /) -> str:
    """Replace the text between the markers of the README.

    Args:
        readme: Text of the README.
        sections: New text of every section, by the name of its markers.

    Returns:
        Text of the updated README.

    Raises:
        ValueError: If the README does not have the markers of a section exactly once.
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
    """Text of every section, by the name of its markers."""
    return {
        "accuracy": accuracy_section(results_io.load(accuracy.RESULTS)),
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
    """Name of a peer's function with the version of its package."""
    package = {"scipy entropy": "scipy", "F.kl_div": "torch"}.get(peer, peer)
    label = {"scipy entropy": "`scipy.stats.entropy`", "F.kl_div": "torch `F.kl_div`"}
    return f"{label.get(peer, peer)} {record['versions'][package].partition('+')[0]}"


def _cells(row: dict[str, Any], peers: list[str]) -> list[str]:
    """Cells of one line of the table of errors."""
    errors = [row["ours"]["kl"], *(row["kl"][peer] for peer in peers)]
    eps = f"{row['eps']:.0e}".replace("e-0", "e-").replace("1e+00", "1")
    return [eps, results_io.two_digits(row["exact"]["kl"]), *map(results_io.two_digits, errors)]


def _row(cells: list[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def _wrapped(text: str) -> list[str]:
    """Lines of at most 100 characters."""
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


def _largest_errors(record: dict[str, Any]) -> str:
    """Sentences on the largest errors of this package in float64, float32 and at edge cases."""
    float64 = max(max(map(float, row["ours"].values())) for row in record["sweep"])
    float32 = max(max(map(float, row["ours"].values())) for row in record["float32"])
    edges = [
        (float(error), f"`{quantity}` {results_io.two_digits(error)} ({row['name']})")
        for row in record["edges"]
        for quantity, error in row["errors"].items()
    ]
    typical_error = max(error for error, _ in edges if error <= NOTABLE_ERROR)
    notable = ", ".join(text for error, text in edges if error > NOTABLE_ERROR)
    names = ", ".join(f"`{name}`" for name in record["sweep"][0]["ours"])
    max_outcomes = max(row["n"] for row in record["sweep"])
    return (
        f"Of {names} at up to {max_outcomes:,} outcomes and ε from 1 to 1e-12, the largest error "
        f"is {results_io.two_digits(float64)}; at the edges of float64 (subnormal masses, zeros, "
        f"totals beyond 1e308) {results_io.two_digits(typical_error)}"
        f"{f', except {notable}' if notable else ''}. Of float32 input it is {float32:.0f} units "
        "in the last place."
    )


def _impossible_values(signs: dict[str, Any]) -> str:
    """Sentence on the counts of negative values and NaN."""
    totals = {name: sum(count.values()) for name, count in signs["counts"].items()}
    ours = sum(total for name, total in totals.items() if name.endswith(": ours"))
    peer_counts = ", ".join(
        f"{name.partition(': ')[2]} ({name.partition(':')[0].upper()}) {total:,}"
        for name, total in totals.items()
        if not name.endswith(": ours") and total
    )
    return (
        f"Of {signs['draws']:,} pairs of {signs['n']} outcomes at ε = 1e-8, negative or NaN: "
        f"{ours or 'none'} of ours; {peer_counts}."
    )


def main() -> None:
    """Update the README."""
    text = README.read_text(encoding="utf-8")
    README.write_text(replace_sections(text, sections()), encoding="utf-8")
    print(f"{README} is up to date")


if __name__ == "__main__":
    main()

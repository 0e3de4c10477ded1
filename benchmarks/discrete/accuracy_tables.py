"""Markdown tables of the results of `benchmarks.discrete.accuracy`."""

from typing import Any

from benchmarks import results_io
from benchmarks.markdown import table, wrapped

PEERS = ("scipy entropy", "F.kl_div", "torchmetrics")
TABLE_OUTCOMES = 1_000
NOTABLE_ERROR = 1e-15  # larger errors of edge cases are listed one by one


def markdown(record: dict[str, Any], /) -> str:
    """Errors of KL by epsilon, largest errors of all divergences, and counts of impossible values.

    Args:
        record: Results of `benchmarks.discrete.accuracy`.

    Returns:
        Markdown.
    """
    rows = [row for row in record["sweep"] if row["n"] == TABLE_OUTCOMES]
    peers = [peer for peer in PEERS if peer in rows[0]["kl"]]
    lines = [
        *wrapped(
            f"Largest relative error of KL over {rows[0]['draws']} pairs of {TABLE_OUTCOMES:,} "
            "outcomes, q = p (1 + ε z) normalised, against mpmath; exact KL is that of "
            "the first pair:"
        ),
        "",
        table(
            ["ε", "exact KL", "`kl`", *(_package(peer, record) for peer in peers)],
            [_cells(row, peers) for row in rows[::2]],
        ),
        "",
        *wrapped(_largest_errors(record)),
        "",
        *wrapped(_impossible_values(record["signs"])),
    ]
    return "\n".join(lines)


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

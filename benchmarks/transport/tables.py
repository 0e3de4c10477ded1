"""Markdown tables of the results of the benchmarks of exact transport."""

import statistics
from typing import Any

from benchmarks.markdown import milliseconds, table

Record = dict[str, Any]


def dotmark(record: Record, /) -> str:
    """Times of images, by class, size and distance, POT's and published ones, and brackets."""
    head = [
        "images",
        "pairs",
        "mean",
        "slowest",
        "memory",
        "largest gap / cost",
        "POT on first pairs",
        "ours",
    ]
    rows = [_dotmark_row(row) for row in sorted(record["rows"], key=_in_order) if row["seconds"]]
    published = [
        f"Published for {name}, on other machines: "
        + ", ".join(f"{solver} {seconds:,} s" for solver, seconds in solvers.items())
        + " (Zanetti and Gondzio 2023, means over the whole of DOTmark)."
        for name, solvers in record["published"].items()
    ]
    unfinished = [
        f"Stopped after {row['seconds']:,} s, with {row['peak_memory_mb'] / 1000:.2g} GB: "
        f"{row['name']}, of whose first pair the cost is between {row['at_least']:.2f} and "
        f"{row['at_most']:.4f} pixels."
        for row in record.get("unfinished", [])
    ]
    return "\n\n".join([table(head, rows), *unfinished, *published])


def _in_order(row: Record, /) -> tuple[int, str]:
    """Size and class, by which rows are sorted."""
    return row["side"], row["class"]


def _dotmark_row(row: Record) -> list[str]:
    """Cells of a class, size and distance."""
    seconds, peers = row["seconds"], row["peer_seconds"]
    pairs_of_both = (peers, seconds[: len(peers)]) if peers else ()
    return [
        row["name"],
        str(len(seconds)),
        milliseconds(statistics.fmean(seconds)),
        milliseconds(max(seconds)),
        f"{row['peak_memory_mb'] / 1000:.2g} GB",
        f"{max(row['relative_gaps']):.0e}",
        *(milliseconds(statistics.fmean(times)) for times in pairs_of_both),
    ] + [""] * (0 if peers else 2)


def graphs(record: Record, /) -> str:
    """Graphs beside POT with the matrix of all distances, and graphs without that matrix."""
    compared = [
        [
            row["name"],
            f"{row['nodes']:,}" if "nodes" in row else "",
            milliseconds(row["ours_s"]),
            milliseconds(row["pot_s"]),
            f"{row['pot_by_ours']:.3g}",
        ]
        for row in record["compared"]
    ]
    large = [
        [
            row["name"],
            f"{row['nodes']:,}",
            f"{row['edges']:,}",
            milliseconds(row["transport_s"]),
            milliseconds(row["emd_s"]) if "emd_s" in row else "",
            f"{row['relative_gap']:.0e}",
        ]
        for row in record["large"]
    ]
    return "\n\n".join([
        table(["problem", "nodes", "ours", "POT with all distances", "times as fast"], compared),
        "Graphs whose matrix of distances is too large:",
        table(["graph", "nodes", "edges", "`transport`", "`emd`", "gap / cost"], large),
    ])


def float_range(record: Record, /) -> str:
    """Errors and times of costs over many orders of magnitude."""
    known = "forbidden pairs"  # of others, the proved value of ours is the reference
    rows = [
        [
            row["problem"],
            f"{row['relative_error']:.0e}" if row["problem"].startswith(known) else "",
            f"{row['relative_gap']:.0e}",
            milliseconds(row["seconds"]),
            f"{float(row['pot_relative_error']):.0e}",
            milliseconds(row["pot_seconds"]),
        ]
        for row in record["rows"]
    ]
    head = ["problem", "error", "gap / cost", "time", "error of POT", "time of POT"]
    return table(head, rows)


def one_dimensional(record: Record, /) -> str:
    """Times on the line beside scipy, and on the circle beside POT."""
    line = [
        [
            f"{row['n']:,}",
            row["case"],
            *(milliseconds(row[f"{name}_s"]) for name in ("emd", "wasserstein_1d", "scipy")),
            f"{row['scipy_s'] / row['emd_s']:.2g}",
        ]
        for row in record["line"]
    ]
    circle = [
        [
            f"{row['n']:,}",
            f"{row['order']:g}",
            row["case"],
            milliseconds(row["emd_s"]),
            milliseconds(row["pot_s"]) if "pot_s" in row else "",
            f"{row['pot_s'] / row['emd_s']:.2g}" if "pot_s" in row else "",
        ]
        for row in record["circle"]
    ]
    functions = ["`sampled.emd`", "`sampled.wasserstein_1d`"]
    return "\n\n".join([
        "On the line, beside `scipy.stats.wasserstein_distance`:",
        table(["points", "case", *functions, "scipy", "scipy / `emd`"], line),
        "On the circle, beside `ot.wasserstein_circle`:",
        table(["points", "order", "case", "`sampled.emd`", "POT", "POT / ours"], circle),
    ])


def partial_and_tolerance(record: Record, /) -> str:
    """Times, memory and proofs of unequal masses and of bounds within a tolerance."""
    rows = []
    for name, case in record["cases"].items():
        ours, peer = case["ours"], case.get("pot")
        rows.append([
            name,
            f"{ours['value']:.9g}",
            f"{ours['gap']:.0e}",
            milliseconds(ours["cpu_seconds"]),
            f"{1e3 * ours['beyond_input_gb']:,.0f} MB",
            milliseconds(peer["cpu_seconds"]) if peer else "",
        ])
    head = ["case", "EMD", "gap / cost", "processor time", "memory beyond the input", "POT"]
    return table(head, rows)


def units(record: Record, /) -> str:
    """Largest errors in other units and on pairs of known EMD, of `benchmarks.transport.exact`."""
    unit_error = max(
        value for row in record["units"] for name, value in row.items() if name != "unit"
    )
    known_error = max(row[method] for row in record["known"] for method in ("dense", "columns"))
    wide = record["wide_range"]
    return "\n".join([
        f"- Units of length, cost and mass from 1e-200 to 1e200: largest relative error "
        f"{unit_error:.1e}.",
        f"- {len(record['known'])} pairs of samples whose EMD is known in closed form: largest "
        f"relative error {known_error:.1e}.",
        "- 50 points within 1e-3 of each other and a common one at 1e12: relative error of POT "
        f"{wide['pot_error']:.2g}; of `sampled.emd`: {wide['None'].removeprefix('error ')}.",
    ])

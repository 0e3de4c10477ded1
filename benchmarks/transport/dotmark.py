"""Exact EMD of pictures: `grids.transport` against POT on the difference of the two, then alone.

    python -m benchmarks.transport.dotmark --sizes 32 64
    python -m benchmarks.transport.dotmark --figure    # the figure, from saved results

The pictures are those of DOTmark (Schrieber, Schuhmacher and Gottschlich 2016) in the folder
DOTMARK_DIR, ``classic/1.png`` and so on, or random fields without it. For a distance, common mass
stays where it is, so POT solves the dense problem between the pixels whose masses differ; it is
given the first pairs, up to ``--peer-pairs``, in the same process. The record is written after
every pair, and those that it has are not measured again; its peak memory is that of the process.
"""

import argparse
import itertools
import math
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist

from benchmarks import results_io
from divergences import grids

RESULTS = results_io.RESULTS / "dotmark.json"
FIGURE = results_io.FIGURES / "images.png"
COMMAND = "python -m benchmarks.transport.dotmark"
FULL_SIDE = 512
MAX_DIFFERENCE = 1e-10  # between the costs of both, relative to the cost
MAX_PIVOTS = 10**9
METRICS = ("euclidean", "cityblock", "chebyshev", "sqeuclidean")
# Seconds in the mean, Euclidean, on other machines (Zanetti and Gondzio, IJOC 2023).
PUBLISHED_SIDE = 128
PUBLISHED_SECONDS = {"LEMON network simplex": 480, "CPLEX": 1585, "interior point": 546}
PUBLISHED = {f"{PUBLISHED_SIDE} x {PUBLISHED_SIDE}, euclidean": PUBLISHED_SECONDS}

Floats = NDArray[np.float64]


def pictures(kind: str, side: int, /) -> list[Floats]:
    """Pictures of a class, of total 1; random fields without DOTMARK_DIR."""
    folder = os.environ.get("DOTMARK_DIR")
    images = _random_fields() if folder is None else _stored(Path(folder) / kind)
    block = FULL_SIDE // side
    small = [a.reshape(side, block, side, block).mean(axis=(1, 3)) for a in images]
    return [a / a.sum() for a in small]


def _stored(folder: Path, /) -> list[Floats]:
    """Grey pictures of a folder."""
    from PIL import Image

    paths = sorted(folder.glob("*.png"))
    return [np.asarray(Image.open(path).convert("L"), dtype=np.float64) for path in paths]


def _random_fields() -> list[Floats]:
    """Fields in the manner of DOTmark: white noise, smooth fields, a Cauchy density, holes."""
    rng = np.random.default_rng(0)
    noise = rng.random((FULL_SIDE, FULL_SIDE))
    smooth = [np.exp(gaussian_filter(noise - 0.5, s, mode="wrap") * s * 4) for s in (8, 32)]
    y, x = np.mgrid[:FULL_SIDE, :FULL_SIDE] / FULL_SIDE
    radius = np.hypot(x - 0.4, y - 0.6)
    cauchy = (1 + (radius / 0.1) ** 2) ** -1.5
    holes = ((radius < 0.35) & ~(np.hypot(x - 0.5, y - 0.5) < 0.1)).astype(np.float64)
    return [noise, *smooth, cauchy, holes + 1e-3]


def peer_cost(p: Floats, q: Floats, /) -> float:
    """Cost by POT on all pairs of pixels with too much and with too little mass."""
    import ot  # takes 300 MB, which ours does not

    supply = p - q
    sources, targets = np.argwhere(supply > 0), np.argwhere(supply < 0)
    a, b = supply[supply > 0], -supply[supply < 0]
    moved = a.sum()
    value = ot.emd2(a / moved, b / b.sum(), cdist(sources, targets), numItermax=MAX_PIVOTS)
    return float(value) * moved


def measured(row: dict[str, Any], n_pairs: int, n_peer: int, /) -> Iterator[dict[str, Any]]:
    """A row of the record, after each pair that it lacks, of ours first.

    Args:
        row: The row so far, with the class, side and metric.
        n_pairs: Number of pairs that are measured.
        n_peer: Number of these that POT solves, too, under the Euclidean distance.

    Yields:
        The row.

    Raises:
        ValueError: If the costs of both differ.
    """
    pairs = list(itertools.combinations(pictures(row["class"], row["side"]), 2))
    for p, q in pairs[len(row["seconds"]) : n_pairs]:
        start = time.process_time()
        solved = grids.transport(p, q, metric=row["metric"])
        row["seconds"].append(round(time.process_time() - start, 6))
        row["relative_gaps"].append(solved.gap / solved.cost)
        row["costs"].append(solved.cost)
        row["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        yield row
    peers = row["peer_seconds"]
    if len(peers) < n_peer:
        peer_cost(np.array([1.0, 0.0]), np.array([0.0, 1.0]))  # importing POT is not timed
    for (p, q), cost in list(zip(pairs, row["costs"], strict=False))[len(peers) : n_peer]:
        start = time.process_time()
        peer = peer_cost(p, q)
        peers.append(round(time.process_time() - start, 6))
        if not math.isclose(peer, cost, rel_tol=MAX_DIFFERENCE):
            raise ValueError(f"POT's cost is {peer}, ours {cost}")
        yield row


def row_of(record: dict[str, Any], kind: str, side: int, metric: str, /) -> dict[str, Any]:
    """The row of a class, side and metric in the record, added to it if it lacks one."""
    name = f"{kind}, {side} x {side}, {metric}"
    for row in record["rows"]:
        if row["name"] == name:
            return row
    record["rows"].append({
        "name": name,
        "class": kind,
        "side": side,
        "metric": metric,
        **{key: [] for key in ("seconds", "relative_gaps", "costs", "peer_seconds")},
    })
    return record["rows"][-1]


def draw(record: dict[str, Any], path: Path = FIGURE, /) -> None:
    """Plot mean times against the number of pixels, a panel for each class of pictures."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [row for row in record["rows"] if row["seconds"]]
    kinds = list(dict.fromkeys(row["class"] for row in rows))
    sides = sorted({row["side"] for row in rows})
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(3.8 * len(kinds), 3.4), layout="constrained")
        panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
        for axes, kind in zip(panels, kinds, strict=True):
            for metric in METRICS:
                of_metric = sorted(
                    (row["side"] ** 2, float(np.mean(row["seconds"])))
                    for row in rows
                    if (row["class"], row["metric"]) == (kind, metric)
                )
                axes.loglog(*zip(*of_metric, strict=True), "o-", label=metric)
            for marker, solver in zip("^vs", PUBLISHED_SECONDS, strict=True):
                axes.loglog(
                    PUBLISHED_SIDE**2,
                    PUBLISHED_SECONDS[solver],
                    marker,
                    color="0.6",
                    label=f"{solver}, published",
                )
            axes.set(title=kind, xlabel="pixels")
            axes.set_xticks([s * s for s in sides], labels=[f"{s}²" for s in sides])
            axes.minorticks_off()
        panels[0].set_ylabel("seconds of processor time")
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside right upper", frameon=False
        )
        figure.savefig(path, dpi=150)


def main() -> None:
    """Measure the pairs that the record lacks, write it after each, and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--metrics", nargs="+", choices=METRICS, default=list(METRICS))
    parser.add_argument("--pairs", type=int, default=28)
    parser.add_argument("--peer-pairs", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--figure", action="store_true", help="draw the figure from saved results")
    options = parser.parse_args()
    kinds = ("classic", "shapes") if "DOTMARK_DIR" in os.environ else ("fields",)
    record = results_io.load(options.output) if options.output.exists() else {"rows": []}
    record |= {"command": COMMAND, "published": PUBLISHED}
    if options.figure:
        draw(record)
        return
    for side, kind, metric in itertools.product(options.sizes, kinds, options.metrics):
        row = row_of(record, kind, side, metric)
        n_peer = options.peer_pairs if metric == "euclidean" else 0
        for _ in measured(row, options.pairs, n_peer):
            row["origin"] = results_io.origin()
            results_io.save(record, options.output)
        print(f"{row['name']}: {np.mean(row['seconds']):.3g} s, {len(row['seconds'])} pairs")
    if options.output == RESULTS:
        draw(record)


if __name__ == "__main__":
    main()

"""Exact EMD of pictures: `grids.transport` against POT on the difference of the two, then alone.

    python -m benchmarks.transport.dotmark --sizes 32 64

The pictures are those of DOTmark (Schrieber, Schuhmacher and Gottschlich 2016) in the folder
DOTMARK_DIR, ``classic/1.png`` and so on, or random fields without it. For a distance, common mass
stays where it is, so POT solves the dense problem between the pixels whose masses differ; it is
given the pairs up to ``--peer-pairs``, in the same process. Every size is written when it is done,
and those that the record has are not measured again.
"""

import argparse
import itertools
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import ot
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist

from benchmarks import results_io
from divergences import grids

RESULTS = results_io.RESULTS / "dotmark.json"
COMMAND = "python -m benchmarks.transport.dotmark"
FULL_SIDE = 512
MAX_DIFFERENCE = 1e-10  # between the costs of both, relative to the cost
MAX_PIVOTS = 10**9
METRICS = ("euclidean", "cityblock", "chebyshev", "sqeuclidean")
PUBLISHED = {  # seconds in the mean, on other machines (Zanetti and Gondzio, IJOC 2023)
    "128 x 128, euclidean": {"LEMON network simplex": 480, "CPLEX": 1585, "interior point": 546},
}

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
    supply = p - q
    sources, targets = np.argwhere(supply > 0), np.argwhere(supply < 0)
    a, b = supply[supply > 0], -supply[supply < 0]
    moved = a.sum()
    value = ot.emd2(a / moved, b / b.sum(), cdist(sources, targets), numItermax=MAX_PIVOTS)
    return float(value) * moved


def compared(kind: str, side: int, metric: str, n_pairs: int, n_peer: int, /) -> dict[str, Any]:
    """Times and gaps of the pairs of a class, and the peer's on the first of them."""
    images = pictures(kind, side)
    times, gaps, costs, peers = [], [], [], []
    for index, (p, q) in enumerate(itertools.islice(itertools.combinations(images, 2), n_pairs)):
        start = time.process_time()
        solved = grids.transport(p, q, metric=metric)  # type: ignore[arg-type]
        times.append(time.process_time() - start)
        gaps.append(solved.gap / solved.cost)
        costs.append(solved.cost)
        if index < n_peer and metric == "euclidean":
            start = time.process_time()
            peer = peer_cost(p, q)
            peers.append(time.process_time() - start)
            if not math.isclose(peer, solved.cost, rel_tol=MAX_DIFFERENCE):
                raise ValueError(f"POT's cost is {peer}, ours {solved.cost}")
    record: dict[str, Any] = {
        "name": f"{kind}, {side} x {side}, {metric}",
        "pairs": len(times),
        "mean_s": float(np.mean(times)),
        "max_s": max(times),
        "max_relative_gap": max(gaps),
        "first_cost": costs[0],
    }
    if peers:
        record |= {
            "peer_pairs": len(peers),
            "peer_mean_s": float(np.mean(peers)),
            "ours_of_these_mean_s": float(np.mean(times[: len(peers)])),
        }
    return record


def main() -> None:
    """Measure the sizes that the record lacks, and write it after each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--metrics", nargs="+", choices=METRICS, default=list(METRICS))
    parser.add_argument("--pairs", type=int, default=28)
    parser.add_argument("--peer-pairs", type=int, default=2)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    kinds = ("classic", "shapes") if "DOTMARK_DIR" in os.environ else ("fields",)
    record = results_io.load(options.output) if options.output.exists() else {"rows": []}
    done = {row["name"] for row in record["rows"]}
    for side, kind, metric in itertools.product(options.sizes, kinds, options.metrics):
        if f"{kind}, {side} x {side}, {metric}" in done:
            continue
        row = compared(kind, side, metric, options.pairs, options.peer_pairs)
        row["origin"] = results_io.origin()
        record = {"command": COMMAND, "published": PUBLISHED, "rows": [*record["rows"], row]}
        results_io.save(record, options.output)
        print(row)


if __name__ == "__main__":
    main()

"""Baseline and knowledge of stored fits to the same points, without fitting again.

    python -m benchmarks.gan.same_points_knowledge

The points of a fit follow from its pair, size and seed, so that the baseline can be computed
afterwards; the exact EMD is solved again and must agree with the stored one. Knowledge of fresh
points needs the critics: it is in new fits only.
"""

import sys
from typing import Any

from benchmarks import results_io
from benchmarks.gan.critic_gap import RESULTS
from gan.critics import Experiment
from gan.critics.pairs import named_pair
from gan.evaluation.critic_gap import knowledge

MAX_DISAGREEMENT = 1e-9


def add_knowledge(record: dict[str, Any], /) -> int:
    """Add baseline and knowledge to the rows of same points that lack them.

    Args:
        record: Content of ``results/critic_gap.json``; changed in place.

    Returns:
        Number of rows that were changed.

    Raises:
        ValueError: If an exact EMD that is computed again differs from the stored one.
    """
    changed = 0
    for group in record["groups"].values():
        if group["question"] != "same-points":
            continue
        transports: dict[tuple[str, int], Any] = {}
        for row in group["rows"]:
            if "failed" in row or "knowledge" in row:
                continue
            key = row["pair"], row["seed"]
            if key not in transports:
                pair, seed = key
                experiment = Experiment(named_pair(pair), "same-points", seed, n=group["n"])
                transports[key] = experiment.exact_transport
            exact, baseline = transports[key].exact, transports[key].baseline
            if abs(exact - row["exact"]) > MAX_DISAGREEMENT * exact:
                raise ValueError(f"{row['pair']}: exact EMD {exact}, stored {row['exact']}")
            row["baseline"] = baseline
            row["knowledge"] = knowledge(baseline, max(baseline, row["certified"]), row["exact"])
            changed += 1
    return changed


def main() -> int:
    """Complete the results.

    Returns:
        The exit status.
    """
    record = results_io.load(RESULTS)
    print(f"{add_knowledge(record)} rows completed")
    results_io.save(record, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())

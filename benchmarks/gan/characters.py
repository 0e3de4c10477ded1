"""Text by WGAN-GP with its default settings: claim C20, a run for each seed.

    python -m benchmarks.gan.characters

The run of a seed is that of ``gan train wgan-gp --data characters --seed SEED``, in ``runs``: an
interrupted one goes on when run again. Each is one row of ``results/characters.json``, which
`benchmarks.gan.claims` reads.
"""

import sys
from typing import Any

import torch
import tyro

from benchmarks import results_io
from gan.diagnose import Criterion
from gan.runs.run import Config, run

RESULTS = results_io.RESULTS / "characters.json"
COMMAND = "python -m benchmarks.gan.characters"
SEEDS = (0, 1, 2)
MAX_SHARE_OF_UNIGRAM = 0.5
MIN_KNOWN_WORDS = 0.8
MAX_MINUTES = 30  # on 2 cores, of which a run takes one
SAMPLES = 5


def main(seeds: tuple[int, ...] = SEEDS) -> None:
    """Train what has no row yet.

    Args:
        seeds: Seeds of weights, batches and noise.
    """
    for seed in seeds:
        if any(row["seed"] == seed for row in recorded()):
            continue
        row = _measured(seed)
        record = {"command": COMMAND, **results_io.origin(), "rows": [*recorded(), row]}
        results_io.save(record, RESULTS)
        print(row, flush=True)


def _measured(seed: int) -> dict[str, Any]:
    """Last evaluation and some samples of the run of a seed, which goes on if it was stopped."""
    config = Config(recipe="wgan-gp", data="characters", seed=seed)
    result = run(config, resume=config.folder.exists())
    if not result.finished or result.data.decode is None:
        sys.exit(f"the run in {config.folder} is not finished; the same command goes on with it")
    last = result.metrics[-1]
    with torch.no_grad():
        points = result.training.average.sample(SAMPLES, torch.Generator().manual_seed(seed))
    keys = ("js_1", "js_2", "js_3", "js_4", "js_4_unigram", "js_4_floor", "known_words", "seconds")
    return {
        "seed": seed,
        "steps": config.steps,
        **{key: last[key] for key in keys},
        "by_step": {row["step"]: [row["js_4"], row["known_words"]] for row in result.metrics},
        "samples": result.data.decode(points),
    }


def recorded() -> list[dict[str, Any]]:
    """Rows that are done."""
    return list(results_io.load(RESULTS)["rows"]) if RESULTS.is_file() else []


def criteria(seed: int, /) -> list[Criterion]:
    """C20: n-grams, words and time of the run of a seed, which is trained first if it is missing.

    Args:
        seed: Seed of the run.

    Returns:
        The criteria.
    """
    if not any(row["seed"] == seed for row in recorded()):
        main((seed,))
    return criteria_of(next(row for row in recorded() if row["seed"] == seed))


def criteria_of(row: dict[str, Any], /) -> list[Criterion]:
    """Criteria of a row."""
    share, words = row["js_4"] / row["js_4_unigram"], row["known_words"]
    minutes = row["seconds"] / 60
    return [
        Criterion(
            "JS of 4-grams to the text at most half of that of independent characters; ratio",
            share,
            share <= MAX_SHARE_OF_UNIGRAM,
        ),
        Criterion(
            "at least 80 % of the generated words are words of the text; share",
            words,
            words >= MIN_KNOWN_WORDS,
        ),
        Criterion("within 30 minutes", minutes, minutes <= MAX_MINUTES, "minutes"),
    ]


if __name__ == "__main__":
    tyro.cli(main)

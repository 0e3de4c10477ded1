"""Numbers of the prose, read from `benchmarks/results`.

A page writes ``{{ name }}``; the build inserts the number, and fails at a name that is not here.
"""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def results(name: str, /) -> dict[str, Any]:
    """The record of a benchmark.

    Args:
        name: Name of its file in ``benchmarks/results``, without suffix.

    Returns:
        The parsed JSON.
    """
    return dict(json.loads((RESULTS / f"{name}.json").read_text()))


def numbers() -> dict[str, str]:
    """Every number that pages may insert.

    Returns:
        Text by name.
    """
    return {}

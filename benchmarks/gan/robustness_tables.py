"""Markdown of the results of `benchmarks.gan.robustness`."""

from collections import Counter
from typing import Any

from benchmarks.markdown import table


def markdown(record: dict[str, Any], /) -> str:
    """Equal runs by moment of the kill, and outcomes of the uses of damaged files.

    Args:
        record: Content of ``results/robustness.json``.

    Returns:
        Markdown.
    """
    kills, corruptions = record["kills"], record["corruptions"]
    equal = [
        [moment, str(same), str(total)] for moment, (same, total) in kills["equal_of"].items()
    ]
    outcomes: Counter[str] = Counter()
    for use, count in corruptions["uses"].items():
        outcomes[use.partition(": ")[0]] += count
    violations = corruptions["violations"]
    return "\n\n".join([
        table(["moment of the kill", "resumed to the same run", "of"], equal),
        "Outcomes of the uses of damaged runs:",
        table(["outcome", "uses"], [[use, f"{n:,}"] for use, n in outcomes.most_common()]),
        "\n".join(["Violations:", *(f"- {text}" for text in violations)])
        if violations
        else "No damaged file was taken for a run.",
    ])

"""Markdown of the results of `benchmarks.hostile_input.fuzz`."""

from typing import Any

from benchmarks.markdown import table


def markdown(record: dict[str, Any], /) -> str:
    """Outcomes of all calls, violations of the laws, and the slowest call.

    Args:
        record: Content of ``results/hostile_input.json``.

    Returns:
        Markdown.
    """
    outcomes = table(
        ["outcome", "calls"],
        [[f"`{kind}`", f"{n:,}"] for kind, n in sorted(record["outcomes"].items())],
    )
    violations = [f"- {law}: {found['n']:,}" for law, found in record["violations"].items()]
    return "\n\n".join([
        outcomes,
        "\n".join(["Violations:", *violations]) if violations else "There was no violation.",
        f"{record['calls']:,} calls of {len(record['functions'])} functions took "
        f"{record['seconds']:.0f} s, the slowest {record['slowest_seconds']:.1f} s.",
    ])

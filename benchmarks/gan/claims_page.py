"""Page of the claims of the literature, as ``benchmarks.gan.claims`` writes it."""

from pathlib import Path
from typing import Any

from benchmarks.gan.architectures import progress_table, recorded
from benchmarks.gan.claim_statements import NOTES
from benchmarks.markdown import wrapped
from benchmarks.pages import provenance

PAGE = Path(__file__).parents[2] / "docs/explanation/claims.md"

INTRODUCTION = """\
# From GAN to WGAN-GP, measured

The line of work from GAN (Goodfellow et al. 2014) over WGAN (Arjovsky and Bottou 2017; Arjovsky,
Chintala and Bottou 2017) to WGAN-GP (Gulrajani et al. 2017) rests on the statements C1 to C23.
Each is measured here by criteria in the code, with a note where one was chosen after a first
trial: a claim is *shown* if all its criteria are met by every seed, *shown in part* if some are,
else *not reproduced*. Every distance is computed by `divergences`.

    gan diagnose                            # the list, with claims
    gan diagnose vanishing --out figures    # one of them: JSON and figure
    gan diagnose all --quick --out figures  # all of them, and index.html

From Python, a function of `gan.diagnose` returns the numbers, a verdict and a figure:

```python
import gan

result = gan.diagnose.overshooting()
print(result.verdict.status)  # shown
axes = result.plot()
```
"""


def page(record: dict[str, Any], /) -> str:
    """The page as Markdown.

    Args:
        record: Results of the claims.

    Returns:
        Its text, with a table of verdicts and a section for each claim.
    """
    rows = [
        f"| {row['claim']} | {_cell(row['statement'])} | {row['verdict']} |"
        for row in record["claims"]
    ]
    table = "\n".join(["| claim | statement | verdict |", "|---|---|---|", *rows])
    counts = ", ".join(
        f"{n} {status}"
        for status in ("shown", "shown in part", "not reproduced", "not measured")
        if (n := sum(row["verdict"] == status for row in record["claims"]))
    )
    sections = "\n\n".join(_section(row) for row in record["claims"] if row["criteria"])
    origin = "\n".join(wrapped(provenance(record, "claims")))
    command = f"    {record['command']}"
    return (
        f"{INTRODUCTION}\n{origin}\n\n{command}\n\n"
        f"Of {len(record['claims'])} claims: {counts}.\n\n{table}\n\n{sections}\n"
    )


def _section(row: dict[str, Any]) -> str:
    """Section of one claim: its criteria and what was measured."""
    commands = [
        f"`benchmarks.gan.direct_claims` ({name})"
        if name == row["claim"]
        else f"`gan diagnose {name}`"
        for name in row["measured_by"]
    ]
    seeds = f"{row['seeds']} seeds" if row["seeds"] > 1 else "one seed, or without chance"
    lines = [
        f"| {_cell(criterion['requirement'])} | {_cell(criterion['text'])} "
        f"| {'yes' if criterion['met'] else 'no'} |"
        for criterion in row["criteria"]
    ]
    heading = f"## {row['claim']}: {row['verdict']}"
    table = "\n".join(["| criterion | measured | met |", "|---|---|---|", *lines])
    claim = row["claim"]
    note = f"\n\n{NOTES[claim]}" if claim in NOTES else ""
    details = (
        f"\n\nProgress by architecture:\n\n{progress_table(recorded())}" if claim == "C19" else ""
    )
    summary = f"{row['statement']} By {', '.join(commands)}; {seeds}."
    return f"{heading}\n\n{summary}\n\n{table}{note}{details}"


def _cell(text: str) -> str:
    """Text of a cell of a table, with its bars escaped."""
    return text.replace("|", "\\|")

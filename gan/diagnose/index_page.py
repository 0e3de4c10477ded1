"""Page of all diagnostics: each figure with its claim, its verdict and its numbers."""

import html
from collections.abc import Mapping
from typing import Any

from gan.diagnose.verdict import Criterion

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>From GAN to WGAN-GP, measured</title>
<style>
body {{ max-width: 1200px; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }}
img {{ max-width: 100%; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: 0.2rem 0.8rem; text-align: left; border-bottom: 1px solid #ccc; }}
.verdict {{ font-weight: bold; }}
</style>
</head>
<body>
<h1>From GAN to WGAN-GP, measured</h1>
<p>Each claim of the literature with its measurement: figure, numbers and verdict. The criteria of
the verdicts are fixed in the code.</p>
<table>
<thead><tr><th>Claim</th><th>Diagnostic</th><th>Verdict</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{sections}
</body>
</html>
"""


def index_page(records: Mapping[str, Mapping[str, Any]], /) -> str:
    """The page as an HTML document.

    Args:
        records: What the folder holds of each diagnostic, by name.

    Returns:
        Text of the document; figures are links to files beside it.
    """
    rows = "\n".join(_row(name, record) for name, record in records.items())
    sections = "\n".join(_section(name, record) for name, record in records.items())
    return PAGE.format(rows=rows, sections=sections)


def _row(name: str, record: Mapping[str, Any]) -> str:
    """Row of a diagnostic in the table at the top."""
    claims = html.escape(", ".join(record["claims"]))
    verdict = html.escape(record["verdict"])
    return f'<tr><td>{claims}</td><td><a href="#{name}">{name}</a></td><td>{verdict}</td></tr>'


def _section(name: str, record: Mapping[str, Any]) -> str:
    """Section of a diagnostic: claim, figure, verdict and criteria."""
    claim = html.escape(record["claim"])
    criteria = [
        Criterion(**{**entry, "measured": float(entry["measured"])})  # "nan" and "inf" are text
        for entry in record["criteria"]
    ]
    items = "".join(f"<li>{html.escape(str(criterion))}</li>" for criterion in criteria)
    links = "".join(
        f' <a href="{html.escape(file)}">{html.escape(file)}</a>' for file in record["files"]
    )
    return f"""<section id="{name}">
<h2>{name} ({html.escape(", ".join(record["claims"]))})</h2>
<p>{claim}</p>
<img src="{name}.png" alt="{claim}" loading="lazy">
<p class="verdict">Verdict: {html.escape(record["verdict"])}.</p>
<ul>{items}</ul>
<p>Criterion: {html.escape(record["criterion"])} Data: <a href="{name}.json">{name}.json</a>{links}
</p>
</section>"""

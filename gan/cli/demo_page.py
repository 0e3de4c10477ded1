"""The page of ``gan demo``: pictures, table, and the meaning of each number."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

RELOAD_SECONDS = 5
STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
h1 { font-size: 1.7rem; line-height: 1.2 }
h2 { margin-top: 2.4rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .35rem .8rem; text-align: right }
th:first-child, td:first-child { text-align: left }
thead { border-bottom: 2px solid #222 }
tbody tr { border-bottom: 1px solid #ddd }
dt { font-weight: bold; margin-top: .6rem }
dd { margin-left: 1.2rem }
img { max-width: 100% }
figure { margin: 1rem 0 }
figcaption { color: #555; font-size: .9rem }
code, pre { background: #f2f2f2; padding: 0 .25rem }
pre { padding: .7rem; overflow-x: auto }
.three { display: flex; gap: .5rem }
.three figure { flex: 1; margin: 0 }"""

INTRODUCTION = """\
<p>Points in the plane come from eight small clusters on a ring: that is the <em>real</em>
distribution, in grey. A <em>generator</em>, a small neural network, turns random noise into
points, in orange, and has to learn to draw from the same distribution, of which it sees nothing
but the judgement of a second network. That one, the <em>critic</em>, learns to tell real points
from generated ones, and its slope says where generated points should move.</p>
<p>Three published methods do this in different ways:</p>
<dl>
<dt>gan</dt>
<dd>The critic is a classifier of real and generated points (Goodfellow et al. 2014).</dd>
<dt>wgan</dt>
<dd>The critic estimates a distance between the two distributions, the earth mover's
distance; its weights are clipped so that its slope stays bounded (Arjovsky et al. 2017).</dd>
<dt>wgan-gp</dt><dd>The same, with a penalty on the slope instead (Gulrajani et al. 2017).</dd>
</dl>"""

MEANINGS = {
    "clusters": "Clusters, of the eight, within three standard deviations of whose center lies at "
    "least 1 % of all generated points.",
    "in 3 sigma": "Share of generated points within three standard deviations of some center. Of "
    "real points it is 98.9 %.",
    "EMD": "Earth mover's distance between {points} generated and {points} real points, solved "
    "exactly: the mean distance over which points have to be moved to turn one set into the "
    "other. The mean of {pairs} draws.",
    "floor": "The same between two sets of real points. Finite samples of one distribution are "
    "not at distance 0, so this is what a perfect generator would score.",
    "EMD / floor": "1 is perfect.",
    "critic's gap": "What the critic in training says: its mean score of real points minus that "
    "of generated ones. A WGAN reports this as the distance. Of a GAN it is no distance at all.",
    "exact": "The exact EMD of the {size} points on each side on which the gap was taken. Compare "
    "the two: nothing in the training does.",
    "knowledge": "The part of that distance that the critic's scores prove, beyond what a "
    "constant critic would prove: 0 % of a critic that knows nothing, 100 % of a perfect one. "
    "Near the floor almost all of the distance is sampling noise, of which no critic in training "
    "can know: there it is near 0.",
}
COLUMNS = {
    "method": "{recipe}",
    "clusters": "{found} of 8",
    "in 3 sigma": "{within_3_sigma:.1%}",
    "EMD": "{emd:.4f}",
    "floor": "{floor:.4f}",
    "EMD / floor": "{ratio:.2f}",
    "critic's gap": "{gap:.3g}",
    "exact": "{exact:.3f}",
    "knowledge": "{knowledge:.0%}",
}


def progress_page(recipes: Sequence[str], seed: int) -> str:
    """The page while the recipes train: the newest picture of each; it reloads itself.

    Args:
        recipes: Names of the recipes, which are the folders of their runs.
        seed: Seed of the demo.

    Returns:
        A page of HTML.
    """
    body = (
        f"<p><strong>Training, seed {seed}.</strong> This page shows the newest pictures and "
        f"reloads every {RELOAD_SECONDS} seconds; the results come within two minutes.</p>"
        f"{_pictures(recipes, 'samples.png', 'newest samples of')}"
    )
    reload_ = f'<meta http-equiv="refresh" content="{RELOAD_SECONDS}">'
    return _page(f"{INTRODUCTION}\n{body}", head=reload_)


def result_page(
    records: Sequence[Mapping[str, Any]], seed: int, *, points: int, pairs: int, size: int
) -> str:
    """The page of a finished demo.

    Args:
        records: Results of each recipe, as in table.json.
        seed: Seed of the demo.
        points: Points on each side of the EMD.
        pairs: Draws over which it is averaged.
        size: Points on each side of the last evaluation of the critics.

    Returns:
        A page of HTML.
    """
    recipes = [str(record["recipe"]) for record in records]
    meanings = "\n".join(
        f"<dt>{html.escape(head)}</dt>"
        f"<dd>{html.escape(text.format(points=points, pairs=pairs, size=size))}</dd>"
        for head, text in MEANINGS.items()
    )
    return _page(f"""\
{INTRODUCTION}
<h2>What they learned</h2>
<ul>
{"".join(f"<li>{html.escape(sentence(record))}</li>" for record in records)}
</ul>
<figure><img src="samples.png" alt="samples of the three generators over real points">
<figcaption>Real points in grey, generated ones in orange.</figcaption></figure>
{_table(records)}
<h2>What the numbers mean</h2>
<dl>
{meanings}
</dl>
<h2>How they got there</h2>
{_pictures(recipes, "samples.gif", "samples during the training of")}
<figure><img src="training.png" alt="distances during training">
<figcaption>Distances at each evaluation, on {size} points a side: the exact EMD, the lower bounds
of it that the critic and that a constant prove, what the critic says (its gap), and the floor.
</figcaption></figure>
<h2>Next</h2>
<pre>gan train wgan-gp --minutes 5         # the same data; gan train --help has every setting
gan train wgan-gp --data points.csv   # points of your own, or a folder of images
gan recipes                           # nine methods, with their papers</pre>
<p>This was seed {seed}; another one: <code>gan demo --seed {seed + 1}</code>. All numbers are in
<a href="table.json">table.json</a>, those of each evaluation in {_links(recipes)}.</p>""")


def sentence(record: Mapping[str, Any]) -> str:
    """The result of a recipe in a sentence.

    Args:
        record: Its results, as in table.json.

    Returns:
        One sentence.
    """
    ratio = record["emd"] / record["floor"]
    clusters = "all eight" if record["found"] == 8 else f"{record['found']} of eight"
    shares = [share for share in record["shares"] if share is not None]
    return (
        f"{record['recipe']} draws {clusters} clusters, {min(shares):.0%} to {max(shares):.0%} of "
        f"its points in each (right: 12.5 %), {record['within_3_sigma']:.0%} of all inside; its "
        f"distance from the real distribution is {ratio:.2f} times that of a perfect generator."
    )


def _links(recipes: Sequence[str]) -> str:
    """Links to the evaluations of each recipe's run."""
    files = (f"{html.escape(name)}/metrics.jsonl" for name in recipes)
    return ", ".join(f'<a href="{file}">{file}</a>' for file in files)


def _table(records: Sequence[Mapping[str, Any]]) -> str:
    """The results as a table."""
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in COLUMNS)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells(record)) + "</tr>"
        for record in records
    )
    return f"<table><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"


def cells(record: Mapping[str, Any]) -> list[str]:
    """The cells of a recipe's row, in the order of `COLUMNS`."""
    # Numbers that were not finite are None in the metrics of a run.
    numbers = {key: float("nan") if value is None else value for key, value in record.items()}
    numbers["ratio"] = numbers["emd"] / numbers["floor"]
    return [column.format(**numbers) for column in COLUMNS.values()]


def _pictures(recipes: Sequence[str], file: str, caption: str) -> str:
    """One picture of each recipe's run, side by side; a missing one is not shown."""
    figures = "\n".join(
        f'<figure><img src="{name}/{file}" alt="" onerror="this.hidden = true">'
        f"<figcaption>{caption} {html.escape(name)}</figcaption></figure>"
        for name in recipes
    )
    return f'<div class="three">\n{figures}\n</div>'


def _page(body: str, *, head: str = "") -> str:
    """A page of HTML."""
    title = "GAN, WGAN and WGAN-GP on eight Gaussians"
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{head}
<title>{title}</title>
<style>
{STYLE}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""

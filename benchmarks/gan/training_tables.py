"""The results of `benchmarks.gan.training` as the README shows them."""

import statistics
from typing import Any

PUBLISHED = {  # Lin et al. 2018, "PacGAN": modes, % high quality, reverse KL; ring, then grid
    "GAN": ("6.3 / 98.2 / .45", "17.3 / 94.8 / .70"),
    "PacGAN2": ("7.9 / 95.6 / .07", "23.8 / 91.3 / .13"),
    "PacGAN4": ("7.8 / 95.9 / .07", "24.8 / 93.6 / .04"),
    "Unrolled GAN": ("7.6 / 35.6 / -", "23.6 / 16 / -"),
    "VEEGAN": ("8 / 52.9 / -", "24.6 / 40 / -"),
    "a perfect sampler": ("8 / 98.9 / .0014", "25 / 98.9 / .0048"),
}
MIXTURES = (
    "ring",
    "ring-one-sided",
    "ring-short",
    "ring-plain",
    "ring-one-sided-plain",
    "ring-reference-script",
    "grid-one-sided",
)
PACGAN = ("pacgan-ring", "grid-one-sided")
DIGITS = ("digits", "digits-short", "digits-short-plain", "digits-narrow-mlp")


def markdown(record: dict[str, Any], /) -> str:
    """The tables, of the cases that there are, and their commands.

    Args:
        record: What `benchmarks.gan.training` wrote.

    Returns:
        Markdown.
    """
    cases = record["cases"]
    parts = [
        _mixtures({name: cases[name] for name in MIXTURES if name in cases}),
        _pacgan(cases) if all(name in cases for name in PACGAN) else "",
        _digits({name: cases[name] for name in DIGITS if name in cases}),
        "By `python -m benchmarks.gan.training`, which runs\n\n"
        + "\n".join(f"    {case['command']}" for case in cases.values()),
    ]
    return "\n\n".join(part for part in parts if part)


def _mixtures(cases: dict[str, Any]) -> str:
    """Modes, shares and distance, over all seeds of each case."""
    lines = [
        "| case | critic steps | seeds | modes | share of a mode, all seeds | in 3 σ, worst seed "
        "| exact EMD / floor, mean (seeds) | time on one core |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, case in cases.items():
        runs = case["runs"]
        ratio = _of(runs, "emd_over_floor")
        low, high = min(_of(runs, "smallest_share")), max(_of(runs, "largest_share"))
        lines.append(
            f"| {name} | {runs[0]['critic_steps']:,} | {len(runs)} "
            f"| {min(_of(runs, 'modes'))} of {_parts(name)} in every seed "
            f"| {low:.1%} to {high:.1%} | {min(_of(runs, 'in_3_sigma')):.1%} "
            f"| {_spread(ratio)} | {_time(runs)} |"
        )
    return "\n".join(lines)


def _pacgan(cases: dict[str, Any]) -> str:
    """Ours beside what was published under the same protocol."""
    ours = []
    for name in PACGAN:
        runs = cases[name]["runs"]
        modes, quality, kl = (
            statistics.fmean(_of(runs, f"pacgan_{key}"))
            for key in ("modes", "quality", "reverse_kl")
        )
        ours.append(f"{modes:.1f} / {100 * quality:.1f} / {f'{kl:.4f}'.lstrip('0')}")
    ring_trials, grid_trials = (len(cases[name]["runs"]) for name in PACGAN)
    rows = [f"| {name} | {ring} | {grid} |" for name, (ring, grid) in PUBLISHED.items()]
    return "\n".join([
        "By PacGAN's protocol (2,500 samples; means of "
        f"{ring_trials} trials of the ring and {grid_trials} of the grid): modes found / % "
        "within 3 σ / reverse KL of the shares:",
        "",
        "| | ring of 8 | grid of 25 |",
        "|---|---|---|",
        f"| **`wgan-lp`** | **{ours[0]}** | **{ours[1]}** |",
        *rows,
    ])


def _digits(cases: dict[str, Any]) -> str:
    """Class shares and distances of digits; nothing if there are no cases."""
    if not cases:
        return ""
    lines = [
        "| MNIST | seeds | class shares | Frechet distance | of real digits | exact EMD / floor "
        "| time |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, case in cases.items():
        runs = case["runs"]
        low, high = min(_of(runs, "smallest_share")), max(_of(runs, "largest_share"))
        lines.append(
            f"| {name} | {len(runs)} | {low:.1%} to {high:.1%} "
            f"| {statistics.fmean(_of(runs, 'frechet')):.3g} "
            f"| {statistics.fmean(_of(runs, 'frechet_of_real')):.2g} "
            f"| {statistics.fmean(_of(runs, 'emd_over_floor')):.3f} "
            f"| {statistics.fmean(_of(runs, 'seconds')) / 60:.0f} min |"
        )
    return "\n".join(lines)


def _parts(name: str) -> int:
    """How many parts the mixture of a case has."""
    return 25 if name.startswith("grid") else 8


def _spread(values: list[float]) -> str:
    """Mean and ends of several values, or the one there is."""
    mean = f"{statistics.fmean(values):.2f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.2f} to {max(values):.2f})"


def _time(runs: list[dict[str, Any]]) -> str:
    """Mean time of the processor; of a run that was resumed, of the clock."""
    if any(run["cpu_seconds"] is None for run in runs):
        return f"{statistics.fmean(_of(runs, 'seconds')):.0f} s by the clock"
    return f"{statistics.fmean(_of(runs, 'cpu_seconds')):.0f} s"


def _of(runs: list[dict[str, Any]], key: str) -> list[float]:
    """One number of every run; nothing for a run that was resumed and so not timed."""
    return [run[key] for run in runs if run[key] is not None] or [float("nan")]

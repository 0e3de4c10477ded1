"""Markdown tables of the results of `benchmarks.gan.training`."""

import statistics
from typing import Any

# Lin et al. 2018, "PacGAN": modes, % high quality, reverse KL; of the ring, then of the grid.
PUBLISHED_NUMBERS = {
    "GAN": ("6.3 / 98.2 / .45", "17.3 / 94.8 / .70"),
    "PacGAN2": ("7.9 / 95.6 / .07", "23.8 / 91.3 / .13"),
    "PacGAN4": ("7.8 / 95.9 / .07", "24.8 / 93.6 / .04"),
    "Unrolled GAN": ("7.6 / 35.6 / -", "23.6 / 16 / -"),
    "VEEGAN": ("8 / 52.9 / -", "24.6 / 40 / -"),
    "a perfect sampler": ("8 / 98.9 / .0014", "25 / 98.9 / .0048"),
}
MIXTURE_CASES = (
    "ring",
    "ring-one-sided",
    "ring-short",
    "ring-plain",
    "ring-one-sided-plain",
    "ring-reference-script",
    "grid-one-sided",
)
PACGAN_CASES = ("pacgan-ring", "grid-one-sided")
DIGIT_CASES = ("digits", "digits-short", "digits-short-plain", "digits-narrow-mlp")


def markdown(record: dict[str, Any], /) -> str:
    """Tables of the cases that have results, and their commands.

    Args:
        record: Content of ``results/training.json``.

    Returns:
        The tables as Markdown.
    """
    cases = record["cases"]
    parts = [
        _mixture_table({name: cases[name] for name in MIXTURE_CASES if name in cases}),
        _pacgan_table(cases) if all(name in cases for name in PACGAN_CASES) else "",
        _digit_table({name: cases[name] for name in DIGIT_CASES if name in cases}),
        "By `python -m benchmarks.gan.training`, which runs\n\n"
        + "\n".join(f"    {case['command']}" for case in cases.values()),
    ]
    return "\n\n".join(part for part in parts if part)


def _mixture_table(cases: dict[str, Any]) -> str:
    """Modes, shares and exact EMD over the floor, of all seeds of each case."""
    lines = [
        "| case | critic steps | seeds | modes | share of a mode, all seeds | in 3 σ, worst seed "
        "| exact EMD / floor, mean (seeds) | time on one core |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, case in cases.items():
        runs = case["runs"]
        ratio = _column(runs, "emd_over_floor")
        low, high = min(_column(runs, "smallest_share")), max(_column(runs, "largest_share"))
        lines.append(
            f"| {name} | {runs[0]['critic_steps']:,} | {len(runs)} "
            f"| {min(_column(runs, 'modes'))} of {_mode_count(name)} in every seed "
            f"| {low:.1%} to {high:.1%} | {min(_column(runs, 'in_3_sigma')):.1%} "
            f"| {_mean_and_range(ratio)} | {_mean_time(runs)} |"
        )
    return "\n".join(lines)


def _pacgan_table(cases: dict[str, Any]) -> str:
    """Table of metrics by PacGAN's protocol, measured and published."""
    our_cells = []
    for name in PACGAN_CASES:
        runs = cases[name]["runs"]
        modes, quality, kl = (
            statistics.fmean(_column(runs, f"pacgan_{key}"))
            for key in ("modes", "quality", "reverse_kl")
        )
        our_cells.append(f"{modes:.1f} / {100 * quality:.1f} / {f'{kl:.4f}'.lstrip('0')}")
    ring_trials, grid_trials = (len(cases[name]["runs"]) for name in PACGAN_CASES)
    rows = [f"| {name} | {ring} | {grid} |" for name, (ring, grid) in PUBLISHED_NUMBERS.items()]
    return "\n".join([
        "By PacGAN's protocol (2,500 samples; means of "
        f"{ring_trials} trials of the ring and {grid_trials} of the grid): modes found / % "
        "within 3 σ / reverse KL of the shares:",
        "",
        "| | ring of 8 | grid of 25 |",
        "|---|---|---|",
        f"| **`wgan-lp`** | **{our_cells[0]}** | **{our_cells[1]}** |",
        *rows,
    ])


def _digit_table(cases: dict[str, Any]) -> str:
    """Class shares and distances of digits; empty without cases."""
    if not cases:
        return ""
    lines = [
        "| MNIST | seeds | class shares | Frechet distance | of real digits | exact EMD / floor "
        "| time |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, case in cases.items():
        runs = case["runs"]
        low, high = min(_column(runs, "smallest_share")), max(_column(runs, "largest_share"))
        lines.append(
            f"| {name} | {len(runs)} | {low:.1%} to {high:.1%} "
            f"| {statistics.fmean(_column(runs, 'frechet')):.3g} "
            f"| {statistics.fmean(_column(runs, 'frechet_of_real')):.2g} "
            f"| {statistics.fmean(_column(runs, 'emd_over_floor')):.3f} "
            f"| {statistics.fmean(_column(runs, 'seconds')) / 60:.0f} min |"
        )
    return "\n".join(lines)


def _mode_count(name: str) -> int:
    """Number of modes of the mixture of a case."""
    return 25 if name.startswith("grid") else 8


def _mean_and_range(values: list[float]) -> str:
    """Mean and range of several values, or a single value."""
    mean = f"{statistics.fmean(values):.2f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.2f} to {max(values):.2f})"


def _mean_time(runs: list[dict[str, Any]]) -> str:
    """Mean processor time; wall time if a run was resumed."""
    if any(run["cpu_seconds"] is None for run in runs):
        return f"{statistics.fmean(_column(runs, 'seconds')):.0f} s by the clock"
    return f"{statistics.fmean(_column(runs, 'cpu_seconds')):.0f} s"


def _column(runs: list[dict[str, Any]], key: str) -> list[float]:
    """One number of every run that has it, or NaN; resumed runs have no processor time."""
    return [run[key] for run in runs if run[key] is not None] or [float("nan")]

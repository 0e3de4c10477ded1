"""Numbers of the prose, read from `benchmarks/results`.

A page writes ``{{ name }}``; the build inserts the number, and fails at a name that is not here.
"""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
OUTCOMES = 1_000  # of the rows of the published table


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
    return {
        **_accuracy(results("accuracy")),
        **_large(results("large")["cases"]),
        **_power(results("permutation")["power"]),
        **_critics(results("critic_gap")["groups"]),
        **_fresh(results("fresh_knowledge")["rows"]),
        **_by_size(results("knowledge_by_size")["sizes"]),
        **_curves(results("loss_curve")),
        **_progress(results("claims")["claims"]),
        **_populations(results("critic_gap")["groups"]),
    }


def _accuracy(record: dict[str, Any]) -> dict[str, str]:
    """Relative errors of KL where p and q differ by 1e-8, and counts of negative values."""
    (row,) = [r for r in record["sweep"] if r["n"] == OUTCOMES and r["eps"] == 1e-8]
    counts = record["signs"]["counts"]
    return {
        "kl_error_1e8": f"{float(row['ours']['kl']):.1e}",
        "scipy_error_1e8": f"{float(row['kl']['scipy entropy']):.1f}",
        "scipy_negative": f"{counts['kl: scipy entropy']['negative']:,}",
        "sign_draws": f"{record['signs']['draws']:,}",
    }


def _large(cases: dict[str, Any]) -> dict[str, str]:
    """Size, time and memory of the largest case of digits."""
    ours = cases["mnist-gaussian-60000"]["ours"]
    return {
        "large_points": f"{ours['n']:,}",
        "large_dimension": f"{ours['d']}",
        "large_time": f"{ours['seconds']:.0f}",
        "large_memory": f"{ours['beyond_input_gb']:.1f}",
    }


def _power(power: dict[str, Any]) -> dict[str, str]:
    """Power of permutation tests, in percent."""
    twenty, correlated = power["shifted by 0.2, d = 20"], power["correlated, d = 2"]
    shares = {
        "power_energy_20": twenty["energy"],
        "power_emd_20": twenty["emd"],
        "power_js_correlated": correlated["js"],
        "power_energy_correlated": correlated["energy"],
    }
    return {name: f"{100 * share['share']:.1f} %" for name, share in shares.items()}


def _critics(groups: dict[str, Any]) -> dict[str, str]:
    """Gap over exact EMD, certified share and knowledge of critics on the same points."""
    text = {}
    for group in ("points", "digits"):
        rows = groups[group]["rows"]
        for method in {row["method"] for row in rows}:
            name = f"{group}_{method.replace('-', '_')}"
            fits = [row for row in rows if row["method"] == method]
            text[f"{name}_gap"] = _percent(row["gap"] / row["exact"] for row in fits)
            text[f"{name}_certified"] = _percent(row["certified"] / row["exact"] for row in fits)
            text[f"{name}_knowledge"] = _percent(row["knowledge"] for row in fits)
    return text


def _populations(groups: dict[str, Any]) -> dict[str, str]:
    """Relative errors of critics on populations of known W1, and an angle of gradients."""
    names = ("gaussians", "normalized", "others", "population", "lattice")
    rows = [row for name in names for row in groups[name]["rows"]]

    def mean(method: str, pair: str, key: str = "error") -> float:
        return fmean(r[key] for r in rows if (r["method"], r["pair"]) == (method, pair))

    published = [
        abs(row["error"]) for row in groups["lattice"]["rows"] if row["pair"].startswith("cones")
    ]
    set_aside = [abs(row["error"]) for row in groups["set-aside"]["rows"]]
    angle = math.degrees(math.acos(mean("sharp", "cones-64-256", "cosine")))
    return {
        "gradient_penalty_scaling_8": f"{100 * mean('gradient-penalty', 'scaling-8'):.0f} %",
        "sharp_scaling_8": f"{100 * mean('sharp', 'scaling-8'):.0f} %",
        "normalized_scaling_8": f"{100 * mean('sharp-normalized', 'scaling-8'):.1f} %",
        "witness_cones_16_64": f"{100 * (1 + mean('witness', 'cones-16-64')):.0f} %",
        "sharp_cones_64_256": f"{-100 * mean('sharp', 'cones-64-256'):.0f} %",
        "sharp_cones_64_256_angle": f"{angle:.0f}°",
        "lattice_cones_64_256": f"{-100 * mean('lattice', 'cones-64-256'):.0f} %",
        "lattice_published_mean": f"{100 * fmean(published):.1f} %",
        "lattice_published_largest": f"{100 * max(published):.0f} %",
        "lattice_set_aside_mean": f"{100 * fmean(set_aside):.1f} %",
    }


def _fresh(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Knowledge of fresh points, and the gap over their exact EMD, by critic and pair."""
    text = {}
    for method, pair in {(row["method"], row["pair"]) for row in rows}:
        name = f"fresh_{method}_{pair.partition('-')[0]}".replace("-", "_").replace(" ", "_")
        fits = [row for row in rows if (row["method"], row["pair"]) == (method, pair)]
        text[f"{name}_knowledge"] = _percent(row["knowledge"] for row in fits)
        text[f"{name}_gap"] = _percent(row["gap"] / row["exact"] for row in fits)
    return text


def _by_size(pairs: list[dict[str, Any]]) -> dict[str, str]:
    """Knowledge of fresh points at the smallest and the largest size, by critic and pair."""
    text = {}
    for row in pairs:
        sizes = row["rows"]
        for method in row["gaps"]:
            name = f"by_size_{method}_{row['pair'].partition('-')[0]}".replace("-", "_")
            shares = [_percent([size[method]["knowledge"][0]]) for size in (sizes[0], sizes[-1])]
            text |= {f"{name}_smallest": shares[0], f"{name}_largest": shares[1]}
    return text


def _curves(record: dict[str, Any]) -> dict[str, str]:
    """Ratios over training, and the exact EMD of the generator at the end, by recipe."""
    text = {"curve_floor": f"{record['floor']:.3f}"}
    for run in record["runs"]:
        name = f"curve_{run['recipe'].replace('-', '_')}"
        rows, last = run["evaluations"], run["evaluations"][-1]
        for key in ("gap", "baseline", "certified"):
            shares = [100 * row[key] / row["exact"] for row in rows]
            text[f"{name}_{key}"] = f"{min(shares):.0f} to {max(shares):.0f} %"
        shares = [100 * row["knowledge"] for row in rows]
        text[f"{name}_knowledge"] = f"{min(shares):.0f} to {max(shares):.0f} %"
        text[f"{name}_emd"] = f"{last['emd']:.3f}"
        text[f"{name}_seconds"] = f"{last['seconds']:.0f}"
    return text


def _progress(claims: list[dict[str, Any]]) -> dict[str, str]:
    """Rank correlations of gap and exact EMD over training, smallest and largest of the seeds."""
    (criteria,) = [claim["criteria"] for claim in claims if claim["claim"] == "C13"]
    ranges = [sorted(criterion["measured"]) for criterion in criteria]
    text = [f"{values[0]:.2f} to {values[-1]:.2f}" for values in ranges]
    return dict(zip(("rank_correlation_wgan", "rank_correlation_wgan_gp"), text, strict=True))


def _percent(shares: Iterable[float]) -> str:
    """Mean of some shares, in percent."""
    mean = 100 * fmean(shares)
    return f"{mean:.1f} %" if mean < 1 else f"{mean:.0f} %"

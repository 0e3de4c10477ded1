"""Benchmark results as JSON files, with the versions and the machine of the measurement."""

import json
import math
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
FIGURES = Path(__file__).parents[1] / "docs" / "benchmarks"
PACKAGES = ("numpy", "scipy", "torch", "torchmetrics", "mpmath")


def versions() -> dict[str, str]:
    """Versions of Python and of `PACKAGES`; "none" for missing packages."""
    version_of = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            version_of[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            version_of[package] = "none"
    return version_of


def machine() -> dict[str, str | int]:
    """Operating system, processor and number of cores."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
    }


def origin() -> dict[str, Any]:
    """Commit, time, versions and machine of a measurement."""
    return {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "machine": machine(),
    }


def latest(origins: Iterable[dict[str, Any]], /) -> dict[str, Any]:
    """The origin of the last of several measurements that make one record."""
    return max(origins, key=lambda origin: datetime.fromisoformat(origin["date"]))


def commit() -> str:
    """Commit of the checkout, with "+" after it if files differ; "none" outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        name = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
        changed = subprocess.check_output([*git, "status", "--porcelain", "-uno"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return name + ("+" if changed else "")


def save(record: dict[str, Any], path: Path, /) -> None:
    """Write a record as JSON, with NaN and infinities as the strings "nan", "inf", "-inf"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_json_compatible(record), indent=1, allow_nan=False) + "\n")


def load(path: Path, /) -> dict[str, Any]:
    """Read a record of `save`; NaN and infinities stay strings, which ``float`` converts."""
    return dict(json.loads(path.read_text()))


def two_digits(number: float | str, /) -> str:
    """A number in two significant digits, as ``5.3e-9``; 0, NaN and infinities in full."""
    number = float(number)
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    if 0.01 <= abs(number) < 100:
        return f"{number:.2g}"
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _processor() -> str:
    """Name of the processor, from /proc/cpuinfo where that exists."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _json_compatible(value: Any) -> Any:
    """``value`` with every NaN and infinity as a string."""
    if isinstance(value, dict):
        return {key: _json_compatible(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json_compatible(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value

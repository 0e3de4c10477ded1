"""Results of a benchmark as a file: the numbers, and the versions and machine they come from."""

import json
import math
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "torch", "torchmetrics", "mpmath")


def versions() -> dict[str, str]:
    """The version of Python and of every package that takes part; of those missing, "none"."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "none"
    return found


def machine() -> dict[str, str | int]:
    """System, processor and number of cores."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
    }


def save(record: dict[str, Any], path: Path, /) -> None:
    """Write a record as JSON; what is not finite as the text "nan", "inf" or "-inf"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_spelled(record), indent=1, allow_nan=False) + "\n")


def load(path: Path, /) -> dict[str, Any]:
    """What `save` wrote; the texts of what is not finite stay texts, which ``float`` reads."""
    return dict(json.loads(path.read_text()))


def short(number: float | str, /) -> str:
    """A number in two digits, ``5.3e-9``; 0 and what is not finite in words."""
    number = float(number)
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    if 0.01 <= abs(number) < 100:
        return f"{number:.2g}"
    digits, exponent = f"{number:.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def _processor() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _spelled(value: Any) -> Any:
    """``value`` with every float that JSON does not know as text."""
    if isinstance(value, dict):
        return {key: _spelled(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value

"""Memory that a file would take, held against what is available before it is read."""

from pathlib import Path

from divergences._transport.memory import available_memory
from divergences.errors import DistributionError

MIN_CHECKED_BYTES = 10**8  # for less, the system is not queried
COMPARISON_BYTES = 250  # per point, of KL, JS and EMD on the line; 217 and 242 were measured


def require_memory(path: Path | str, n_bytes: int, /) -> None:
    """Refuse to read more than the available memory holds.

    Args:
        path: The file or files, for the message.
        n_bytes: Memory that their tables take at the peak.

    Raises:
        DistributionError: If less is available.
    """
    if n_bytes < MIN_CHECKED_BYTES:
        return
    available = available_memory()
    if available is not None and n_bytes > available:
        raise DistributionError(
            f"{path}: takes about {n_bytes / 1e9:.3g} GB of memory, but {available / 1e9:.3g} GB "
            "are available; save fewer rows or columns, or take a machine with more"
        )


def require_memory_to_compare(x: Path, y: Path, n_points: int, /) -> None:
    """Refuse a comparison of more points than the available memory is enough for.

    Args:
        x: The first file, for the message.
        y: The second file.
        n_points: Number of points in both.
    """
    require_memory(f"comparing {x} with {y}", COMPARISON_BYTES * n_points)

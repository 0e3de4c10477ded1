"""Whether a problem fits in memory, before it is begun."""

import os

from divergences.errors import DistributionError

BYTES_PER_PAIR = 40  # of the dense method, at its peak: costs, their scaled copy, plan and arcs
COLUMNS = 'use `method="columns"`, which keeps no matrix of distances'
NEVER_MIND = 10**8  # bytes, below which it is not worth asking the system


def require_memory(n: int, m: int, /, *, remedy: str = COLUMNS) -> None:
    """Refuse a dense problem that this machine cannot hold.

    Args:
        n: Number of sources.
        m: Number of targets.
        remedy: What the caller can do about it.

    Raises:
        DistributionError: If it needs more memory than is available.
    """
    needed = BYTES_PER_PAIR * n * m
    if needed < NEVER_MIND:
        return
    available = available_memory()
    if available is not None and needed > available:
        raise DistributionError(
            f"the dense method needs about {needed / 1e9:.3g} GB of memory for {n} x {m} points, "
            f"but {available / 1e9:.3g} GB are available; {remedy}"
        )


def available_memory() -> int | None:
    """Bytes that this process could still take, or None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:  # noqa: PTH123  # a kernel's, no file
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024 * int(line.split()[1])
    except OSError:
        pass
    try:
        return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None

"""Memory of the dense method, checked before it starts."""

import os

from divergences.errors import DistributionError

BYTES_PER_PAIR = 40  # of the dense method, at its peak: costs, their scaled copy, plan and arcs
COLUMN_METHOD_REMEDY = 'use `method="columns"`, which keeps no matrix of distances'
MIN_CHECKED_BYTES = 10**8  # for less, the system is not queried


def require_memory(n: int, m: int, /, *, remedy: str = COLUMN_METHOD_REMEDY) -> None:
    """Refuse a dense problem that exceeds the available memory.

    Args:
        n: Number of sources.
        m: Number of targets.
        remedy: How to mend it; the end of the error message.

    Raises:
        DistributionError: If the problem needs more memory than is available.
    """
    needed = BYTES_PER_PAIR * n * m
    if needed < MIN_CHECKED_BYTES:
        return
    available = available_memory()
    if available is not None and needed > available:
        raise DistributionError(
            f"the dense method needs about {needed / 1e9:.3g} GB of memory for {n} x {m} points, "
            f"but {available / 1e9:.3g} GB are available; {remedy}"
        )


def available_memory() -> int | None:
    """Bytes available to this process, or None if the system does not report them."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:  # noqa: PTH123  # a kernel interface
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024 * int(line.split()[1])
    except OSError:
        pass
    try:
        return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None

"""Runs of so many minutes in several processes: timed under the load that they are."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from gan.runs.config import Config
from gan.runs.duration import Speed, measured_speed, sized
from gan.runs.folder import RunFolder
from gan.runs.process_pool import parallel_map

MAX_WAIT_SECONDS = 60.0  # for the other processes to start
POLL_SECONDS = 0.05


def sized_together(
    config: Config, folders: Sequence[Path], /, *, workers: int, resume: bool
) -> Config | None:
    """A configuration with the number of steps of every run that trains beside others.

    All runs have the same number of steps. A step is timed in as many processes at once as the
    runs will have: they share cores, caches and memory.

    Args:
        config: Configuration of the runs, but for seed and folder; unchanged without ``minutes``.
        folders: Folder of each run.
        workers: Processes that train at once.
        resume: Take the steps of a run that has begun, if there is one.

    Returns:
        Configuration without ``minutes``; None if it was interrupted.

    Raises:
        ConfigError: If the minutes are too few.
    """
    if config.minutes is None or config.more_steps is not None:
        return config
    begun = [folder for folder in folders if resume and RunFolder(folder).holds_run()]
    if begun:
        return replace(sized(replace(config, out=begun[0]), resume=True), out=config.out)
    n = min(workers, len(folders))
    speeds = parallel_map(partial(_measured_beside_others, n=n), [config] * n, workers=n)
    measured = [speed for speed in speeds if speed is not None]
    if len(measured) < n:
        return None
    rounds = -(-len(folders) // n)
    if rounds > 1:
        tqdm.write(
            f"{len(folders)} runs, {n} at a time: {rounds} times {config.minutes:g} minutes",
            file=sys.stderr,
        )
    return sized(config, speed=slowest(measured))


def slowest(speeds: Sequence[Speed], /) -> Speed:
    """The longest of each of the times."""
    return Speed(
        max(speed.setup for speed in speeds),
        max(speed.step for speed in speeds),
        max(speed.evaluation for speed in speeds),
    )


def _measured_beside_others(
    config: Config, position: int, stop_file: Path, *, n: int
) -> Speed | None:
    """Times in this process while ``n`` processes measure; None if a stop was requested."""
    torch.set_num_threads(config.threads)
    (stop_file.parent / f"ready{position}").touch()
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while len(list(stop_file.parent.glob("ready*"))) < n and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    speed = measured_speed(replace(config, minutes=None))
    return None if stop_file.exists() else speed

"""Where a run computes: one device or several, in full or in mixed precision.

With several, each process draws the same batch from the same source of randomness and takes its
share of it; gradients are averaged over the processes. So a run is the same, up to rounding,
however many there are, and all of them hold the same state.
"""

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gan.errors import LostProcessError

Precision = Literal["32", "bf16-mixed"]
Strategy = Literal["auto", "ddp"]


@dataclass(frozen=True, slots=True)
class Devices:
    """The processes that compute one run, seen from one of them.

    Attributes:
        device: Where this process computes.
        rank: Which of them this is, from 0.
        count: How many there are.
        autocast: Makes the context in which networks compute; by default in full precision.
    """

    device: torch.device
    rank: int = 0
    count: int = 1
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext

    def share(self, points: Tensor, /) -> Tensor:
        """This process's rows: every ``count``-th, from its own rank on."""
        return points[self.rank :: self.count] if self.count > 1 else points

    def average(self, tensors: Sequence[Tensor], /) -> Sequence[Tensor]:
        """The mean over all processes of each of the tensors, which have one data type.

        Args:
            tensors: This process's.

        Returns:
            As many tensors of the same shapes.

        Raises:
            LostProcessError: If another process is gone.
        """
        if self.count == 1:
            return tensors
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        try:
            torch.distributed.all_reduce(flat)
        except RuntimeError as error:
            raise LostProcessError(
                f"another process of this run is gone ({str(error).splitlines()[0]})"
            ) from error
        parts = (flat / self.count).split([tensor.numel() for tensor in tensors])
        return [part.reshape(t.shape) for part, t in zip(parts, tensors, strict=True)]

    def agreed(self, flag: bool, /) -> bool:
        """Whether the flag is set in any of the processes."""
        if self.count == 1:
            return flag
        (mean,) = self.average([torch.tensor([float(flag)], device=self.device)])
        return bool(mean > 0)


def planned(device: torch.device, count: int, /) -> Devices:
    """What this process will compute on, before it has joined the others.

    Args:
        device: Where to compute; with several processes of one machine, the kind of device.
        count: How many processes.

    Returns:
        This process's device, rank and count.
    """
    if count == 1:
        return Devices(device)
    rank = int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    own = torch.device(device.type, local) if device.type == "cuda" else device
    return Devices(own, rank, count)


def join(plan: Devices, /, *, strategy: Strategy = "auto", precision: Precision = "32") -> Devices:
    """Set up computing by Lightning Fabric; with several processes, start and join them.

    The first process starts the others by its own command, unless a launcher has started all of
    them. They end with it, and it is told by `Devices.average` when one of them is gone. If one
    ends before all have joined, this process says so and exits with status 1: its wait for them
    cannot be interrupted.

    Args:
        plan: As `planned` gave it.
        strategy: How several processes work together: "ddp" (data parallel), or as Fabric
            chooses.
        precision: "32", or "bf16-mixed": matrix products in bfloat16, weights in float32.

    Returns:
        What this process computes on.
    """
    if plan.count == 1 and precision == "32":
        return plan
    from lightning_fabric import Fabric  # here: it takes seconds to import

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    joined = threading.Event()
    if plan.count > 1 and "LOCAL_RANK" not in os.environ:
        _watch(_start_others(plan.count), joined)
    one = [plan.device.index or 0] if plan.device.type == "cuda" else 1
    fabric = Fabric(
        accelerator=plan.device.type,
        devices=plan.count if plan.count > 1 else one,
        strategy=strategy,
        precision=precision,
    )
    fabric.launch()
    joined.set()
    return Devices(fabric.device, fabric.global_rank, fabric.world_size, fabric.autocast)


def _start_others(count: int) -> "list[subprocess.Popen[bytes]]":
    """Start all processes but this one, by the command that started it.

    Not left to Fabric: its launcher kills the first process when another one fails, before that
    could save what it has.

    Returns:
        They.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(count),
        "NODE_RANK": "0",
        "LOCAL_RANK": "0",
    }
    spec = sys.modules["__main__"].__spec__
    script = [sys.argv[0]] if spec is None else ["-m", spec.name]
    return [
        subprocess.Popen(
            [sys.executable, *script, *sys.argv[1:]], env={**os.environ, "LOCAL_RANK": str(rank)}
        )
        for rank in range(1, count)
    ]


def _watch(others: "list[subprocess.Popen[bytes]]", joined: threading.Event) -> None:
    """End this process if another one ends before all have joined: it would wait for half an hour.

    Waiting is inside a library and cannot be interrupted but by the end of the process.
    """

    def watch() -> None:
        while not joined.wait(0.5):
            codes = [other.poll() for other in others]
            if any(code is not None for code in codes):
                for other in others:
                    other.kill()
                sys.stderr.write(
                    f"gan: another process of this run ended (status {codes}) before all had "
                    "joined it; what it said is above\n"
                )
                sys.stderr.flush()
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()

"""Devices of a run: one process or several, in full or in mixed precision.

With several processes each draws the same batch from the same source of randomness and takes its
shard of it; gradients are averaged over the processes. A run is therefore the same, up to
rounding, for any number of processes, and all of them hold the same state.
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

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Devices:
    """The processes of a run, as seen from one of them.

    Attributes:
        device: Device of this process.
        rank: Index of this process, from 0.
        world_size: Number of processes.
        autocast: Makes the context in which networks are evaluated; by default full precision.
    """

    device: torch.device
    rank: int = 0
    world_size: int = 1
    autocast: Callable[[], AbstractContextManager[object]] = nullcontext

    def shard(self, points: Tensor, /) -> Tensor:
        """This process's rows of a batch: every ``world_size``-th, from ``rank`` on."""
        return points[self.rank :: self.world_size] if self.world_size > 1 else points

    def average(self, tensors: Sequence[Tensor], /) -> Sequence[Tensor]:
        """The mean of each tensor over all processes.

        Args:
            tensors: Tensors of this process, all of one data type.

        Returns:
            The means, of the same number and shapes.

        Raises:
            LostProcessError: If another process has ended.
        """
        if self.world_size == 1:
            return tensors
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        try:
            torch.distributed.all_reduce(flat)
        except RuntimeError as error:
            raise LostProcessError(
                f"another process of this run is gone ({str(error).splitlines()[0]})"
            ) from error
        parts = (flat / self.world_size).split([tensor.numel() for tensor in tensors])
        return [part.reshape(t.shape) for part, t in zip(parts, tensors, strict=True)]

    def any_rank(self, flag: bool, /) -> bool:
        """Whether the flag is set in any of the processes."""
        if self.world_size == 1:
            return flag
        (mean,) = self.average([torch.tensor([float(flag)], device=self.device)])
        return bool(mean > 0)


def planned_devices(device: torch.device, world_size: int, /) -> Devices:
    """Device, rank and number of processes of a run, before the processes are connected.

    Args:
        device: Device of the run; with several processes, the type of their devices.
        world_size: Number of processes.

    Returns:
        The device and rank of this process, and the number of processes.
    """
    if world_size == 1:
        return Devices(device)
    rank = int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    own = torch.device(device.type, local_rank) if device.type == "cuda" else device
    return Devices(own, rank, world_size)


def launch(
    plan: Devices, /, *, strategy: Strategy = "auto", precision: Precision = "32"
) -> Devices:
    """Set up Lightning Fabric; with several processes, start and connect them.

    The first process starts the others by its own command, unless a launcher has started all of
    them. Afterwards `Devices.average` raises in every process when one of them has ended. If one
    ends before all are connected, this process prints so and exits with status 1, since its wait
    for them cannot be interrupted.

    Args:
        plan: Result of `planned_devices`.
        strategy: Communication of several processes: "ddp" (data parallel), or Fabric's choice.
        precision: "32", or "bf16-mixed": matrix products in bfloat16, weights in float32.

    Returns:
        The devices of the connected processes, with the autocast of the precision.
    """
    if plan.world_size == 1 and precision == "32":
        return plan
    from lightning_fabric import Fabric  # takes seconds to import

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    connected = threading.Event()
    if plan.world_size > 1 and "LOCAL_RANK" not in os.environ:
        _exit_on_early_end(_start_other_ranks(plan.world_size), connected)
    own_device = [plan.device.index or 0] if plan.device.type == "cuda" else 1
    fabric = Fabric(
        accelerator=plan.device.type,
        devices=plan.world_size if plan.world_size > 1 else own_device,
        strategy=strategy,
        precision=precision,
    )
    fabric.launch()
    connected.set()
    return Devices(fabric.device, fabric.global_rank, fabric.world_size, fabric.autocast)


def _start_other_ranks(world_size: int) -> "list[subprocess.Popen[bytes]]":
    """Start the processes of ranks 1, 2, ... by the command of this process.

    Fabric's own launcher is not used: it kills the first process when another one fails, before
    the first could save its state.

    Returns:
        The started processes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(world_size),
        "NODE_RANK": "0",
        "LOCAL_RANK": "0",
    }
    spec = sys.modules["__main__"].__spec__
    script = [sys.argv[0]] if spec is None else ["-m", spec.name]
    return [
        subprocess.Popen(
            [sys.executable, *script, *sys.argv[1:]], env={**os.environ, "LOCAL_RANK": str(rank)}
        )
        for rank in range(1, world_size)
    ]


def _exit_on_early_end(
    others: "list[subprocess.Popen[bytes]]", connected: threading.Event
) -> None:
    """Start a thread that exits this process if another one ends before all are connected.

    Fabric would wait for half an hour, inside a library call that only the end of the process
    interrupts.
    """

    def poll() -> None:
        while not connected.wait(POLL_SECONDS):
            codes = [other.poll() for other in others]
            if any(code is not None for code in codes):
                for other in others:
                    other.kill()
                sys.stderr.write(
                    f"gan: another process of this run ended (status {codes}) before all were "
                    "connected; its message is above\n"
                )
                sys.stderr.flush()
                os._exit(1)

    threading.Thread(target=poll, daemon=True).start()

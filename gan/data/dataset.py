"""What every data set is to the rest: a sampler, the shape of its points, and ways to judge."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

Sampler = Callable[[int, torch.Generator], Tensor]
Measures = dict[str, int | float | list[float]]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A distribution to learn.

    Attributes:
        shape: Of one point: ``(d,)``, or ``(channels, rows, columns)`` of an image.
        sample: Draws real points: ``sample(n, rng)``, of shape ``(n, *shape)``.
        networks: Name of the pair of networks that learns it by default.
        unit: How large the points are: networks work on points of size about 1.
        measure: What is to be known of generated points ``(n, *shape)`` beyond their distance, by
            name; None if there is nothing.
        measure_size: How many generated points it is given.
        evaluation_size: Points on each side of an evaluation.
        refine_steps: Steps that a copy of the critic gets to certify what it can, on all of them.
        log_density: Log density of points ``(n, *shape)``, in nats, where it is known.
    """

    shape: tuple[int, ...]
    sample: Sampler
    networks: str = "mlp"
    unit: float = 1.0
    measure: Callable[[Tensor], Measures] | None = None
    measure_size: int = 2000
    evaluation_size: int = 1000
    refine_steps: int = 90
    log_density: Callable[[Tensor], Tensor] | None = None


Loader = Callable[[Path | None], DataSet]

"""Best known settings of a recipe on a data set: networks, length and settings of the recipe.

They are those of the best cases of `benchmarks.gan.training`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan.datasets import DATA
from gan.training.devices import Precision

DEFAULT_STEPS = 3000


@dataclass(frozen=True, slots=True)
class Preset:
    """Networks, length and settings that belong together.

    Attributes:
        networks: Name of the pair of networks; None for the data set's own.
        steps: Generator steps.
        changes: Settings that differ from the quick ones of the recipe.
        precision: Precision of matrix products, on a processor that has it.
    """

    networks: str | None = None
    steps: int = DEFAULT_STEPS
    changes: dict[str, Any] = field(default_factory=dict)
    precision: Precision = "32"


# Of images of any source: the penalty's weight is in proportion to their distances.
IMAGE_SETTINGS: dict[str, Any] = {
    "batch_size": 64,
    "critic_steps": 5,
    "learning_rate": 2e-3,
    "penalty_weight": 10.0,
}
IMAGE_PRESETS: dict[str, Preset] = {"wgan-gp": Preset(changes=IMAGE_SETTINGS)}
# The two-sided penalty asks for slope 1 between any two points, at the optimum, too. With a weight
# of 1 the critic never falls silent: generator and critic chase each other, in one dimension
# without end. With 0.1 the slope can go to 0, and a generator that slows down first settles.
VECTOR_PRESETS: dict[str, Preset] = {
    "wgan-gp": Preset(changes={"penalty_weight": 0.1, "generator_decay": 3.0})
}
IMAGE_DATA = ("mnist", "stacked-mnist")

PRESETS: dict[str, dict[str, Preset]] = {
    "eight-gaussians": {
        "wgan-gp": Preset(
            "fourier-mlp",
            3600,
            {
                "learning_rate": 4e-3,
                "penalty_weight": 0.1,
                "generator_decay": 4.0,
                "average_rate": 6e-3,
            },
        ),
        "wgan-lp": Preset(
            "fourier-mlp",
            3600,
            {"learning_rate": 3e-3, "generator_decay": 3.0, "average_rate": 4e-3},
        ),
    },
    "pacgan-ring": {"wgan-lp": Preset("mlp", 4500)},
    "twenty-five-gaussians": {
        "wgan-lp": Preset(
            "mlp", 8500, {"batch_size": 128, "learning_rate": 3e-3, "penalty_weight": 2.83}
        )
    },
    "mnist": {
        "wgan-gp": Preset(
            "convolutional-categorical",
            8000,
            {**IMAGE_SETTINGS, "average_rate": 1e-3},
            "bf16-mixed",
        )
    },
    "characters": {
        "wgan-gp": Preset(
            "sequence",
            6000,
            {
                "batch_size": 64,
                "critic_steps": 2,
                "learning_rate": 2e-3,
                "penalty_weight": 1.0,
            },
            "bf16-mixed",
        )
    },
}


def preset(recipe: str, data: str, networks: str | None, /) -> Preset:
    """Best known settings of a recipe on a data set.

    Args:
        recipe: Name of the recipe.
        data: Name of the data set.
        networks: Name of the networks that were asked for; None for the best ones.

    Returns:
        The settings; on other data, or with other networks than the best ones, those for images
        or for vectors in general.
    """
    known = PRESETS.get(data, {}).get(recipe)
    if known is not None and networks in (None, known.networks):
        return known
    return (IMAGE_PRESETS if _is_of_images(data) else VECTOR_PRESETS).get(recipe, Preset())


def _is_of_images(data: str) -> bool:
    """Whether a name, a folder or an array is of images, or of other points of several axes."""
    if data in DATA:
        return data in (*IMAGE_DATA, "characters")
    path = Path(data)
    if path.is_dir():
        return True
    if path.suffix != ".npy" or not path.is_file():
        return False
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False).ndim > 2
    except (OSError, ValueError):  # refused with its reason when the data are read
        return False


def supported(precision: Precision, device: str, /) -> Precision:
    """A precision if the device computes with it, else 32."""
    if precision == "bf16-mixed" and device == "cpu":
        # Others emulate it, at a fraction of the speed. Older torch cannot tell.
        capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        has_bfloat16 = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
        return precision if has_bfloat16 else "32"
    return precision

"""Adversarial training on known distributions; critics compared with exact W1 distance.

Names are imported at first use, so that the command can answer without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan import (  # noqa: F401  # attributes, for a type checker
        critics,
        data,
        diagnose,
        evaluation,
        metrics,
        networks,
        recipes,
        runs,
        training,
    )
    from gan.data.dataset import DataSet
    from gan.data.mixtures import GaussianMixture, eight_gaussians, twenty_five_gaussians
    from gan.datasets import DATA
    from gan.errors import GanError, TrainingError
    from gan.evaluation.certified_bound import CertifiedBound, certified_bound
    from gan.evaluation.critic_gap import CriticGap, critic_gap, critic_gaps
    from gan.evaluation.critic_gap_metric import CriticGapMetric
    from gan.networks import NETWORKS, Networks
    from gan.recipes.recipe import Recipe
    from gan.recipes.registry import GAN, RECIPES, WGAN, WGAN_GP, TrainingMethod
    from gan.runs.config import Config
    from gan.runs.loaded import Run, load, run
    from gan.training.loop import Step, Training, train

__all__ = [
    "DATA",
    "GAN",
    "NETWORKS",
    "RECIPES",
    "WGAN",
    "WGAN_GP",
    "CertifiedBound",
    "Config",
    "CriticGap",
    "CriticGapMetric",
    "DataSet",
    "GanError",
    "GaussianMixture",
    "Networks",
    "Recipe",
    "Run",
    "Step",
    "Training",
    "TrainingError",
    "TrainingMethod",
    "certified_bound",
    "critic_gap",
    "critic_gaps",
    "eight_gaussians",
    "load",
    "run",
    "train",
    "twenty_five_gaussians",
]

_FOLDERS = (
    "critics",
    "data",
    "diagnose",
    "evaluation",
    "metrics",
    "networks",
    "recipes",
    "runs",
    "training",
)
_NAMES_OF_MODULE = {
    "gan.data.dataset": ("DataSet",),
    "gan.data.mixtures": ("GaussianMixture", "eight_gaussians", "twenty_five_gaussians"),
    "gan.datasets": ("DATA",),
    "gan.errors": ("GanError", "TrainingError"),
    "gan.evaluation.certified_bound": ("CertifiedBound", "certified_bound"),
    "gan.evaluation.critic_gap": ("CriticGap", "critic_gap", "critic_gaps"),
    "gan.evaluation.critic_gap_metric": ("CriticGapMetric",),
    "gan.networks": ("NETWORKS", "Networks"),
    "gan.recipes.recipe": ("Recipe",),
    "gan.recipes.registry": ("GAN", "RECIPES", "WGAN", "WGAN_GP", "TrainingMethod"),
    "gan.runs.config": ("Config",),
    "gan.runs.loaded": ("Run", "load", "run"),
    "gan.training.loop": ("Step", "Training", "train"),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF_MODULE.items() for name in names}


if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> Any:
        """Import a public name or folder, or read the version, at its first use."""
        if name in _FOLDERS:
            return import_module(f"gan.{name}")
        if name == "__version__":
            return import_module("divergences").__version__
        if name not in _MODULE_OF:
            raise AttributeError(f"module 'gan' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
        return value


def __dir__() -> list[str]:
    """The public names and folders."""
    return [*__all__, *_FOLDERS, "__version__"]

"""Divergences of this package and of other packages, from numpy arrays to numpy arrays."""

import importlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial import distance
from scipy.special import kl_div, rel_entr
from scipy.stats import entropy

import divergences

torchmetrics: Any = None  # optional, of the extra `bench`
with suppress(ImportError):
    torchmetrics = importlib.import_module("torchmetrics.functional.regression")

Vectors = npt.NDArray[np.floating[Any]]
Divergence = Callable[[Vectors, Vectors], Any]
"""From two arrays of shape ``(..., k)`` to one number per pair."""

OURS: dict[str, Divergence] = {
    "kl": divergences.kl,
    "reverse_kl": divergences.reverse_kl,
    "js": divergences.js,
    "jeffreys": divergences.jeffreys,
    "chi2": divergences.chi2,
    "hellinger": divergences.hellinger,
    "renyi(0.5)": lambda p, q: divergences.renyi(p, q, 0.5),
    "renyi(2)": lambda p, q: divergences.renyi(p, q, 2),
    "alpha(0.5)": lambda p, q: divergences.alpha(p, q, 0.5),
}


def torch_kl(p: Vectors, q: Vectors, /) -> Any:
    """KL by ``F.kl_div``, whose first argument is log q."""
    log_q = torch.from_numpy(q).log()
    terms = torch.nn.functional.kl_div(log_q, torch.from_numpy(p), reduction="none")
    return terms.sum(-1).numpy()


def batched_torchmetrics(function: Callable[..., Any], /) -> Divergence:
    """A function of torchmetrics, which accepts only matrices, for arrays of any shape."""

    def divergence(p: Vectors, q: Vectors) -> Any:
        rows = (torch.from_numpy(np.atleast_2d(a)) for a in (p, q))
        return function(*rows, reduction="none").numpy().reshape(p.shape[:-1])

    return divergence


def peers() -> dict[str, dict[str, Divergence]]:
    """Functions of other packages, by quantity and name."""
    functions: dict[str, dict[str, Divergence]] = {
        "kl": {
            "scipy entropy": lambda p, q: entropy(p, q, axis=-1),
            "sum rel_entr": lambda p, q: rel_entr(p, q).sum(axis=-1),
            "sum kl_div": lambda p, q: kl_div(p, q).sum(axis=-1),
            "F.kl_div": torch_kl,
        },
        "js": {"scipy jensenshannon²": lambda p, q: distance.jensenshannon(p, q, axis=-1) ** 2},
    }
    if torchmetrics is not None:
        functions["kl"]["torchmetrics"] = batched_torchmetrics(torchmetrics.kl_divergence)
        if hasattr(torchmetrics, "jensen_shannon_divergence"):
            js = batched_torchmetrics(torchmetrics.jensen_shannon_divergence)
            functions["js"]["torchmetrics"] = js
    return functions


def values(divergence: Divergence, p: Vectors, q: Vectors, /) -> npt.NDArray[np.float64]:
    """Values of a divergence in float64; floating-point warnings of peers are ignored."""
    with np.errstate(all="ignore"):
        return np.asarray(divergence(p, q), dtype=np.float64)

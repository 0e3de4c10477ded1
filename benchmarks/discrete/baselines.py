"""Who computes what: ours, and the peers as their users call them; numpy in and out."""

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

torchmetrics: Any = None  # of the extra `bench`; the rest can be measured without it
with suppress(ImportError):
    torchmetrics = importlib.import_module("torchmetrics.functional.regression")

Vectors = npt.NDArray[np.floating[Any]]
Divergence = Callable[[Vectors, Vectors], Any]
"""Of two arrays of shape ``(..., k)``: one number per pair."""

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
    """``F.kl_div``, which takes the logarithm of q first."""
    log_q = torch.from_numpy(q).log()
    terms = torch.nn.functional.kl_div(log_q, torch.from_numpy(p), reduction="none")
    return terms.sum(-1).numpy()


def torchmetrics_of(function: Callable[..., Any], /) -> Divergence:
    """A function of torchmetrics, which takes only matrices."""

    def divergence(p: Vectors, q: Vectors) -> Any:
        rows = (torch.from_numpy(np.atleast_2d(a)) for a in (p, q))
        return function(*rows, reduction="none").numpy().reshape(p.shape[:-1])

    return divergence


def peers() -> dict[str, dict[str, Divergence]]:
    """The peers of each quantity that has any, by name."""
    found: dict[str, dict[str, Divergence]] = {
        "kl": {
            "scipy entropy": lambda p, q: entropy(p, q, axis=-1),
            "sum rel_entr": lambda p, q: rel_entr(p, q).sum(axis=-1),
            "sum kl_div": lambda p, q: kl_div(p, q).sum(axis=-1),
            "F.kl_div": torch_kl,
        },
        "js": {"scipy jensenshannon²": lambda p, q: distance.jensenshannon(p, q, axis=-1) ** 2},
    }
    if torchmetrics is not None:
        found["kl"]["torchmetrics"] = torchmetrics_of(torchmetrics.kl_divergence)
        if hasattr(torchmetrics, "jensen_shannon_divergence"):
            js = torchmetrics_of(torchmetrics.jensen_shannon_divergence)
            found["js"]["torchmetrics"] = js
    return found


def values(divergence: Divergence, p: Vectors, q: Vectors, /) -> npt.NDArray[np.float64]:
    """What a contender returns, in float64; its floating-point warnings are not our subject."""
    with np.errstate(all="ignore"):
        return np.asarray(divergence(p, q), dtype=np.float64)

"""Other libraries' estimates of KL from samples."""

import importlib.util
import warnings
from collections.abc import Callable
from importlib import metadata

import numpy as np

from divergences._typing import Floats

# Largest n that a peer is asked for, and in how many repetitions: more would take hours.
PEERS = {
    "scipy gaussian_kde": (1000, 50),
    "divergence": (5000, 100),
    "infomeasure": (5000, 100),
    "universal-divergence": (200, 10),
    "densratio": (1000, 10),
}
MODULES = {"scipy gaussian_kde": "scipy", "universal-divergence": "universal_divergence"}


def installed() -> dict[str, tuple[int, int]]:
    """The peers that are there, each with the largest n and the repetitions it is asked for."""
    return {
        name: limits
        for name, limits in PEERS.items()
        if importlib.util.find_spec(MODULES.get(name, name)) is not None
    }


def versions() -> dict[str, str]:
    """The version of each peer that is there, and of scikit-learn, behind our estimates."""
    names = ["scikit-learn", *(name for name in installed() if name not in MODULES)]
    return {name: metadata.version(name) for name in names}


def kl(name: str, x: Floats, y: Floats) -> float:
    """A peer's estimate of KL(p || q) from two samples, whatever it warns of."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _function(name)(x, y)


def _function(name: str) -> Callable[[Floats, Floats], float]:
    """The function of a peer."""
    if name == "scipy gaussian_kde":
        return _kde
    if name == "divergence":
        from divergence import knn_kl_divergence

        return lambda x, y: float(knn_kl_divergence(x, y))
    if name == "infomeasure":
        import infomeasure

        return lambda x, y: float(infomeasure.kld(x, y, approach="metric", k=5))
    if name == "universal-divergence":
        import universal_divergence

        return lambda x, y: float(universal_divergence.estimate(x, y))
    return _density_ratio


def _density_ratio(x: Floats, y: Floats) -> float:
    """Mean logarithm of the density ratio that densratio fits (uLSIF), where it is above 0."""
    from densratio import densratio

    found = densratio(x, y, verbose=False).compute_density_ratio(x)
    return float(np.log(np.maximum(found, 1e-12)).mean())


def _kde(x: Floats, y: Floats) -> float:
    """Mean log-ratio of two kernel density estimates of scipy's."""
    from scipy.stats import gaussian_kde

    p, q = gaussian_kde(x.T), gaussian_kde(y.T)
    return float(np.mean(p.logpdf(x.T) - q.logpdf(x.T)))

"""Estimators of KL from samples in other libraries."""

import importlib.util
import warnings
from collections.abc import Callable
from importlib import metadata

import numpy as np

from divergences._typing import Floats

# Largest nominal size and number of repetitions of each peer: more would take hours.
PEER_LIMITS = {
    "scipy gaussian_kde": (1000, 50),
    "divergence": (5000, 100),
    "infomeasure": (5000, 100),
    "universal-divergence": (200, 10),
    "densratio": (1000, 10),
}
MODULES = {"scipy gaussian_kde": "scipy", "universal-divergence": "universal_divergence"}
MIN_RATIO = 1e-12  # fitted ratios may be negative, and have no logarithm


def installed() -> dict[str, tuple[int, int]]:
    """Largest nominal size and number of repetitions of each installed peer."""
    return {
        name: limits
        for name, limits in PEER_LIMITS.items()
        if importlib.util.find_spec(MODULES.get(name, name)) is not None
    }


def versions() -> dict[str, str]:
    """Versions of the installed peers, and of scikit-learn, on which our estimators depend."""
    names = ["scikit-learn", *(name for name in installed() if name not in MODULES)]
    return {name: metadata.version(name) for name in names}


def kl(name: str, x: Floats, y: Floats) -> float:
    """Estimate of KL(p || q) by a peer, in nats, with its warnings silenced."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _estimator(name)(x, y)


def _estimator(name: str) -> Callable[[Floats, Floats], float]:
    """Estimator of a peer, as a function of two samples."""
    if name == "scipy gaussian_kde":
        return _kernel_density
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
    """Mean logarithm of the density ratio fitted by densratio (uLSIF)."""
    from densratio import densratio

    ratios = densratio(x, y, verbose=False).compute_density_ratio(x)
    return float(np.log(np.maximum(ratios, MIN_RATIO)).mean())


def _kernel_density(x: Floats, y: Floats) -> float:
    """Mean log-ratio of two kernel density estimates by scipy."""
    from scipy.stats import gaussian_kde

    p, q = gaussian_kde(x.T), gaussian_kde(y.T)
    return float(np.mean(p.logpdf(x.T) - q.logpdf(x.T)))

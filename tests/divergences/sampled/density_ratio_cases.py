"""Normal samples of known divergences, for the tests of density ratios."""

import numpy as np
import scipy.stats

from divergences import closed_forms, densities, sampled

METHODS = ["auto", "classifier", "knn", "histogram"]
CLASSIFIERS = ["auto", "classifier"]
FUNCTIONS = [sampled.kl, sampled.reverse_kl, sampled.js]
P, Q = closed_forms.Normal(0, 1), closed_forms.Normal(0.5, 1.2)
EXACT = {
    sampled.kl: closed_forms.kl(P, Q),
    sampled.reverse_kl: closed_forms.reverse_kl(P, Q),
    sampled.js: densities.js(
        scipy.stats.norm.logpdf, lambda x: scipy.stats.norm.logpdf(x, 0.5, 1.2), (-np.inf, np.inf)
    ).value,
}


def normals(n=1000, m=1000, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, n), rng.normal(0.5, 1.2, m)

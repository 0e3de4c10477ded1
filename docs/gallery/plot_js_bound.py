"""
A discriminator bounds JS from below
====================================

The value of the GAN game at any discriminator D is at most 2 JS - 2 log 2 (Goodfellow et al. 2014,
theorem 1). Logistic regression on points, then on points and their squares, comes closer to the
Jensen-Shannon divergence of two normal distributions of unequal width.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression

from divergences import js, normalize

rng = np.random.default_rng(0)
widths = np.linspace(1, 3, 9)
features = {
    "x": lambda x: np.c_[x],
    "x, x²": lambda x: np.c_[x, x**2],
}


def bound(x, y, columns):
    """Lower bound of JS by a discriminator, fitted to one half and evaluated on the other."""
    half = len(x) // 2
    points = columns(np.r_[x[:half], y[:half]])
    model = LogisticRegression().fit(points, np.r_[np.ones(half), np.zeros(half)])
    real, generated = (model.predict_log_proba(columns(s[half:])) for s in (x, y))
    return np.log(2) + (real[:, 1].mean() + generated[:, 0].mean()) / 2


cells = np.linspace(-15, 15, 3001)
normal = normalize(np.exp(-(cells**2) / 2))
truth = [js(normal, normalize(np.exp(-((cells - 0.5) ** 2) / (2 * w**2)))) for w in widths]
figure, axis = plt.subplots(layout="constrained")
axis.plot(widths, truth, color="black", label="JS")
for name, columns in features.items():
    bounds = [bound(rng.normal(size=20_000), rng.normal(0.5, w, 20_000), columns) for w in widths]
    axis.plot(widths, bounds, marker=".", label=f"discriminator of {name}")
axis.set(xlabel="deviation of the second distribution", ylabel="nats")
axis.legend()
plt.show()

"""
KL against reverse KL
=====================

The normal distribution that is closest to two humps, by each direction of KL. Forward KL asks the
model to cover all the mass; reverse KL asks it to stay where there is mass.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

from divergences import kl, normalize, reverse_kl

# %%
# Two humps on a fine grid, and a normal distribution on the same cells:

cells = np.linspace(-7, 7, 701)
target = normalize(0.6 * norm.pdf(cells, -2, 0.7) + 0.4 * norm.pdf(cells, 2.5, 0.9))


def model(parameters):
    """Masses of a normal distribution with this mean and logarithm of the deviation."""
    mean, log_scale = parameters
    return normalize(norm.pdf(cells, mean, np.exp(log_scale)))


# %%
# Either divergence is minimized over mean and deviation:

fits = {
    divergence.__name__: minimize(
        lambda parameters, d=divergence: float(d(target, model(parameters))),
        (-1.0, 0.3),
        method="Nelder-Mead",
    )
    for divergence in (kl, reverse_kl)
}

figure, axis = plt.subplots(layout="constrained")
axis.fill_between(cells, target, color="0.85", label="target")
for name, fit in fits.items():
    label = f"{name}: mean {fit.x[0]:.2f}, deviation {np.exp(fit.x[1]):.2f}"
    axis.plot(cells, model(fit.x), label=label)
axis.set(xlabel="x", ylabel="mass of a cell")
axis.legend()
plt.show()

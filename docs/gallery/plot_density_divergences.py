"""
Divergences of two densities
============================

A Laplace distribution against the standard normal, by its scale: KL and JS by quadrature, each
with a bound of its error.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import densities

LINE = (-np.inf, np.inf)


def log_normal(x):
    """Log-density of the standard normal distribution."""
    return -(x**2) / 2 - np.log(2 * np.pi) / 2


scales = np.geomspace(0.4, 2, 6)
figure, axis = plt.subplots(layout="constrained")
for name, divergence in (
    ("KL(normal || Laplace)", densities.reverse_kl),
    ("JS", densities.js),
):
    integrals = [
        divergence(lambda x, b=b: -np.abs(x) / b - np.log(2 * b), log_normal, LINE, points=[0])
        for b in scales
    ]
    print(f"{name}: largest error bound {max(integral.error for integral in integrals):.0e}")
    axis.plot(scales, [integral.value for integral in integrals], marker=".", label=name)
axis.set(xscale="log", yscale="log", xlabel="scale of the Laplace distribution", ylabel="nats")
axis.legend()
plt.show()

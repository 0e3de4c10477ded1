"""
The sampling floor
==================

The exact EMD of two samples of one population is not 0. It falls slowly with the number of points
in few dimensions, and hardly at all in many.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import sampled

rng = np.random.default_rng(0)
sizes = [25, 50, 100, 200, 400]
figure, axis = plt.subplots(layout="constrained")
for d in (1, 2, 4, 8, 16):
    floors = [
        np.mean([float(sampled.emd(*rng.normal(size=(2, n, d)))) for _ in range(4)]) for n in sizes
    ]
    axis.plot(sizes, floors, marker=".", label=f"d = {d}")
axis.set(xscale="log", yscale="log", xlabel="points in each sample", ylabel="exact EMD")
axis.set_xticks(sizes, sizes)
axis.minorticks_off()
figure.legend(loc="outside right upper")
plt.show()

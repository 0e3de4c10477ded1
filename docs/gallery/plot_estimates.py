"""
Estimates of KL with their intervals
====================================

KL of two normal populations from samples of growing size, by nearest neighbors: the value, and the
95 % interval of each.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import closed_forms, sampled

rng = np.random.default_rng(0)
truth = closed_forms.kl(closed_forms.Normal(0, 1), closed_forms.Normal(1, 1.5))
sizes = [50, 100, 200, 400, 800, 1600]
estimates = [
    sampled.kl(rng.normal(size=n), rng.normal(1, 1.5, size=n), method="knn") for n in sizes
]

figure, axis = plt.subplots(layout="constrained")
values = np.array([float(estimate) for estimate in estimates])
below = values - [estimate.low for estimate in estimates]
above = [estimate.high for estimate in estimates] - values
axis.errorbar(sizes, values, [below, above], fmt="o", capsize=5, label="estimate")
axis.axhline(truth, color="black", linewidth=1, label="truth")
axis.set(xscale="log", xlabel="points in each sample", ylabel="KL in nats")
axis.set_xticks(sizes, sizes)
axis.minorticks_off()
axis.legend()
plt.show()

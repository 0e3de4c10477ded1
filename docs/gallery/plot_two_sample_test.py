"""
A two-sample test
=================

Two samples that differ, and two of one population: the statistic beside its values when all points
are divided at random.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import sampled

rng = np.random.default_rng(0)
x = rng.normal(size=(80, 2))
others = {
    "shifted by 0.6": rng.normal(0.6, 1.0, size=(70, 2)),
    "of the same population": rng.normal(size=(70, 2)),
}
figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained", sharex=True)
for axis, (name, y) in zip(axes, others.items(), strict=True):
    test = sampled.permutation_test(x, y, statistic="energy")
    print(f"{name}: p = {test.p_value:.3f}")
    axis.hist(test.null, bins=40, color="0.7", label="random divisions")
    axis.axvline(test.statistic, color="C3", label=f"these samples, p = {test.p_value:.3f}")
    axis.set(title=name, xlabel="energy distance", yticks=[])
    axis.legend()
plt.show()

"""
Proved bounds of an unfinished solve
====================================

With a tolerance, a solve of many points ends as soon as the plan's cost and the proved lower bound
are that close. The exact distance lies in between, whatever the tolerance.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import sampled

rng = np.random.default_rng(0)
x, y = rng.normal(size=(1800, 2)), rng.normal(size=(1800, 2)) @ [[1.5, 0.4], [0.0, 0.7]] + 0.5
exact = sampled.transport(x, y).cost
tolerances = [0.2, 0.05, 0.02, 0.01]
brackets = [sampled.emd(x, y, tolerance=tolerance) for tolerance in tolerances]
for bracket in brackets:
    print(f"[{bracket.low:.5f}, {bracket.high:.5f}] holds {exact:.5f}")

figure, axis = plt.subplots(layout="constrained")
middle = [(b.low + b.high) / 2 for b in brackets]
half = [(b.high - b.low) / 2 for b in brackets]
axis.errorbar(tolerances, middle, half, fmt="none", capsize=6, label="proved bounds")
axis.axhline(exact, color="black", linewidth=1, label="exact EMD")
axis.set(xscale="log", xlabel="tolerance", ylabel="EMD")
axis.legend()
plt.show()

"""
Partial transport
=================

Five bakeries, three cafes, and more bread than the cafes order: all of the lighter side is served,
from wherever that is cheapest, and the rest stays.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import sampled

rng = np.random.default_rng(4)
bakeries, cafes = rng.uniform(size=(5, 2)), rng.uniform(size=(3, 2))
bread, orders = np.array([30.0, 20, 25, 15, 10]), np.array([20.0, 25, 15])
solved = sampled.partial_transport(bakeries, cafes, x_weights=bread, y_weights=orders)
print(f"mean way {solved.cost:.4f}, proved within {solved.gap:.0e}")

figure, axis = plt.subplots(figsize=(6, 5), layout="constrained")
plan = solved.plan.tocoo()
for source, target, share in zip(plan.row, plan.col, plan.data, strict=True):
    ends = np.stack([bakeries[source], cafes[target]]).T
    axis.plot(*ends, color="0.4", linewidth=25 * share, solid_capstyle="butt", zorder=0)
    axis.annotate(f"{share * orders.sum():.0f}", ends.mean(axis=1))
axis.scatter(*bakeries.T, s=8 * bread, label="bakeries")
axis.scatter(*cafes.T, s=8 * orders, marker="s", label="cafes")
axis.legend()
axis.set(xticks=[], yticks=[])
plt.show()

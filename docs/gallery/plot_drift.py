"""
A drift report
==============

Two tables, a quarter apart: which columns changed, by how much, and could it be chance?
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from divergences import sampled


def customers(n, rng, *, later):
    """A table of customers; later ones are older, and some cities are missing."""
    cities = rng.choice(
        ["Rome", "Oslo", "Lima"], n, p=[0.2, 0.3, 0.5] if later else [0.3, 0.3, 0.4]
    )
    return pd.DataFrame({
        "age": rng.gamma(8, 5, n) + (4 if later else 0),
        "income": rng.lognormal(10, 0.5, n),
        "city": np.where(rng.random(n) < (0.1 if later else 0.01), None, cities),
        "visits": rng.poisson(3, n),
    })


rng = np.random.default_rng(0)
drift = sampled.compare_columns(customers(900, rng, later=False), customers(700, rng, later=True))
print(drift)

# %%
# Shares of the bins and categories of each column, the largest divergence first:

figure, axes = plt.subplots(2, 2, figsize=(8, 5), layout="constrained")
for axis, column in zip(axes.flat, drift, strict=True):
    places = np.arange(len(column.outcomes))
    axis.bar(places - 0.2, column.x_shares, 0.4, label="reference")
    axis.bar(places + 0.2, column.y_shares, 0.4, label="current")
    axis.set_xticks(places, column.outcomes, rotation=60, fontsize=7, ha="right")
    axis.set_title(f"{column.name}: JS {column.js:.4f}, p {column.p_adjusted:.2g}", fontsize=9)
axes[0, 0].legend()
plt.show()

"""
The witness of two clouds
=========================

The 1-Lipschitz function whose mean over one cloud exceeds that over the other by exactly their
Wasserstein distance: the critic that a WGAN is trained towards.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import lipschitz_witness, sampled

rng = np.random.default_rng(0)
angle = rng.uniform(0, 2 * np.pi, 200)
x = 2 * np.c_[np.cos(angle), np.sin(angle)] + 0.1 * rng.normal(size=(200, 2))
y = 0.6 * rng.normal(size=(200, 2)) + [0.8, 0]

solved = sampled.transport(x, y)
witness = lipschitz_witness(solved, y)
gap = witness(x).mean() - witness(y).mean()
print(f"gap of the witness {gap:.9f}, exact EMD {solved.cost:.9f}")

# %%
# Along every move of the plan the witness falls with slope 1:

grid = np.stack(np.meshgrid(np.linspace(-3, 3, 80), np.linspace(-3, 3, 80)), axis=-1)
figure, axis = plt.subplots(figsize=(6, 5), layout="constrained")
values = witness(grid.reshape(-1, 2)).reshape(80, 80)
drawn = axis.contourf(*np.moveaxis(grid, -1, 0), values, levels=20, cmap="coolwarm")
moves = np.stack([x[solved.plan.row], y[solved.plan.col]], axis=1)
axis.plot(*np.moveaxis(moves, 0, -1).transpose(1, 0, 2), color="black", linewidth=0.4)
axis.scatter(*x.T, s=8, color="darkred", label="x")
axis.scatter(*y.T, s=8, color="navy", label="y")
axis.set(aspect="equal")
axis.legend()
figure.colorbar(drawn, label="f")
plt.show()

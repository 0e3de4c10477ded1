"""
Digits moved to digits
======================

Two sets of handwritten digits as points of 64 dimensions. The optimal plan pairs each seven with
the one it costs least to move to, all in all; along a pair, one digit becomes the other.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from divergences import grids, sampled

images, labels = load_digits(return_X_y=True)
ones, sevens = images[labels == 1][:150], images[labels == 7][:150]
solved = sampled.transport(sevens, ones)
print(f"EMD {solved.cost:.3f}, proved within {solved.gap:.0e}")

# %%
# The cheapest, a typical and the dearest move of the plan:

order = np.argsort(solved.move_costs)
chosen = order[[0, len(order) // 2, -1]]

# %%
# Between two images, mass moves across pixels: `grids.transport` finds the way, and a part t of
# the way is the displacement interpolation.


def between(source, target, t):
    """Image at the part t of the optimal way from one image to another."""
    plan = grids.transport(source, target, metric="sqeuclidean").flow.tocoo()
    rows, columns = (1 - t) * np.array(np.unravel_index(plan.row, source.shape)) + t * np.array(
        np.unravel_index(plan.col, source.shape)
    )
    image, *_ = np.histogram2d(rows, columns, bins=8, range=[(-0.5, 7.5)] * 2, weights=plan.data)
    return image


figure, axes = plt.subplots(3, 5, figsize=(7.5, 4.6), layout="constrained")
for line, move in zip(axes, chosen, strict=True):
    pair = sevens[solved.plan.row[move]], ones[solved.plan.col[move]]
    source, target = (image.reshape(8, 8) / image.sum() for image in pair)
    line[0].set_ylabel(f"{solved.move_costs[move]:.1f}")
    for axis, t in zip(line, np.linspace(0, 1, 5), strict=True):
        axis.imshow(between(source, target, t), cmap="gray_r")
        axis.set(xticks=[], yticks=[])
figure.supylabel("length of the move")
plt.show()

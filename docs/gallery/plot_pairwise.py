"""
The distances between 200 distributions
=======================================

Two hundred word-like histograms of four topics: the matrix of Jensen-Shannon distances, ordered by
topic, and the plane in which it is drawn best (classical scaling).
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import pairwise

rng = np.random.default_rng(0)
topics = rng.dirichlet(np.full(40, 0.3), size=4)
labels = np.repeat(np.arange(4), 50)
rows = np.stack([rng.dirichlet(40 * topics[k] + 0.05) for k in labels])
distances = pairwise(rows, distance="js_distance")

# %%
# Classical scaling: the leading eigenvectors of the doubly centered squares.

center = np.eye(200) - 1 / 200
values, vectors = np.linalg.eigh(-center @ distances**2 @ center / 2)
plane = vectors[:, -2:] * np.sqrt(values[-2:])

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
figure.colorbar(left.imshow(distances), ax=left, label="JS distance")
right.scatter(*plane.T, c=labels, cmap="tab10", s=15)
right.set(xticks=[], yticks=[], aspect="equal")
plt.show()

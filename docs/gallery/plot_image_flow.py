"""
The flow between two images
===========================

Two random fields, like those of the DOTmark collection, and the cheapest way to change one into
the other: the arrows are the optimal flow between pixels, and the potential is the proof.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import grids

# %%
# Smooth positive fields by filtering noise in the frequency domain:

SIDE = 32
rng = np.random.default_rng(1)


def random_field(correlation):
    """A positive random field of total 1, with this correlation length in pixels."""
    squares = np.fft.fftfreq(SIDE)[:, None] ** 2 + np.fft.fftfreq(SIDE) ** 2
    low_pass = np.exp(-squares * (correlation * np.pi) ** 2)
    field = np.exp(
        1.5
        * np.fft.ifft2(np.fft.fft2(rng.normal(size=(SIDE, SIDE))) * low_pass).real
        * correlation
    )
    return field / field.sum()


p, q = random_field(5), random_field(5)
solved = grids.transport(p, q)
print(f"EMD {solved.cost:.4f} pixels, proved within {solved.gap:.0e}")

# %%
# The flow on each arc has a start and an end; the net flow through a pixel is an arrow:

arcs = solved.flow.tocoo()
start = np.stack(np.unravel_index(arcs.row, p.shape), axis=1)
step = np.stack(np.unravel_index(arcs.col, p.shape), axis=1) - start
arrows = np.zeros((SIDE, SIDE, 2))
np.add.at(arrows, tuple(start.T), arcs.data[:, None] * step)

figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained")
for axis, image, title in zip(axes, (p, q), ("source", "target"), strict=False):
    axis.imshow(image, cmap="gray")
    axis.set(title=title, xticks=[], yticks=[])
axes[2].imshow(solved.potential, cmap="coolwarm")
rows, columns = np.mgrid[:SIDE, :SIDE]
axes[2].quiver(columns, rows, arrows[..., 1], -arrows[..., 0], scale=0.35, width=0.004)
axes[2].set(title="potential and flow", xticks=[], yticks=[])
plt.show()

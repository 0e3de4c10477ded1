"""Random images on small grids, and the matrix of costs between their pixels."""

import numpy as np

KINDS = {
    "dense": lambda rng, shape: rng.random(shape),
    "sparse": lambda rng, shape: rng.random(shape) * (rng.random(shape) < 0.6),
    "scales": lambda rng, shape: 10 ** rng.uniform(-12, 0, shape),
    "counts": lambda rng, shape: rng.integers(0, 4, shape).astype(float),
    "far": lambda rng, shape: (rng.random(shape) < 0.1).astype(float),
}


def random_images(rng, shape, kind):
    """Two images of total 1."""
    images = [KINDS[kind](rng, shape) for _ in range(2)]
    for image in images:
        image.flat[rng.integers(image.size)] += 1e-3
    return [image / image.sum() for image in images]


def cost_matrix(shape, *, metric, spacing, periodic):
    """Cost from each pixel to each other one, in C order."""
    pixels = np.argwhere(np.ones(shape))
    steps = np.abs(pixels[:, None] - pixels)
    steps = np.where(periodic, np.minimum(steps, np.array(shape) - steps), steps)
    steps = steps * np.array(spacing)
    return {
        "euclidean": lambda: np.sqrt((steps**2).sum(axis=-1)),
        "cityblock": lambda: steps.sum(axis=-1),
        "chebyshev": lambda: steps.max(axis=-1),
        "sqeuclidean": lambda: (steps**2).sum(axis=-1),
    }[metric]()

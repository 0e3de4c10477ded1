"""
Samples of a label
==================

Iris flowers with their species: generator and critic are conditional, and points of each species
are drawn on demand.
"""

import contextlib
import io
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris

import gan

iris = load_iris()
folder = Path(tempfile.mkdtemp())
np.save(folder / "iris.npy", iris.data)
np.savetxt(folder / "species.txt", iris.target_names[iris.target], fmt="%s")

# %%
# Batches are small and the run is short, so that this page is made in seconds:

with contextlib.redirect_stderr(io.StringIO()):
    run = gan.run(
        "wgan-gp",
        data=folder / "iris.npy",
        labels=str(folder / "species.txt"),
        steps=80,
        evaluate_every=80,
        batch_size=32,
        critic_steps=2,
        out=folder / "run",
    )
agreement = run.evaluations[-1]["label_agreement"]
print(f"{agreement:.0%} of samples have the species of the nearest flower")

figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharex=True, sharey=True, layout="constrained")
for index, name in enumerate(iris.target_names):
    flowers = iris.data[iris.target == index]
    axes[0].scatter(flowers[:, 2], flowers[:, 3], s=8, label=name)
    samples = run.sample(50, label=str(name))
    axes[1].scatter(samples[:, 2], samples[:, 3], s=8)
axes[0].set(title="flowers", xlabel="petal length (cm)", ylabel="petal width (cm)")
axes[1].set(title="samples of each species", xlabel="petal length (cm)")
axes[0].legend()
plt.show()

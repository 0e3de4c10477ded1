"""
Digits lost by the textbook formula
===================================

Relative error of KL for pairs that differ by a relative ε, against mpmath, as measured by
``python -m benchmarks.discrete.accuracy``. An error of 1 means that no digit is right.
"""

import matplotlib.pyplot as plt

from benchmarks import results_io

record = results_io.load(results_io.RESULTS / "accuracy.json")
rows = [row for row in record["sweep"] if row["n"] == 1000]
eps = [row["eps"] for row in rows]

figure, axis = plt.subplots(layout="constrained")
axis.plot(eps, [float(row["ours"]["kl"]) for row in rows], marker="o", label="kl")
for peer in ("scipy entropy", "F.kl_div", "torchmetrics"):
    axis.plot(eps, [float(row["kl"][peer]) for row in rows], marker=".", label=peer)
axis.axhline(1, color="0.6", linestyle=":")
axis.set(xscale="log", yscale="log", xlabel="ε", ylabel="largest relative error of KL")
axis.legend()
plt.show()

"""
Gap, certified bound and knowledge
==================================

Twelve estimators on the same points of eight Gaussians and a normal distribution, as measured by
``python -m benchmarks.gan.critic_gap``. By the certified share all look alike, since a constant
critic certifies most of the distance; by knowledge, the share beyond that, they do not.
"""

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import results_io

record = results_io.load(results_io.RESULTS / "critic_gap.json")
rows = record["groups"]["points"]["rows"]
measures = {
    "gap / exact": lambda row: row["gap"] / row["exact"],
    "certified / exact": lambda row: row["certified"] / row["exact"],
    "knowledge": lambda row: row["knowledge"],
}
methods = list(dict.fromkeys(row["method"] for row in rows))
means = {
    name: [np.mean([measure(row) for row in rows if row["method"] == m]) for m in methods]
    for name, measure in measures.items()
}
order = np.argsort(means["knowledge"])

figure, axis = plt.subplots(figsize=(8, 5), layout="constrained")
for shift, (name, values) in enumerate(means.items()):
    axis.barh(
        np.arange(len(methods)) + 0.27 * (1 - shift), np.array(values)[order], 0.25, label=name
    )
axis.axvline(1, color="black", linewidth=0.8)
axis.set_yticks(range(len(methods)), np.array(methods)[order])
axis.set(xlabel="share of the exact distance")
axis.legend(loc="lower right")
plt.show()

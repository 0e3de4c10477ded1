"""
A certificate
=============

An optimal plan of two histograms and the slack that the potentials leave below each cost. Slack is
never negative, so the potentials prove a lower bound; the plan is where it is 0, so both are
optimal.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import normalize, transport

bins = np.arange(24)
p = normalize(np.exp(-((bins - 6) ** 2) / 12))
q = normalize(np.exp(-((bins - 12) ** 2) / 30) + 0.8 * np.exp(-((bins - 20) ** 2) / 4))
cost = np.abs(bins[:, None] - bins) ** 1.5
solved = transport(p, q, cost)
slack = cost - solved.source_potential[:, None] - solved.target_potential
bound = p @ solved.source_potential + q @ solved.target_potential
print(f"{bound:.12f} <= {solved.cost:.12f}, smallest slack {slack.min():.0e}")

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
axes[0].step(bins, p, where="mid", label="p")
axes[0].step(bins, q, where="mid", label="q")
axes[0].legend()
shown = axes[1].imshow(np.sqrt(slack.clip(0)), cmap="Blues")
plan = solved.plan.tocoo()
axes[1].scatter(plan.col, plan.row, s=600 * plan.data, color="C3", label="plan")
axes[1].set(xlabel="bin of q", ylabel="bin of p")
axes[1].legend(loc="lower left")
figure.colorbar(shown, label="root of the slack")
plt.show()

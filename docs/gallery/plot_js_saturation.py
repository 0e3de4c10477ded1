"""
JS saturates, EMD does not
==========================

Two parallel segments at a distance (Arjovsky et al. 2017, example 1) and two normal distributions
that move apart. JS of the segments is log 2 at every distance above 0, so that it has no gradient;
KL is infinite; EMD is the distance.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import closed_forms, emd, js, kl, normalize

offsets = np.linspace(0, 3, 31)
cells = np.linspace(-1, 4, 51)  # the segments are at 0 and at an offset: one cell each
start = (np.abs(cells) < 1e-9).astype(float)
cost = np.abs(cells[:, None] - cells)
segments = [(np.abs(cells - offset) < 1e-9).astype(float) for offset in offsets]
print(f"KL of two segments: {kl(start, segments[10])}")

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained", sharex=True)
left.plot(offsets, [js(start, segment) for segment in segments], label="JS")
left.plot(offsets, [emd(start, segment, cost) for segment in segments], label="EMD")
left.axhline(np.log(2), color="0.6", linestyle=":")
left.set(title="two parallel segments", xlabel="distance")

masses = np.exp(-2 * np.linspace(-3, 6, 400) ** 2)  # deviation 0.5, on a fine grid
shifts = [np.exp(-2 * (np.linspace(-3, 6, 400) - offset) ** 2) for offset in offsets]
right.plot(offsets, [js(normalize(masses), normalize(shift)) for shift in shifts], label="JS")
normal = closed_forms.Normal(0, 0.5)
for name in ("w1", "kl"):
    divergence = getattr(closed_forms, name)
    values = [divergence(normal, closed_forms.Normal(offset, 0.5)) for offset in offsets]
    right.plot(offsets, values, label={"w1": "EMD", "kl": "KL"}[name])
right.axhline(np.log(2), color="0.6", linestyle=":")
right.set(title="two normal distributions", xlabel="distance of the means", ylim=(0, 3))
for axis in (left, right):
    axis.legend()
plt.show()

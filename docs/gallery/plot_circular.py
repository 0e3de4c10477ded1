"""
Hours on a circle
=================

Arrivals around midnight, and the same an hour later. On the line from 0 to 24, the mass that
crosses midnight would have to travel back through the whole day; on the circle it moves by one
hour.
"""

import matplotlib.pyplot as plt
import numpy as np

from divergences import sampled

rng = np.random.default_rng(0)
today = rng.normal(0, 1.5, 300) % 24
tomorrow = (today + 1) % 24

on_circle = sampled.emd(today, tomorrow, period=24.0)
on_line = sampled.emd(today, tomorrow)
print(f"circle {on_circle.value:.3f} h, line {on_line.value:.3f} h")

figure, axis = plt.subplots(subplot_kw={"projection": "polar"}, layout="constrained")
bins = np.linspace(0, 2 * np.pi, 49)
for hours, label in ((today, "today"), (tomorrow, "tomorrow")):
    counts, _ = np.histogram(hours * np.pi / 12, bins)
    axis.bar(bins[:-1], counts, width=np.diff(bins), align="edge", alpha=0.5, label=label)
axis.set_theta_zero_location("N")
axis.set_theta_direction(-1)
axis.set_xticks(np.arange(0, 24, 3) * np.pi / 12, [f"{hour}:00" for hour in range(0, 24, 3)])
axis.set_yticks([])
axis.set_title(f"EMD: {on_circle.value:.2f} h on the circle, {on_line.value:.2f} h on the line")
axis.legend(loc="lower left")
plt.show()

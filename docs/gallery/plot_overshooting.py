"""
A generator that moves too far
==============================

Against a discriminator that stays the same, a generator lowers its loss for ever, while the
divergence from the data first falls and then grows (`gan diagnose overshooting`).
"""

import matplotlib.pyplot as plt

from gan.diagnose import overshooting

result = overshooting()
print(f"smallest divergence at theta = {result.theta[result.turn]:.2f}")

figure, axes = plt.subplots(1, 3, figsize=(10, 4.6), layout="constrained")
for draw, panel in zip(result.panels(), axes, strict=True):
    draw(panel)

"""
Weights of a clipped critic
===========================

Weight clipping drives most weights of a critic to the two ends +-c; under the gradient
penalty their histogram is bell-shaped (`gan diagnose weights`, here with a small network).
"""

import matplotlib.pyplot as plt

from gan.diagnose import weights

result = weights(width=32, steps=200)
for criterion in result.verdict.criteria:
    print(criterion)

figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for draw, panel in zip(result.panels(), axes, strict=True):
    draw(panel)

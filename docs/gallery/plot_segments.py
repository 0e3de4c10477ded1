"""
Two parallel segments
=====================

KL is infinite and JS is log 2 wherever the second segment stands; only W tells how far it is, and
only W has a gradient that leads there (`gan diagnose segments`).
"""

import matplotlib.pyplot as plt

from gan.diagnose import segments

result = segments(n=150, intervals=6)
for criterion in result.verdict.criteria:
    print(criterion)

figure, axes = plt.subplots(1, 3, figsize=(10, 4.6), layout="constrained")
for draw, panel in zip(result.panels(), axes, strict=True):
    draw(panel)

"""Figures of two samples, or of two images, with arrows for moves of an optimal plan.

`arrows` selects the moves, `figure` draws samples, `images` draws images. Needs matplotlib.
"""

from divergences._cli.plots.arrows import LabelledSample, moves_at_equal_work
from divergences._cli.plots.figure import require_writable, save_figure
from divergences._cli.plots.images import DrawnChannel, save_image_figure

__all__ = [
    "DrawnChannel",
    "LabelledSample",
    "moves_at_equal_work",
    "require_writable",
    "save_figure",
    "save_image_figure",
]

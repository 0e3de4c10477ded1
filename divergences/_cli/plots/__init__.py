"""Figure of two samples, with arrows for moves of an optimal plan. Needs matplotlib.

`arrows` selects the moves, `figure` draws.
"""

from divergences._cli.plots.arrows import LabelledSample
from divergences._cli.plots.figure import require_writable, save_figure

__all__ = ["LabelledSample", "require_writable", "save_figure"]

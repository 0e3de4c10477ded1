"""A picture of two samples and of what optimal transport moves between them. Needs matplotlib.

`moves` chooses what is shown of a plan, `picture` draws.
"""

from divergences._cli.plots.moves import Cloud
from divergences._cli.plots.picture import require, save

__all__ = ["Cloud", "require", "save"]

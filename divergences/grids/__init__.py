"""Exact EMD of histograms on a grid: images, voxels, bins on a line or a circle.

>>> from divergences import grids
>>> float(grids.emd([[1, 0], [0, 0]], [[0, 0], [0, 1]], metric="chebyshev"))
1.0
"""

from divergences.grids._emd import emd, transport
from divergences.grids._result import GridTransport

__all__ = ["GridTransport", "emd", "transport"]

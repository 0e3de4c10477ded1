"""Distance matrices of distributions.

`matrix` divides the pairs into tiles, `distances` has the distance and its symmetry, `elements`
reads and validates the distributions, and `blocks` evaluates a tile.
"""

from divergences._pairwise.matrix import pairwise

__all__ = ["pairwise"]

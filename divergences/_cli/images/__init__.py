"""Comparison of two images by the exact EMD of their brightness: ``divergences a.png b.png``.

`files` reads images, `pairs` matches two of them, `comparison` computes, `command` has the options
and prints. Needs Pillow.
"""

from divergences._cli.images.command import add_arguments, are_images, output, require_valid

__all__ = ["add_arguments", "are_images", "output", "require_valid"]

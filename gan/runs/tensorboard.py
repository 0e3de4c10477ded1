"""Metrics of a run for TensorBoard."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gan.errors import ConfigError


class TensorBoardWriter:
    """Writer of evaluations and pictures of samples, into the folder ``tensorboard`` of a run."""

    def __init__(self, path: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # an extra, and slow to import

        # Scalars that an earlier session wrote after this step are measured again.
        self._writer = SummaryWriter(str(path / "tensorboard"), purge_step=step + 1)

    @staticmethod
    def require() -> None:
        """Refuse a run with TensorBoard where it is not installed.

        Raises:
            ConfigError: If TensorBoard is not installed.
        """
        if find_spec("tensorboard") is None:
            raise ConfigError(
                "--tensorboard needs TensorBoard: pip install 'divergences[tensorboard]'"
            )

    def add_picture(self, path: Path, step: int, /) -> None:
        """Write the picture of samples in a file."""
        from PIL import Image  # a dependency of matplotlib

        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        self._writer.add_image("samples", pixels, step, dataformats="HWC")
        self._writer.flush()

    def add(self, evaluation: dict[str, Any], /) -> None:
        """Write the numbers of one evaluation, without its lists."""
        for name, value in evaluation.items():
            if isinstance(value, int | float) and name != "step":
                self._writer.add_scalar(name, value, evaluation["step"])
        self._writer.flush()

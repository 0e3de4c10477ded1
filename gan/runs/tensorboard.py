"""The metrics of a run for TensorBoard."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gan.errors import ConfigError


class Board:
    """Writes each line of the metrics as scalars, into the folder ``tensorboard`` of a run."""

    def __init__(self, path: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # here: an extra, and slow to import

        # What an earlier session wrote after this step is made again.
        self._writer = SummaryWriter(str(path / "tensorboard"), purge_step=step + 1)

    @staticmethod
    def require() -> None:
        """Refuse a run that asks for what is not installed.

        Raises:
            ConfigError: If TensorBoard is not.
        """
        if find_spec("tensorboard") is None:
            raise ConfigError(
                "--tensorboard needs TensorBoard: pip install 'divergences[tensorboard]'"
            )

    def add(self, line: dict[str, Any], /) -> None:
        """One evaluation; lists are left out."""
        for name, value in line.items():
            if isinstance(value, int | float) and name != "step":
                self._writer.add_scalar(name, value, line["step"])
        self._writer.flush()

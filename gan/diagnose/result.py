"""Base class of the results of diagnostics: a figure, plain values and a verdict."""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan.diagnose.verdict import Criterion, Verdict
from gan.runs.figure_style import figure_style, new_panels

Panel = Callable[[Axes], None]


class DiagnosticResult:
    """Result of a diagnostic; a frozen dataclass that derives from this class.

    Attributes:
        title: Title of its figure: what the figure shows, in a few words.
        columns: Panels in a row of the figure; None for the default of the style.
    """

    __slots__ = ()

    title: ClassVar[str]
    columns: ClassVar[int | None] = None

    @abstractmethod
    def panels(self) -> Sequence[Panel]:
        """Functions that draw one panel each, into given axes."""
        raise NotImplementedError

    @abstractmethod
    def criteria(self) -> Sequence[Criterion]:
        """Criteria of the claim with the measured numbers, all fixed in the code."""
        raise NotImplementedError

    @property
    def verdict(self) -> Verdict:
        """Whether the claim is shown, by its criteria."""
        return Verdict.of(self.criteria())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result.

        Args:
            ax: Axes for the first panel alone; by default all panels are drawn in a new figure.

        Returns:
            Axes of the first panel; ``.figure`` is the figure.
        """
        if ax is None:
            return self.figure().axes[0]
        with figure_style():
            self.panels()[0](ax)
        return ax

    def figure(self) -> Figure:
        """All panels in a new figure, in the style of the project."""
        panels = self.panels()
        with figure_style():
            figure, axes = new_panels(len(panels), title=self.title, columns=self.columns)
            for draw, panel_axes in zip(panels, axes, strict=True):
                draw(panel_axes)
        return figure

    def record(self) -> dict[str, Any]:
        """Fields of the result in plain values of JSON; infinities and NaN as strings."""
        return {
            field.name: plain_value(getattr(self, field.name))
            for field in fields(self)  # type: ignore[arg-type]  # subclasses are dataclasses
        }

    def save_extras(self, folder: Path, name: str) -> list[Path]:
        """Write files other than the figure, such as an animation; their paths."""
        del folder, name
        return []


def plain_value(value: Any, /) -> Any:
    """A value of JSON: lists for arrays and tensors, strings for numbers that are not finite."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(entry) for entry in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: plain_value(getattr(value, field.name)) for field in fields(value)}
    return value

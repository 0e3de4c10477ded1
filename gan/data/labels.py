"""Labels of points: joined to them as one-hot coordinates, and read from a user's files.

A labelled point is the point with the one-hot code of its label behind it: as coordinates of
vectors, as constant channels of images and sequences. The code has length 1 in the unit of the
data, so that two points of different labels are at a distance of at least sqrt(2) units. Exact EMD
and critics are then of the joint distribution of points and labels.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from divergences import DistributionError
from divergences._cli import tables
from gan.data.characters import read_text
from gan.data.units import Range

MAX_LABELS = 100
MAX_REFERENCE = 2000  # real points that generated ones are compared with
TEXT_SUFFIXES = (".txt", ".csv", ".tsv")
FOLDERS = "folders"  # the option that takes the names of folders as labels


@dataclass(frozen=True, slots=True)
class LabelCode:
    """Code of labels behind the coordinates or channels of points.

    Attributes:
        names: The labels.
        shares: Share of each label among the points, in [0, 1].
        low: Value of the code at other labels.
        high: Value of the code at the label.
        shape: Shape of one point without its label.
    """

    names: tuple[str, ...]
    shares: tuple[float, ...]
    low: float
    high: float
    shape: tuple[int, ...]

    @classmethod
    def of(
        cls, names: Sequence[str], indices: Tensor, size: Range, shape: tuple[int, ...], /
    ) -> "LabelCode":
        """The code for points of a unit and shape.

        Args:
            names: The labels.
            indices: Index of the label of each point.
            size: Unit and offset of the points.
            shape: Shape of one point.

        Returns:
            The code.
        """
        counts = torch.bincount(indices, minlength=len(names)).double()
        positions = math.prod(shape[1:]) if len(shape) == 3 else shape[0] if len(shape) == 2 else 1
        low = size.offset if isinstance(size.offset, float) else 0.0
        return cls(
            tuple(names),
            tuple((counts / counts.sum()).tolist()),
            low,
            low + size.unit / math.sqrt(positions),
            shape,
        )

    def description(self, agreement: float, /) -> str:
        """Labels with their shares, and the agreement of real points, for the user."""
        listed = ", ".join(
            f"{name} {share:.0%}" for name, share in zip(self.names, self.shares, strict=True)
        )
        text = f"labels {listed}" if len(self.names) <= 12 else f"{len(self.names)} labels"
        return f"{text}; the nearest other point has the same label for {agreement:.0%}"

    @property
    def axis(self) -> int:
        """Axis of the coordinates or channels in a batch of points."""
        return 2 if len(self.shape) == 2 else 1

    @property
    def joint_shape(self) -> tuple[int, ...]:
        """Shape of one point with its label."""
        axis = self.axis - 1
        channels = self.shape[axis] + len(self.names)
        return (*self.shape[:axis], channels, *self.shape[axis + 1 :])

    def join(self, points: Tensor, indices: Tensor, /) -> Tensor:
        """Points ``(n, *shape)`` with the code of their labels behind them."""
        code = self.low + (self.high - self.low) * one_hot(indices, len(self.names)).to(points)
        extent = list(points.shape)
        extent[self.axis] = len(self.names)
        code = code.reshape(
            len(points), *(len(self.names) if k == self.axis else 1 for k in range(1, points.ndim))
        )
        return torch.cat([points, code.expand(extent)], dim=self.axis)

    def split(self, joint: Tensor, /) -> tuple[Tensor, Tensor]:
        """Points, and index of the label of each, from points with the code of their labels."""
        size = self.shape[self.axis - 1]
        code = joint.narrow(self.axis, size, len(self.names))
        rest = [axis for axis in range(1, joint.ndim) if axis != self.axis]
        return joint.narrow(self.axis, 0, size), (code.mean(dim=rest) if rest else code).argmax(1)


def label_indices(labels: Any, n: int, name: str, /) -> tuple[list[str], Tensor]:
    """Names of labels in their order, and the index of the label of each point.

    Args:
        labels: Words or numbers, one for each point.
        n: Number of points.
        name: Name of the data, for messages.

    Returns:
        The names, and the indices, shape ``(n,)``.

    Raises:
        DistributionError: If there is not one label for each point, or they are not a few that
            each occur.
    """
    values = np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (n,):
        raise DistributionError(
            f"{name}: there must be one label for each of {n} points, but the labels have the "
            f"shape {values.shape}"
        )
    words = np.array([_word(value) for value in values.tolist()])
    missing = np.flatnonzero((words == "") | (words == "nan"))
    if len(missing):
        raise DistributionError(
            f"{name}: {len(missing)} of {n} labels are missing (row {missing[0]} counted from 0); "
            "drop those rows"
        )
    names, indices = np.unique(words, return_inverse=True)
    if not 2 <= len(names) <= min(MAX_LABELS, n // 2):
        raise DistributionError(
            f"{name}: there must be 2 to {min(MAX_LABELS, n // 2)} different labels for {n} "
            f"points, but there are {len(names)}; leave --labels out, or name a column of classes"
        )
    if all(word.removeprefix("-").isdecimal() for word in names):  # 2 before 10
        order = np.array(sorted(range(len(names)), key=lambda index: int(names[index])))
        names, indices = names[order], np.argsort(order)[indices]
    return names.tolist(), torch.from_numpy(indices.reshape(n))


def _word(value: Any) -> str:
    """A label as text; whole numbers without a point."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def labels_of_file(path: Path, n: int, /) -> Any:
    """Labels in a file: a text with a line for each, perhaps below a header, or a table.

    Args:
        path: The file.
        n: Number of points; a text of one more line has a header.

    Returns:
        Words or numbers.

    Raises:
        DistributionError: If it cannot be read, or has several columns.
    """
    if path.suffix.lower() in TEXT_SUFFIXES and path.is_file():
        lines = read_text(path).rstrip().splitlines()  # a blank last line is no label
        if any("," in line or "\t" in line for line in lines):
            raise DistributionError(f"{path}: labels must be one column, a word in each line")
        return [line.strip() for line in lines][len(lines) == n + 1 :]
    table = tables.read(path)
    if table.n_columns != 1:
        raise DistributionError(
            f"{path}: labels must be one column, but there are {table.n_columns}"
        )
    return table.columns[0]


def labels_of_folders(paths: Sequence[Path], folder: Path, /) -> list[str]:
    """Labels of images: the folders in which they lie.

    Args:
        paths: Paths of the images.
        folder: Folder of the data.

    Returns:
        Name of the first folder on the way to each image.

    Raises:
        DistributionError: If an image lies in no such folder.
    """
    for path in paths:
        if path.parent == folder:
            raise DistributionError(
                f"{path}: lies in no folder that could be its label; put the images of each label "
                f"in a folder of {folder}, or leave --labels out"
            )
    return [path.relative_to(folder).parts[0] for path in paths]


def label_measures(code: LabelCode, joint: Tensor, /) -> Callable[[Tensor], dict[str, Any]]:
    """Metrics of labelled points, by the label of the nearest real point.

    Args:
        code: The code of the labels.
        joint: Real points with their labels, of which at most `MAX_REFERENCE` are used.

    Returns:
        A function of generated points with their labels: ``label_shares``, shares of the points
        by the label of their nearest real point, and ``label_agreement``, the share whose own
        label that is.
    """
    points, indices = code.split(joint[:: -(-len(joint) // MAX_REFERENCE)])
    references = points.flatten(start_dim=1)

    def measure(generated: Tensor) -> dict[str, Any]:
        own_points, own = code.split(generated.cpu())
        distances = torch.cdist(own_points.flatten(start_dim=1), references)
        nearest = indices[distances.argmin(dim=1)]
        counts = torch.bincount(nearest, minlength=len(code.names))
        return {
            "label_shares": (counts.double() / len(own)).tolist(),
            "label_agreement": float((nearest == own).double().mean()),
        }

    return measure


def real_agreement(code: LabelCode, joint: Tensor, /) -> float:
    """Share of real points whose nearest other real point has their label, in [0, 1]."""
    points, indices = code.split(joint[:: -(-len(joint) // MAX_REFERENCE)])
    vectors = points.flatten(start_dim=1)
    distances = torch.cdist(vectors, vectors).fill_diagonal_(torch.inf)
    return float((indices[distances.argmin(dim=1)] == indices).float().mean())

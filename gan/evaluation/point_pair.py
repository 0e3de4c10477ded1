"""Two sets of points of one shape, checked, and the scores that a critic gives them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from divergences import DistributionError
from gan.evaluation.critic_output import ScoreFunction as ScoreFunction
from gan.evaluation.critic_output import critic_output, evaluation_mode, module_of

Points = Tensor | np.ndarray

SCORING_BATCH_SIZE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class PointPair:
    """Real and generated points, checked.

    Attributes:
        real: Real points, shape ``(n, *shape)``, as critics get them.
        generated: Generated points, shape ``(m, *shape)``.
        flat: Both in float64, one row per point, on the device of the points; on the CPU if that
            device has no float64.
    """

    real: Tensor
    generated: Tensor
    flat: tuple[Float[Tensor, " n d"], Float[Tensor, " m d"]]

    @classmethod
    def of(cls, real: Points, generated: Points, /) -> "PointPair":
        """Both sets of points.

        Args:
            real: Tensor or numpy array of real numbers, shape ``(n, *shape)``.
            generated: Likewise, shape ``(m, *shape)``.

        Returns:
            The pair, without gradients.

        Raises:
            DistributionError: If a set is empty, not finite or not of rows, or the shapes of
                points differ.
        """
        pair = _tensor(real, "real"), _tensor(generated, "generated")
        if pair[0].shape[1:] != pair[1].shape[1:] or pair[0].ndim < 2:
            shapes = f"{tuple(pair[0].shape)} and {tuple(pair[1].shape)}"
            remedy = "; of numbers on a line, pass points[:, None]" if pair[0].ndim < 2 else ""
            raise DistributionError(
                "`real` and `generated` must have points of one shape, (n, ...), but have "
                f"{shapes}{remedy}"
            )
        for name, points in zip(("real", "generated"), pair, strict=True):
            if not points.numel():
                raise DistributionError(f"`{name}` must hold points, but is empty")
            finite = points.flatten(start_dim=1).isfinite().all(dim=1)
            if not finite.all():
                raise DistributionError(
                    f"`{name}` must hold points, all of them finite, but point "
                    f"{int((~finite).nonzero()[0, 0])} is not"
                )
        return cls(*pair, (_flat(pair[0]), _flat(pair[1])))

    def scores(self, critic: ScoreFunction, /) -> tuple[Tensor, Tensor]:
        """Scores of both sets in float64, shapes ``(n,)`` and ``(m,)``, on the device of `flat`.

        A module is scored in evaluation mode, on points of the type and device of its weights, and
        put back into its modes; so are the modes of modules that a function refers to.

        Args:
            critic: Maps points of shape ``(k, *shape)`` to scores of shape ``(k,)`` or ``(k, 1)``.

        Returns:
            Scores of the real and of the generated points.

        Raises:
            DistributionError: If there is not one finite score per point, or the critic does not
                take the floats or the shape of the points.
        """
        module = module_of(critic)
        with evaluation_mode(critic), torch.no_grad():
            real, generated = (
                _scores(critic, _as_weights(points, module), name).to(flat.device)
                for points, flat, name in zip(
                    (self.real, self.generated), self.flat, ("real", "generated"), strict=True
                )
            )
        return real, generated


def _tensor(points: Any, name: str) -> Tensor:
    """The points as a tensor without gradient; whole numbers as float32."""
    try:
        tensor = torch.as_tensor(points).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise DistributionError(
            f"`{name}` must be a tensor or a numpy array of real numbers ({error})"
        ) from None
    if tensor.is_complex():
        raise DistributionError(f"`{name}` must hold real numbers, but is {tensor.dtype}")
    return tensor if tensor.is_floating_point() else tensor.float()


def _flat(points: Tensor) -> Tensor:
    """One row of float64 numbers per point."""
    points = points.cpu() if points.device.type == "mps" else points  # it has no float64
    return points.flatten(start_dim=1).double()


def _as_weights(points: Tensor, module: nn.Module | None) -> Tensor:
    """The points in the type and on the device of a module's first float weight."""
    for weight in () if module is None else module.parameters():
        if weight.is_floating_point():
            return points.to(weight)
    return points


def _scores(critic: ScoreFunction, points: Tensor, name: str) -> Tensor:
    """Scores in float64, shape ``(n,)``, checked."""
    parts = [_batch_scores(critic, part, name) for part in points.split(SCORING_BATCH_SIZE)]
    scores = torch.cat(parts)
    finite = scores.isfinite()
    if not finite.all():
        index = int((~finite).nonzero()[0, 0])
        raise DistributionError(
            f"`critic` must give finite scores, but gives {float(scores[index])} at {name} point "
            f"{index}, and is not finite at {int((~finite).sum())} of {len(scores)}: it has "
            "diverged, or its floats overflow"
        )
    return scores


def _batch_scores(critic: ScoreFunction, batch: Tensor, name: str) -> Tensor:
    """Scores of one batch in float64, shape ``(k,)``, on the CPU if their device lacks float64."""
    values = _real_numbers(critic_output(critic, batch))
    n = len(batch)
    if values.numel() == 1 < n:
        raise DistributionError(
            f"`critic` must give one score per point, but gave one number for {n} {name} points, "
            "as a mean does: return the scores themselves, shape (n,), without .mean()"
        )
    if values.numel() != n or (n > 1 and values.shape[0] != n):
        raise DistributionError(
            f"`critic` must give one score per point, but gave shape {tuple(values.shape)} for "
            f"{n} {name} points: return shape (n,) or (n, 1)"
        )
    values = values.cpu() if values.device.type == "mps" else values
    return values.reshape(n).double()


def _real_numbers(output: Any) -> Tensor:
    """The output of a critic as a tensor of real numbers, without gradient."""
    required = "`critic` must return one tensor or array of real scores, shape (n,) or (n, 1)"
    try:
        values = torch.as_tensor(output).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        raise DistributionError(
            f"{required}, but returned a {type(output).__name__} ({error}): of several outputs, "
            "pass a function that returns the scores alone"
        ) from None
    if values.is_complex():
        raise DistributionError(f"{required}, but returned {values.dtype}")
    return values

"""Output of a critic for a batch of points, and errors of a call in terms of its argument."""

import inspect
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from divergences import DistributionError

ScoreFunction = Callable[[Tensor], Tensor]

# Of the messages of torch. Errors with any other message are those of the critic's own code.
SHAPE_MESSAGE = re.compile(
    r"shapes cannot be multiplied|size mismatch|[Ss]izes? of tensor|[Ee]xpected \d+D|"
    r"expected input|invalid for input of size|number of channels|Dimension out of range|"
    r"must match the existing size|normalized_shape"
)
TRAINING_MESSAGE = "more than 1 value per channel when training"
GRADIENT_MESSAGE = "does not require grad"


def critic_output(critic: ScoreFunction, batch: Tensor, /) -> Any:
    """Output of the critic for one batch, not checked; the critic may overwrite its argument.

    Args:
        critic: Maps points to scores.
        batch: Points, shape ``(k, *shape)``.

    Returns:
        The output, of any type.

    Raises:
        DistributionError: If the critic is not callable, or does not take the floats or the shape
            of the points.
        RuntimeError: If the critic raises one for another reason.
        ValueError: Likewise.
        IndexError: Likewise.
    """
    if isinstance(critic, type):
        raise DistributionError(
            f"`critic` must be a module or a function, but is the class {critic.__name__}: pass "
            f"an instance, {critic.__name__}(...)"
        )
    if not callable(critic):
        raise DistributionError(
            "`critic` must be a module or a function that maps points to their scores, but is "
            f"a {type(critic).__name__}"
        )
    try:
        return critic(batch.clone())
    except (RuntimeError, ValueError, IndexError) as error:
        reason = _reason(str(error), critic, batch)
        if reason is None:
            raise
        raise DistributionError(f"`critic` {reason}") from error


def module_of(critic: ScoreFunction, /) -> nn.Module | None:
    """The module that is the critic, or whose method it is."""
    owner = getattr(critic, "__self__", critic)
    return owner if isinstance(owner, nn.Module) else None


@contextmanager
def evaluation_mode(critic: ScoreFunction, /) -> Iterator[None]:
    """Evaluation mode of the critic's modules within the context; then their modes before.

    Args:
        critic: A module, its method, or a function that refers to modules by name.

    Yields:
        Nothing.
    """
    parts = [(part, part.training) for root in _modules(critic) for part in root.modules()]
    for part, _ in parts:
        part.training = False
    try:
        yield
    finally:
        for part, training in parts:
            part.training = training


def _modules(critic: ScoreFunction) -> list[nn.Module]:
    """The module of the critic, and those that a function refers to."""
    named: list[Any] = [module_of(critic)]
    if inspect.isfunction(critic):
        variables = inspect.getclosurevars(critic)
        named += [*variables.nonlocals.values(), *variables.globals.values()]
    return [part for part in named if isinstance(part, nn.Module)]


def _reason(message: str, critic: ScoreFunction, batch: Tensor) -> str | None:
    """Cause of an error of torch, and its remedy; None of errors of another kind."""
    if "dtype" in message:
        return (
            f"does not take points of {batch.dtype} ({message}): pass `real` and `generated` in "
            "the type of its weights, such as torch.as_tensor(points).float()"
        )
    if TRAINING_MESSAGE in message:
        return f"must be in evaluation mode ({message}): call .eval() on its module before"
    if GRADIENT_MESSAGE in message:
        return (
            f"takes a gradient, and is called without ({message}): compute it in the block "
            "`with torch.enable_grad():`"
        )
    if SHAPE_MESSAGE.search(message):
        shape = tuple(batch.shape[1:])
        return f"does not take points of shape {shape} ({message}): {_remedy(critic, shape)}"
    return None


def _remedy(critic: ScoreFunction, shape: tuple[int, ...]) -> str:
    """Expression of a critic that takes points of the shape, or the shape that it needs."""
    module = module_of(critic)
    layer = None if module is None else _first_layer(module)
    if isinstance(layer, nn.Linear):
        if math.prod(shape) == layer.in_features:
            return "pass torch.nn.Sequential(torch.nn.Flatten(), critic)"
        return (
            f"its first layer takes {layer.in_features} numbers, and a point has "
            f"{math.prod(shape)}; pass points of {layer.in_features} numbers"
        )
    if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return _remedy_of_convolution(layer.in_channels, len(layer.kernel_size), shape)
    written_for = "pass `real` and `generated` in the shape that it was written for"
    if len(shape) == 1:
        return written_for
    return f"{written_for}, or lambda points: critic(points.flatten(1)) if that is flat"


def _remedy_of_convolution(channels: int, axes: int, shape: tuple[int, ...]) -> str:
    """The remedy for a first layer of some channels and spatial axes."""
    if channels == 1 and len(shape) == axes:
        return f"pass torch.nn.Sequential(torch.nn.Unflatten(1, (1, {shape[0]})), critic)"
    side = round((math.prod(shape) / channels) ** (1 / axes))
    if len(shape) == 1 and channels * side**axes == shape[0]:
        image = (channels, *[side] * axes)
        return f"pass torch.nn.Sequential(torch.nn.Unflatten(1, {image}), critic)"
    return (
        f"its first layer takes {axes + 1} axes of a point, the first of them {channels} "
        "channels; pass `real` and `generated` in that shape"
    )


def _first_layer(module: nn.Module) -> nn.Module | None:
    """The first part of a module that has weights of its own."""
    own = (part for part in module.modules() if any(True for _ in part.parameters(recurse=False)))
    return next(own, None)

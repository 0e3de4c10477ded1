"""Change of unit and origin: networks for points of size 1 applied to other points."""

import torch
from torch import Tensor, nn

from gan.networks.modules import Critic, Generator

Offset = float | tuple[float, ...]


class Scale(nn.Module):
    """Multiplies by a constant, and adds another.

    Attributes:
        factor: The factor.
        offset: The summand, one number or one for each coordinate; None for 0. It is no part of
            the state.
    """

    offset: Tensor | None

    def __init__(self, factor: float, offset: Offset = 0.0) -> None:
        super().__init__()
        self.factor = factor
        is_zero = not any(offset) if isinstance(offset, tuple) else offset == 0
        self.register_buffer("offset", None if is_zero else torch.tensor(offset), persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """``values`` times the factor, plus the offset."""
        scaled = self.factor * values
        offset = self.offset
        return scaled if offset is None else scaled + offset.to(scaled)


def rescaled(
    generator: Generator, critic: Critic, unit: float, offset: Offset = 0.0, /
) -> tuple[Generator, Critic]:
    """Generator and critic of points that are ``unit`` times as large, and shifted by ``offset``.

    Scores grow by the same factor as points, so that the critic's slopes do not change.

    Args:
        generator: Generator of points of size 1.
        critic: Critic of points of size 1.
        unit: Size of the points of the data.
        offset: Coordinates in the data of a 0 of the networks.

    Returns:
        Wrapped networks with the same parameters; the arguments themselves if the unit is 1 and
        the offset 0, or if one of them is of a subclass, which is taken to work in the unit of the
        data already.
    """
    if (unit, offset) == (1, 0) or type(generator) is not Generator or type(critic) is not Critic:
        return generator, critic
    body = nn.Sequential(generator.body, Scale(unit, offset))
    return (
        Generator(generator.noise_size, body, generator.distribution),
        rescaled_critic(critic, unit, offset),
    )


def with_linear_output(generator: Generator, /) -> Generator:
    """A generator without the sigmoid at its end, for points that are not in a range.

    Args:
        generator: The generator; changed in place.

    Returns:
        The same generator; unchanged if it has no sigmoid.
    """
    if isinstance(generator.body, nn.Sequential):
        for index, layer in enumerate(generator.body):
            if isinstance(layer, nn.Sigmoid):
                generator.body[index] = nn.Identity()
    return generator


def rescaled_critic(critic: Critic, unit: float, offset: Offset = 0.0, /) -> Critic:
    """Critic of points that are ``unit`` times as large and shifted, with the same slopes."""
    if (unit, offset) == (1, 0):
        return critic
    return Critic(
        nn.Sequential(Scale(1 / unit, _divided(offset, -unit)), critic.body, Scale(unit))
    )


def _divided(offset: Offset, divisor: float) -> Offset:
    """An offset divided by a number."""
    if isinstance(offset, tuple):
        return tuple(coordinate / divisor for coordinate in offset)
    return offset / divisor

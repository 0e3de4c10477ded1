"""Change of unit and origin: networks for points of size 1 applied to other points."""

from torch import Tensor, nn

from gan.networks.modules import Critic, Generator


class Scale(nn.Module):
    """Multiplies by a constant, and adds another.

    Attributes:
        factor: The factor.
        offset: The summand.
    """

    def __init__(self, factor: float, offset: float = 0.0) -> None:
        super().__init__()
        self.factor = factor
        self.offset = offset

    def forward(self, values: Tensor) -> Tensor:
        """``values`` times the factor, plus the offset."""
        scaled = self.factor * values
        return scaled + self.offset if self.offset else scaled


def rescaled(
    generator: Generator, critic: Critic, unit: float, offset: float = 0.0, /
) -> tuple[Generator, Critic]:
    """Generator and critic of points that are ``unit`` times as large, and shifted by ``offset``.

    Scores grow by the same factor as points, so that the critic's slopes do not change.

    Args:
        generator: Generator of points of size 1.
        critic: Critic of points of size 1.
        unit: Size of the points of the data.
        offset: Coordinate in the data of a 0 of the networks.

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


def rescaled_critic(critic: Critic, unit: float, offset: float = 0.0, /) -> Critic:
    """Critic of points that are ``unit`` times as large and shifted, with the same slopes."""
    if (unit, offset) == (1, 0):
        return critic
    return Critic(nn.Sequential(Scale(1 / unit, -offset / unit), critic.body, Scale(unit)))

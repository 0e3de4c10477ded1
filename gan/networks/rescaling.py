"""Change of length unit: networks for points of size 1 applied to points of another size."""

from torch import Tensor, nn

from gan.networks.modules import Critic, Generator


class Scale(nn.Module):
    """Multiplies by a constant.

    Attributes:
        factor: The constant.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, values: Tensor) -> Tensor:
        """``values`` times the factor."""
        return self.factor * values


def rescaled(generator: Generator, critic: Critic, unit: float, /) -> tuple[Generator, Critic]:
    """Generator and critic of points that are ``unit`` times as large.

    Scores grow by the same factor as points, so that the critic's slopes do not change.

    Args:
        generator: Generator of points of size 1.
        critic: Critic of points of size 1.
        unit: Size of the points of the data.

    Returns:
        Wrapped networks with the same parameters; the arguments themselves if the unit is 1 or if
        one of them is of a subclass, which is taken to work in the unit of the data already.
    """
    if unit == 1 or type(generator) is not Generator or type(critic) is not Critic:
        return generator, critic
    body = nn.Sequential(generator.body, Scale(unit))
    return Generator(generator.noise_size, body, generator.distribution), rescaled_critic(
        critic, unit
    )


def rescaled_critic(critic: Critic, unit: float, /) -> Critic:
    """Critic of points that are ``unit`` times as large, with the same slopes."""
    if unit == 1:
        return critic
    return Critic(nn.Sequential(Scale(1 / unit), critic.body, Scale(unit)))

"""Networks that work in the unit that suits the data."""

from torch import Tensor, nn

from gan.networks.modules import Critic, Generator


class Scale(nn.Module):
    """Multiplies by a fixed number.

    Attributes:
        factor: The number.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, values: Tensor) -> Tensor:
        """``values`` times the factor."""
        return self.factor * values


def rescaled(generator: Generator, critic: Critic, unit: float, /) -> tuple[Generator, Critic]:
    """The same networks for points that are ``unit`` times as large.

    The critic's scores grow by the same factor as its points, so its slopes stay what they are.

    Args:
        generator: Makes points of size 1.
        critic: Scores points of size 1.
        unit: How large the points are.

    Returns:
        The pair; the networks themselves if the unit is 1, or if they are of classes of their
        own, which choose their unit themselves.
    """
    if unit == 1 or type(generator) is not Generator or type(critic) is not Critic:
        return generator, critic
    makes = nn.Sequential(generator.body, Scale(unit))
    return Generator(generator.noise_size, makes, generator.distribution), rescaled_critic(
        critic, unit
    )


def rescaled_critic(critic: Critic, unit: float, /) -> Critic:
    """The critic of points that are ``unit`` times as large, with the same slopes."""
    if unit == 1:
        return critic
    return Critic(nn.Sequential(Scale(1 / unit), critic.body, Scale(unit)))

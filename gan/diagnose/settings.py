"""Checks of the settings of diagnostics."""

from gan.errors import ConfigError


def require_counts(**counts: int) -> None:
    """Refuse counts below 1, of which nothing would be measured.

    Args:
        **counts: Numbers of steps, points, layers and so on, by the name of the argument.

    Raises:
        ConfigError: If one is below 1, or no integer.
    """
    for name, count in counts.items():
        if not isinstance(count, int) or count < 1:
            raise ConfigError(f"`{name}` must be an integer of 1 or more, but is {count}")

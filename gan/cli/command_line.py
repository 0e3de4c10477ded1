"""The command line of `gan`: its commands, and errors as one line."""

import sys
from collections.abc import Callable

import tyro

from divergences import DistributionError, SolverError
from gan.cli.compare import compare_command
from gan.cli.critic import critic_command
from gan.cli.demo import demo_command
from gan.cli.recipes import recipes_command
from gan.cli.sample import sample_command
from gan.cli.train import train_command
from gan.errors import GanError
from gan.runs.signals import EXIT_INTERRUPTED

COMMANDS: dict[str, Callable[..., int]] = {
    "demo": demo_command,
    "train": train_command,
    "recipes": recipes_command,
    "compare": compare_command,
    "critic": critic_command,
    "sample": sample_command,
}


def run_command(description: str, /) -> int:
    """Run the command that the arguments of the process name.

    Args:
        description: Text of ``gan --help``.

    Returns:
        The exit status: 0, 1 after an error, 130 after an interrupt.
    """
    try:
        return tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="gan", description=description)
    except (GanError, DistributionError, SolverError) as error:
        print(f"gan: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("gan: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED

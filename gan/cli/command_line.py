"""The command line of `gan`: its commands, and errors as one line."""

import os
import sys
from collections.abc import Callable, Sequence

import tyro

from divergences import DistributionError, SolverError
from gan.cli.compare import compare_command
from gan.cli.critic import critic_command
from gan.cli.demo import demo_command
from gan.cli.diagnose import diagnose_command
from gan.cli.recipes import recipes_command
from gan.cli.sample import sample_command
from gan.cli.train import train_command
from gan.errors import ConfigError, GanError
from gan.runs.signals import EXIT_INTERRUPTED

EXIT_BROKEN_PIPE = 141  # the shell's status of a program that SIGPIPE ended

COMMANDS: dict[str, Callable[..., int]] = {
    "demo": demo_command,
    "train": train_command,
    "recipes": recipes_command,
    "compare": compare_command,
    "critic": critic_command,
    "sample": sample_command,
    "diagnose": diagnose_command,
}


# Names of settings in other implementations, and ours.
OPTIONS_ELSEWHERE = {
    "--lr": "--learning-rate",
    "--lambda": "--penalty-weight",
    "--lambda-gp": "--penalty-weight",
    "--gp-weight": "--penalty-weight",
    "--n-critic": "--critic-steps",
    "--critic-iters": "--critic-steps",
    "--epochs": "--steps, the number of generator steps",
    "--iters": "--steps, the number of generator steps",
    "--iterations": "--steps, the number of generator steps",
    "--dataset": "--data",
    "--dataroot": "--data",
    "--batch": "--batch-size",
    "--bs": "--batch-size",
    "--clip-value": "--clip",
    "--beta1": "--betas, with both numbers",
    "--gpu": "--device cuda",
    "--cuda": "--device cuda",
    "--output": "--out",
}


def require_our_options(arguments: Sequence[str], /) -> None:
    """Refuse an option by its name in other implementations, and name ours.

    Args:
        arguments: Arguments of the command line.

    Raises:
        ConfigError: With the option that is meant.
    """
    for argument in arguments:
        option = argument.partition("=")[0].replace("_", "-")
        if option in OPTIONS_ELSEWHERE:
            raise ConfigError(f"there is no {option}; here it is {OPTIONS_ELSEWHERE[option]}")


def run_command(description: str, /) -> int:
    """Run the command that the arguments of the process name.

    Args:
        description: Text of ``gan --help``.

    Returns:
        The exit status: 0, 1 after an error, 130 after an interrupt, 141 after a pipe that ended.
    """
    try:
        require_our_options(sys.argv[1:])
        return tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="gan", description=description)
    except (GanError, DistributionError, SolverError) as error:
        print(f"gan: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe, such as head, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        print("gan: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED

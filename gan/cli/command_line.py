"""The command line of `gan`: its commands, and errors as one line.

A command's module is imported when it runs, so that `gan --help` needs neither torch nor tyro.
"""

import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from importlib import import_module

from gan.errors import ConfigError, GanError, unknown_name
from gan.runs.signals import EXIT_INTERRUPTED

EXIT_BROKEN_PIPE = 141  # the shell's status of a program that SIGPIPE ended
HELP_WIDTH = 80
HELP_WORDS = ("-h", "--help", "help")

# Command `name` is the function `name_command` of `gan.cli.name`; with the first sentence of its
# help.
COMMANDS: dict[str, str] = {
    "demo": "Train GAN, WGAN and WGAN-GP on eight Gaussians: one page, one table, figures.",
    "train": "Train one recipe on one data set, and compare its critic with exact EMD on the way.",
    "recipes": "List the recipes with their settings and sources, the data sets and the networks.",
    "compare": "Compare runs: a table of their last evaluations, and a figure of all.",
    "critic": "Fit a critic between two distributions, and compare it with their exact distance.",
    "sample": "Save samples of a run's averaged generator to a .npy file.",
    "diagnose": "Measure a claim of the literature, and draw it: NAME.json and NAME.png in the "
    "folder OUT.",
}
EXAMPLES = """\
examples:
  gan demo                              # a page with pictures, in 90 seconds
  gan train wgan-gp --minutes 2         # eight Gaussians, in two minutes
  gan train wgan-gp --data mnist        # digits
  gan train wgan-gp --data points.csv   # points of one's own, or images
  gan train --help                      # every option with its default"""

# Names of settings in other implementations, and ours.
OPTIONS_ELSEWHERE = {
    "--lr": "--learning-rate",
    "--lr-g": "--generator-learning-rate",
    "--lrg": "--generator-learning-rate",
    "--lr-d": "--critic-learning-rate",
    "--lrd": "--critic-learning-rate",
    "--lambda": "--penalty-weight",
    "--lambda-gp": "--penalty-weight",
    "--gp-weight": "--penalty-weight",
    "--n-critic": "--critic-steps",
    "--critic-iters": "--critic-steps",
    "--epochs": "--steps, the number of generator steps",
    "--n-epochs": "--steps, the number of generator steps",
    "--num-epochs": "--steps, the number of generator steps",
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
    "--gpus": "--device cuda",
    "--output": "--out",
    "--outdir": "--out",
    "--output-dir": "--out",
    "--checkpoint": "--from, a run or its best.pt",
    "--nz": "--networks, each with a noise of its own",
    "--z-dim": "--networks, each with a noise of its own",
    "--latent-dim": "--networks, each with a noise of its own",
    "--recipe": "RECIPE by itself, as in `gan train wgan-gp`",
    "--model": "RECIPE by itself, as in `gan train wgan-gp`",
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

    Raises:
        ModuleNotFoundError: If torch or another package of the extra is missing.
    """
    try:
        return _run_arguments(sys.argv[1:], description)
    except BrokenPipeError:  # the reader of a pipe, such as head, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        print("gan: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except ModuleNotFoundError:
        raise
    except Exception as error:
        if not _is_refusal(error):
            raise
        print(f"gan: {error}", file=sys.stderr)
        return 1


def _run_arguments(arguments: Sequence[str], description: str) -> int:
    """Run the named command with the arguments that follow; its exit status."""
    if not arguments or arguments[0] in HELP_WORDS:
        print(help_text(description))
        return 0
    name, *others = arguments
    if name not in COMMANDS:
        raise ConfigError(unknown_name("command", name, [*COMMANDS, "--help", "--version"]))
    require_our_options(others)
    return _call(name, others)()


def _call(name: str, arguments: Sequence[str]) -> Callable[[], int]:
    """The call of a command, with its parsed arguments."""
    from gan.cli.parsing import parsed_call  # here: it imports tyro

    command = getattr(import_module(f"gan.cli.{name}"), f"{name}_command")
    if name == "train":
        from gan.cli.train_options import train_call

        return train_call(command, arguments, prog=f"gan {name}")
    return parsed_call(command, arguments, prog=f"gan {name}")


def _is_refusal(error: Exception) -> bool:
    """Whether the message of an error is for the user: of `gan`, or of `divergences`."""
    if isinstance(error, GanError):
        return True
    from divergences import DistributionError, SolverError  # here: it takes a third of a second

    return isinstance(error, DistributionError | SolverError)


def help_text(description: str, /) -> str:
    """Text of ``gan --help``, at most 80 columns wide.

    Args:
        description: The first paragraphs.

    Returns:
        Usage, description, commands and examples.
    """
    left = max(map(len, COMMANDS)) + 4
    lines = [
        textwrap.fill(
            summary,
            HELP_WIDTH,
            initial_indent=f"  {name}".ljust(left),
            subsequent_indent=" " * left,
        )
        for name, summary in COMMANDS.items()
    ]
    paragraphs = [textwrap.fill(part, HELP_WIDTH) for part in description.strip().split("\n\n")]
    return "\n\n".join([
        "usage: gan COMMAND [OPTIONS]",
        *paragraphs,
        "\n".join(["commands:", *lines]),
        EXAMPLES,
        "gan COMMAND --help lists the options of a command.",
    ])

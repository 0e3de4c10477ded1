"""Train GAN, WGAN and their family on known distributions; hold critics against exact EMD."""

import sys
from collections.abc import Callable

import tyro

from divergences import DistributionError, SolverError
from gan.commands.compare import compare_command
from gan.commands.critic import critic_command
from gan.commands.demo import demo_command
from gan.commands.recipes import recipes_command
from gan.commands.sample import sample_command
from gan.commands.train import train_command
from gan.config import ConfigError
from gan.data.mnist import MnistError
from gan.interrupts import INTERRUPTED
from gan.metrics.classifier import ClassifierError
from gan.pairs import PairError
from gan.plugins import PluginError
from gan.runs import RunError
from gan.training import MisfitError, TrainingError

COMMANDS: dict[str, Callable[..., int]] = {
    "demo": demo_command,
    "train": train_command,
    "recipes": recipes_command,
    "compare": compare_command,
    "critic": critic_command,
    "sample": sample_command,
}


def main() -> int:
    """Run the command that the arguments name; the exit status."""
    try:
        return tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="gan", description=__doc__)
    except (
        ConfigError,
        ClassifierError,
        MisfitError,
        PairError,
        PluginError,
        RunError,
        MnistError,
        TrainingError,
        DistributionError,
        SolverError,
    ) as error:
        print(f"gan: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("gan: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

"""Train GAN, WGAN and their variants on known distributions; compare critics with exact EMD.

`gan --version` prints the version.
"""

import sys
from importlib import metadata

OUR_PACKAGES = ("gan", "divergences")


def main() -> int:
    """Run a command with the arguments of the process.

    Returns:
        The exit status: 0, 1 after an error, 130 after an interrupt.

    Raises:
        ModuleNotFoundError: If a module of this project is missing; packages of the extra are
            named in one line instead.
    """
    if sys.argv[1:] == ["--version"]:
        print(f"gan {metadata.version('divergences')}")
        return 0
    from gan.cli.command_line import run_command

    try:
        return run_command(__doc__ or "")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in OUR_PACKAGES:
            raise
        print(
            f"gan: {missing} is not installed; the extra `gan` brings it: "
            "pip install 'divergences[gan]'",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())

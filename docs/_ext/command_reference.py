"""Reference of the commands, generated from their parsers."""

import os
import re
import subprocess
import sys

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

WIDTH = 88
MODULES = {"divergences": "divergences", "gan": "gan"}


class CommandHelp(Directive):
    """The ``--help`` of a command, as its parser prints it.

    The argument is the command, such as ``gan train``.
    """

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Run the command.

        Returns:
            A block of text.

        Raises:
            OSError: If the command fails.
        """
        program, *arguments = " ".join(self.arguments).split()
        run = subprocess.run(
            [sys.executable, "-m", MODULES[program], *arguments, "--help"],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": str(WIDTH), "NO_COLOR": "1"},
        )
        if run.returncode != 0:
            raise self.error(f"{' '.join(self.arguments)} --help failed: {run.stderr}")
        text = re.sub(r"\x1b\[[0-9;]*m", "", run.stdout).rstrip()
        return [nodes.literal_block(text, text, language="text")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension.

    Args:
        app: The application.

    Returns:
        Its metadata.
    """
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

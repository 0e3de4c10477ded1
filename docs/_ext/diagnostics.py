"""Reference entries of the diagnostics, generated from their registry."""

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.nodes import nested_parse_with_titles

ENTRY = """\
.. autofunction:: gan.diagnose.{function}

   .. code-block:: python

      result = gan.diagnose.{function}()
      print(result.verdict)
      result.plot()

   The command: ``gan diagnose {name}``.

"""


class DiagnosticEntries(Directive):
    """An entry for each function of ``gan.diagnose.DIAGNOSTICS``."""

    def run(self) -> list[nodes.Node]:
        """Parse the entries.

        Returns:
            Their nodes.
        """
        from gan.diagnose import DIAGNOSTICS  # here: it imports torch

        functions = {entry.run.__name__: name for name, entry in DIAGNOSTICS.items()}
        text = "".join(ENTRY.format(function=f, name=name) for f, name in functions.items())
        parent = nodes.section()
        parent.document = self.state.document
        nested_parse_with_titles(self.state, StringList(text.splitlines(), source=""), parent)
        return parent.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension.

    Args:
        app: The application.

    Returns:
        Its metadata.
    """
    app.add_directive("diagnostic-entries", DiagnosticEntries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

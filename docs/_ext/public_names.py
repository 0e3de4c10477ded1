"""Every public name has a reference entry with an example, or the build fails and names it."""

from importlib import import_module

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

NAMESPACES = (
    "divergences",
    "divergences.sampled",
    "divergences.grids",
    "divergences.graphs",
    "divergences.log_space",
    "divergences.closed_forms",
    "divergences.densities",
    "gan",
    "gan.critics",
    "gan.diagnose",
    "gan.networks",
)
logger = logging.getLogger(__name__)


def names() -> list[str]:
    """Every public name with its namespace, once; namespaces themselves are left out."""
    every = [
        f"{namespace}.{name}"
        for namespace in NAMESPACES
        for name in import_module(namespace).__all__
    ]
    aliases = {f"gan.{name}" for name in import_module("gan.networks").__all__}
    return [name for name in every if name not in NAMESPACES and name not in aliases]


def examples_by_page(env: BuildEnvironment, /) -> dict[str, set[str]]:
    """Identifiers of the entries that have an example, by page.

    Args:
        env: The environment, which keeps them between builds.

    Returns:
        The identifiers; to be changed in place.
    """
    pages: dict[str, set[str]] = env.__dict__.setdefault("examples_by_page", {})
    return pages


def note_examples(app: Sphinx, doctree: nodes.document) -> None:
    """Record the entries of a page that have an example.

    Args:
        app: The application.
        doctree: The page.
    """
    examples_by_page(app.env)[app.env.docname] = {
        identifier
        for entry in doctree.findall(addnodes.desc)
        if any(entry.findall(nodes.doctest_block)) or any(entry.findall(nodes.literal_block))
        for signature in entry.children[:1]
        for identifier in signature.get("ids", ())
    }


def require_entries(app: Sphinx, *_: object) -> None:
    """Warn of public names without an entry, and of entries without an example.

    Args:
        app: The application.
    """
    objects = app.env.domains.python_domain.objects
    examples = examples_by_page(app.env)
    for name in names():
        if name not in objects:
            logger.warning("public name without reference entry: %s", name)
        elif objects[name].node_id not in examples.get(objects[name].docname, ()):
            logger.warning("reference entry without example: %s", name)


def setup(app: Sphinx) -> dict[str, int]:
    """Register the extension.

    Args:
        app: The application.

    Returns:
        Its metadata.
    """
    app.connect("doctree-read", note_examples)
    app.connect("env-check-consistency", require_entries)
    return {"env_version": 1, "parallel_read_safe": False, "parallel_write_safe": True}

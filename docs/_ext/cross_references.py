"""Links from names in backticks to their reference entries."""

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

PREFIXES = (
    "",
    "divergences.",
    "divergences.sampled.",
    "gan.",
    "gan.networks.",
    "gan.critics.",
    "gan.diagnose.",
)


def resolve(
    app: Sphinx, _: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Link a name that is written without the package that it is imported from.

    Args:
        app: The application.
        node: The unresolved reference.
        content: Its text.

    Returns:
        The link, or None where no public name is meant.
    """
    if node.get("refdomain") != "py":
        return None
    return link(app, node["refdoc"], node["reftarget"], content)


def link(app: Sphinx, page: str, name: str, content: nodes.TextElement) -> nodes.reference | None:
    """Link to the entry of a public name.

    Args:
        app: The application.
        page: Name of the page that has the link.
        name: The name, with or without its package.
        content: Text of the link.

    Returns:
        The link; None if there is no such entry.
    """
    objects = app.env.domains.python_domain.objects
    for prefix in PREFIXES:
        entry = objects.get(f"{prefix}{name}")
        if entry is not None:
            uri = app.builder.get_relative_uri(page, entry.docname)
            reference = nodes.reference("", "", internal=True, refuri=f"{uri}#{entry.node_id}")
            reference += content
            return reference
    return None


class LinkLiterals(SphinxPostTransform):
    """Link inline code that is a public name, such as ``sampled.emd`` or ``kl(p, q)``."""

    default_priority = 20

    def run(self, **_: Any) -> None:
        """Replace each literal outside of headings and links."""
        for literal in list(self.document.findall(nodes.literal)):
            if isinstance(literal.parent, nodes.reference | nodes.title | pending_xref):
                continue
            name = literal.astext().partition("(")[0]
            if not name.replace(".", "").replace("_", "").isalnum():
                continue
            reference = link(self.app, self.env.docname, name, literal.deepcopy())
            if reference is not None:
                literal.replace_self(reference)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension.

    Args:
        app: The application.

    Returns:
        Its metadata.
    """
    app.connect("missing-reference", resolve)
    app.add_post_transform(LinkLiterals)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

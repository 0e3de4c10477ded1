"""Metadata of the distribution: the README with absolute links, for a package index."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

IMAGE = re.compile(r"(!\[[^\]]*\]\()(?!https?:)([^)]+)\)")
LINK = re.compile(r"(\[[^\]]*\]\()(?!https?:)([^)#]+)")


def absolute(readme: str, repository: str, ref: str, /) -> str:
    """Replace links to files of the project by addresses.

    Args:
        readme: Markdown.
        repository: Address of the repository.
        ref: Tag of the release.

    Returns:
        Markdown without relative links.
    """
    raw = repository.replace("https://github.com", "https://raw.githubusercontent.com")
    readme = IMAGE.sub(rf"\g<1>{raw}/{ref}/\g<2>)", readme)
    return LINK.sub(rf"\g<1>{repository}/blob/{ref}/\g<2>", readme)


class ReadmeHook(MetadataHookInterface):
    """Set the long description."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README to the metadata of the project."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = absolute(text, metadata["urls"]["Repository"], f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}

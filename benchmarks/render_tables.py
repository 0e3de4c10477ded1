"""Pages of ``docs/benchmarks``, generated from ``benchmarks/results``.

    python -m benchmarks.render_tables

writes every page whose text differs from that of the results.
"""

from pathlib import Path

from benchmarks import results_io
from benchmarks.pages import PAGES


def outdated(folder: Path = results_io.FIGURES, /) -> dict[Path, str]:
    """Pages that differ from the results.

    Args:
        folder: Folder of the pages.

    Returns:
        Text that each should have, by path.
    """
    pages = {folder / f"{name}.md": page.markdown() for name, page in PAGES.items()}
    return {
        path: text
        for path, text in pages.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main() -> None:
    """Write the pages that differ."""
    pages = outdated()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.name}")
    print(f"{len(PAGES)} pages are up to date with the results")


if __name__ == "__main__":
    main()

"""The folder of diagnostics: a JSON file and a figure of each, and one page of all.

The folder holds:

    diagnose.json    marks the folder
    NAME.json        claim, settings, verdict and data of a diagnostic
    NAME.png         its figure
    index.html       all figures with claims and verdicts
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan.diagnose.diagnostic import Diagnostic
from gan.diagnose.result import DiagnosticResult, plain_value
from gan.errors import RunError
from gan.runs.atomic_files import make_folder, write_atomically, write_json
from gan.runs.figure_style import save_figure

MARKER = "diagnose.json"


@dataclass(frozen=True, slots=True)
class DiagnoseFolder:
    """A folder of diagnostics.

    Attributes:
        path: Path of the folder.
    """

    path: Path

    def open(self) -> None:
        """Make the folder, or accept one of earlier diagnostics.

        Raises:
            RunError: If it has other content, or cannot be made.
        """
        marker = self.path / MARKER
        if self.path.is_file():
            raise RunError(f"{self.path} is a file; name a folder with --out")
        if not marker.is_file() and self.path.is_dir() and any(self.path.iterdir()):
            raise RunError(
                f"{self.path} holds something other than diagnostics; name another folder with "
                "--out"
            )
        make_folder(self.path)
        write_json(marker, {"written_by": "gan diagnose"})

    def is_done(self, name: str, settings: Mapping[str, Any], /) -> bool:
        """Whether the folder has the diagnostic with the same settings, and its figure."""
        record = self.record(name)
        return (
            record is not None
            and record["settings"] == plain_value(dict(settings))
            and self.figure_path(name).is_file()
        )

    def record(self, name: str, /) -> dict[str, Any] | None:
        """The written JSON of a diagnostic; None if there is none, or it cannot be read."""
        try:
            record = json.loads((self.path / f"{name}.json").read_text())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and "settings" in record else None

    def figure_path(self, name: str, /) -> Path:
        """Path of the figure of a diagnostic."""
        return self.path / f"{name}.png"

    def write(
        self,
        name: str,
        diagnostic: Diagnostic,
        settings: Mapping[str, Any],
        result: DiagnosticResult,
        /,
    ) -> None:
        """Replace figure, other files and JSON of a diagnostic; the JSON last.

        Raises:
            RunError: If a file cannot be written.
        """
        figure = result.figure()
        write_atomically(self.figure_path(name), lambda part: save_figure(figure, part))
        extras = result.save_extras(self.path, name)
        verdict = result.verdict
        record = {
            "claims": diagnostic.claims,
            "claim": diagnostic.claim,
            "criterion": diagnostic.criterion,
            "settings": dict(settings),
            "verdict": verdict.status,
            "measured": verdict.sentence,
            "criteria": verdict.criteria,
            "files": [path.name for path in extras],
            "result": result.record(),
        }
        write_json(self.path / f"{name}.json", plain_value(record))

    def records(self, names: Iterable[str], /) -> dict[str, dict[str, Any]]:
        """The written JSON of each diagnostic that is done, by name."""
        records = {name: self.record(name) for name in names}
        return {name: record for name, record in records.items() if record is not None}

    def write_page(self, page: str, /) -> Path:
        """Replace index.html; its path."""
        path = self.path / "index.html"
        write_atomically(path, lambda part: part.write_text(page, encoding="utf-8"))
        return path

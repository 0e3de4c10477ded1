"""``gan diagnose``: claims of the literature measured, with a figure each."""

import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tyro.conf import Positional

from divergences import DistributionError, SolverError
from gan.errors import ConfigError, GanError

if TYPE_CHECKING:
    from gan.diagnose.folder import DiagnoseFolder

DEFAULT_OUT = Path("runs/diagnose")
EVERY_NAME = "all"
LINE_WIDTH = 99


def diagnose_command(
    name: Positional[str] = "",
    *,
    quick: bool = False,
    seed: int | None = None,
    data: str | None = None,
    out: Path = DEFAULT_OUT,
    threads: int = 1,
    data_dir: Path | None = None,
) -> int:
    """Measure a claim of the literature, and draw it: NAME.json and NAME.png in the folder OUT.

    Without a NAME, lists the diagnostics with their claims. NAME `all` runs them all, skips those
    that are done with the same settings, and writes index.html with every figure, claim and
    verdict; after an interrupt the same command goes on.

    Args:
        name: The diagnostic, or `all`.
        quick: Settings for seconds in place of minutes.
        seed: Seed, of a diagnostic with chance; 0 by default.
        data: Name of another data set, of a diagnostic that takes one.
        out: Folder of the results.
        threads: Number of torch threads.
        data_dir: Folder of the four MNIST files.

    Returns:
        The exit status.

    Raises:
        ConfigError: If the name is unknown, or the diagnostic does not take an option.
        RunError: If the folder has other content.
    """
    import torch

    from gan.diagnose.folder import DiagnoseFolder
    from gan.diagnose.registry import DIAGNOSTICS, named_diagnostic

    if not name:
        for key, entry in DIAGNOSTICS.items():
            print(f"{key} ({', '.join(entry.claims)})")
            print(
                textwrap.fill(entry.claim, LINE_WIDTH, initial_indent="  ", subsequent_indent="  ")
            )
        return 0
    if threads < 1:
        raise ConfigError(f"--threads must be at least 1, but is {threads}")
    if seed is not None and not 0 <= seed < 2**63:
        raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {seed}")
    torch.set_num_threads(threads)
    options = {"seed": seed, "data": data, "data_dir": data_dir}
    folder = DiagnoseFolder(out)
    if name == EVERY_NAME:
        return _run_all(folder, quick, options)
    settings = named_diagnostic(name).settings(options, quick=quick)
    folder.open()
    print(_run_one(folder, name, settings))
    _write_page(folder)
    print(f"Wrote {folder.figure_path(name)} and {out / name}.json")
    return 0


def _run_all(folder: "DiagnoseFolder", quick: bool, options: dict[str, Any]) -> int:
    """Run every diagnostic that is not done; the exit status, 1 if one has failed."""
    from tqdm import tqdm

    from gan.diagnose.registry import DIAGNOSTICS

    folder.open()
    failed = 0
    bar = tqdm(DIAGNOSTICS.items(), desc="diagnostics", unit="diagnostic", dynamic_ncols=True)
    for name, diagnostic in bar:
        bar.set_postfix_str(name)
        settings = diagnostic.settings(diagnostic.accepted(options), quick=quick)
        if folder.is_done(name, settings):
            bar.write(f"{name}: done before")
            continue
        try:
            bar.write(_run_one(folder, name, settings))
        except (GanError, DistributionError, SolverError) as error:
            failed += 1
            bar.write(f"gan: {name}: {error}", file=sys.stderr)
        except KeyboardInterrupt:
            bar.close()
            print("the same command goes on with what is missing", file=sys.stderr)
            raise
        _write_page(folder)
    print(f"Wrote {_write_page(folder)}")
    return 1 if failed else 0


def _run_one(folder: "DiagnoseFolder", name: str, settings: dict[str, Any]) -> str:
    """Run one diagnostic and write it; its verdict as text."""
    from gan.diagnose.registry import named_diagnostic

    diagnostic = named_diagnostic(name)
    start = time.monotonic()
    result = diagnostic.run(**settings)
    folder.write(name, diagnostic, settings, result)
    claim = textwrap.fill(f"{name}: {diagnostic.claim}", LINE_WIDTH, subsequent_indent="  ")
    lines = [claim, f"  {result.verdict.status}:"]
    lines += [f"    {criterion}" for criterion in result.verdict.criteria]
    return "\n".join([*lines, f"  {time.monotonic() - start:.1f} s"])


def _write_page(folder: "DiagnoseFolder") -> Path:
    """Replace the page of all diagnostics that are done; its path."""
    from gan.diagnose.index_page import index_page
    from gan.diagnose.registry import DIAGNOSTICS

    return folder.write_page(index_page(folder.records(DIAGNOSTICS)))

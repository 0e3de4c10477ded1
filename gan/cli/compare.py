"""``gan compare``: a table and a figure of finished runs."""

from pathlib import Path

from tyro.conf import Positional

from gan.errors import RunError
from gan.runs import figures
from gan.runs.comparison import comparison_table, finished_runs


def compare_command(runs: Positional[tuple[Path, ...]], *, out: Path = Path("compare.png")) -> int:
    """Compare runs: a table of their last evaluations, and a figure of all.

    Runs that differ only in their seed are summarised by mean and standard deviation.

    Args:
        runs: Folders of runs, or of the seeds of one.
        out: The figure: .png, .pdf or .svg.

    Returns:
        The exit status.

    Raises:
        RunError: If no folder is given, one holds no run, or the figure cannot be written.
    """
    if not runs:
        raise RunError("name one or more folders of runs: gan compare RUN RUN ...")
    compared = finished_runs(runs)
    print(comparison_table(compared))
    try:
        figures.save_curves(out, {run.name: run.metrics for run in compared})
    except (OSError, ValueError) as error:
        raise RunError(f"--out {out} could not be written ({error})") from None
    print(f"\nWrote {out}")
    return 0

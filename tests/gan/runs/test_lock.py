"""The lock of a run's folder: one process trains in it at a time."""

import subprocess
import sys

import pytest

from gan.errors import RunError
from gan.runs.lock import locked

HOLDER = """
import sys
from pathlib import Path
from gan.runs.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_locked_until_its_process_ends_even_if_it_is_killed(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RunError, match=r"another process is training in .*run; wait until"):
            locked(tmp_path / "run").__enter__()
        holder.kill()
    with locked(tmp_path / "run"):
        pass


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match="run is a file; name a folder"):
        locked(tmp_path / "run").__enter__()

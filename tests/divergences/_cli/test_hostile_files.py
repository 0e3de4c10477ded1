"""Hostile files: one clear line each, bounded memory, nothing unpickled, no endless reading."""

import io
import os
import signal
import socket
import struct
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError
from divergences._cli.main import main
from divergences._cli.tables import memory, read
from tests.divergences._cli.test_divergences_command import program

ROWS = np.random.default_rng(0).normal(size=(50, 2))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to write in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def npy(shape, dtype="<f8", data=b"", padding=0):
    """Bytes of a .npy file with any header."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}{' ' * padding}"
    header = header.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def archive(compression=zipfile.ZIP_STORED):
    """Bytes of a .npz file with one array."""
    array, packed = io.BytesIO(), io.BytesIO()
    np.save(array, ROWS)
    with zipfile.ZipFile(packed, "w", compression) as file:
        file.writestr("a.npy", array.getvalue())
    return bytearray(packed.getvalue())


def with_member_field(offset_central, offset_local, value):
    """An archive whose member claims another flag or compression."""
    content = archive()
    content[content.index(b"PK\x01\x02") + offset_central] = value
    content[offset_local] = value
    return content


def damaged(compression):
    """An archive whose compressed data are damaged."""
    content = archive(compression)
    content[60:90] = bytes(255 - byte for byte in content[60:90])
    return content


HOSTILE = {
    "a shape beyond memory": ("a.npy", npy(f"({10**30}, 1)"), r"is cut off: .* but 0 are there"),
    "a negative shape": ("a.npy", npy("(-1, 2)"), r"has shape \(-1, 2\), which is none"),
    "a truth value as length": ("a.npy", npy("(True, 2)", data=bytes(16)), r"shape \(True, 2\)"),
    "a header too long": ("a.npy", npy("(2, 2)", padding=20_000), "header .* does not parse"),
    "an expression as header": ("a.npy", npy("(2, 2)", "' + 1"), "header .* does not parse"),
    "objects": ("a.npy", npy("(2,)", "|O", bytes(16)), "Python objects, which are not loaded"),
    "version 9": ("a.npy", b"\x93NUMPY\x09\x00", r"is of version 9\.0 of the .npy format"),
    "encrypted": ("a.npz", with_member_field(8, 6, 1), "array 'a' is encrypted"),
    "unknown compression": ("a.npz", with_member_field(10, 8, 77), "compression .* not supported"),
    "broken LZMA": ("a.npz", damaged(zipfile.ZIP_LZMA), "compressed data are damaged"),
    "broken deflate": ("a.npz", damaged(zipfile.ZIP_DEFLATED), "compressed data are damaged"),
    "broken bzip2": ("a.npz", damaged(zipfile.ZIP_BZIP2), "compressed data are damaged"),
    "no Parquet": ("a.parquet", b"PAR1 and no more", "does not parse as Parquet"),
}


@pytest.mark.parametrize(("name", "content", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_in_one_line(capsys, name, content, message):
    Path(name).write_bytes(content)
    with pytest.raises(DistributionError, match=message) as refusal:
        read(Path(name))
    assert "allow_pickle" not in str(refusal.value)
    assert main([name, name]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: {refusal.value}\n")
    assert err.count("\n") == 1


VALID = {
    "a.npy": npy("(4, 2)", data=bytes(64)),
    "a.npz": bytes(archive(zipfile.ZIP_DEFLATED)),
    "b.npz": bytes(archive(zipfile.ZIP_LZMA)),
    "a.csv": b"a,b\n1,2\n3,4\n5,6\n",
}


@given(st.sampled_from(sorted(VALID)), st.data())
def test_any_damage_gives_a_table_or_a_refusal(tmp_path_factory, name, data):
    content = bytearray(VALID[name])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(content)
    assert "\n" not in outcome(path)


def outcome(path):
    """Number of rows of a table, or the message that refuses it."""
    try:
        return str(read(path).n_rows)
    except DistributionError as error:
        return str(error)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_what_a_header_claims_is_held_against_the_available_memory(monkeypatch, name):
    array = np.zeros((10**6, 20), np.uint8)
    (np.save if name == "a.npy" else np.savez_compressed)(name, array)
    monkeypatch.setattr(memory, "available_memory", lambda: 170 * 10**6)
    with pytest.raises(DistributionError, match=r"takes about 0\.18 GB .* but 0\.17 GB are"):
        read(Path(name))
    monkeypatch.setattr(memory, "available_memory", lambda: 190 * 10**6)
    assert read(Path(name)).n_rows == 10**6


def test_the_size_of_a_text_is_held_against_the_available_memory(monkeypatch):
    Path("a.csv").write_text("1,2,3,4\n" * 100_000)
    monkeypatch.setattr(memory, "MIN_CHECKED_BYTES", 10**6)
    monkeypatch.setattr(memory, "available_memory", lambda: 10**6)
    with pytest.raises(DistributionError, match=r"a\.csv: takes about 0\.00\d+ GB of memory"):
        read(Path("a.csv"))


def test_the_comparison_of_many_points_is_held_against_the_available_memory(monkeypatch, capsys):
    np.savez_compressed("a.npz", np.zeros(10**6))
    monkeypatch.setattr(memory, "available_memory", lambda: 3 * 10**8)
    assert main(["a.npz", "a.npz", "--method", "histogram"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: comparing a.npz with a.npz: takes about 0.5 GB of memory, but 0.3 GB are available"
    )


def test_devices_and_sockets_are_not_read():
    Path("zero.csv").symlink_to("/dev/zero")
    with pytest.raises(DistributionError, match=r"zero\.csv: is a device or a socket"):
        read(Path("zero.csv"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.csv")
        with pytest.raises(DistributionError, match=r"s\.csv: is a device or a socket"):
            read(Path("s.csv"))


def test_an_endless_stream_ends_with_the_memory():
    code = (
        "from divergences._cli.tables import memory\n"
        "memory.available_memory = lambda: 2 * 10**8\n"
        "from divergences._cli.main import main\n"
        "raise SystemExit(main(['-', 'y.csv']))"
    )
    with Path("/dev/zero").open("rb") as zeros:
        ran = subprocess.run(
            [sys.executable, "-c", code], stdin=zeros, capture_output=True, text=True, timeout=60
        )
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: -: takes about 0.2")


def test_an_interrupt_is_heard_while_an_archive_unpacks():
    np.savez_compressed("a.npz", np.zeros((10**8, 1), np.uint8))
    command = [sys.executable, "-c", INTERRUPTED]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (130, "interrupted\n")


INTERRUPTED = """
import os, signal, sys
from divergences._cli.main import main
from divergences._cli.tables import numpy_files
fill = numpy_files._fill
def interrupted(*arguments):
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    fill(*arguments)
    raise SystemExit("the interrupt came too late")
numpy_files._fill = interrupted
raise SystemExit(main(["a.npz", "a.npz"]))
"""


# Streams and other kinds of files


@pytest.mark.parametrize("kind", ["csv", "npy", "npz", "parquet"])
def test_standard_input_is_of_any_kind(kind):
    frame = pd.DataFrame(ROWS, columns=["a", "b"])
    np.save("a.npy", ROWS)
    np.savez("a.npz", ROWS)
    frame.to_csv("a.csv", index=False)
    frame.to_parquet("a.parquet")
    with Path(f"a.{kind}").open("rb") as file:
        ran = program(
            "-",
            "a.npy",
            "--json",
            "--method",
            "knn",
            stdin=file,
            stdout=subprocess.PIPE,
            timeout=60,
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert '"value": 0.0' in ran.stdout


def test_a_pipe_is_read():
    os.mkfifo("pipe")
    writer = subprocess.Popen([sys.executable, "-c", "open('pipe', 'w').write('a\\n1\\n2\\n')"])
    assert read(Path("pipe")).columns[0].tolist() == [1, 2]
    assert writer.wait(timeout=60) == 0


def test_standard_input_is_read_once(capsys):
    assert main(["-", "-"]) == 2
    assert capsys.readouterr().err.startswith("error: x and y are both standard input; save one")


def test_parquet_has_numbers_words_and_times():
    frame = pd.DataFrame(
        {
            "f": [1.5, None, 3.0],
            "i": pd.array([1, None, 3], dtype="Int64"),
            "b": [True, False, True],
            "w": ["x", None, "z"],
            "c": pd.Categorical(["u", "v", "u"]),
            "t": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "label": [2**53 + 1, 2, 3],
        },
        index=[5, 6, 7],
    )
    frame.to_parquet("a.parquet")
    table = read(Path("a.parquet"))
    columns = dict(zip(table.names, table.columns, strict=True))
    assert list(columns) == list(frame.columns)
    assert np.array_equal(columns["f"], [1.5, np.nan, 3], equal_nan=True)
    assert np.array_equal(columns["i"], [1, np.nan, 3], equal_nan=True)
    assert columns["b"].tolist() == [1, 0, 1]
    assert columns["w"].tolist() == ["x", None, "z"]
    assert columns["c"].tolist() == ["u", "v", "u"]
    assert np.array_equal(
        columns["t"], np.array(["2024-01-01", "NaT", "2024-01-03"], "M8[ns]"), equal_nan=True
    )
    assert columns["label"].tolist() == [str(2**53 + 1), "2", "3"]


def test_parquet_without_pyarrow_names_it(monkeypatch):
    Path("a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        DistributionError, match=r"needs pyarrow; install it: pip install pyarrow$"
    ):
        read(Path("a.parquet"))


def test_structured_arrays_are_tables_with_names():
    records = np.array([(1, b"x", 0.5), (2, b"y", 1.5)], [("n", "i4"), ("w", "S1"), ("v", "f4")])
    np.save("a.npy", records)
    table = read(Path("a.npy"))
    assert table.names == ("n", "w", "v")
    assert [column.tolist() for column in table.columns] == [[1, 2], ["x", "y"], [0.5, 1.5]]


# Output


def test_a_full_or_closed_output_is_a_failure():
    np.save("a.npy", ROWS)
    with Path("/dev/full").open("w") as full:
        ran = program("a.npy", "a.npy", "--method", "knn", stdout=full)
    assert ran.returncode == 1
    assert ran.stderr == "error: standard output cannot be written: no space left on device\n"
    ran = program("--version", preexec_fn=lambda: os.close(1))
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: standard output is closed; the result needs a place: > ")


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"divergences {version('divergences')}\n", "")


@pytest.mark.parametrize("arguments", [["a.npy", "a.npy", "--method", "knn"], ["--help"]])
def test_a_reader_that_left_ends_the_command_as_a_signal_would(arguments):
    np.save("a.npy", ROWS)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        ran = program(*arguments, stdout=closed)
    assert (ran.returncode, ran.stderr) == (128 + signal.SIGPIPE, "")

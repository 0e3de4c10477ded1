"""The README's blocks of Python run, and print what they say they print."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_there_are_blocks_to_run():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_prints_what_its_comments_say(block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    expected = re.findall(r"^print\(.*#\s*(.*)$", block, flags=re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert printed == expected


def test_nothing_is_left_to_fill_in():
    assert not re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", re.sub(r"`[^`]*`", "", README))


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_two_commands_are_there(command):
    assert command in README
    target = command.removeprefix("make ")
    assert re.search(
        rf"^{target}:", (Path(__file__).parent.parent / "Makefile").read_text(), re.MULTILINE
    )

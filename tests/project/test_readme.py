"""The README: its Python blocks run and print the output in their comments."""

import json
import re
import sys
from pathlib import Path

import pytest

from gan.__main__ import main

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_has_python_blocks():
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_block_prints_the_output_in_its_comments(block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    expected = re.findall(r"^print\(.*#\s*(.*)$", block, flags=re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert printed == expected


def test_the_plugin_of_the_readme_trains(tmp_path, monkeypatch, capsys):
    (block,) = [block for block in BLOCKS if "gan.DATA[" in block]
    (tmp_path / "moons.py").write_text(block)
    (command,) = re.findall(r"^    gan (train .*--plugin moons.py.*)$", README, re.MULTILINE)
    assert command in README
    quick = ["--steps", "4", "--evaluation-size", "50", "--out", "run"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gan", *command.split(" --steps")[0].split(), *quick])
    assert main() == 0
    line = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert 0 <= line["upper"] <= 1
    assert line["certified"] <= line["exact"]
    assert "wgan-light on moons, 4 steps" in capsys.readouterr().out


def test_the_readme_has_no_placeholders():
    assert not re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", re.sub(r"`[^`]*`", "", README))


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_makefile_has_the_commands_of_the_readme(command):
    assert command in README
    target = command.removeprefix("make ")
    assert re.search(
        rf"^{target}:", (Path(__file__).parents[2] / "Makefile").read_text(), re.MULTILINE
    )

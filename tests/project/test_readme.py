"""README.md and README.zh.md: short, with code that runs, links that lead, numbers that are so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import results_io

ROOT = Path(__file__).parents[2]
NAMES = ("README.md", "README.zh.md")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
MAX_LINES = 150
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def blocks(name):
    """Python blocks of a README."""
    return re.findall(r"```python\n(.*?)```", TEXTS[name], flags=re.DOTALL)


def statements(name):
    """Lines of the blocks of a README, with comments only where they state output."""
    lines = "".join(blocks(name)).splitlines()
    return [line if "print(" in line else line.partition("  # ")[0] for line in lines]


def console(name):
    """Commands of a README, without comments."""
    prose = re.sub(r"```.*?```", "", TEXTS[name], flags=re.DOTALL)
    lines = re.findall(r"^    (\S.*)$", prose, flags=re.MULTILINE)
    return [line.partition("  #")[0].rstrip() for line in lines]


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_has_at_most_150_lines(name):
    assert len(TEXTS[name].splitlines()) <= MAX_LINES


def stated_output(block):
    """Output that the comments of a block state."""
    return re.findall(r"^print\(.*#\s*(.*)$", block, flags=re.MULTILINE)


def test_the_first_block_prints_its_output_and_needs_no_extra(tmp_path):
    first, script = blocks("README.md")[0], tmp_path / "first.py"
    check = "import sys\nassert not {'torch', 'matplotlib', 'gan'} & sys.modules.keys()\n"
    script.write_text(first + check, encoding="utf-8")
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == stated_output(first)


@pytest.mark.parametrize("block", blocks("README.md")[1:])
def test_every_other_block_prints_the_output_in_its_comments(block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == stated_output(block)


def test_the_chinese_readme_has_the_same_code_commands_and_links():
    assert statements("README.zh.md") == statements("README.md")
    assert console("README.zh.md") == console("README.md")
    links = [[link for link in LINK.findall(TEXTS[name]) if link not in NAMES] for name in NAMES]
    assert sorted(links[0]) == sorted(links[1])
    lengths = [len(TEXTS[name].splitlines()) for name in NAMES]
    assert abs(lengths[0] - lengths[1]) <= 10


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_picture_of_a_readme_is_a_file_of_the_project(name):
    targets = [target for target in LINK.findall(TEXTS[name]) if "://" not in target]
    assert len(targets) >= 10
    missing = [target for target in targets if not (ROOT / target).is_file()]
    assert not missing


@pytest.mark.parametrize("name", NAMES)
def test_the_output_of_the_command_is_that_of_the_guide(name):
    guide = (ROOT / "docs/guide/command_line.md").read_text(encoding="utf-8")
    session = re.search(
        r"```console\n(\$ divergences real.csv generated.npy\n.*?)```", guide, re.S
    )
    shown = session[1].rstrip().splitlines()
    assert "\n".join(f"    {line}".rstrip() for line in shown) in TEXTS[name]


def measured_numbers():
    """Numbers in the text of both files, as the results have them."""
    signs = results_io.load(results_io.RESULTS / "accuracy.json")["signs"]
    negative = sum(signs["counts"]["kl: scipy entropy"].values())
    assert not any(sum(signs["counts"][f"{name}: ours"].values()) for name in ("kl", "js"))
    rows = results_io.load(results_io.RESULTS / "float_range.json")["rows"]
    (forbidden,) = [row for row in rows if row["problem"] == "forbidden pairs at 1e+15"]
    critics = results_io.load(results_io.RESULTS / "critic_gap.json")["groups"]["points"]["rows"]

    def share(method):
        rows = [row for row in critics if row["method"] == method]
        assert all(row["steps"] == 2000 for row in rows)
        return 1 + sum(row["error"] for row in rows) / len(rows)

    return [
        f"[{negative:,}](docs/benchmarks/accuracy.md)",
        f"[{forbidden['pot_relative_error']:.0%}](docs/benchmarks/float_range.md)".replace(
            "%", " %"
        ),
        f"[{100 * share('clip'):.2g} %](docs/benchmarks/critics.md)",
        f"{share('finite-difference'):.0%}".replace("%", " %"),
        f"{signs['draws']:,}",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_of_a_readme_are_those_of_the_results(name):
    assert not [number for number in measured_numbers() if number not in TEXTS[name]]


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_has_no_placeholders(name):
    text = re.sub(r"`[^`]*`|\([\w./]*\)", "", TEXTS[name])
    assert not re.findall(r"\b[A-Z]{3,}_[A-Z_]+\b", text)


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_makefile_has_the_commands_of_the_readme(command):
    assert command in TEXTS["README.md"]
    target = command.removeprefix("make ")
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert command != "make test" or command in (ROOT / ".ci/run").read_text()

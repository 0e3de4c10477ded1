"""The documentation: its code runs and prints what it says; pages are short and linked."""

import contextlib
import dataclasses
import doctest
import inspect
import io
import itertools
import re
import runpy
import shlex
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import gan
from divergences._cli.main import main
from gan.cli.command_line import COMMANDS
from tests.project.test_public_api import NAMES

DOCS = Path(__file__).parents[2] / "docs"
SOURCES = [path for path in DOCS.rglob("*.md") if "_build" not in path.parts]
PAGES = sorted(path for path in SOURCES if "auto_gallery" not in path.parts)
REFERENCES = sorted((DOCS / "reference").glob("*.rst"))
EXAMPLES = sorted((DOCS / "gallery").glob("plot_*.py"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
MAX_PROSE_LINES = 200


def name_of(path):
    """Path of a page within the documentation."""
    return str(path.relative_to(DOCS))


def blocks(page):
    """Each block of Python or commands of a page, with the output that is stated for it.

    Output is stated by a comment behind a ``print``, or by a block of ``output`` that follows; in
    a block of ``console``, below the command.
    """
    fences = FENCE.findall(page.read_text(encoding="utf-8"))
    for (language, code), (following, text) in itertools.pairwise([*fences, ("", "")]):
        if language == "python":
            stated = re.findall(r"^\s*print\(.*\)  # (.*)$", code, flags=re.MULTILINE)
            yield code, text.splitlines() if following == "output" else stated
        if language == "console":
            command, *output = code.splitlines()
            yield f"main({shlex.split(command.removeprefix('$ divergences'))})", output


@pytest.mark.parametrize("page", [p for p in PAGES if any(blocks(p))], ids=name_of)
def test_the_blocks_of_a_page_print_the_stated_output(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "page", "main": main}
    with mpl.rc_context({"backend": "Agg"}):
        for code, stated in blocks(page):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, name_of(page), "exec"), namespace)
            lines = [line.rstrip() for line in printed.getvalue().splitlines()]
            assert lines == [line.rstrip() for line in stated], code
        plt.close("all")


@pytest.mark.parametrize("page", REFERENCES, ids=name_of)
def test_the_examples_of_a_reference_page_hold(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, _ = doctest.testfile(str(page), module_relative=False)
    assert not failed


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_of_the_gallery_draws_a_picture(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: None)
    mpl.use("Agg")
    runpy.run_path(str(example))
    assert plt.get_fignums()
    plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_read_in_one_sitting(page):
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    lines = [line for line in prose.splitlines() if line.strip() and line[0] != "|"]
    assert len(lines) <= MAX_PROSE_LINES


def test_the_gallery_has_at_least_fifteen_examples():
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize("page", [p for p in PAGES if "{{" in p.read_text()], ids=name_of)
def test_the_inserted_numbers_of_a_page_are_measured(page):
    measured = runpy.run_path(str(DOCS / "_ext" / "measured.py"))["numbers"]()
    assert set(re.findall(r"{{ (\w+) }}", page.read_text(encoding="utf-8"))) <= set(measured)


def test_inserted_numbers_are_those_that_the_readme_states():
    measured = runpy.run_path(str(DOCS / "_ext" / "measured.py"))["numbers"]()
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    for name in ("scipy_negative", "sign_draws", "points_finite_difference_gap"):
        assert re.search(rf"(?<![\d,.]){measured[name]}(?!\d)", readme), name


def test_inserted_numbers_are_those_of_their_rows():
    module = runpy.run_path(str(DOCS / "_ext" / "measured.py"))
    numbers, results = module["numbers"](), module["results"]
    (row,) = [
        row for row in results("accuracy")["sweep"] if (row["n"], row["eps"]) == (1000, 1e-8)
    ]
    assert float(numbers["kl_error_1e8"]) < 1e-15 < 1 < float(numbers["scipy_error_1e8"])
    assert float(numbers["scipy_error_1e8"]) == round(float(row["kl"]["scipy entropy"]), 1)
    shares = [
        row["knowledge"]
        for row in results("fresh_knowledge")["rows"]
        if (row["method"], row["pair"]) == ("taught", "digits-normal")
    ]
    mean = 100 * sum(shares) / len(shares)
    assert numbers["fresh_taught_digits_knowledge"] == f"{mean:.0f} %"
    largest = results("large")["cases"]["mnist-gaussian-60000"]["ours"]
    assert numbers["large_time"] == f"{largest['seconds']:.0f}"
    assert [module["_percent"]([share]) for share in (0.0015, 0.096)] == ["0.1 %", "10 %"]


def test_the_guide_names_the_default_settings():
    page = (DOCS / "guide" / "training.md").read_text(encoding="utf-8")
    default = next(f.default for f in dataclasses.fields(gan.Config) if f.name == "settings")
    assert f"By default, `--settings {default}`" in page


@pytest.mark.parametrize("module", [*NAMES, gan.critics], ids=lambda module: module.__name__)
def test_every_public_name_has_a_reference_entry(module):
    entries = set()
    for page in REFERENCES:
        text = page.read_text(encoding="utf-8")
        names = re.findall(r"^\.\. (?:auto\w+|py:\w+):: ([\w.]+)$", text, flags=re.MULTILINE)
        (package,) = re.findall(r"^\.\. currentmodule:: (.*)$", text, flags=re.MULTILINE)
        entries |= {name if name.startswith("gan.") else f"{package}.{name}" for name in names}
    elsewhere = {name for name in module.__all__ if inspect.ismodule(getattr(module, name))}
    elsewhere |= set(gan.networks.__all__) if module is gan else set()
    assert {f"{module.__name__}.{name}" for name in set(module.__all__) - elsewhere} <= entries


def test_every_command_has_its_options_in_the_reference():
    page = (DOCS / "reference" / "command_line.md").read_text(encoding="utf-8")
    commands = {"divergences", "gan", *(f"gan {name}" for name in COMMANDS)}
    assert set(re.findall(r"^```{command-help} (.*)$", page, flags=re.MULTILINE)) == commands

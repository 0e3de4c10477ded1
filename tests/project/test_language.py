"""Docstrings in the words of a textbook: a summary is a quantity, or a verb and its object."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("divergences", "gan", "benchmarks", "tests")
CLAUSE = re.compile(r"(What|How|Which|Where|Who|Whose|Why|When)\b")
PRONOUN = re.compile(r"Returns:\n\s+(They|Them|It|Its|The same|Itself|Both|Those|This|That)\.?\n")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef


def docstrings(source):
    """Every docstring of a source, with the line that it begins at."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_are_neither_clauses_nor_pronouns(folder):
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in docstrings(path.read_text())
        if CLAUSE.match(text) or PRONOUN.search(f"{text}\n")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", ["What it is.", "A sum.\n\nReturns:\n    They.\n"])
def test_a_riddle_is_recognised(text):
    assert CLAUSE.match(text) or PRONOUN.search(text)

"""Tolerances of comparisons: what a test states is what it checks."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
# pytest adds abs=1e-12 to a relative tolerance: of 1e-14 of any value below 100, that is more.
TIGHT_WITHOUT_ABS = re.compile(r"\brel=[0-9.]+e-[1-9][0-9]\b(?!\s*,\s*abs=)")


def test_a_tight_relative_tolerance_states_its_absolute_one():
    weaker = [
        f"{path.relative_to(TESTS)}: {match.group()}, write abs=0 behind it"
        for path in TESTS.rglob("*.py")
        for match in TIGHT_WITHOUT_ABS.finditer(path.read_text())
    ]
    assert not weaker, "\n".join(weaker)

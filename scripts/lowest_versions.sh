#!/usr/bin/env bash
# Run tests with the lowest versions that pyproject.toml admits.
#
#     scripts/lowest_versions.sh FOLDER [PYTEST ARGUMENTS]
#
# makes a virtual environment in FOLDER, or takes the one there, with the Python that the variable
# PYTHON names. The runtime dependencies and those of the extra `gan` get exactly their lower
# bounds, torch the version of constraints.txt (an index need not hold older builds for the CPU);
# jax and the other test tools are whatever fits beside them. By default the tests and doctests of
# `divergences` run. Deprecations are no errors here: old libraries beside new ones have many.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?name a folder for the virtual environment}
shift
[ -x "$folder/bin/python" ] || "${PYTHON:-python3}" -m venv "$folder"
python="$folder/bin/python"

"$python" - > "$folder/lowest.txt" <<'END'
import re
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
for requirement in project["dependencies"] + project["optional-dependencies"]["gan"]:
    name, bound = re.match(r"([\w.-]+)>=([\w.]+)", requirement).groups()
    if name != "torch":
        print(f"{name}=={bound}")
print(*(line for line in Path("constraints.txt").read_text().split("\n") if "torch==" in line))
END
echo "lowest versions:" $(cat "$folder/lowest.txt")

"$python" -m pip install --quiet --disable-pip-version-check \
  --constraint "$folder/lowest.txt" --editable '.[gan,test]'
[ $# -gt 0 ] || set -- tests/divergences divergences
# jax warns of forks of joblib in the process of the tests. Without the option for jaxtyping's old
# plugin, which checks only gan.
"$python" -m pytest -q -p no:cacheprovider -W ignore::DeprecationWarning \
  -W "ignore:os.fork() was" --override-ini \
  "addopts=--doctest-modules --strict-config --strict-markers -ra" "$@"

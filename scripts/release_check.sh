#!/usr/bin/env bash
# Check that what a release would upload installs and runs, for every supported Python.
#
#     scripts/release_check.sh [FOLDER]
#
# builds the source distribution and the wheel into FOLDER/dist (a temporary folder by default),
# checks both for the package index, compares the versions that the files state, and installs the
# wheel without extras into a clean environment of each Python, where the first block of the README
# must print what it says. Pythons are found by pyenv, or on the PATH.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
pythons=(3.11 3.12 3.13)

python_of() { # path of the newest installed Python of a version
  local prefix
  if command -v pyenv > /dev/null; then
    prefix=$(pyenv versions --bare | grep -E "^${1//./\\.}\.[0-9]+$" | sort -V | tail -1)
    [ -z "$prefix" ] || { echo "$(pyenv root)/versions/$prefix/bin/python"; return; }
  fi
  command -v "python$1" || { echo "no Python $1: install it, by pyenv for example" >&2; exit 1; }
}

"$(python_of 3.11)" - "$root" <<'END'
import re
import sys
import tomllib
from pathlib import Path

root = Path(sys.argv[1])
project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
version, repository = project["version"], project["urls"]["Repository"]
citation = (root / "CITATION.cff").read_text()
stated = {
    "CHANGELOG.md": re.search(r"^## \[(\d[^\]]*)\]", (root / "CHANGELOG.md").read_text(), re.M)[1],
    "CITATION.cff": re.search(r"^version: (\S+)", citation, re.M)[1],
}
wrong = {name: other for name, other in stated.items() if other != version}
if wrong or f'"{repository}"' not in citation:
    sys.exit(f"pyproject.toml: {version} of {repository}; others differ: {wrong or 'CITATION.cff'}")
print(f"version {version} in pyproject.toml, {' and '.join(stated)}")
END

"$(python_of 3.11)" -m venv --clear "$folder/tools"
"$folder/tools/bin/python" -m pip install --quiet build twine
rm -rf "$folder/dist"
"$folder/tools/bin/python" -m build --outdir "$folder/dist" "$root" > "$folder/build.txt" 2>&1 ||
  { tail -20 "$folder/build.txt"; exit 1; }
"$folder/tools/bin/python" -m twine check --strict "$folder"/dist/*

for version in "${pythons[@]}"; do
  python=$(python_of "$version")
  "$python" -m venv --clear "$folder/$version"
  "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check "$folder"/dist/*.whl
  (
    cd "$folder" # the wheel, not the checkout, is imported
    "$folder/$version/bin/python" - "$root/README.md" <<'END'
import contextlib
import importlib.util
import io
import re
import sys
from importlib import metadata

readme = open(sys.argv[1], encoding="utf-8").read()
block = re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
expected = re.findall(r"^print\(.*#\s*(.*)$", block, re.MULTILINE)
with contextlib.redirect_stdout(io.StringIO()) as output:
    exec(compile(block, "README.md", "exec"), {})
printed = output.getvalue().splitlines()
assert expected, "the README's first block prints nothing"
assert printed == expected, f"printed {printed}, the README says {expected}"
assert not importlib.util.find_spec("torch"), "torch comes without the extra gan"
description = metadata.metadata("divergences").get_payload() or metadata.metadata("divergences")["Description"]
relative = re.findall(r"\]\((?!https?:)[^)]*\)", description)
assert not relative, f"relative links in the description: {relative}"
END
    "$folder/$version/bin/divergences" --version
  )
  "$folder/$version/bin/python" -m pip check --disable-pip-version-check
  echo "Python $("$python" -c 'import platform; print(platform.python_version())'): the wheel runs"
done
echo "ready: $folder/dist"

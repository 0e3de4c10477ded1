"""Files of a release agree on version, address and supported Pythons."""

import re
import runpy
import sys
import tomllib
import types
from pathlib import Path

import divergences

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def text(name):
    """Content of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_file_states_the_version_and_the_repository():
    version, repository = PROJECT["version"], PROJECT["urls"]["Repository"]
    assert (
        re.search(r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$", text("CHANGELOG.md"), re.M)[1]
        == version
    )
    assert f"\n[{version}]: {repository}/releases/tag/v{version}\n" in text("CHANGELOG.md")
    assert f"\nversion: {version}\n" in text("CITATION.cff")
    assert f'\nrepository-code: "{repository}"\n' in text("CITATION.cff")
    assert f"version = {{{version}}}" in text("docs/reference/citing.md")
    assert all(url.startswith(repository) for url in PROJECT["urls"].values())
    assert divergences.__version__ == version


def test_every_supported_python_is_tested_and_released():
    classifier = "Programming Language :: Python :: 3."
    versions = [
        f"3.{c.removeprefix(classifier)}" for c in PROJECT["classifiers"] if classifier in c
    ]
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert ", ".join(f'"{version}"' for version in versions) in text(".github/workflows/tests.yml")
    assert f"pythons=({' '.join(versions)})" in text("scripts/release_check.sh")
    assert re.findall(r"^ {12}(3\.\d+)$", text(".github/workflows/release.yml"), re.M) == versions


def test_contributing_names_the_scripts_and_the_commands():
    contributing = text("CONTRIBUTING.md")
    scripts = [path.name for path in (ROOT / "scripts").glob("*.sh")]
    targets = re.findall(r"^\.PHONY: (.*)$", text("Makefile"), re.M)[0].split()
    named = [f"scripts/{name}" for name in scripts] + [f"make {t}" for t in targets]
    missing = [name for name in named if name not in contributing]
    assert set(missing) <= {"make clean", "make lint"}


def test_every_extra_for_users_is_in_the_guide():
    extras = PROJECT["optional-dependencies"].keys() - {"bench", "docs", "peers", "test"}
    guide = text("docs/guide/installation.md")
    named = {
        name
        for names in re.findall(r"divergences\[([\w,]+)\]", guide)
        for name in names.split(",")
    }
    assert extras <= named


def test_the_description_of_a_package_index_has_absolute_links_at_the_tag(monkeypatch):
    interface = types.SimpleNamespace(MetadataHookInterface=object)  # of hatchling, which builds
    monkeypatch.setitem(sys.modules, "hatchling.metadata.plugin.interface", interface)
    for package in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, package, types.ModuleType(package))
    hook = runpy.run_path(str(ROOT / "hatch_build.py"))
    repository = "https://github.com/a/b"
    readme = "![plan](docs/front.png) [page](docs/a.md#part) [here](#part) [site](https://c.d)"
    assert hook["absolute"](readme, repository, "v1.0") == (
        "![plan](https://raw.githubusercontent.com/a/b/v1.0/docs/front.png) "
        f"[page]({repository}/blob/v1.0/docs/a.md#part) [here](#part) [site](https://c.d)"
    )


def test_pre_commit_has_the_pinned_versions():
    config, pins = text(".pre-commit-config.yaml"), text("constraints.txt")
    for tool in ("ruff", "import-linter"):
        assert f"[{re.search(rf'^{tool}==.*$', pins, re.M)[0]}]" in config


def test_issue_templates_ask_for_the_version():
    templates = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    forms = [path.read_text() for path in templates if path.name != "config.yml"]
    assert len(forms) == 3
    assert all("Output of `divergences --version`" in form for form in forms)

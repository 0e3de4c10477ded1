"""Without the packages of its extra, the command says in one line how to install them."""

import subprocess
import sys
from importlib import metadata

import pytest

import gan
from gan.__main__ import main

RUN_WITHOUT = """
import sys

class Missing:
    def find_spec(name, path, target=None):
        if name in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing)
sys.argv = ["gan", *{arguments!r}]
from gan.__main__ import main
sys.exit(main())
"""


def run_without(missing, arguments):
    code = RUN_WITHOUT.format(missing=missing, arguments=arguments)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("missing", "arguments", "named"),
    [
        (["torch", "tyro", "jaxtyping"], ["train", "wgan"], "tyro"),
        (["torch"], ["compare", "--help"], "torch"),
        (["torch"], ["train", "wgan"], "torch"),
    ],
)
def test_a_command_without_the_extra_says_in_one_line_how_to_install_it(missing, arguments, named):
    run = run_without(missing, arguments)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"gan: {named} is not installed; the extra `gan` brings it: "
        "pip install 'divergences[gan]'\n"
    )


def test_the_version_needs_no_extra():
    run = run_without(["torch", "tyro"], ["--version"])
    assert (run.returncode, run.stdout) == (0, f"gan {metadata.version('divergences')}\n")


def test_the_help_needs_no_extra():
    run = run_without(["torch", "tyro", "numpy"], ["--help"])
    assert (run.returncode, run.stderr) == (0, "")
    assert "train     Train one recipe on one data set" in run.stdout


def test_a_module_of_ours_that_is_missing_is_no_missing_extra():
    run = run_without(["gan.cli.sample"], ["sample"])
    assert "ModuleNotFoundError" in run.stderr
    assert "extra" not in run.stderr


def test_the_help_names_the_commands_and_the_version(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gan", "--help"])
    assert main() == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("demo", "train", "critic", "gan --version"))
    assert max(map(len, shown.splitlines())) <= 80


def test_folders_are_attributes_of_the_package():
    assert gan.critics.CRITICS
    assert gan.recipes.registry.RECIPES is gan.RECIPES


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'gan' has no attribute 'critic_gab'"):
        gan.critic_gab  # type: ignore[attr-defined]  # noqa: B018

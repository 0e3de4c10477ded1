"""Plugins: Python files of the user that add recipes, data sets and networks by name."""

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from traceback import extract_tb

import torch

from gan.errors import PluginError
from gan.runs.atomic_files import first_line
from gan.training.global_sources import seeded_global_sources


def load_plugins(names: Iterable[str], /) -> None:
    """Import each plugin once.

    A plugin adds entries to `gan.RECIPES`, `gan.DATA` and `gan.NETWORKS` when it is imported.

    Args:
        names: Paths that end in .py, or names of modules.

    Raises:
        PluginError: If a plugin does not exist, or its import fails.
    """
    for name in names:
        try:
            _import_plugin(name)
        except Exception as error:
            raise PluginError(
                f"--plugin {name} could not be loaded: {type(error).__name__}: {error}"
            ) from error


def _import_plugin(name: str) -> None:
    """Import a file or a module, unless it is imported already."""
    if not name.endswith(".py"):
        importlib.import_module(name)
        return
    path = Path(name).resolve()
    module_name = f"gan_plugin_{path.stem}"
    imported = sys.modules.get(module_name)
    if imported is not None and imported.__file__ == str(path):
        return
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        with seeded_global_sources(torch.Generator().manual_seed(0)):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise


def plugin_error(error: Exception, names: Iterable[str], /) -> PluginError | None:
    """Error that names the line of a plugin in which another error was raised.

    Args:
        error: The other error, as it was caught.
        names: The plugins of the run.

    Returns:
        The error; None if no line of a plugin was being run.
    """
    files = {_file_of(name) for name in names}
    for frame in reversed(extract_tb(error.__traceback__)):
        if frame.filename in files:
            return PluginError(
                f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}: "
                f"{type(error).__name__}: {first_line(error)}"
            )
    return None


def _file_of(name: str) -> str | None:
    """Path of the file of an imported plugin."""
    if name.endswith(".py"):
        return str(Path(name).resolve())
    return getattr(sys.modules.get(name), "__file__", None)

"""POT's compiled network simplex, loaded without the rest of POT.

``import ot`` imports every backend that is installed, torch and jax among them: seconds, and
hundreds of megabytes, of which a transport problem needs none. The compiled module is loaded by
itself instead, and handed to a later ``import ot``, since it cannot be initialized twice.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "ot.lp.emd_wrap"
PARENTS = ("ot", "ot.lp", "ot.utils")  # packages that the compiled module refers to at its start

_lock = threading.Lock()
_loaded: ModuleType | None = None


def compiled_simplex() -> Any:
    """POT's module of compiled solvers, with ``emd_c`` and ``emd_c_sparse``.

    Returns:
        The module ``ot.lp.emd_wrap``; the same one as ``import ot`` has, before or after.
    """
    global _loaded  # one per process, as the compiled module is
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


def _load() -> ModuleType:
    """Load the compiled module alone; all of POT where that is loaded already, or differs."""
    if "ot" not in sys.modules and (path := _path_of_extension()) is not None:
        try:
            return _load_alone(path)
        except Exception:  # noqa: BLE001  # another version of POT: import all of it
            pass
    from ot.lp import emd_wrap

    module: ModuleType = emd_wrap
    return module


def _path_of_extension() -> Path | None:
    """File of the compiled module; None where POT is not laid out as expected."""
    spec = importlib.util.find_spec("ot")
    for folder in (spec and spec.submodule_search_locations) or ():
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = Path(folder) / "lp" / f"emd_wrap{suffix}"
            if path.is_file():
                return path
    return None


def _load_alone(path: Path) -> ModuleType:
    """Initialize the compiled module beside placeholders of the packages that it refers to."""
    loader = importlib.machinery.ExtensionFileLoader(NAME, str(path))
    spec = importlib.util.spec_from_file_location(NAME, path, loader=loader)
    if spec is None:
        raise ImportError(f"{path} is no extension module")
    module = importlib.util.module_from_spec(spec)
    try:
        for name in PARENTS:
            sys.modules[name] = _Placeholder(name)
        sys.modules[NAME] = module
        loader.exec_module(module)
    finally:
        for name in (NAME, *PARENTS):
            sys.modules.pop(name, None)
    sys.meta_path.insert(0, _LoadedModuleFinder(module))
    return module


class _Placeholder(ModuleType):
    """A package that is not imported; its functions import it when they are called."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, attribute: str) -> Any:
        """A function that calls the one of that name in the package itself."""
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        package = self.__name__

        def deferred(*args: Any, **options: Any) -> Any:
            return getattr(importlib.import_module(package), attribute)(*args, **options)

        return deferred


class _LoadedModuleFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finder that gives ``import ot`` the compiled module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of the compiled module; None for any other."""
        if fullname != NAME:
            return None
        return importlib.machinery.ModuleSpec(NAME, self, origin=self.module.__file__)

    def create_module(self, _spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The compiled module."""
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the module is initialized."""

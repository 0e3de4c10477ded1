"""Imports that take seconds stay inside the functions that need them."""

import subprocess
import sys

import pytest

HEAVY = {
    "divergences": {
        *("gan", "jax", "joblib", "matplotlib", "networkx", "ot", "pandas", "PIL", "scipy.stats"),
        *("sklearn", "torch"),
    },
    "gan": {"jax", "matplotlib.pyplot", "ot", "pandas", "sklearn", "tensorboard"},
}


@pytest.mark.parametrize("package", HEAVY)
def test_an_import_brings_in_nothing_heavy(package):
    code = f"import sys, {package}; print(sorted({HEAVY[package]!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

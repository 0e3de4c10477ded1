"""POT's compiled solver: loaded alone, shared with a later or an earlier ``import ot``."""

import os
import subprocess
import sys
import threading

import pytest

import divergences
from divergences._transport import network_simplex

EMD = "divergences.emd([0.5, 0.5], [0.25, 0.75], [[0.0, 1.0], [1.0, 0.0]])"
ALONE_THEN_ALL = f"""
import sys
import divergences
assert {EMD} == 0.25
assert not {{"ot", "ot.utils", "torch", "jax"}} & set(sys.modules)
import numpy, ot
from divergences._transport.network_simplex import compiled_simplex
assert ot.lp.emd_wrap is compiled_simplex()
assert ot.emd2([0.5, 0.5], [0.25, 0.75], numpy.array([[0.0, 1.0], [1.0, 0.0]])) == 0.25
assert ot.emd2_lazy(numpy.zeros((3, 1)), numpy.ones((3, 1)))[0] == 1  # calls ot.utils from C
assert {EMD} == 0.25
"""
BACKENDS = ("PYTORCH", "JAX", "TENSORFLOW", "CUPY")
WITHOUT_BACKENDS = os.environ | {f"POT_BACKEND_DISABLE_{name}": "1" for name in BACKENDS}
ALL_FIRST = f"""
import ot, divergences
from divergences._transport.network_simplex import compiled_simplex
assert {EMD} == 0.25
assert ot.lp.emd_wrap is compiled_simplex()
"""


@pytest.mark.parametrize("program", [ALONE_THEN_ALL, ALL_FIRST], ids=["later", "earlier"])
def test_the_compiled_module_is_the_one_of_pot(program):
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        env=WITHOUT_BACKENDS,  # which take seconds to import
    )
    assert run.returncode == 0, run.stderr


def test_threads_load_it_once(monkeypatch):
    loads = []

    def load():
        loads.append(1)
        return sys

    monkeypatch.setattr(network_simplex, "_loaded", None)
    monkeypatch.setattr(network_simplex, "_load", load)
    threads = [threading.Thread(target=network_simplex.compiled_simplex) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert loads == [1]


def test_another_layout_of_pot_is_imported_as_a_whole(monkeypatch):
    import ot

    monkeypatch.setattr(network_simplex, "_loaded", None)
    monkeypatch.setattr(network_simplex, "_path_of_extension", lambda: None)
    assert network_simplex.compiled_simplex() is ot.lp.emd_wrap
    assert divergences.emd([1.0], [1.0], [[2.0]]) == 2.0


def test_an_interrupt_while_loading_leaves_a_process_that_loads_again():
    program = f"""
import sys
import divergences
from divergences._transport import network_simplex
class Interrupt(network_simplex.importlib.machinery.ExtensionFileLoader):
    def exec_module(self, module):
        raise KeyboardInterrupt
loader = network_simplex.importlib.machinery.ExtensionFileLoader
network_simplex.importlib.machinery.ExtensionFileLoader = Interrupt
try:
    {EMD}
except KeyboardInterrupt:
    assert not {{"ot", "ot.lp", "ot.utils", "ot.lp.emd_wrap"}} & set(sys.modules)
else:
    raise AssertionError
network_simplex.importlib.machinery.ExtensionFileLoader = loader
assert {EMD} == 0.25
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr

"""Fixtures and settings of all tests: fixed seeds, one thread per worker, MNIST if available.

torch and `gan` are imported by fixtures: the process that only hands out tests needs neither.
"""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep", parent=settings.get_profile("default"), derandomize=False, max_examples=3000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Compute on one thread, beside the other worker."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def rng():
    import torch

    return torch.Generator().manual_seed(0)


@pytest.fixture
def unchecked():
    """Disable the shape checks of beartype, which users do not have, to test our own checks."""
    import jaxtyping

    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def mnist_dir():
    """Folder of the MNIST files; without them the test is skipped, and in CI fails."""
    from gan.data import mnist
    from gan.errors import MnistError

    try:
        for split in ("train", "test"):
            mnist.load(mnist.IMAGES[split])
    except MnistError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"MNIST is not here: {str(error).splitlines()[0]}")
    if os.environ.get("MNIST_DIR"):
        return Path(os.environ["MNIST_DIR"]).resolve()
    import pooch

    return Path(pooch.os_cache("divergences")) / "mnist"


@pytest.fixture(scope="session")
def classifier(mnist_dir):
    """A small classifier of digits: 98 % of the test digits right after 3 seconds of training.

    The default settings take 22 seconds for 99 %; `digit_classifier` refuses to return less than
    98.5 %, and the benchmark `benchmarks.gan.training` uses it.
    """
    from gan.metrics.classifier import ClassifierSettings, train_classifier

    settings = ClassifierSettings(channels=8, epochs=1, learning_rate=8e-3, accuracy=0.975)
    return train_classifier(data_dir=mnist_dir, settings=settings)


@pytest.fixture
def gan(monkeypatch, capfd):
    """The command line in this process; a call returns exit status, stdout and stderr."""
    from gan.__main__ import main

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["gan", *map(str, arguments)])
        status = main()
        output = capfd.readouterr()
        return status, output.out, output.err

    return call


@pytest.fixture
def quick_evaluations(monkeypatch):
    """Evaluations of runs without a drawing, and with copies of the critic hardly trained.

    Both take most of a tiny run, and have tests of their own.
    """
    from PIL import Image

    from gan.runs import run_metrics, sample_figures

    pixel = Image.new("RGB", (1, 1))
    monkeypatch.setattr(sample_figures, "save_samples", lambda path, *_: pixel.save(path))
    monkeypatch.setattr(run_metrics, "FINE_TUNING_STEPS", 1)
    monkeypatch.setattr(run_metrics, "refine_critic", lambda critic, *_: critic)

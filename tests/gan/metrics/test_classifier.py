"""The classifier of digits: accuracy, interface, training, and its cache file."""

import hashlib
import io
from pathlib import Path

import pytest
import torch

from gan.data import mnist
from gan.errors import ClassifierError
from gan.metrics import classifier as module
from gan.metrics.classifier import (
    ClassifierSettings,
    DigitClassifier,
    digit_classifier,
    train_classifier,
)


def untrained(seed=1, accuracy=0.99):
    """A classifier with random weights and an arbitrary accuracy."""
    classifier = DigitClassifier(torch.Generator().manual_seed(seed))
    classifier.accuracy = accuracy
    return classifier


@pytest.fixture
def trainings(monkeypatch):
    """Replaces training by `untrained` and records the arguments of every call."""
    calls = []

    def record(**settings):
        calls.append(settings)
        return untrained()

    monkeypatch.setattr(module, "train_classifier", record)
    return calls


def same(first, second):
    weights = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return first.accuracy == second.accuracy and all(torch.equal(a, b) for a, b in weights)


def test_the_accuracy_is_that_on_all_test_digits(classifier, mnist_dir):
    images = mnist.digits("test", data_dir=mnist_dir).pixels.reshape(-1, 1, 28, 28) / 255
    labels = mnist.labels("test", data_dir=mnist_dir)
    is_correct = classifier.logits(images).argmax(dim=1) == labels
    assert classifier.accuracy == is_correct.double().mean().item() > 0.975


def test_logits_are_the_head_on_the_features(rng):
    images = torch.rand(2500, 1, 28, 28, generator=rng)
    network = untrained()
    features, logits = network.features(images), network.logits(images)
    assert features.shape == (2500, 64)
    assert logits.shape == (2500, 10)
    assert features.min() >= 0
    assert not features.requires_grad
    assert not logits.requires_grad
    assert torch.allclose(network.head(features), logits, atol=1e-5)
    assert torch.allclose(network(images[-10:]), logits[-10:], atol=1e-5)


def test_no_images_have_no_logits():
    assert untrained().logits(torch.zeros(0, 1, 28, 28)).shape == (0, 10)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shape", [(5, 784), (5, 3, 28, 28), (5, 28, 28)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"`images` must have shape \(n, 1, 28, 28\)"):
        untrained().features(torch.zeros(shape))


def test_the_second_call_reads_the_cache(trainings, tmp_path):
    cache = tmp_path / "missing" / "folders"
    first, second = (digit_classifier(data_dir=tmp_path, cache=cache) for _ in range(2))
    assert trainings == [{"data_dir": tmp_path}]
    assert same(first, second)
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty", "another file"])
def test_a_damaged_cache_file_is_replaced(damage, trainings, tmp_path):
    digit_classifier(cache=tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    damaged = {"truncated": content[:-1], "one bit": flipped, "empty": b""}
    path.write_bytes(damaged.get(damage, b"not a classifier" * 10))
    assert same(digit_classifier(cache=tmp_path), untrained())
    assert len(trainings) == 2
    assert path.read_bytes() == content


class TouchesFile:
    """An object whose pickle creates a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_cache_file_whose_pickle_runs_code_is_refused(trainings, tmp_path):
    digit_classifier(cache=tmp_path)
    (path,) = tmp_path.iterdir()
    buffer, evidence = io.BytesIO(), tmp_path / "touched"
    torch.save({"weights": TouchesFile(evidence), "accuracy": 0.99}, buffer)
    path.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    with pytest.raises(ClassifierError, match="loading it could run code; delete it"):
        digit_classifier(cache=tmp_path)
    assert not evidence.exists()


def test_other_settings_have_another_cache_file(trainings, tmp_path, monkeypatch):
    digit_classifier(cache=tmp_path)
    monkeypatch.setattr(module, "DEFAULT_SETTINGS", ClassifierSettings(epochs=4))
    digit_classifier(cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == len(trainings) == 2


def test_an_unwritable_cache_is_reported_and_not_fatal(trainings, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert same(digit_classifier(cache=tmp_path / "file" / "below"), untrained())
    assert "the digit classifier cannot be stored in" in capsys.readouterr().err


def test_a_full_disk_leaves_no_partial_cache_file(tmp_path, monkeypatch):
    def write_bytes(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("pathlib.Path.write_bytes", write_bytes)
        module._save(untrained(), tmp_path / "classifier.pt")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def random_labels(monkeypatch):
    """Replaces MNIST by 500 images of noise with random labels."""
    rng = torch.Generator().manual_seed(0)
    noise = torch.rand(500, 1, 28, 28, generator=rng), torch.randint(10, (500,), generator=rng)
    monkeypatch.setattr(module, "_labelled_images", lambda split, data_dir: noise)


@pytest.mark.usefixtures("random_labels")
def test_an_accuracy_below_the_required_one_is_an_error():
    with pytest.raises(ClassifierError, match=r"must be above 98\.50%, but is \d+\.\d\d%"):
        train_classifier(settings=ClassifierSettings(epochs=1))


@pytest.mark.usefixtures("random_labels")
def test_the_same_seed_trains_the_same_classifier(capsys):
    settings = ClassifierSettings(epochs=1, accuracy=-1.0)
    assert same(train_classifier(settings=settings), train_classifier(settings=settings))
    assert "training the digit classifier" in capsys.readouterr().err

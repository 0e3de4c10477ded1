"""The classifier of digits: what it reads, its place in the cache, and what can happen there."""

import pytest
import torch

from gan.data import mnist
from gan.errors import ClassifierError
from gan.metrics import classifier as module
from gan.metrics.classifier import DigitClassifier, Settings, digit_classifier


def new(seed=1, accuracy=0.99):
    """One that has learned nothing and says otherwise: quick to make."""
    made = DigitClassifier(torch.Generator().manual_seed(seed))
    made.accuracy = accuracy
    return made


@pytest.fixture
def trainings(monkeypatch):
    """Training takes no time, and each is counted."""
    done = []

    def count(**settings):
        done.append(settings)
        return new()

    monkeypatch.setattr(module, "trained", count)
    return done


def same(first, second):
    weights = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return first.accuracy == second.accuracy and all(torch.equal(a, b) for a, b in weights)


def test_it_reads_the_test_digits(classifier, mnist_dir):
    images = mnist.digits("test", data_dir=mnist_dir).pixels[:2000].reshape(-1, 1, 28, 28) / 255
    truth = mnist.labels("test", data_dir=mnist_dir)[:2000]
    right = (classifier.logits(images).argmax(dim=1) == truth).double().mean()
    assert classifier.accuracy > 0.985
    # The first 2000 are as hard as the rest: 5 standard deviations of their share.
    assert right.item() == pytest.approx(classifier.accuracy, abs=5 * (0.015 / 2000) ** 0.5)


def test_logits_are_the_head_on_the_features(rng):
    images = torch.rand(2500, 1, 28, 28, generator=rng)
    network = new()
    features, logits = network.features(images), network.logits(images)
    assert features.shape == (2500, 64)
    assert logits.shape == (2500, 10)
    assert features.min() >= 0
    assert not features.requires_grad
    assert not logits.requires_grad
    assert torch.allclose(network.head(features), logits, atol=1e-5)
    assert torch.allclose(network(images[-10:]), logits[-10:], atol=1e-5)


def test_no_images_have_no_logits():
    assert new().logits(torch.zeros(0, 1, 28, 28)).shape == (0, 10)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("shape", [(5, 784), (5, 3, 28, 28), (5, 28, 28)])
def test_other_images_are_refused(shape):
    with pytest.raises(ValueError, match=r"`images` must have shape \(n, 1, 28, 28\)"):
        new().features(torch.zeros(shape))


def test_it_is_trained_once_and_then_read(trainings, tmp_path):
    cache = tmp_path / "made" / "as needed"
    first, second = (digit_classifier(data_dir=tmp_path, cache=cache) for _ in range(2))
    assert trainings == [{"data_dir": tmp_path}]
    assert same(first, second)
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut short", "one bit", "empty", "another file"])
def test_a_damaged_file_is_trained_anew_and_replaced(damage, trainings, tmp_path):
    digit_classifier(cache=tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    damaged = {"cut short": content[:-1], "one bit": flipped, "empty": b""}
    path.write_bytes(damaged.get(damage, b"not a classifier" * 10))
    assert same(digit_classifier(cache=tmp_path), new())
    assert len(trainings) == 2
    assert path.read_bytes() == content


def test_other_settings_are_in_another_file(trainings, tmp_path, monkeypatch):
    digit_classifier(cache=tmp_path)
    monkeypatch.setattr(module, "SETTINGS", Settings(epochs=4))
    digit_classifier(cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == len(trainings) == 2


def test_a_cache_that_cannot_be_written_to_is_said_and_not_fatal(trainings, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert same(digit_classifier(cache=tmp_path / "file" / "below"), new())
    assert "the digit classifier cannot be kept in" in capsys.readouterr().err


def test_a_reader_never_sees_half_a_file(tmp_path, monkeypatch):
    def full(self, content):
        self.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("pathlib.Path.write_bytes", full)
        module._keep(new(), tmp_path / "classifier.pt")
    assert list(tmp_path.iterdir()) == []


def test_one_that_did_not_learn_is_an_error(monkeypatch):
    rng = torch.Generator().manual_seed(0)
    noise = torch.rand(200, 1, 28, 28, generator=rng), torch.randint(10, (200,), generator=rng)
    monkeypatch.setattr(module, "_labelled", lambda split, data_dir: noise)
    with pytest.raises(ClassifierError, match=r"and must read more than 98\.50%"):
        module.trained(settings=Settings(epochs=1))


def test_the_same_seed_learns_the_same(monkeypatch, capsys):
    rng = torch.Generator().manual_seed(0)
    noise = torch.rand(500, 1, 28, 28, generator=rng), torch.randint(10, (500,), generator=rng)
    monkeypatch.setattr(module, "_labelled", lambda split, data_dir: noise)
    settings = Settings(epochs=1, accuracy=-1.0)
    assert same(module.trained(settings=settings), module.trained(settings=settings))
    assert "training the digit classifier" in capsys.readouterr().err

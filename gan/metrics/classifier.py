"""A small classifier of MNIST digits, on which the metrics of generated digits are based.

It is trained once from a fixed seed, in less than a minute, and stored in the user's cache. The
file begins with the SHA-256 digest of the rest; a damaged file is replaced by training again.
"""

import hashlib
import io
import math
import pickle
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from gan.data import mnist
from gan.data.mnist import Split
from gan.errors import ClassifierError
from gan.networks.convolutional import convolution
from gan.networks.mlp import linear

INFERENCE_BATCH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class ClassifierSettings:
    """Architecture and training of the classifier; each combination has its own cache file.

    Attributes:
        channels: Channels of the first convolution; the second has twice as many.
        features: Width of the layer before the last.
        epochs: Passes over the training digits.
        batch_size: Digits per step.
        learning_rate: Initial learning rate of Adam, decayed to 0 by half a cosine.
        seed: Seed of the initial weights and of the order of the digits.
        accuracy: Test accuracy that training must exceed, in [0, 1].
    """

    channels: int = 24
    features: int = 64
    epochs: int = 3
    batch_size: int = 100
    learning_rate: float = 2e-3
    seed: int = 0
    accuracy: float = 0.985


DEFAULT_SETTINGS = ClassifierSettings()


class DigitClassifier(nn.Module):
    """Classifier of digits: two strided convolutions, then two linear layers.

    Attributes:
        body: Maps images ``(n, 1, 28, 28)`` to features ``(n, 64)``, at least 0.
        head: Maps features to logits ``(n, 10)``.
        accuracy: Accuracy on the 10,000 test digits, in [0, 1]; NaN before training.
    """

    def __init__(
        self, rng: torch.Generator, /, *, settings: ClassifierSettings = DEFAULT_SETTINGS
    ) -> None:
        super().__init__()
        first, second = settings.channels, 2 * settings.channels
        self.body = nn.Sequential(
            *(convolution(1, first, 5, rng, stride=2), nn.ReLU()),
            *(convolution(first, second, 5, rng, stride=2), nn.ReLU()),
            *(nn.Flatten(), linear(second * 49, settings.features, rng), nn.ReLU()),
        )
        self.head = linear(settings.features, 10, rng)
        self.accuracy = math.nan

    def forward(self, images: Float[Tensor, " n 1 28 28"]) -> Float[Tensor, " n 10"]:
        """Logits, with a graph, of images on the device of the classifier."""
        return self.head(self.body(images))

    def features(self, images: Float[Tensor, " n 1 28 28"], /) -> Float[Tensor, " n 64"]:
        """Activations of the last hidden layer.

        Args:
            images: Pixels in [0, 1], on any device.

        Returns:
            64 features per image, at least 0, on the device of the images, without a graph.
        """
        return self._batched(self.body, images)

    def logits(self, images: Float[Tensor, " n 1 28 28"], /) -> Float[Tensor, " n 10"]:
        """Logits of the ten digits.

        Args:
            images: Pixels in [0, 1], on any device.

        Returns:
            10 logits per image, on the device of the images, without a graph.
        """
        return self._batched(self, images)

    @torch.no_grad()
    def _batched(self, network: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """Outputs of the network, computed in batches."""
        if images.shape[1:] != (1, 28, 28):
            raise ValueError(
                f"`images` must have shape (n, 1, 28, 28), but has {tuple(images.shape)}; take "
                "one channel, and unflatten rows of 784 pixels"
            )
        device = self.head.weight.device
        return torch.cat([
            network(batch.to(device)) for batch in images.split(INFERENCE_BATCH_SIZE)
        ]).to(images.device)


def digit_classifier(
    *, data_dir: Path | None = None, cache: Path | None = None
) -> DigitClassifier:
    """The classifier with default settings, read from the cache or trained and stored there.

    Args:
        data_dir: Folder of the MNIST files for training, as in `gan.data.mnist.digits`.
        cache: Folder of the cache file; by default the user's cache. If it is not writable, the
            classifier is trained at every call.

    Returns:
        A classifier on the CPU with a test accuracy above 98.5 %.

    Raises:
        ClassifierError: If training does not reach this accuracy, or the cache file is unsafe.
        MnistError: If the classifier must be trained and MNIST is not available.
    """
    import pooch  # imported here since nothing else in this module needs it

    folder = cache or Path(pooch.os_cache("divergences"))
    path = folder / f"digit-classifier-{_settings_digest()}.pt"
    classifier = _load(path)
    if classifier is None:
        classifier = train_classifier(data_dir=data_dir)
        _save(classifier, path)
    return classifier


def train_classifier(
    *, data_dir: Path | None = None, settings: ClassifierSettings = DEFAULT_SETTINGS
) -> DigitClassifier:
    """Train a classifier on the 60,000 training digits, with a progress bar on stderr.

    Args:
        data_dir: Folder of the MNIST files, as in `gan.data.mnist.digits`.
        settings: Architecture and training.

    Returns:
        The classifier, with its accuracy on the 10,000 test digits.

    Raises:
        ClassifierError: If the accuracy is not above that of the settings.
        MnistError: If MNIST is not available.
    """
    rng = torch.Generator().manual_seed(settings.seed)
    classifier = DigitClassifier(rng, settings=settings)
    _fit(classifier, *_labelled_images("train", data_dir), settings, rng)
    images, labels = _labelled_images("test", data_dir)
    is_correct = classifier.logits(images).argmax(dim=1) == labels
    classifier.accuracy = float(is_correct.double().mean())
    if not classifier.accuracy > settings.accuracy:
        raise ClassifierError(
            f"the test accuracy of the classifier must be above {settings.accuracy:.2%}, but is "
            f"{classifier.accuracy:.2%}; train it for more epochs"
        )
    return classifier


def _labelled_images(split: Split, data_dir: Path | None) -> tuple[Tensor, UInt8[Tensor, " n"]]:
    """Images ``(n, 1, 28, 28)`` with pixels in [0, 1], and their labels."""
    images = mnist.digits(split, data_dir=data_dir).pixels.reshape(-1, 1, 28, 28).float() / 255
    return images, mnist.labels(split, data_dir=data_dir)


def _fit(
    classifier: DigitClassifier,
    images: Tensor,
    labels: Tensor,
    settings: ClassifierSettings,
    rng: torch.Generator,
) -> None:
    """Minimise the cross-entropy, in place."""
    optimizer = torch.optim.Adam(classifier.parameters(), lr=settings.learning_rate)
    steps = settings.epochs * (len(images) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order = torch.cat([torch.randperm(len(images), generator=rng) for _ in range(settings.epochs)])
    batches = order[: steps * settings.batch_size].split(settings.batch_size)
    for batch in tqdm(batches, desc="training the digit classifier, once", leave=False):
        optimizer.zero_grad()
        cross_entropy(classifier(images[batch]), labels[batch].long()).backward()
        optimizer.step()
        schedule.step()


def _settings_digest() -> str:
    """Digest of layers and settings, which determine the classifier."""
    layers = repr(DigitClassifier(torch.Generator(), settings=DEFAULT_SETTINGS))
    return hashlib.sha256(f"{layers} {asdict(DEFAULT_SETTINGS)}".encode()).hexdigest()[:16]


def _load(path: Path) -> DigitClassifier | None:
    """The classifier of a cache file; None if the file is missing or damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, payload = content[:32], content[32:]
    if hashlib.sha256(payload).digest() != digest:
        return None
    try:
        state: dict[str, Any] = torch.load(io.BytesIO(payload), weights_only=True)
    except pickle.UnpicklingError:
        raise ClassifierError(
            f"{path} holds more than tensors and numbers, and loading it could run code; delete "
            "it, and the classifier is trained again"
        ) from None
    classifier = DigitClassifier(torch.Generator())
    classifier.load_state_dict(state["weights"])
    classifier.accuracy = state["accuracy"]
    return classifier


def _save(classifier: DigitClassifier, path: Path) -> None:
    """Write the cache file atomically, since several processes may do so at once."""
    buffer = io.BytesIO()
    torch.save({"weights": classifier.state_dict(), "accuracy": classifier.accuracy}, buffer)
    content = hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            temporary_path = Path(folder) / path.name
            temporary_path.write_bytes(content)
            temporary_path.replace(path)
    except OSError as error:
        tqdm.write(
            f"the digit classifier cannot be stored in {path.parent} ({error}); the next call "
            "trains it again",
            file=sys.stderr,
        )

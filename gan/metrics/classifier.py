"""A small classifier of MNIST digits: the eyes of the metrics of generated digits.

It is trained once from a fixed seed, in less than a minute, and kept in the user's cache. A file
there begins with the SHA-256 of what follows: one that is damaged is not read, but trained anew.
"""

import hashlib
import io
import math
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

from gan.data.mnist import Split, digits, labels
from gan.errors import ClassifierError
from gan.networks.convolutional import convolution
from gan.networks.mlp import linear

BATCH = 1000  # images that are looked at at a time


@dataclass(frozen=True, slots=True)
class Settings:
    """How the classifier is made; a change of any of these makes another file in the cache.

    Attributes:
        channels: Of the first convolution; the second has twice as many.
        features: Width of the layer before the last.
        epochs: How often each training digit is seen.
        batch_size: Digits per step.
        learning_rate: Of Adam at the first step; from there along half a cosine to 0.
        seed: Of initial weights and order.
        accuracy: Share of the test digits that it must read right.
    """

    channels: int = 24
    features: int = 64
    epochs: int = 3
    batch_size: int = 100
    learning_rate: float = 2e-3
    seed: int = 0
    accuracy: float = 0.985


SETTINGS = Settings()


class DigitClassifier(nn.Module):
    """Reads digits: two convolutions that halve height and width, then two linear layers.

    Attributes:
        body: Maps images ``(n, 1, 28, 28)`` to features ``(n, 64)``, at least 0.
        head: Maps features to logits ``(n, 10)``.
        accuracy: Share of the 10,000 test digits that it reads right; NaN before it is trained.
    """

    def __init__(self, rng: torch.Generator, /, *, settings: Settings = SETTINGS) -> None:
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
        """Logits, differentiable, of images on the classifier's device."""
        return self.head(self.body(images))

    def features(self, images: Float[Tensor, " n 1 28 28"], /) -> Float[Tensor, " n 64"]:
        """What the last layer sees of images with pixels in [0, 1]: 64 numbers of at least 0 each.

        Args:
            images: On any device.

        Returns:
            On the device of the images, without a graph.
        """
        return self._batched(self.body, images)

    def logits(self, images: Float[Tensor, " n 1 28 28"], /) -> Float[Tensor, " n 10"]:
        """Logarithms of the odds of the ten digits, up to a constant per image.

        Args:
            images: Pixels in [0, 1], on any device.

        Returns:
            On the device of the images, without a graph.
        """
        return self._batched(self, images)

    @torch.no_grad()
    def _batched(self, network: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """The network on a batch at a time."""
        if images.shape[1:] != (1, 28, 28):
            raise ValueError(
                f"`images` must have shape (n, 1, 28, 28), but has {tuple(images.shape)}; take "
                "one channel, and unflatten rows of 784 pixels"
            )
        device = self.head.weight.device
        return torch.cat([network(batch.to(device)) for batch in images.split(BATCH)]).to(
            images.device
        )


def digit_classifier(
    *, data_dir: Path | None = None, cache: Path | None = None
) -> DigitClassifier:
    """The classifier, from the cache, or trained and put there.

    Args:
        data_dir: Folder of the MNIST files if it must be trained, as in `gan.data.mnist.digits`.
        cache: Folder to keep it in; by default the user's cache. If it cannot be written to, the
            classifier is trained each time.

    Returns:
        A classifier on the CPU that reads more than 98.5 % of the test digits right.

    Raises:
        ClassifierError: If training fails to reach that.
        MnistError: If it must be trained, and MNIST is not there.
    """
    import pooch  # here: only this needs it

    path = (cache or Path(pooch.os_cache("divergences"))) / f"digit-classifier-{_version()}.pt"
    classifier = _kept(path)
    if classifier is None:
        classifier = trained(data_dir=data_dir)
        _keep(classifier, path)
    return classifier


def trained(*, data_dir: Path | None = None, settings: Settings = SETTINGS) -> DigitClassifier:
    """A classifier that is trained now on the 60,000 training digits; progress goes to stderr.

    Args:
        data_dir: Folder of the MNIST files, as in `gan.data.mnist.digits`.
        settings: What it is made of.

    Returns:
        The classifier, with its accuracy on the 10,000 test digits.

    Raises:
        ClassifierError: If the accuracy is below that of the settings.
        MnistError: If MNIST is not there.
    """
    rng = torch.Generator().manual_seed(settings.seed)
    classifier = DigitClassifier(rng, settings=settings)
    _fit(classifier, *_labelled("train", data_dir), settings, rng)
    images, truth = _labelled("test", data_dir)
    right = classifier.logits(images).argmax(dim=1) == truth
    classifier.accuracy = float(right.double().mean())
    if not classifier.accuracy > settings.accuracy:
        raise ClassifierError(
            f"the classifier reads {classifier.accuracy:.2%} of the test digits right, and must "
            f"read more than {settings.accuracy:.2%}; train it for more epochs"
        )
    return classifier


def _labelled(split: Split, data_dir: Path | None) -> tuple[Tensor, UInt8[Tensor, " n"]]:
    """Images with pixels in [0, 1], and what they show."""
    images = digits(split, data_dir=data_dir).pixels.reshape(-1, 1, 28, 28).float() / 255
    return images, labels(split, data_dir=data_dir)


def _fit(
    classifier: DigitClassifier,
    images: Tensor,
    truth: Tensor,
    settings: Settings,
    rng: torch.Generator,
) -> None:
    """Minimise the cross-entropy, in place."""
    optimizer = torch.optim.Adam(classifier.parameters(), lr=settings.learning_rate)
    steps = settings.epochs * (len(images) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order = torch.cat([torch.randperm(len(images), generator=rng) for _ in range(settings.epochs)])
    batches = order[: steps * settings.batch_size].split(settings.batch_size)
    for chosen in tqdm(batches, desc="training the digit classifier, once", leave=False):
        optimizer.zero_grad()
        cross_entropy(classifier(images[chosen]), truth[chosen].long()).backward()
        optimizer.step()
        schedule.step()


def _version() -> str:
    """Digest of all that makes the classifier what it is."""
    layers = repr(DigitClassifier(torch.Generator(), settings=SETTINGS))
    return hashlib.sha256(f"{layers} {asdict(SETTINGS)}".encode()).hexdigest()[:16]


def _kept(path: Path) -> DigitClassifier | None:
    """The classifier in the cache, if there is a whole one."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, saved = content[:32], content[32:]
    if hashlib.sha256(saved).digest() != digest:
        return None
    state: dict[str, Any] = torch.load(io.BytesIO(saved), weights_only=True)
    classifier = DigitClassifier(torch.Generator())
    classifier.load_state_dict(state["weights"])
    classifier.accuracy = state["accuracy"]
    return classifier


def _keep(classifier: DigitClassifier, path: Path) -> None:
    """Write the whole file, or none: several processes may be at it."""
    saved = io.BytesIO()
    torch.save({"weights": classifier.state_dict(), "accuracy": classifier.accuracy}, saved)
    content = hashlib.sha256(saved.getvalue()).digest() + saved.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            new = Path(folder) / path.name
            new.write_bytes(content)
            new.replace(path)
    except OSError as error:
        tqdm.write(
            f"the digit classifier cannot be kept in {path.parent} ({error}); it will be trained "
            "again next time",
            file=sys.stderr,
        )

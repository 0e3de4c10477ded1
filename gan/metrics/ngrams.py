"""Metrics of generated text: divergence of character n-grams, and words of the vocabulary."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

import divergences
from divergences import DistributionError

ORDERS = (1, 2, 3, 4)
MAX_CODES = 2**63  # of int64
Sequences = Int[Tensor, " _ length"]


def ngram_js(first: Sequences, second: Sequences, n: int, /) -> float:
    """Jensen-Shannon divergence of the n-gram frequencies of two sets of sequences, in nats.

    Args:
        first: Sequences of positions in an alphabet, int64, at least 0.
        second: Sequences over the same alphabet; their number may differ.
        n: Characters of an n-gram.

    Returns:
        A number in [0, log 2]; for finite samples above 0 even where both are of one distribution.

    Raises:
        DistributionError: If a sequence is shorter than an n-gram, or there are more than 2**63
            possible n-grams.

    >>> one, other = torch.tensor([[0, 1, 0, 1]]), torch.tensor([[0, 0, 1, 1]])
    >>> ngram_js(one, other, 1), round(ngram_js(one, other, 2), 4)
    (0.0, 0.3749)
    """
    size = 1 + int(max(first.max(), second.max()))
    codes = [_ngram_codes(sequences, n, size) for sequences in (first, second)]
    grams, index = np.unique(np.concatenate(codes), return_inverse=True)
    counts = [np.bincount(part, minlength=len(grams)) for part in np.split(index, [len(codes[0])])]
    return float(divergences.js(*(count / count.sum() for count in counts)))


def _ngram_codes(sequences: Sequences, n: int, size: int) -> np.ndarray:
    """Each n-gram of the sequences as a number in base ``size``."""
    if not 1 <= n <= sequences.shape[1]:
        raise DistributionError(
            f"`n` must be 1 to {sequences.shape[1]}, the length of a sequence, but is {n}"
        )
    if size**n > MAX_CODES:
        raise DistributionError(
            f"`n` must be smaller for {size} characters: their {n}-grams are more than 2**63"
        )
    windows = sequences.cpu().unfold(1, n, 1).reshape(-1, n)
    return (windows * size ** torch.arange(n)).sum(dim=1).numpy()


def unigram_sample(sequences: Sequences, rng: torch.Generator, /) -> Sequences:
    """As many sequences of independent characters, with the frequencies of the given ones."""
    flat = sequences.flatten()
    index = torch.randint(len(flat), sequences.shape, generator=rng, device=rng.device)
    return flat[index]


def known_words(texts: Sequence[Collection[str]], vocabulary: Collection[str], /) -> float:
    """Share of words that are in a vocabulary.

    Args:
        texts: Words of each text.
        vocabulary: The known words.

    Returns:
        A share in [0, 1]; 0 if there are no words.
    """
    words = [word for text in texts for word in text]
    return sum(word in vocabulary for word in words) / max(1, len(words))


@dataclass(frozen=True, slots=True)
class NgramReference:
    """Divergences of n-grams from a real sample, with those of other real and random texts.

    Attributes:
        real: Real sequences.
        floor: JS of the n-grams of a second real sample of the same size, by n: that of a perfect
            generator.
        unigram: JS of the n-grams of independent characters with the right frequencies, by n.
    """

    real: Sequences
    floor: dict[int, float]
    unigram: dict[int, float]

    @classmethod
    def of(cls, real: Sequences, other: Sequences, rng: torch.Generator, /) -> "NgramReference":
        """The reference of two real samples of the same size."""
        random = unigram_sample(real, rng)
        return cls(
            real,
            {n: ngram_js(other, real, n) for n in ORDERS},
            {n: ngram_js(random, real, n) for n in ORDERS},
        )

    def measures(self, generated: Sequences, /) -> dict[str, int | float | list[float]]:
        """JS of the n-grams of generated sequences, and their floors and unigram values."""
        return {
            **{f"js_{n}": ngram_js(generated, self.real, n) for n in ORDERS},
            "js_4_floor": self.floor[4],
            "js_4_unigram": self.unigram[4],
            "js_floors": list(self.floor.values()),
            "js_unigrams": list(self.unigram.values()),
        }

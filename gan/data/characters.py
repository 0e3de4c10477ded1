"""Sequences of characters of a text, as rows of probabilities."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from divergences import DistributionError

SEQUENCE_LENGTH = 32
MAX_ALPHABET = 128
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class CharacterSequences:
    """Sequences of a text, each from the beginning of a word.

    Attributes:
        alphabet: The distinct characters of the text, in the order of their code points.
        indices: Position in the alphabet of each character of the text, int64.
        starts: Positions in the text at which a sequence may begin.
        length: Characters of a sequence.
    """

    alphabet: str
    indices: Int[Tensor, " n"]
    starts: Int[Tensor, " m"]
    length: int = SEQUENCE_LENGTH

    @classmethod
    def of(
        cls, text: str, /, *, length: int = SEQUENCE_LENGTH, name: str = "text"
    ) -> "CharacterSequences":
        """The sequences of a text, whose runs of white space count as one space.

        Args:
            text: The text.
            length: Characters of a sequence.
            name: Name of the text in messages.

        Returns:
            The sequences.

        Raises:
            DistributionError: If the text is empty, shorter than one sequence and one character
                more, has a single character or more than 128 different ones.
        """
        text = " ".join(text.split())
        alphabet = "".join(sorted(set(text)))
        if len(text) <= length:
            what = f"has {len(text)} characters" if text else "is empty"
            raise DistributionError(
                f"{name}: a text must be longer than a sequence of {length} characters (white "
                f"space counts once), but {what}; give a longer text"
            )
        if not 2 <= len(alphabet) <= MAX_ALPHABET:
            raise DistributionError(
                f"{name}: a text must have 2 to {MAX_ALPHABET} different characters, but has "
                f"{len(alphabet)}; each is a column of every sequence"
            )
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        known = np.frombuffer(alphabet.encode("utf-32-le"), np.uint32)
        return cls(
            alphabet,
            torch.from_numpy(np.searchsorted(known, codes)),
            torch.from_numpy(_word_starts(text, len(text) - length + 1)),
            length,
        )

    def __str__(self) -> str:
        """Numbers of characters and sequences, in one line."""
        return (
            f"{len(self.indices)} characters of {len(self.alphabet)} kinds, {len(self.starts)} "
            f"sequences of {self.length}"
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of one sequence: characters, and size of the alphabet."""
        return self.length, len(self.alphabet)

    def draw(self, n: int, rng: torch.Generator) -> Int[Tensor, " n length"]:
        """``n`` sequences drawn with replacement, as positions in the alphabet."""
        index = torch.randint(len(self.starts), (n,), generator=rng, device=rng.device)
        start = self.starts.to(rng.device)[index]
        return self.indices.to(rng.device)[start[:, None] + torch.arange(self.length).to(start)]

    def sample(self, n: int, rng: torch.Generator) -> Float[Tensor, " n length k"]:
        """``n`` sequences drawn with replacement, each character a one-hot row."""
        return one_hot(self.draw(n, rng), len(self.alphabet)).float()

    def decode(self, rows: Float[Tensor, " n length k"], /) -> list[str]:
        """Texts of the most probable characters of each row."""
        return self.texts(rows.argmax(dim=2))

    def texts(self, indices: Int[Tensor, " n length"], /) -> list[str]:
        """Texts of positions in the alphabet."""
        characters = np.array(list(self.alphabet))[indices.cpu().numpy()]
        return ["".join(row) for row in characters]

    def words(self) -> frozenset[str]:
        """The vocabulary: all words of the text."""
        return frozenset(WORD.findall("".join(np.array(list(self.alphabet))[self.indices])))


def _word_starts(text: str, stop: int) -> np.ndarray:
    """Positions below ``stop`` after a space, and 0; all positions of a text without spaces."""
    starts = [0, *(match.end() for match in re.finditer(" ", text))]
    below = np.array([start for start in starts if start < stop])
    return below if " " in text else np.arange(stop)


def complete_words(text: str, /) -> list[str]:
    """Words of a sequence, without the last one if the sequence may have cut it.

    Args:
        text: The sequence.

    Returns:
        Its words in order.

    >>> complete_words("the old cat se")
    ['the', 'old', 'cat']
    >>> complete_words("the old cat.")
    ['the', 'old', 'cat']
    """
    return [match.group() for match in WORD.finditer(text) if match.end() < len(text)]


def read_text(path: Path, /) -> str:
    """Text of a UTF-8 file.

    Args:
        path: The file.

    Returns:
        Its text, without a byte-order mark.

    Raises:
        DistributionError: If it cannot be read, or is not UTF-8; with the first wrong byte.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DistributionError(f"{path} cannot be read ({error.strerror})") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = content[error.start]
        raise DistributionError(
            f"{path} must be UTF-8, but byte {error.start} (0x{byte:02x}) is not; convert it: "
            f"iconv -f LATIN1 -t UTF-8 {path} > utf8.txt"
        ) from None

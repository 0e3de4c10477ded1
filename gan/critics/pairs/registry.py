"""Pairs by name: a family of your own is one more entry."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gan.critics.pairs.cones import cones_pair
from gan.critics.pairs.gaussians import scaling_pair, translation_pair
from gan.critics.pairs.distribution_pair import Pair
from gan.critics.pairs.samples import digits_normal_pair, ring_normal_pair, run_pair
from gan.errors import PairError

LARGEST = 10_000  # dimension, or number of cones


@dataclass(frozen=True, slots=True)
class Family:
    """Pairs whose names differ in their numbers.

    Attributes:
        numbers: What the numbers after the name are, in order.
        what: The pairs in a few words.
        make: Makes one from its numbers and the folder of the MNIST files.
    """

    numbers: tuple[str, ...]
    what: str
    make: Callable[[tuple[int, ...], Path | None], Pair]

    def usage(self, name: str, /) -> str:
        """The name as it is to be given: ``cones-D-N``."""
        return "-".join((name, *self.numbers))


PAIRS: dict[str, Family] = {
    "cones": Family(
        ("D", "N"),
        "a cube, and the same moved along the rays of N cones (Korotin et al. 2022); W1 known",
        lambda numbers, _: cones_pair(*numbers),
    ),
    "translation": Family(
        ("D",),
        "N(0, I) moved by a vector of length 1, and N(0, I); W1 known",
        lambda numbers, _: translation_pair(*numbers),
    ),
    "scaling": Family(
        ("D",),
        "N(0, 4 I) and N(0, I); W1 known",
        lambda numbers, _: scaling_pair(*numbers),
    ),
    "ring-normal": Family(
        (), "eight Gaussians and N(0, I) in the plane", lambda _, __: ring_normal_pair()
    ),
    "digits-normal": Family(
        (),
        "MNIST digits and the Gaussian of their 64 main directions",
        lambda _, data_dir: digits_normal_pair(data_dir),
    ),
}


def named_pair(name: str, /, *, data_dir: Path | None = None) -> Pair:
    """The pair of a name: ``cones-16-64``, ``ring-normal``, ``run:FOLDER``.

    Args:
        name: Of a family, with its numbers; or ``run:`` and the folder of a run of `gan train`,
            for its data and what its averaged generator draws.
        data_dir: Folder of the four MNIST files.

    Returns:
        The pair.

    Raises:
        PairError: If there is none of that name.
        RunError: If the folder holds no run.
        MnistError: If the digits cannot be had.
    """
    if name.startswith("run:"):
        return run_pair(Path(name.removeprefix("run:")), data_dir)
    for known, family in PAIRS.items():
        rest = name.removeprefix(known).split("-")[1:]
        if name != "-".join((known, *rest)) or len(rest) != len(family.numbers):
            continue
        if all(part.isdecimal() and 0 < int(part) <= LARGEST for part in rest):
            return family.make(tuple(map(int, rest)), data_dir)
    there = ", ".join(family.usage(known) for known, family in PAIRS.items())
    raise PairError(
        f"there is no pair {name!r}; there are: {there} (D: dimension, N: number of cones, "
        f"at most {LARGEST}), "
        "and run:FOLDER, the data of a run beside what it draws"
    )

"""Registry of pairs by name; a plugin adds one more family."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gan.critics.pairs.clusters import rotated_clusters_pair
from gan.critics.pairs.cones import cones_pair
from gan.critics.pairs.distribution_pair import DistributionPair
from gan.critics.pairs.gaussians import scaling_pair, translation_pair
from gan.critics.pairs.samples import digits_normal_pair, ring_normal_pair, run_pair
from gan.errors import PairError, closest

MAX_PAIR_NUMBER = 10_000


@dataclass(frozen=True, slots=True)
class PairFamily:
    """Pairs whose names differ in their numbers.

    Attributes:
        numbers: Symbols of the numbers after the name, in order: D, a dimension; N, a number of
            cones; S, a seed.
        description: The pairs in a few words.
        make: Makes a pair of its numbers and the folder of the MNIST files.
    """

    numbers: tuple[str, ...]
    description: str
    make: Callable[[tuple[int, ...], Path | None], DistributionPair]

    def usage(self, name: str, /) -> str:
        """Pattern of the full name: ``cones-D-N``."""
        return "-".join((name, *self.numbers))


PAIRS: dict[str, PairFamily] = {
    "cones": PairFamily(
        ("D", "N"),
        "a cube contracted to the apexes of N cones (Korotin et al. 2022), and the cube; W1 known",
        lambda numbers, _: cones_pair(*numbers),
    ),
    "translation": PairFamily(
        ("D",),
        "N(0, I) translated by a vector of length 1, and N(0, I); W1 known",
        lambda numbers, _: translation_pair(*numbers),
    ),
    "scaling": PairFamily(
        ("D",),
        "N(0, 4 I) and N(0, I); W1 known",
        lambda numbers, _: scaling_pair(*numbers),
    ),
    "seeded-cones": PairFamily(
        ("D", "N", "S"),
        "pairs as those of cones, with apexes of seed S, not the published ones; W1 known",
        lambda numbers, _: cones_pair(*numbers[:2], seed=numbers[2]),
    ),
    "rotated-clusters": PairFamily(
        ("D",),
        "eight small balls moved by a rotation, and themselves; W1 known",
        lambda numbers, _: rotated_clusters_pair(*numbers),
    ),
    "ring-normal": PairFamily(
        (), "eight Gaussians and N(0, I) in the plane", lambda _, __: ring_normal_pair()
    ),
    "digits-normal": PairFamily(
        (),
        "MNIST digits and the Gaussian of their 64 leading principal components",
        lambda _, data_dir: digits_normal_pair(data_dir),
    ),
}


def named_pair(name: str, /, *, data_dir: Path | None = None) -> DistributionPair:
    """The pair of a name: ``cones-16-64``, ``ring-normal``, ``run:FOLDER``.

    Args:
        name: Of a family, with its numbers; or ``run:`` and the folder of a run of `gan train`,
            for its data and samples of its averaged generator.
        data_dir: Folder of the four MNIST files.

    Returns:
        The pair.

    Raises:
        PairError: If there is none of that name.
        RunError: If the folder holds no run.
        MnistError: If the digits are neither there nor can be downloaded.
    """
    if name.startswith("run:"):
        return run_pair(Path(name.removeprefix("run:")), data_dir)
    for prefix, family in PAIRS.items():
        parts = name.removeprefix(prefix).split("-")[1:]
        if name != "-".join((prefix, *parts)) or len(parts) != len(family.numbers):
            continue
        if all(part.isdecimal() and 0 < int(part) <= MAX_PAIR_NUMBER for part in parts):
            return family.make(tuple(map(int, parts)), data_dir)
    patterns = ", ".join(family.usage(prefix) for prefix, family in PAIRS.items())
    raise PairError(
        f"unknown pair {name!r}; {_hint(name)}choose from {patterns} (D: dimension, N: number of "
        f"cones, S: seed; from 1 to {MAX_PAIR_NUMBER}), and run:FOLDER, the data of a run and "
        "samples of its generator"
    )


def _hint(name: str) -> str:
    """Hint at the pattern of a family whose numbers are wrong, or at the closest name."""
    for prefix, family in PAIRS.items():
        if family.numbers and f"{name}-".startswith(f"{prefix}-"):
            return f"did you mean {family.usage(prefix)}? "
    return closest(name, [prefix for prefix, family in PAIRS.items() if not family.numbers])

"""What a comparison says, in plain words, as far as its intervals bear it."""

import math
from collections.abc import Iterator, Mapping

from divergences.sampled._estimate import Estimate

NAMES = {"kl": "KL(x || y)", "reverse_kl": "KL(y || x)", "js": "JS", "emd": "EMD"}
APART = 0.9  # share of log 2 from which samples hardly overlap
LOPSIDED = 2.0  # times that one KL is the other before it is worth a sentence


def reading(estimates: Mapping[str, Estimate], d: int, /) -> tuple[str, ...]:
    """What estimates say, a sentence or two about each thing worth saying.

    Args:
        estimates: By the names of `NAMES`, some or all of them.
        d: Dimension of the points.

    Returns:
        The sentences, and the notes of the estimates.
    """
    said = [*_difference(estimates), *_lopsided(estimates), *_overlap(estimates)]
    if "emd" in estimates:
        said += _moved(estimates["emd"], d)
    return (*said, *_notes(estimates))


def _difference(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """Whether the samples differ at all."""
    if any(math.isinf(estimate.value) for estimate in estimates.values()):
        return
    above = [NAMES[name] for name, estimate in estimates.items() if estimate.low > 0]
    if not above:
        yield "The samples do not differ measurably: every interval reaches down to 0."
    elif len(above) < len(estimates):
        rest = [NAMES[name] for name in estimates if NAMES[name] not in above]
        yield f"By {_and(above)} the samples differ: above 0. By {_and(rest)} it could be chance."
    else:
        yield "The samples differ: every interval lies above 0."


def _lopsided(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """Which of the two lacks what the other has."""
    if not {"kl", "reverse_kl"} <= estimates.keys():
        return
    kl, reverse = estimates["kl"], estimates["reverse_kl"]
    for one, other, x, y in ((kl, reverse, "x", "y"), (reverse, kl, "y", "x")):
        if math.isinf(one.value):
            yield f"{x} has mass where {y} has none: KL({x} || {y}) is infinite; see its note."
        elif one.value > LOPSIDED * other.value and one.low > other.high:
            times = f"{one.value / other.value:.2g} times " if other.value > 0 else "far above "
            yield (
                f"KL({x} || {y}) is {times}KL({y} || {x}): {y} has too little of part of what {x} "
                f"has. Should it have none of it, KL({x} || {y}) is larger than any sample shows."
            )


def _overlap(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """Whether the two have much in common, without which KL is anybody's guess."""
    share = float(estimates["js"].value) / math.log(2) if "js" in estimates else 0.0
    if share < APART:
        yield from _beyond(estimates)
        return
    much = "" if share >= 0.9995 else f"{100 * share:.1f}% of "
    yield (
        f"They hardly overlap: JS is {much}its largest value, log 2. A finite KL then says more "
        "of the method than of the populations: read it as large."
    )


def _beyond(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """Which KL no sample of this size could show (McAllester and Stratos 2020)."""
    for name, side in (("kl", "y"), ("reverse_kl", "x")):
        estimate = estimates.get(name)
        if estimate is None or not math.isfinite(estimate.value):
            continue
        size = estimate.m if side == "y" else estimate.n
        if estimate.value > math.log(size):
            yield (
                f"{NAMES[name]} = {estimate.value:.3g} is extrapolated by its models: {size:,} "
                f"points of {side} cannot show more than about log {size:,} = "
                f"{math.log(size):.2g} nats. Read it as large."
            )


def _moved(emd: Estimate, d: int) -> Iterator[str]:
    """What the exact distance of the points says of their populations."""
    value = float(emd.value)
    if emd.low > value / 2 or value == 0:
        return
    known = f"only {emd.low:.3g} ({100 * emd.low / value:.2g}%)" if emd.low > 0 else "nothing"
    slowly = ", and it falls slowly with their number" if d > 3 else ""
    yield (
        f"EMD {value:.3g} is exact for these points, but of their populations' distance {known} "
        "is established: two samples of one population are not at distance 0 either. "
        f"Of {emd.n:,} and {emd.m:,} points in {d} dimension{'s' * (d > 1)} most of the EMD may "
        f"be that bias{slowly}."
    )


def _notes(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """The notes of the estimates, each once."""
    of: dict[str, list[str]] = {}
    for name, estimate in estimates.items():
        for note in estimate.notes:
            of.setdefault(note, []).append(NAMES[name])
    for note, names in of.items():
        yield f"Note on {_and(names)}: {note}"


def _and(names: list[str]) -> str:
    """Names as one says them."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

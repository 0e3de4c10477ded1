"""Interpretation of a comparison in sentences, as far as its confidence intervals allow."""

import math
from collections.abc import Iterator, Mapping, Sequence

from divergences.sampled._coordinates import sentence_on_shares
from divergences.sampled._estimate import Estimate

DISPLAY_NAMES = {"kl": "KL(x || y)", "reverse_kl": "KL(y || x)", "js": "JS", "emd": "EMD"}
MIN_DISJOINT_JS_FRACTION = 0.9  # of log 2: from there on the samples hardly overlap
MIN_KL_ASYMMETRY = 2.0  # ratio of the two KL that is reported


def interpretation(
    estimates: Mapping[str, Estimate], d: int, /, *, names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Conclusions that estimates support, and their caveats, in sentences.

    Args:
        estimates: Some or all of the estimates, by the keys of `DISPLAY_NAMES`.
        d: Dimension of the points.
        names: Names of the coordinates; None for their numbers.

    Returns:
        One entry of one to three sentences for each conclusion, then the notes of the estimates.
    """
    sentences = [*_significance(estimates), *_asymmetry(estimates), *_overlap(estimates)]
    if "emd" in estimates:
        sentences += _emd_bias(estimates["emd"], d)
        sentences += sentence_on_shares(estimates["emd"], names)
    return (*sentences, *_notes(estimates))


def _significance(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """The quantities that are significantly above 0, of those with an interval."""
    if any(math.isinf(estimate.value) for estimate in estimates.values()):
        return
    tested = {
        key: estimate for key, estimate in estimates.items() if estimate.interval is not None
    }
    above = [DISPLAY_NAMES[key] for key, estimate in tested.items() if estimate.low > 0]
    if not tested:
        return
    if not above:
        yield "No significant difference: every interval includes 0."
    elif len(above) < len(tested):
        others = [DISPLAY_NAMES[key] for key in tested if DISPLAY_NAMES[key] not in above]
        yield f"{_subject(above)} significantly above 0; {_subject(others)} not."
    else:
        yield "The samples differ: every interval lies above 0."


def _asymmetry(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """A KL that is infinite, or much larger than the KL in the other direction."""
    if not {"kl", "reverse_kl"} <= estimates.keys():
        return
    kl, reverse_kl = estimates["kl"], estimates["reverse_kl"]
    for larger, smaller, x, y in ((kl, reverse_kl, "x", "y"), (reverse_kl, kl, "y", "x")):
        if math.isinf(larger.value):
            yield f"KL({x} || {y}) is infinite: {x} has mass where {y} has none; see its note."
        elif larger.value > MIN_KL_ASYMMETRY * smaller.value and larger.low > smaller.high:
            ratio = (
                f"{larger.value / smaller.value:.2g} times" if smaller.value > 0 else "far above"
            )
            yield (
                f"KL({x} || {y}) is {ratio} KL({y} || {x}): {y} underrepresents a part of {x}. If "
                f"{y} lacks that part altogether, the true KL({x} || {y}) exceeds every estimate "
                "from samples."
            )


def _overlap(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """A warning if the samples overlap too little to estimate KL."""
    fraction = float(estimates["js"].value) / math.log(2) if "js" in estimates else 0.0
    if fraction < MIN_DISJOINT_JS_FRACTION:
        yield from _extrapolation(estimates)
        return
    percentage = "" if fraction >= 0.9995 else f"{100 * fraction:.1f}% of "
    yield (
        f"The samples hardly overlap: JS is {percentage}its maximum, log 2. A finite KL estimate "
        "is then mostly determined by the model; treat it as a lower bound."
    )


def _extrapolation(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """A warning for each KL above the logarithm of the sample size (McAllester, Stratos 2020)."""
    for key, side in (("kl", "y"), ("reverse_kl", "x")):
        estimate = estimates.get(key)
        if estimate is None or not math.isfinite(estimate.value):
            continue
        size = estimate.m if side == "y" else estimate.n
        if estimate.value > math.log(size):
            yield (
                f"{DISPLAY_NAMES[key]} = {estimate.value:.3g} is extrapolated by the models: "
                f"{size:,} points of {side} certify no more than about log {size:,} = "
                f"{math.log(size):.2g} nats. Conclude only that the divergence is large."
            )


def _emd_bias(emd: Estimate, d: int) -> Iterator[str]:
    """A warning if less than half of the EMD is certified for the populations."""
    value = float(emd.value)
    if emd.low > value / 2 or value == 0:
        return
    certified = f"only {emd.low:.3g} ({100 * emd.low / value:.2g}%)" if emd.low > 0 else "none"
    rate = ", which falls slowly with the sample size" if d > 3 else ""
    yield (
        f"EMD {value:.3g} is exact for these points, but {certified} of it is certified for the "
        "populations: two samples of one population have a positive EMD, too. With "
        f"{emd.n:,} and {emd.m:,} points in {d} dimension{'s' * (d > 1)} most of the EMD may be "
        f"this upward bias{rate}."
    )


def _notes(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """Each distinct note, after the names of the estimates that carry it."""
    names_by_note: dict[str, list[str]] = {}
    for key, estimate in estimates.items():
        for note in estimate.notes:
            names_by_note.setdefault(note, []).append(DISPLAY_NAMES[key])
    for note, names in names_by_note.items():
        yield f"Note on {_enumeration(names)}: {note}"


def _subject(names: list[str]) -> str:
    """Names as the subject of a sentence, with its verb."""
    return f"{_enumeration(names)} {'are' if len(names) > 1 else 'is'}"


def _enumeration(names: list[str]) -> str:
    """Names joined by commas and a final "and"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

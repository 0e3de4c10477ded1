"""Distances by name or as functions: what they take, and whether they are symmetric."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args

from divergences import _discrete, closed_forms, log_space, sampled
from divergences._checks.values import shortened
from divergences._transport import emd
from divergences.errors import DistributionError

DistanceName = Literal[
    "chi2",
    "cross_entropy",
    "emd",
    "hellinger",
    "jeffreys",
    "js",
    "js_distance",
    "kl",
    "reverse_kl",
    "total_variation",
]
NAMES = get_args(DistanceName)
OF_PROBABILITIES = {getattr(_discrete, name): name for name in NAMES if name != "emd"}
OF_LOGARITHMS = {getattr(log_space, name): name for name in NAMES if name != "emd"}
SYMMETRIC_NAMES = {"hellinger", "jeffreys", "js", "js_distance", "total_variation"}
# Of `sampled.js`, both orders estimate one number, by the same folds.
SYMMETRIC_FUNCTIONS = {
    *(f for f, name in (OF_PROBABILITIES | OF_LOGARITHMS).items() if name in SYMMETRIC_NAMES),
    closed_forms.js,
    closed_forms.w1,
    closed_forms.w2,
    sampled.emd,
    sampled.js,
    sampled.wasserstein_1d,
}
SYMMETRIC_OPTIONS = {"base", "axis", "order", "method", "confidence", "neighbours", "rng"}


def named_distance(distance: Any, /) -> Any:
    """The function of a name; a function unchanged.

    Args:
        distance: A name or a function.

    Returns:
        The function; `divergences.emd` for "emd".

    Raises:
        DistributionError: If there is no distance of that name, or it is no function.
    """
    if isinstance(distance, str):
        if distance in NAMES:
            return emd if distance == "emd" else getattr(_discrete, distance)
        more = ""
        if distance in ("renyi", "alpha"):
            more = f"; with an order: lambda p, q: divergences.{distance}(p, q, 2)"
        names = ", ".join(repr(name) for name in NAMES)
        raise DistributionError(
            f"`distance` must be one of {names}, or a function, but is {shortened(distance)}{more}"
        )
    if not callable(distance):
        raise DistributionError(
            "`distance` must be a name or a function of two distributions, but is "
            f'{shortened(distance)}; for example "js"'
        )
    return distance


def is_symmetric(distance: Callable[..., Any], /) -> bool:
    """Whether a distance is known to be symmetric.

    Args:
        distance: A function, or a `functools.partial` of one.

    Returns:
        Whether it is; False for functions that are not of this library.
    """
    function, options = unwrapped(distance)
    if options is None or not _is_in(function, SYMMETRIC_FUNCTIONS):
        return False
    metric = options.pop("metric", "euclidean")
    return isinstance(metric, str) and options.keys() <= SYMMETRIC_OPTIONS


def unwrapped(distance: Callable[..., Any], /) -> tuple[Any, dict[str, Any] | None]:
    """Function and options of a partial.

    Returns:
        The function, and its options by name; None in place of them if arguments are bound by
        position.
    """
    options: dict[str, Any] = {}
    while isinstance(distance, partial):
        if distance.args:
            return distance, None
        options = {**distance.keywords, **options}
        distance = distance.func
    return distance, options


def name_of_vectors(distance: Callable[..., Any], /) -> tuple[str | None, bool, dict[str, Any]]:
    """Name and options of a distance of probability vectors, or of their logarithms.

    Returns:
        The name, None for other functions; whether it is of logarithms; and its options.
    """
    function, options = unwrapped(distance)
    if options is None or not options.keys() <= {"base"}:
        return None, False, {}
    for table, is_log in ((OF_PROBABILITIES, False), (OF_LOGARITHMS, True)):
        if _is_in(function, table):
            return table[function], is_log, options
    return None, False, {}


def _is_in(function: Any, functions: Any) -> bool:
    """Whether a function is one of these; False for one that has no hash."""
    try:
        return function in functions
    except TypeError:
        return False

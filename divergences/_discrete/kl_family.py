"""KL, JS and their relatives: differences of information, in nats or any other unit."""

from types import ModuleType

from numpy.typing import ArrayLike

from divergences import _checks
from divergences._discrete import formulas, midpoint, numpy_fast_path
from divergences._typing import Array


def kl(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Kullback-Leibler divergence KL(p || q), in nats (or in units of ``log(base)``).

    .. math:: \sum_i p_i \log (p_i / q_i), \qquad 0 \log 0 = 0

    Infinite where ``p`` has mass and ``q`` has none. Relative error of a few units in the last
    place, also for p close to q. Not symmetric: the expectation is under ``p``.

    Args:
        p: Probabilities, shape ``(..., k)``. Vectors that sum to 1 within 1e-9 (1e-5 in float32)
            are taken as exactly proportional to what was passed.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf], in the array library, device and precision of ``p``
        and ``q``. In torch it carries gradients, finite wherever the value is, with 0 for the part
        of the term ``p_i log p_i`` at ``p_i = 0``.

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    Source:
        Kullback and Leibler 1951, "On information and sufficiency", eq. 2.4.

    >>> round(float(kl([0.5, 0.5], [0.9, 0.1])), 12)
    0.510825623766
    >>> float(kl([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    found = _from_blocks(numpy_fast_path.Block.kl, p, q, axis, base)
    return found if found is not None else _result(formulas.kl, p, q, axis, base)


def reverse_kl(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Reverse Kullback-Leibler divergence KL(q || p), in nats (or in units of ``log(base)``).

    The same as ``kl(q, p)``: the expectation is under ``q``. With ``p`` the data and ``q`` the
    model this is the direction that drops modes. Arguments, result and errors as in `kl`.

    Args:
        p: Probabilities, shape ``(..., k)``.
        q: Probabilities, shape ``(..., k)``; the expectation is under ``q``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    >>> round(float(reverse_kl([0.5, 0.5], [0.9, 0.1])), 12)
    0.368064207168
    """
    found = _from_blocks(numpy_fast_path.Block.kl, q, p, axis, base)
    return (
        found
        if found is not None
        else _result(lambda both: formulas.kl(both.mirrored()), p, q, axis, base)
    )


def js(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Jensen-Shannon divergence, in nats (or in units of ``log(base)``).

    .. math:: KL(p || m) / 2 + KL(q || m) / 2, \qquad m = (p + q) / 2

    Symmetric to the last bit; 0 only for equal vectors, up to underflow; exactly ``log 2`` if no
    outcome has mass in both.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, log 2]. In torch it carries gradients, as in `kl`.

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 3.1 and theorem 3.

    >>> round(float(js([0.5, 0.5], [0.9, 0.1])), 12)
    0.101749225079
    >>> round(float(js([1.0, 0.0], [0.0, 1.0], base=2)), 12)
    1.0
    """
    found = _from_blocks(numpy_fast_path.Block.js, p, q, axis, base)
    return found if found is not None else _result(formulas.js, p, q, axis, base)


def js_distance(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Jensen-Shannon distance, the square root of `js`: a metric between distributions.

    .. math:: \sqrt{JS(p, q)}

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the divergence under the root: 2 makes the largest distance 1; nats by
            default.

    Returns:
        Shape ``(...)``, values in [0, sqrt(log 2)]. At ``p = q``, a kink, the torch gradient is 0.

    Raises:
        DistributionError: If ``p`` or ``q`` is no probability vector along ``axis``, or their
            shapes do not fit.

    Source:
        Endres and Schindelin 2003, "A new metric for probability distributions", theorem 1.

    >>> round(float(js_distance([1.0, 0.0], [0.0, 1.0], base=2)), 12)
    1.0
    """
    return _result(formulas.js, p, q, axis, base, root=True)


def jeffreys(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Jeffreys divergence, in nats (or in units of ``log(base)``).

    .. math:: KL(p || q) + KL(q || p) = \sum_i (p_i - q_i) \log (p_i / q_i)

    Symmetric to the last bit. Infinite where one of the two has mass and the other has none.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, or they do not fit.

    Source:
        Jeffreys 1946, "An invariant form for the prior probability in estimation problems", eq. 1.

    >>> round(float(jeffreys([0.5, 0.5], [0.8, 0.2])), 12)
    0.415888308336
    """
    return _result(formulas.jeffreys, p, q, axis, base)


def entropy(p: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Shannon entropy, in nats (or in units of ``log(base)``).

    .. math:: -\sum_i p_i \log p_i, \qquad 0 \log 0 = 0

    0 for a point mass, ``log k`` for k outcomes of the same probability.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`; or a dict by outcome.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, log k]. In torch the gradient of ``p_i log p_i`` at
        ``p_i = 0``, which is infinite, counts as 0.

    Raises:
        DistributionError: If ``p`` is no distribution along ``axis``.

    Source:
        Shannon 1948, "A mathematical theory of communication", section 6.

    >>> round(float(entropy([0.5, 0.25, 0.25], base=2)), 12)
    1.5
    """
    return cross_entropy(p, p, axis=axis, base=base)


def cross_entropy(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Cross entropy of q relative to p, in nats (or in units of ``log(base)``).

    .. math:: -\sum_i p_i \log q_i = H(p) + KL(p || q)

    Infinite where ``p`` has mass and ``q`` has none.

    Args:
        p: Probabilities, shape ``(..., k)``; the expectation is under ``p``.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: The axis that the outcomes are on.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is no distribution along ``axis``, or they do not fit.

    Source:
        Cover and Thomas 2006, "Elements of information theory", eq. 5.25.

    >>> round(float(cross_entropy([0.5, 0.5], [0.25, 0.75])), 12)
    0.836988216786
    """
    xp, mass, other, dtype = midpoint.checked_probabilities(p, q, axis)
    terms = xp.where((mass > 0) & (other > 0), -mass * _log_share(other, xp), 0.0)
    value = xp.sum(terms, axis=-1) / xp.sum(mass, axis=-1)
    value = xp.where(xp.any((mass > 0) & (other == 0), axis=-1), xp.inf, value)
    return _checks.scalar(value / _checks.log_base(base), dtype, xp)


def _log_share(q: Array, xp: ModuleType) -> Array:
    """Log of each entry's share of the total, 0 where it is 0, right for shares close to 1."""
    total = xp.sum(q, axis=-1, keepdims=True)
    major = q > total / 2  # at most one: what it lacks to 1 is the sum of the others
    others = xp.sum(xp.where(major, 0.0, q), axis=-1, keepdims=True) / total
    some = (q > 0) & ~major
    minor = xp.log(xp.where(some, q, total) / total)
    return xp.where(major, xp.log1p(-xp.where(major, others, 0.0)), xp.where(some, minor, 0.0))


def _result(
    formula: formulas.Formula,
    p: Array,
    q: Array,
    axis: int,
    base: float | None,
    *,
    root: bool = False,
) -> Array:
    """A formula of the pair, or its root, in the unit and the type of the result."""
    both = midpoint.of_probabilities(p, q, axis=axis)
    return formulas.result(formula(both), both, base=base, root=root)


def _from_blocks(
    terms: numpy_fast_path.Terms, p: Array, q: Array, axis: int, base: float | None
) -> Array | None:
    """The same from large numpy arrays in blocks; None for anything else."""
    total = numpy_fast_path.totals(p, q, terms) if isinstance(axis, int) and axis == -1 else None
    return None if total is None else (total / _checks.log_base(base))[()]

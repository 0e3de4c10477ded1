"""KL, JS, entropy and related divergences of probability vectors."""

from __future__ import annotations

from divergences._discrete import cross_entropies, derivatives, evaluation
from divergences._discrete.derivative import Divergence
from divergences._typing import Array, ArrayLike, of_one, of_pair


@of_pair
def kl(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Kullback-Leibler divergence KL(p || q), in nats (or in units of ``log(base)``).

    .. math:: \sum_i p_i \log (p_i / q_i), \qquad 0 \log 0 = 0

    Infinite where ``p`` has mass and ``q`` has none. Relative error a few units in the last place,
    also for p close to q. Not symmetric: the expectation is under ``p``.

    Args:
        p: Probabilities, shape ``(..., k)``. Vectors that sum to 1 within 1e-9 (1e-5 in float32)
            are divided by their sum.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf], in the array library, device and precision of ``p``
        and ``q``. Gradients of torch and jax are finite and right wherever the value is finite,
        entries from 5e-324 to 1: within 1e-12 of each entry, or of the largest one for close p
        and q. A derivative beyond the largest float is infinite. The infinite derivative of
        ``p_i log p_i`` at ``p_i = 0`` is replaced by 0. An infinite value has no derivative: NaN,
        in torch unless it is masked.

    Raises:
        DistributionError: If ``p`` or ``q`` is not a probability vector along ``axis``, or their
            shapes do not broadcast.

    Source:
        Kullback and Leibler 1951, "On information and sufficiency", eq. 2.4.

    >>> round(float(kl([0.5, 0.5], [0.9, 0.1])), 12)
    0.510825623766
    >>> float(kl([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    return _divergence(derivatives.KL, p, q, axis, base)


@of_pair
def reverse_kl(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    """Reverse Kullback-Leibler divergence KL(q || p), in nats (or in units of ``log(base)``).

    Equal to ``kl(q, p)``: the expectation is under ``q``. With ``p`` the data and ``q`` the model
    it is the mode-seeking direction. Arguments, result and errors as in `kl`.

    Args:
        p: Probabilities, shape ``(..., k)``.
        q: Probabilities, shape ``(..., k)``; the expectation is under ``q``.
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is not a probability vector along ``axis``, or their
            shapes do not broadcast.

    >>> round(float(reverse_kl([0.5, 0.5], [0.9, 0.1])), 12)
    0.368064207168
    """
    return _divergence(derivatives.REVERSE_KL, p, q, axis, base)


@of_pair
def js(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Jensen-Shannon divergence, in nats (or in units of ``log(base)``).

    .. math:: KL(p || m) / 2 + KL(q || m) / 2, \qquad m = (p + q) / 2

    Symmetric to the last bit; 0 only for equal vectors, up to underflow; exactly ``log 2`` for
    disjoint supports.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, log 2]. Torch gradients as in `kl`.

    Raises:
        DistributionError: If ``p`` or ``q`` is not a probability vector along ``axis``, or their
            shapes do not broadcast.

    Source:
        Lin 1991, "Divergence measures based on the Shannon entropy", eq. 3.1 and theorem 3.

    >>> round(float(js([0.5, 0.5], [0.9, 0.1])), 12)
    0.101749225079
    >>> round(float(js([1.0, 0.0], [0.0, 1.0], base=2)), 12)
    1.0
    """
    return _divergence(derivatives.JS, p, q, axis, base)


@of_pair
def js_distance(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Jensen-Shannon distance, the square root of `js`: a metric between distributions.

    .. math:: \sqrt{JS(p, q)}

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.
        base: Unit of the divergence under the root: 2 makes the largest distance 1; nats by
            default.

    Returns:
        Shape ``(...)``, values in [0, sqrt(log 2)]. Not differentiable at ``p = q``, where
        the torch gradient is 0.

    Raises:
        DistributionError: If ``p`` or ``q`` is not a probability vector along ``axis``, or their
            shapes do not broadcast.

    Source:
        Endres and Schindelin 2003, "A new metric for probability distributions", theorem 1.

    >>> round(float(js_distance([1.0, 0.0], [0.0, 1.0], base=2)), 12)
    1.0
    """
    return _divergence(derivatives.JS, p, q, axis, base, root=True)


@of_pair
def jeffreys(p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Jeffreys divergence, in nats (or in units of ``log(base)``).

    .. math:: KL(p || q) + KL(q || p) = \sum_i (p_i - q_i) \log (p_i / q_i)

    Symmetric to the last bit. Infinite where only one of the two has mass.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, or they do not
            broadcast.

    Source:
        Jeffreys 1946, "An invariant form for the prior probability in estimation problems", eq. 1.

    >>> round(float(jeffreys([0.5, 0.5], [0.8, 0.2])), 12)
    0.415888308336
    """
    return _divergence(derivatives.JEFFREYS, p, q, axis, base)


@of_one
def entropy(p: ArrayLike, /, *, axis: int = -1, base: float | None = None) -> Array:
    r"""Shannon entropy, in nats (or in units of ``log(base)``).

    .. math:: -\sum_i p_i \log p_i, \qquad 0 \log 0 = 0

    0 for a point mass, ``log k`` for k outcomes of the same probability.

    Args:
        p: Probabilities, shape ``(..., k)``, summing to 1 as in `kl`; or a dict by outcome.
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, log k]. In torch the infinite derivative of
        ``p_i log p_i`` at ``p_i = 0`` is replaced by 0.

    Raises:
        DistributionError: If ``p`` is not a distribution along ``axis``.

    Source:
        Shannon 1948, "A mathematical theory of communication", section 6.

    >>> round(float(entropy([0.5, 0.25, 0.25], base=2)), 12)
    1.5
    """
    return cross_entropies.of_probabilities(p, p, axis, base)


@of_pair
def cross_entropy(
    p: ArrayLike, q: ArrayLike, /, *, axis: int = -1, base: float | None = None
) -> Array:
    r"""Cross entropy of q relative to p, in nats (or in units of ``log(base)``).

    .. math:: -\sum_i p_i \log q_i = H(p) + KL(p || q)

    Infinite where ``p`` has mass and ``q`` has none.

    Args:
        p: Probabilities, shape ``(..., k)``; the expectation is under ``p``.
        q: Probabilities, shape ``(..., k)``; broadcasts against ``p`` except along ``axis``.
        axis: Axis of the outcomes.
        base: Unit of the result: 2 for bits; nats by default.

    Returns:
        Shape ``(...)``, values in [0, inf].

    Raises:
        DistributionError: If ``p`` or ``q`` is not a distribution along ``axis``, or they do not
            broadcast.

    Source:
        Cover and Thomas 2006, "Elements of information theory", eq. 5.25.

    >>> round(float(cross_entropy([0.5, 0.5], [0.25, 0.75])), 12)
    0.836988216786
    """
    return cross_entropies.of_probabilities(p, q, axis, base)


def _divergence(
    divergence: Divergence,
    p: ArrayLike,
    q: ArrayLike,
    axis: int,
    base: float | None,
    *,
    root: bool = False,
) -> Array:
    """Value of the divergence, or its square root, in units of ``log(base)``."""
    return evaluation.of_probabilities(divergence, p, q, axis=axis, base=base, root=root)

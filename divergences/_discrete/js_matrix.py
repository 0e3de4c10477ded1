r"""Jensen-Shannon divergences of all pairs of two sets of numpy vectors, in blocks.

.. math:: 4 JS = \sum_i (p_i + q_i) [(1 + a) \log(1 + a) + (1 - a) \log(1 - a)],
    \qquad a = |p_i - q_i| / (p_i + q_i)

for vectors of equal sums; `midpoint` has the corrections for others. One workspace serves all
blocks, and outcomes that p lacks are counted, not computed. The value of a pair depends on its two
vectors alone, not on the others.
"""

import numpy as np

from divergences._discrete.formulas import LOG_2
from divergences._discrete.kl_family import js
from divergences._discrete.vector_blocks import MAX_SHORT_ROW, row_sums
from divergences._typing import Floats

MAX_BLOCK_ENTRIES = 1 << 15  # five arrays of that size fit into the cache
MIN_GROUP_ENTRIES = 512  # shorter vectors p are taken together
MAX_ARTANH = 15 / 16  # above, the terms with artanh cancel
MIN_LOGARITHM = 1 / 4  # below, the terms with logarithms cancel
MAX_NEGLIGIBLE_DELTA = 2.0**-49  # of the totals: its effect, to second order, is subtracted
MAX_DISTANT_JS = LOG_2 * (1 - 1e-12)  # above, it may be log 2 exactly
SMALLEST = 5e-324


def js_matrix(p: Floats, q: Floats, /, *, upper: bool = False) -> Floats:
    """Jensen-Shannon divergences from each of n vectors to each of m vectors, in nats.

    Args:
        p: Probabilities, shape ``(n, k)``, validated.
        q: Probabilities, shape ``(m, k)``, validated.
        upper: Whether q is p, and only the entries above the diagonal are needed.

    Returns:
        Shape ``(n, m)``, values in [0, log 2], relative error a few units in the last place; with
        ``upper``, 0 on the diagonal and below.
    """
    k = p.shape[1]
    values = np.full((len(p), len(q)), np.nan)
    if k <= MAX_SHORT_ROW:
        for i in range(0, len(p), MAX_SHORT_ROW):
            first, band = i if upper else 0, slice(i, i + MAX_SHORT_ROW)
            values[band, first:] = js(p[band, None], q[None, first:])
    elif k <= MAX_BLOCK_ENTRIES:
        workspace, height = np.empty((5, MAX_BLOCK_ENTRIES)), max(1, MIN_GROUP_ENTRIES // k)
        with np.errstate(all="ignore"):  # logarithms of 0, times 0
            for i in range(0, len(p), height):
                first = i if upper else 0
                values[i : i + height, first:] = _rows(p[i : i + height], q[first:], workspace)
    if upper:
        values[np.tril_indices(len(p))] = 0.0
    # `js` decides what else is log 2, and divides long vectors into blocks.
    rows, columns = np.nonzero(~((values <= MAX_DISTANT_JS) | (values == LOG_2)))
    size = max(1, MAX_BLOCK_ENTRIES // k)
    for start in range(0, len(rows), size):
        pairs = rows[start : start + size], columns[start : start + size]
        values[pairs] = js(p[pairs[0]], q[pairs[1]])
    return values


def _rows(p: Floats, q: Floats, workspace: Floats) -> Floats:
    """Divergences from one vector, or from several short ones, to all of q."""
    n, k = p.shape
    support = np.flatnonzero(p[0]) if k > MIN_GROUP_ENTRIES // 2 else np.arange(k)
    outside = np.zeros(len(q))
    if 2 * len(support) <= k:
        outside = np.einsum("ij,j->i", q, np.where(p[0] == 0, 1.0, 0.0))
        p, q = p[:, support], q.take(support, axis=1)
    step = max(1, MAX_BLOCK_ENTRIES // (n * len(support)))
    parts = []
    for start in range(0, len(q), step):
        block, rest = q[start : start + step], outside[start : start + step]
        pairs = (p, block, rest)
        if n > 1:
            pairs = (np.repeat(p, len(block), axis=0), np.tile(block, (n, 1)), np.tile(rest, n))
        parts.append(_divergences(*pairs, workspace).reshape(n, -1))
    return np.concatenate(parts, axis=1)


def _divergences(p: Floats, q: Floats, outside: Floats, workspace: Floats) -> Floats:
    """Divergences of pairs, from the masses at some outcomes.

    Args:
        p: Shape ``(1, k)`` or ``(r, k)``, 0 at all outcomes that are left out.
        q: Shape ``(r, k)``.
        outside: Mass of q at the outcomes that are left out, shape ``(r,)``.
        workspace: Five flat arrays.

    Returns:
        Shape ``(r,)``; log 2 for pairs without a common outcome.
    """
    mass, difference, a, other, spare = (w[: q.size].reshape(q.shape) for w in workspace)
    np.add(p, q, out=mass)
    np.subtract(p, q, out=difference)
    total = row_sums(mass, axis=1) + outside
    delta = (row_sums(difference, axis=1) - outside) / total
    is_negligible = np.abs(delta) <= MAX_NEGLIGIBLE_DELTA
    correction = np.where(is_negligible, 0.0, delta)[:, None]
    if correction.any():
        np.multiply(mass, correction, out=other)
        np.multiply(difference, correction, out=a)
        difference -= other
        mass -= a
    np.abs(difference, out=difference)
    np.maximum(mass, SMALLEST, out=spare)  # 0 / 0 is 0
    np.divide(difference, spare, out=a)
    np.minimum(p, q, out=other)
    if correction.any():
        np.minimum(p * (1 - correction), q * (1 + correction), out=other)
    sums = _sums_of_terms(mass, difference, a, other, spare)
    sums += 2 * LOG_2 * (1 + delta) * outside
    values = sums / (2 * total)
    values -= np.where(is_negligible, delta * delta / 2, 0.0)
    distant = np.flatnonzero(values > MAX_DISTANT_JS)
    if distant.size:
        common = np.minimum(p if len(p) == 1 else p[distant], q[distant])
        values[distant[~common.any(axis=1)]] = LOG_2
    return values


def _sums_of_terms(
    mass: Floats, difference: Floats, a: Floats, smaller: Floats, spare: Floats
) -> Floats:
    """Sums of ``mass [(1 + a) log(1 + a) + (1 - a) log(1 - a)]``; overwrites all but the masses.

    Args:
        mass: Sums of the two masses of each outcome.
        difference: Their absolute difference.
        a: The difference over the sum.
        smaller: The smaller of the two masses.
        spare: Space.

    Returns:
        Shape ``(r,)``.
    """
    is_large = a > MAX_ARTANH
    many = np.count_nonzero(is_large, axis=1) > a.shape[1] // 8
    if not many.any():
        return _sums_by_artanh(mass, difference, a, smaller)
    if many.all():
        return _sums_by_logarithms(mass, a, smaller, spare)
    sums = np.empty(len(a))
    few = ~many
    sums[few] = _sums_by_artanh(*(x[few] for x in (mass, difference, a, smaller)))
    sums[many] = _sums_by_logarithms(*(x[many] for x in (mass, a, smaller, spare)))
    return sums


def _sums_by_artanh(mass: Floats, difference: Floats, a: Floats, smaller: Floats) -> Floats:
    """The sums for pairs with few large a."""
    flat = a.reshape(-1)
    large = np.flatnonzero(flat > MAX_ARTANH)
    amounts, terms = flat.take(large), smaller.reshape(-1).take(large)
    terms /= mass.reshape(-1).take(large) / 2
    flat[large] = 0
    np.arctanh(a, out=smaller)
    sums = 2 * _dot(difference, smaller)
    np.multiply(a, a, out=a)
    np.negative(a, out=a)
    np.log1p(a, out=a)
    _logarithm_terms(amounts, terms, np.empty_like(amounts))
    flat[large] = terms
    return sums + _dot(mass, a)


def _sums_by_logarithms(mass: Floats, a: Floats, smaller: Floats, spare: Floats) -> Floats:
    """The sums for pairs with many large a."""
    flat = a.reshape(-1)
    small = np.flatnonzero(flat < MIN_LOGARITHM)
    amounts = flat.take(small)
    smaller /= np.maximum(mass, SMALLEST, out=spare)
    smaller *= 2
    _logarithm_terms(a, smaller, spare)
    smaller.reshape(-1)[small] = 2 * amounts * np.arctanh(amounts) + np.log1p(-amounts * amounts)
    return _dot(mass, smaller)


def _logarithm_terms(a: Floats, one_minus_a: Floats, logarithms: Floats) -> None:
    """Write ``(1 + a) log(1 + a) + (1 - a) log(1 - a)`` to ``one_minus_a``; overwrites all."""
    np.maximum(one_minus_a, SMALLEST, out=logarithms)
    np.log(logarithms, out=logarithms)
    one_minus_a *= logarithms
    np.log1p(a, out=logarithms)
    a += 1
    logarithms *= a
    one_minus_a += logarithms


def _dot(a: Floats, b: Floats) -> Floats:
    """Sums of products over the last axis; overwrites b."""
    return row_sums(np.multiply(a, b, out=b), axis=1)

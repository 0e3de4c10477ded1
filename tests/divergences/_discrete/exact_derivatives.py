"""Derivatives of the divergences by both arguments, in multiprecision."""

import math

import mpmath

from tests import oracles


def gradients(name, p, q, order=None):
    """Derivatives at p over its sum and q over its sum, by the masses of p and of q."""
    vectors = [[mpmath.mpf(float(x)) for x in v] for v in (p, q)]
    totals = [mpmath.fsum(v) for v in vectors]
    normalized = [[x / total for x in v] for v, total in zip(vectors, totals, strict=True)]
    partial = _partial_derivatives(name, normalized[0], normalized[1], order)
    return [
        [(x - mpmath.fdot(v, by_mass)) / total for x in by_mass]
        for v, by_mass, total in zip(normalized, partial, totals, strict=True)
    ]


def _partial_derivatives(name, p, q, order):
    """Derivatives by the normalized masses, up to a constant for all outcomes."""
    ratios = [x / y for x, y in zip(p, q, strict=True)]
    logs = [mpmath.log(t) for t in ratios]
    if name == "kl":
        return logs, [-t for t in ratios]
    if name == "reverse_kl":
        return [-1 / t for t in ratios], [-x for x in logs]
    if name == "jeffreys":
        return (
            [x - 1 / t for x, t in zip(logs, ratios, strict=True)],
            [-x - t for x, t in zip(logs, ratios, strict=True)],
        )
    if name == "chi2":
        return [2 * t for t in ratios], [-(t**2) for t in ratios]
    if name == "cross_entropy":
        return [-mpmath.log(y) for y in q], [-t for t in ratios]
    if name in ("js", "js_distance", "hellinger"):
        return _symmetric_partial_derivatives(name, p, q, ratios)
    return _power_partial_derivatives(name, p, q, ratios, order)


def _symmetric_partial_derivatives(name, p, q, ratios):
    if name == "hellinger":
        root = 2 * oracles.hellinger(p, q)
        by_p, by_q = ([-(t**e) / 2 for t in ratios] for e in (mpmath.mpf(-0.5), mpmath.mpf(0.5)))
    else:
        root = 2 * mpmath.sqrt(oracles.js(p, q)) if name == "js_distance" else 1
        by_p = [mpmath.log(2 * t / (1 + t)) / 2 for t in ratios]
        by_q = [mpmath.log(2 / (1 + t)) / 2 for t in ratios]
    return [[x / root for x in v] if root else [0 * x for x in v] for v in (by_p, by_q)]


def _power_partial_derivatives(name, p, q, ratios, order):
    if order in (0, 1):
        if order == 1 or name == "alpha":
            return _partial_derivatives(("reverse_kl", "kl")[order], p, q, None)
        return [0 * x for x in p], [0 * x for x in q]  # order 0 of Renyi, within the support
    a = mpmath.mpf(order)
    unit = a * (a - 1) if name == "alpha" else oracles.power_sum(p, q, order) * (a - 1)
    return [a * t ** (a - 1) / unit for t in ratios], [(1 - a) * t**a / unit for t in ratios]


def agree(value, exact, relative):
    """Whether a float is the exact value, or infinite with the sign of one beyond the floats."""
    if math.isnan(value):
        return False
    if abs(exact) >= 1.79e308:
        return abs(value) >= 1.79e308 and (value > 0) == (exact > 0)
    return math.isfinite(value) and abs(value - exact) <= relative * abs(exact) + 1e-306

"""Reference values: definitions in multiprecision, and a linear program."""

from fractions import Fraction

import mpmath
import numpy as np
from scipy.optimize import linprog


def exact(p, q, formula):
    """``formula`` of the two vectors over their exact sums, to 150 digits beyond their range."""
    smallest = min((x for x in (*p, *q) if x > 0), default=1.0)
    with mpmath.workdps(150 + int(max(0, -np.log10(smallest)))):
        p, q = ([mpmath.mpf(float(x)) for x in v] for v in (p, q))
        p_sum, q_sum = mpmath.fsum(p), mpmath.fsum(q)
        return formula([x / p_sum for x in p], [x / q_sum for x in q])


def kl(p, q):
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def js(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return (kl(p, m) + kl(q, m)) / 2


def jeffreys(p, q):
    return kl(p, q) + kl(q, p)


def total_variation(p, q):
    return mpmath.fsum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2


def hellinger(p, q):
    differences = (mpmath.sqrt(a) - mpmath.sqrt(b) for a, b in zip(p, q, strict=True))
    return mpmath.sqrt(mpmath.fsum(difference**2 for difference in differences) / 2)


def chi2(p, q):
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return mpmath.fsum((a - b) ** 2 / b for a, b in zip(p, q, strict=True) if b > 0)


def power_sum(p, q, order):
    if order > 1 and any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    if order < 0 and any(b > 0 and a == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    shared = [(a, b) for a, b in zip(p, q, strict=True) if a > 0 and b > 0]
    return mpmath.fsum(a**order * b ** (1 - mpmath.mpf(order)) for a, b in shared)


def renyi(order):
    def formula(p, q):
        total = power_sum(p, q, order)
        if total == 0:
            return mpmath.inf
        return total if total == mpmath.inf else mpmath.log(total) / (mpmath.mpf(order) - 1)

    return formula


def alpha(order):
    def formula(p, q):
        a = mpmath.mpf(order)
        return (power_sum(p, q, order) - 1) / (a * (a - 1))

    return formula


def cross_entropy(p, q):
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return -mpmath.fsum(a * mpmath.log(b) for a, b in zip(p, q, strict=True) if a > 0)


def dual_value(p, q, source_potential, target_potential):
    """``sum p u / sum p + sum q v / sum q`` as a fraction."""
    sides = (p, source_potential), (q, target_potential)
    p_mean, q_mean = (
        sum(Fraction(w) * Fraction(potential) for w, potential in zip(*side, strict=True))
        / sum(map(Fraction, side[0]))
        for side in sides
    )
    return p_mean + q_mean


def emd(p, q, cost):
    """Optimal value of the transport linear program, by scipy's HiGHS."""
    n, m = cost.shape
    row_sums = np.kron(np.eye(n), np.ones(m))
    column_sums = np.kron(np.ones(n), np.eye(m))
    solution = linprog(
        cost.ravel(),
        A_eq=np.vstack([row_sums, column_sums])[:-1],  # the last constraint follows from the rest
        b_eq=np.concatenate([p, q])[:-1],
    )
    assert solution.status == 0, solution.message
    return solution.fun

"""Answers to compare with: definitions in many digits, and a linear program."""

import mpmath
import numpy as np
from scipy.optimize import linprog


def exact(p, q, formula):
    """``formula`` of the two vectors over their exact sums, in 60 digits beyond their range."""
    smallest = min((x for x in (*p, *q) if x > 0), default=1.0)
    with mpmath.workdps(60 + int(max(0, -np.log10(smallest)))):
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


def emd(p, q, cost):
    """The flow linear program, by scipy's HiGHS."""
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    cols = np.kron(np.ones(n), np.eye(m))
    solved = linprog(
        cost.ravel(), A_eq=np.vstack([rows, cols])[:-1], b_eq=np.concatenate([p, q])[:-1]
    )
    assert solved.status == 0, solved.message
    return solved.fun

"""Functions of one number that textbook formulas reach by cancellation, and these do not."""

import numpy as np

from divergences._typing import Array

SERIES_TERMS = 26  # 0.5 ** (2 * 27) < 1e-16


def log1p_gap(x: Array, /) -> Array:
    r"""``x - log(1 + x)``, at least 0, to a few units in the last place also for small x.

    With :math:`d = x / (2 + x)`, :math:`\log(1 + x) = 2\,\mathrm{artanh}\,d`, so that the gap is
    :math:`2 d^2 [1 / (1 - d) - d (1/3 + d^2/5 + d^4/7 + \dots)]`.

    Args:
        x: Numbers above -1; at -1 the gap is inf.

    Returns:
        The gap, in the shape of ``x``.

    >>> float(log1p_gap(1e-9))
    4.999999996666667e-19
    """
    small = (x > -2 / 3) & (x < 2)  # |d| < 1/2
    d = np.where(small, x / (2 + x), 0.0)
    far = np.where(small, 0.0, x)
    with np.errstate(divide="ignore"):
        direct = far - np.log1p(far)
    return np.where(small, 2 * d * d * (1 / (1 - d) - d * _odd_reciprocals(d * d)), direct)


def expm1_gap(x: Array, /) -> Array:
    """``exp(x) - 1 - x``, at least 0, to a few units in the last place also for small x.

    Args:
        x: Numbers; beyond 709 the gap is inf.

    Returns:
        The gap, in the shape of ``x``.

    >>> float(expm1_gap(1e-9))
    5.000000001666667e-19
    """
    small = np.abs(x) < 1
    with np.errstate(over="ignore"):
        return np.where(small, log1p_gap(np.expm1(np.where(small, x, 0.0))), np.expm1(x) - x)


def js_of_log_ratio(log_ratio: Array, /) -> Array:
    r"""Jensen-Shannon divergence of one outcome, per unit of the midpoint's mass there, in nats.

    :math:`h \tanh h - \log\cosh h` with h half of ``log(p / q)``: even, and from 0 at equality to
    log 2 where one of the two has no mass.

    Args:
        log_ratio: ``log(p / q)``, infinite where one of them is 0.

    Returns:
        Values in [0, log 2], in the shape of ``log_ratio``.

    >>> float(js_of_log_ratio(2e-9)), float(js_of_log_ratio(-np.inf)) == float(np.log(2))
    (5e-19, True)
    """
    h = np.abs(log_ratio) / 2
    near, far = np.where(h < 1, h, 0.0), np.minimum(np.where(h < 1, 1.0, h), 800.0)
    # log cosh is about half of h tanh h, so the difference keeps all but a bit.
    small = near * np.tanh(near) - np.log1p(2 * np.sinh(near / 2) ** 2)
    left = np.exp(-2 * far)
    return np.where(h < 1, small, np.log(2) - 2 * far * left / (1 + left) - np.log1p(left))


def _odd_reciprocals(x: Array) -> Array:
    """``1/3 + x/5 + x^2/7 + ...`` by Horner's rule."""
    result = x * 0 + 1 / (2 * SERIES_TERMS + 3)
    for k in reversed(range(SERIES_TERMS)):
        result = result * x + 1 / (2 * k + 3)
    return result

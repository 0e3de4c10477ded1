"""Scalar functions whose textbook formulas cancel, evaluated without cancellation."""

from typing import Any

import numpy as np

from divergences._typing import Floats

ARTANH_SERIES_TERMS = 26  # 0.5 ** (2 * 27) < 1e-16


def x_minus_log1p(x: Any, /) -> Floats:
    r"""``x - log(1 + x)``, at least 0, to a few units in the last place also for small x.

    With :math:`d = x / (2 + x)`, :math:`\log(1 + x) = 2\,\mathrm{artanh}\,d`, so that the value is
    :math:`2 d^2 [1 / (1 - d) - d (1/3 + d^2/5 + d^4/7 + \dots)]`.

    Args:
        x: Numbers of at least -1; the value at -1 is inf.

    Returns:
        Values in [0, inf], in the shape of ``x``.

    >>> float(x_minus_log1p(1e-9))
    4.999999996666667e-19
    """
    small = (x > -2 / 3) & (x < 2)  # |d| < 1/2
    d = np.where(small, x / (2 + x), 0.0)
    large_x = np.where(small, 0.0, x)
    with np.errstate(divide="ignore"):
        direct = large_x - np.log1p(large_x)
    series = 2 * d * d * (1 / (1 - d) - d * _artanh_series(d * d))
    return np.where(small, series, direct)


def expm1_minus_x(x: Any, /) -> Floats:
    """``exp(x) - 1 - x``, at least 0, to a few units in the last place also for small x.

    Args:
        x: Numbers; the value beyond 709 is inf.

    Returns:
        Values in [0, inf], in the shape of ``x``.

    >>> float(expm1_minus_x(1e-9))
    5.000000001666667e-19
    """
    small = np.abs(x) < 1
    with np.errstate(over="ignore"):
        return np.where(small, x_minus_log1p(np.expm1(np.where(small, x, 0.0))), np.expm1(x) - x)


def js_of_log_ratio(log_ratio: Any, /) -> Floats:
    r"""Jensen-Shannon divergence of one outcome, per unit of its midpoint mass, in nats.

    :math:`h \tanh h - \log\cosh h` with h half of ``log(p / q)``: even, 0 at equality, log 2 where
    only one of the two has mass.

    Args:
        log_ratio: ``log(p / q)``, infinite where p or q is 0.

    Returns:
        Values in [0, log 2], in the shape of ``log_ratio``.

    >>> float(js_of_log_ratio(2e-9)), float(js_of_log_ratio(-np.inf)) == float(np.log(2))
    (5e-19, True)
    """
    h = np.abs(log_ratio) / 2
    small_h, large_h = np.where(h < 1, h, 0.0), np.minimum(np.where(h < 1, 1.0, h), 800.0)
    # log cosh h is about half of h tanh h, so that the difference cancels only one bit.
    small = small_h * np.tanh(small_h) - np.log1p(2 * np.sinh(small_h / 2) ** 2)
    decay = np.exp(-2 * large_h)
    large = np.log(2) - 2 * large_h * decay / (1 + decay) - np.log1p(decay)
    return np.where(h < 1, small, large)


def _artanh_series(x: Floats) -> Floats:
    """``1/3 + x/5 + x^2/7 + ...``, by Horner's rule."""
    value = x * 0 + 1 / (2 * ARTANH_SERIES_TERMS + 3)
    for k in reversed(range(ARTANH_SERIES_TERMS)):
        value = value * x + 1 / (2 * k + 3)
    return value

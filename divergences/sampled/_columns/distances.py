"""JS, KL and PSI of shares, and EMD of numeric columns."""

import math

import numpy as np

from divergences._checks.tables import ColumnPair, Numbers
from divergences._discrete import jeffreys, js, kl, reverse_kl
from divergences._typing import Floats
from divergences.errors import DistributionError
from divergences.sampled._columns.outcomes import Outcomes
from divergences.sampled._wasserstein_1d import wasserstein_1d


def share_divergences(counts: Outcomes, psi_floor: float, /) -> dict[str, float]:
    """JS, KL in both directions, and PSI, of the shares of the rows in each outcome.

    Args:
        counts: Rows in each outcome.
        psi_floor: Share of an empty outcome in PSI.

    Returns:
        "js", "kl", "reverse_kl" in nats and "psi", each at least 0.
    """
    p, q = shares(counts)
    return {
        "js": float(js(p, q)),
        "kl": float(kl(p, q)),
        "reverse_kl": float(reverse_kl(p, q)),
        "psi": float(jeffreys(floored(p, psi_floor), floored(q, psi_floor))),
    }


def shares(counts: Outcomes, /) -> tuple[Floats, Floats]:
    """Shares of the rows of x and of y in each outcome, shape ``(k,)``, each summing to 1."""
    return counts.x_counts / counts.x_counts.sum(), counts.y_counts / counts.y_counts.sum()


def floored(shares: Floats, floor: float, /) -> Floats:
    """Shares with ``floor`` for empty outcomes, divided by their new sum.

    Returns:
        Shares, shape ``(k,)``, summing to 1; the same ones if none is 0.
    """
    if shares.all():
        return shares
    raised = np.where(shares > 0, shares, floor)
    return raised / raised.sum()


def emd_of(pair: ColumnPair, /) -> tuple[float | None, float | None]:
    """Exact EMD of the values of a pair of columns, and in standard deviations of x.

    Returns:
        EMD in the columns' unit, and divided by the standard deviation of x, infinite if that is 0
        and EMD is not. None for categories, and where a column has no values.

    Raises:
        DistributionError: If a distance is too large for a float.
    """
    if not isinstance(pair.x, Numbers) or not isinstance(pair.y, Numbers):
        return None, None
    x, y = pair.x.values, pair.y.values
    if not len(x) or not len(y):
        return None, None
    try:
        emd = float(wasserstein_1d(x, y))
    except DistributionError as error:
        raise DistributionError(f"column {pair.name!r}: {error}") from None
    largest = max(abs(float(x[0])), abs(float(x[-1])))
    exponent = math.frexp(largest)[1]  # squares of 1e200 overflow
    deviation = 0.0 if x[0] == x[-1] else float(np.ldexp(x, -exponent).std())
    if emd == 0:
        return 0.0, 0.0
    if deviation == 0:
        return emd, math.inf
    with np.errstate(over="ignore"):
        return emd, float(np.ldexp(emd, -exponent) / deviation)

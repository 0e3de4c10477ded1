"""Pairs at the limits of float64: cancellation, underflow, overflow and ``0 log 0``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import divergences
from benchmarks.discrete import reference
from benchmarks.discrete.baselines import OURS, Vectors, peers, values


@dataclass(frozen=True, slots=True)
class EdgeCase:
    """A named pair of mass vectors, not necessarily normalised.

    Attributes:
        name: Numerical difficulty of the pair.
        p: Masses.
        q: Masses.
    """

    name: str
    p: tuple[float, ...]
    q: tuple[float, ...]

    def normalised(self) -> tuple[Vectors, Vectors]:
        """Probabilities; divided by the largest mass first, so that no total overflows."""
        p, q = (np.array(v) / max(v) if sum(v) > 2 else np.array(v) for v in (self.p, self.q))
        return p / p.sum(), q / q.sum()


SMALLEST_NORMAL = 2.0**-1022
ZERO_IN_P = EdgeCase("zero in p", (0.0, 0.5, 0.5), (0.25, 0.25, 0.5))
EQUAL = EdgeCase("equal", (0.2, 0.3, 0.5), (0.2, 0.3, 0.5))
EDGE_CASES = (
    EdgeCase("subnormal beside tiny", (1e-320, 1.0), (1e-300, 1.0)),
    EdgeCase("tiny beside subnormal", (1e-300, 1.0), (1e-320, 1.0)),
    EdgeCase("smallest subnormal in q", (0.5, 0.5), (5e-324, 1.0)),
    EdgeCase("smallest subnormal in p", (5e-324, 1.0), (0.5, 0.5)),
    EdgeCase("divergence below the smallest float", (0.0, 1.0), (5e-324, 1.0)),
    EdgeCase("two subnormals, close", (3.00001e-310, 1.0), (3e-310, 1.0)),
    EdgeCase("subnormals against each other", (1e-320, 3e-320, 1.0), (4e-320, 1e-321, 1.0)),
    EdgeCase("masses of 1e308, total infinite", (1e308, 1e308), (1e308, 5e307)),
    EdgeCase("masses of 1e308 and 1e-308", (1e308, 1e-308, 1e308), (1e307, 1e-307, 1e308)),
    EdgeCase("zero in both", (0.5, 0.5, 0.0), (0.25, 0.75, 0.0)),
    ZERO_IN_P,
    EdgeCase("zero in q", (0.25, 0.25, 0.5), (0.0, 0.5, 0.5)),
    EdgeCase("disjoint", (0.5, 0.5, 0.0, 0.0), (0.0, 0.0, 0.25, 0.75)),
    EdgeCase("point mass against two", (1.0, 0.0), (0.5, 0.5)),
    EQUAL,
)


def measure_all() -> list[dict[str, Any]]:
    """Exact values, values of this package and its peers, and relative errors of this package.

    Below the smallest normal float, 2e-308, errors are relative to that float, since the spacing
    of floats is constant there.

    Returns:
        One record for each of `EDGE_CASES`.
    """
    return [_measure(case) for case in EDGE_CASES]


def _measure(case: EdgeCase) -> dict[str, Any]:
    """The record of one pair."""
    p, q = case.normalised()
    exact = reference.exact(p, q, digits=reference.digits(p, q))
    nearest = {name: float(value) for name, value in exact.items()}
    ours = {name: float(values(divergence, p, q)) for name, divergence in OURS.items()}
    return {
        "name": case.name,
        "p": case.p,
        "q": case.q,
        "exact": nearest,
        "ours": ours,
        "errors": {name: _error(ours[name], nearest[name]) for name in ours},
        "peers": {
            # Not normalised, since most peers normalise their input.
            quantity: {
                name: float(values(f, np.array(case.p), np.array(case.q)))
                for name, f in functions.items()
            }
            for quantity, functions in peers().items()
        },
    }


def _error(value: float, nearest: float) -> float:
    """Relative error; for subnormal values relative to the smallest normal float."""
    if max(abs(value), abs(nearest)) < SMALLEST_NORMAL:
        return abs(value - nearest) / SMALLEST_NORMAL
    return reference.relative_error(value, nearest, digits=reference.GUARD_DIGITS)


def overflowing_total() -> str:
    """Error message of `divergences.kl` for masses with an infinite total."""
    try:
        value = divergences.kl([1e308, 1e308], [1e308, 5e307])
    except divergences.DistributionError as error:
        return f"{type(error).__name__}: {error}"
    return f"not refused: {value}"


def gradients() -> list[dict[str, Any]]:
    """Gradients of KL in p, at a p with a zero and at p = q, by `divergences.kl` and ``F.kl_div``.

    The exact gradient for normalised vectors is ``log(p / q) - KL`` where p has mass. ``F.kl_div``
    does not normalise, so that its gradient differs by a constant.

    Returns:
        One record for each of the two pairs.
    """
    return [_gradients(case) for case in (ZERO_IN_P, EQUAL)]


def _gradients(case: EdgeCase) -> dict[str, Any]:
    """Both gradients at one pair, and the largest error of `divergences.kl` where p has mass."""
    p = torch.tensor(case.p, dtype=torch.float64, requires_grad=True)
    q = torch.tensor(case.q, dtype=torch.float64)
    (ours,) = torch.autograd.grad(torch.as_tensor(divergences.kl(p, q)), p)
    value = torch.nn.functional.kl_div(q.log(), p, reduction="sum")
    (peer,) = torch.autograd.grad(value, p)
    kl = reference.exact(*case.normalised(), digits=reference.GUARD_DIGITS)["kl"]
    exact = (p.detach() / q).log() - float(kl)
    error = (ours - exact)[exact > -torch.inf].abs().max()
    return {
        "name": case.name,
        "p": case.p,
        "q": case.q,
        "ours": ours.tolist(),
        "error": float(error),
        "F.kl_div": peer.tolist(),
    }

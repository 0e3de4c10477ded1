"""Pairs at the edge of float64, where sums cancel, underflow, overflow or meet ``0 log 0``."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import divergences
from benchmarks.discrete import reference
from benchmarks.discrete.baselines import OURS, Vectors, peers, values


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair with a name; masses of any total.

    Attributes:
        name: What is hard about it.
        p: Masses.
        q: Masses.
    """

    name: str
    p: tuple[float, ...]
    q: tuple[float, ...]

    def normalised(self) -> tuple[Vectors, Vectors]:
        """Both over their totals; over their largest mass before, so that no total overflows."""
        p, q = (np.array(v) / max(v) if sum(v) > 2 else np.array(v) for v in (self.p, self.q))
        return p / p.sum(), q / q.sum()


SMALLEST_NORMAL = 2.0**-1022
ZERO_IN_P = Edge("zero in p", (0.0, 0.5, 0.5), (0.25, 0.25, 0.5))
EQUAL = Edge("equal", (0.2, 0.3, 0.5), (0.2, 0.3, 0.5))
EDGES = (
    Edge("subnormal beside tiny", (1e-320, 1.0), (1e-300, 1.0)),
    Edge("tiny beside subnormal", (1e-300, 1.0), (1e-320, 1.0)),
    Edge("smallest subnormal in q", (0.5, 0.5), (5e-324, 1.0)),
    Edge("smallest subnormal in p", (5e-324, 1.0), (0.5, 0.5)),
    Edge("divergence below the smallest float", (0.0, 1.0), (5e-324, 1.0)),
    Edge("two subnormals, close", (3.00001e-310, 1.0), (3e-310, 1.0)),
    Edge("subnormals against each other", (1e-320, 3e-320, 1.0), (4e-320, 1e-321, 1.0)),
    Edge("masses of 1e308, total infinite", (1e308, 1e308), (1e308, 5e307)),
    Edge("masses of 1e308 and 1e-308", (1e308, 1e-308, 1e308), (1e307, 1e-307, 1e308)),
    Edge("zero in both", (0.5, 0.5, 0.0), (0.25, 0.75, 0.0)),
    ZERO_IN_P,
    Edge("zero in q", (0.25, 0.25, 0.5), (0.0, 0.5, 0.5)),
    Edge("disjoint", (0.5, 0.5, 0.0, 0.0), (0.0, 0.0, 0.25, 0.75)),
    Edge("point mass against two", (1.0, 0.0), (0.5, 0.5)),
    EQUAL,
)


def measured() -> list[dict[str, Any]]:
    """For every edge: exact values, ours and the peers', and the relative errors of ours.

    Below the smallest normal float, 2e-308, an error is relative to that: floats have no more
    digits there.

    Returns:
        One record for each of `EDGES`.
    """
    return [_measured(edge) for edge in EDGES]


def _measured(edge: Edge) -> dict[str, Any]:
    """One edge."""
    p, q = edge.normalised()
    exact = reference.exact(p, q, digits=reference.digits(p, q))
    nearest = {name: float(value) for name, value in exact.items()}
    ours = {name: float(values(divergence, p, q)) for name, divergence in OURS.items()}
    return {
        "name": edge.name,
        "p": edge.p,
        "q": edge.q,
        "exact": nearest,
        "ours": ours,
        "errors": {name: _error(ours[name], nearest[name]) for name in ours},
        "peers": {
            # As they are given: most peers normalise by themselves.
            quantity: {
                name: float(values(f, np.array(edge.p), np.array(edge.q)))
                for name, f in named.items()
            }
            for quantity, named in peers().items()
        },
    }


def _error(got: float, nearest: float) -> float:
    """Relative error; of a subnormal value relative to the smallest normal one."""
    if max(abs(got), abs(nearest)) < SMALLEST_NORMAL:
        return abs(got - nearest) / SMALLEST_NORMAL
    return reference.relative_error(got, nearest, digits=reference.KEPT)


def overflowing_total() -> str:
    """What ours says of masses whose total is infinite: they are no probabilities."""
    try:
        value = divergences.kl([1e308, 1e308], [1e308, 5e307])
    except divergences.DistributionError as error:
        return f"{type(error).__name__}: {error}"
    return f"not refused: {value}"


def gradients() -> list[dict[str, Any]]:
    """Torch's gradient of KL in p, at a p with a zero and at p = q, ours and ``F.kl_div``'s.

    Exactly, for the normalised vectors, it is ``log(p / q) - KL`` where p has mass. ``F.kl_div``
    does not normalise, so its gradient is another by a constant.

    Returns:
        One record for each of the two pairs.
    """
    return [_gradients(edge) for edge in (ZERO_IN_P, EQUAL)]


def _gradients(edge: Edge) -> dict[str, Any]:
    """Both gradients at one pair, and the largest error of ours where p has mass."""
    p = torch.tensor(edge.p, dtype=torch.float64, requires_grad=True)
    q = torch.tensor(edge.q, dtype=torch.float64)
    (ours,) = torch.autograd.grad(torch.as_tensor(divergences.kl(p, q)), p)
    theirs = torch.nn.functional.kl_div(q.log(), p, reduction="sum")
    (peer,) = torch.autograd.grad(theirs, p)
    kl = reference.exact(*edge.normalised(), digits=reference.KEPT)["kl"]
    exact = (p.detach() / q).log() - float(kl)
    error = (ours - exact)[exact > -torch.inf].abs().max()
    return {
        "name": edge.name,
        "p": edge.p,
        "q": edge.q,
        "ours": ours.tolist(),
        "error": float(error),
        "F.kl_div": peer.tolist(),
    }

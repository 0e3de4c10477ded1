"""Infinite costs: pairs that no plan uses, and the masses that they cut off.

By Hall's theorem, a plan of finite cost exists unless a group of sources has more mass than all
targets at a finite cost from it. A minimum cut finds such a group (Ahuja, Magnanti and Orlin
1993, "Network Flows", sections 6.5 and 12.3).
"""

import math
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from divergences._checks.labels.axes import listed
from divergences._transport.certificate import Arcs
from divergences._typing import Floats, Indices
from divergences.errors import DistributionError, SolverError

MAX_RELATIVE_CUT = 1e-9  # of a group's mass: totals may differ by as much
MIN_MASS_OF_FLOAT_FLOWS = 1e-8  # part of the total; 10^8 times the rounding of flows

Labels = Sequence[Hashable] | None


class NoFinitePlanError(DistributionError):
    """Masses that infinite costs cut off.

    Attributes:
        side: "sources" or "targets": the side of the group that is cut off.
        group: Its indices.
        partners: Indices of the points of the other side at a finite cost from the group.
        masses: Mass of the group and of its partners, as parts of the total mass.
    """

    def __init__(
        self, side: str, group: list[int], partners: list[int], masses: tuple[float, float], /
    ) -> None:
        super().__init__(side, group, partners, masses)
        self.side = side
        self.group = group
        self.partners = partners
        self.masses = masses

    def transposed(self) -> "NoFinitePlanError":
        """The error with sources and targets exchanged."""
        side = "targets" if self.side == "sources" else "sources"
        return NoFinitePlanError(side, self.group, self.partners, self.masses)

    def of_targets(self, p: Floats, q: Floats, /) -> "NoFinitePlanError":
        """The targets that are cut off, without a dummy target for a surplus of p.

        Args:
            p: Masses of the sources.
            q: Masses of the targets, summing to 1, without the dummy.

        Returns:
            The error, with the masses of p and q.
        """
        group, partners = set(self.group), set(self.partners)
        if self.side == "sources":
            group, partners = set(range(len(q))) - partners, set(range(len(p))) - group
        targets, sources = (
            _positive(masses, np.array(sorted(indices), dtype=np.intp))
            for masses, indices in ((q, group), (p, partners))
        )
        masses = math.fsum(q[targets]), math.fsum(p[sources])
        return NoFinitePlanError("targets", targets, sources, masses)

    def __str__(self) -> str:
        """The message, with indices."""
        return self.message(None, None)

    def message(self, source_labels: Labels, target_labels: Labels, /) -> str:
        """The message, with labels where there are some."""
        of_sources = self.side == "sources"
        own, other = source_labels, target_labels
        if not of_sources:
            own, other = other, own
        opposite, verb = ("targets", "take") if of_sources else ("sources", "have")
        has, partners_mass = self.masses
        rest = f"infinite costs to all {opposite} with mass"
        if self.partners:
            rest = (
                f"finite costs only to the {opposite} [{_names(self.partners, other)}], which "
                f"{verb} {partners_mass:.6g}"
            )
        return (
            "`cost` must allow a plan of finite cost, but infinite costs cut off "
            f"{has - partners_mass:.6g} of the mass: the {self.side} "
            f"[{_names(self.group, own)}] have {has:.6g} of it, and {rest}; make a cost from them "
            f"to other {opposite} finite, or change the masses"
        )


def _names(indices: list[int], labels: Labels) -> str:
    """Labels, or indices, of the first points of a group."""
    return listed(indices if labels is None else [labels[index] for index in indices])


def without_nan(cost: Floats, /) -> Floats:
    """Costs with infinity for NaN, which only pairs without mass may have."""
    return np.where(np.isnan(cost), np.inf, cost) if np.isnan(cost.max()) else cost


def largest_finite(cost: Floats, /) -> float:
    """The largest finite cost; 0 if there is none."""
    largest = float(cost.max())
    if largest < math.inf:
        return largest
    return float(cost.max(where=np.isfinite(cost), initial=0.0))


def may_hide_a_cut(p: Floats, q: Floats, largest: float, /) -> bool:
    """Whether infinite costs may cut off masses that a flow in floats loses by rounding."""
    if largest < np.inf:
        return False
    return bool(min(p[p > 0].min(), q[q > 0].min()) < MIN_MASS_OF_FLOAT_FLOWS)


def require_finite_pairs(p: Floats, q: Floats, cost: Floats, /) -> None:
    """Refuse points with mass that have infinite costs to all others with mass.

    Raises:
        NoFinitePlanError: If there are some.
    """
    allowed = np.isfinite(cost) & (p > 0)[:, None] & (q > 0)
    for side, masses, isolated in (
        ("sources", p, (p > 0) & ~allowed.any(axis=1)),
        ("targets", q, (q > 0) & ~allowed.any(axis=0)),
    ):
        if isolated.any():
            group = np.flatnonzero(isolated)
            raise NoFinitePlanError(side, group.tolist(), [], (_share(masses, group), 0.0))


def without_forbidden(arcs: Arcs, p: Floats, q: Floats, cost: Floats, /) -> Arcs:
    """A plan without its arcs of infinite cost, if these have no more mass than rounding.

    Args:
        arcs: A plan that uses as little mass of forbidden pairs as possible, but for rounding.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        cost: Infinite for forbidden pairs.

    Returns:
        The plan.

    Raises:
        NoFinitePlanError: If every plan has forbidden mass.
        SolverError: If the plan has forbidden mass that it could avoid.
    """
    is_forbidden = np.isinf(cost[arcs.rows, arcs.cols])
    if not is_forbidden.any():
        return arcs
    limit = MAX_RELATIVE_CUT * np.minimum(p[arcs.rows], q[arcs.cols])
    excessive = is_forbidden & (arcs.mass > limit)
    allowed = ~is_forbidden
    kept = Arcs(arcs.rows[allowed], arcs.cols[allowed], arcs.mass[allowed], arcs.cost[allowed])
    if not excessive.any():
        return kept
    require_no_cut(np.unique(arcs.rows[excessive]), kept, p, q, cost)
    raise SolverError("by rounding, the plan has mass on pairs of infinite cost")


def require_no_cut(sources: Indices, arcs: Arcs, p: Floats, q: Floats, cost: Floats, /) -> None:
    """Refuse masses if the sources that cannot send all of theirs are in a group that is cut off.

    Args:
        sources: Sources that have mass left.
        arcs: A plan of finite costs that moves as much mass as possible.
        p: Masses of the sources, summing to 1.
        q: Masses of the targets, summing to 1.
        cost: Infinite for forbidden pairs.

    Raises:
        NoFinitePlanError: If the targets at a finite cost from the group have less mass.
    """
    in_group, is_partner = _reachable(sources, arcs, p, q, cost)
    group, partners = np.flatnonzero(in_group), np.flatnonzero(is_partner)
    outside, others = np.flatnonzero(~is_partner), np.flatnonzero(~in_group)
    has, takes = _share(p, group), _share(q, partners)
    lacks, receives = _share(q, outside), _share(p, others)
    if has <= lacks and has - takes > MAX_RELATIVE_CUT * has:
        raise NoFinitePlanError(
            "sources", _positive(p, group), _positive(q, partners), (has, takes)
        )
    if lacks < has and lacks - receives > MAX_RELATIVE_CUT * lacks:
        raise NoFinitePlanError(
            "targets", _positive(q, outside), _positive(p, others), (lacks, receives)
        )


def _reachable(
    sources: Indices, arcs: Arcs, p: Floats, q: Floats, cost: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Sources and targets that residual paths of finite cost reach from the given sources."""
    in_group, is_partner = np.zeros(len(p), np.bool_), np.zeros(len(q), np.bool_)
    # Flows of rounding are no way back.
    flowing = arcs.mass > MAX_RELATIVE_CUT * np.minimum(p[arcs.rows], q[arcs.cols])
    rows, cols = arcs.rows[flowing], arcs.cols[flowing]
    added = sources
    while len(added):
        in_group[added] = True
        is_partner |= np.isfinite(cost[added]).any(axis=0) & (q > 0)
        added = np.unique(rows[is_partner[cols] & ~in_group[rows]])
    return in_group, is_partner


def _share(masses: Floats, indices: Indices) -> float:
    """Mass of a group."""
    return math.fsum(masses[indices])


def _positive(masses: Floats, indices: Indices) -> list[int]:
    """Indices of positive mass."""
    kept: list[int] = indices[masses[indices] > 0].tolist()
    return kept

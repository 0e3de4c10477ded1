"""The duality gap: deviations of the marginals count at their potentials, on both sides."""

import numpy as np
import pytest

from divergences import SolverError
from divergences._transport.certificate import Arcs, duality_gap, require_optimal


@pytest.mark.parametrize("side", ["sources", "targets"])
def test_mass_that_a_plan_does_not_move_counts_at_its_potential(side):
    one, two = np.array([1.0]), np.array([0.75, 0.25])
    at_one, at_two = np.array([0.0]), np.array([1.0, 3.0])
    first, second = np.array([0, 0]), np.array([0, 1])
    lost = 1e-10  # of the second mass of 0.25
    moved = np.array([0.75, 0.25 - lost])
    if side == "targets":
        arcs = Arcs(first, second, moved, at_two)
        gap, _ = duality_gap(arcs, one, two, at_one, at_two)
    else:
        arcs = Arcs(second, first, moved, at_two)
        gap, _ = duality_gap(arcs, two, one, at_two, at_one)
    assert gap == pytest.approx(lost * 3.0, rel=1e-4)  # the rest is rounding


def test_plan_that_lost_mass_has_an_infinite_gap():
    p, potential = np.array([0.5, 0.5]), np.zeros(2)
    stays = Arcs(np.array([0]), np.array([0]), np.array([0.5]), np.zeros(1))
    gap, rounding = duality_gap(stays, p, p, potential, potential)
    assert gap == np.inf
    with pytest.raises(SolverError, match="may not be optimal"):
        require_optimal(stays.total_cost(), gap, rounding, exponent=0)


@pytest.mark.parametrize("left", [0.25, 0.3])
def test_surplus_of_partial_transport_stays_and_no_more(left):
    p, q, zero = np.array([0.5, 0.75]), np.array([1.0]), np.zeros(1)
    arcs = Arcs(np.array([0, 1]), np.array([0, 0]), np.array([0.5, 0.75 - left]), np.ones(2))
    gap, _ = duality_gap(arcs, p, q, np.zeros(2), zero + 1)
    assert (gap < 1e-14) == (left == 0.25)

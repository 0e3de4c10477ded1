"""The duality gap: deviations of the marginals count at their potentials, on both sides."""

import numpy as np
import pytest

from divergences._transport.certificate import Arcs, duality_gap


@pytest.mark.parametrize("side", ["sources", "targets"])
def test_mass_that_a_plan_does_not_move_counts_at_its_potential(side):
    one, two = np.array([1.0]), np.array([0.75, 0.25])
    at_one, at_two = np.array([0.0]), np.array([1.0, 3.0])
    first, second = np.array([0, 0]), np.array([0, 1])
    moved = np.array([0.75, 0.2])  # of the second mass of 0.25, 0.05 stays
    if side == "targets":
        arcs = Arcs(first, second, moved, at_two)
        gap, _ = duality_gap(arcs, one, two, at_one, at_two)
    else:
        arcs = Arcs(second, first, moved, at_two)
        gap, _ = duality_gap(arcs, two, one, at_two, at_one)
    assert gap == pytest.approx(0.05 * 3.0, rel=1e-12)

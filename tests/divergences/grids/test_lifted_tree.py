"""The basis that a flow between blocks gives the simplex on their pixels."""

import numpy as np
import pytest

from divergences._transport.network_flow import optimal_flow, signed_forest_flow
from divergences.grids._lattice import Lattice, block_sums
from divergences.grids._lifted_tree import lifted_basis


@pytest.mark.parametrize("metric", ["cityblock", "chebyshev"])
@pytest.mark.parametrize(
    ("shape", "periodic"),
    [
        ((12, 10), (False, False)),
        ((12, 8), (True, False)),
        ((7, 9), (False, False)),
        ((4, 6, 4), (False,) * 3),
    ],
    ids=str,
)
def test_basis_is_a_spanning_tree_that_moves_all_mass_forward(shape, periodic, metric):
    rng = np.random.default_rng(0)
    lattice = Lattice(shape, (1.0,) * len(shape), periodic, metric)
    supply = rng.normal(size=shape)
    supply -= supply.mean()
    coarse = lattice.coarser()
    network = coarse.short_network(1)
    blocks = optimal_flow(network, block_sums(supply).ravel())
    arcs, basis = lifted_basis(
        lattice, coarse, network.subset(blocks.arcs), supply.ravel(), np.zeros(lattice.size)
    )
    assert len(basis.arcs) == lattice.size - 1
    flow = signed_forest_flow(arcs, basis.arcs, supply.ravel())
    assert flow.min() >= -1e-14
    assert np.abs(arcs.reduced_costs(basis.potential)[basis.arcs]).max() <= 1e-12
    pixels = np.stack(np.unravel_index(np.stack([arcs.tails, arcs.heads]), shape), axis=-1)
    np.testing.assert_array_equal(
        arcs.cost, lattice.lengths(lattice.nearest(pixels[1] - pixels[0]))
    )

"""The estimator by lattices: the choice of a start, refinement, and errors on known pairs."""

from typing import Any

import pytest
import torch

from divergences import sampled
from gan.critics import Budget, Problem, errors_on_populations, fitted
from gan.critics import lattice as lattice_critic
from gan.critics.lattice import STAGES, STARTS, LatticeCritic
from gan.critics.pairs import named_pair

SMALL = LatticeCritic(cone_count=64, plane_count=16, batch_size=512, validation_size=1024)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def lattice_of(fit):
    score: Any = fit.score
    return score.current.lattice


def problem(pair):
    return Problem(pair.real, pair.generated, pair.shape, pair.unit)


@pytest.mark.parametrize("name", ["cones-2-4", "cones-8-16", "scaling-4"])
def test_the_gap_of_a_lattice_is_near_w1_and_not_above_it(name):
    pair = named_pair(name)
    fit = fitted(SMALL, problem(pair), budget=Budget(300), rng=rng())
    w1, w1_error = pair.w1()
    errors = errors_on_populations(fit.score, pair, w1, rng(9), sample_size=20_000)
    assert fit.lipschitz
    assert errors.slope <= 1 + 1e-4
    assert errors.gap <= w1 + 4 * (errors.standard_error + w1_error)
    assert errors.error > -0.1


def test_the_sign_and_the_groups_are_those_of_the_largest_gap():
    # N(0, 4 I) against N(0, I) wants scores |x|, the reverse -|x|: one cone, of either sign.
    pair = named_pair("scaling-4")
    signs = []
    for real, generated in ((pair.real, pair.generated), (pair.generated, pair.real)):
        both = Problem(real, generated, pair.shape, pair.unit)
        fit = fitted(SMALL, both, budget=Budget(120), rng=rng())
        signs.append(lattice_of(fit).sign)
    assert signs == [1, -1]


def test_stages_fit_all_starts_then_two_then_the_best():
    pair = named_pair("cones-2-4")
    fits = SMALL.fit(problem(pair), budget=Budget(100), rng=rng())
    lattices = [lattice_of(fit) for fit in fits]
    first, second = (round(100 * stage.begin) for stage in STAGES[1:3])
    trials = list(dict.fromkeys(map(id, lattices[:first])))
    assert len(trials) == len(STARTS)
    assert len(set(map(id, lattices[first:second]))) == 2
    # Each refinement makes one lattice of the last.
    assert len(set(map(id, lattices[second:]))) == len(STAGES) - 2
    assert len({(lattice.sign, lattice.group_count) for lattice in lattices[second:]}) == 1
    # New cones take the places of idle ones: there are never more than at the start.
    assert {len(lattice.centers) for lattice in lattices} == {SMALL.cone_count}


@pytest.mark.parametrize("sizes", [(3, 3), (1, 40)])
def test_few_fixed_points_are_fitted_by_lattices_of_many_groups_too(sizes, monkeypatch):
    x, y = (
        scale * torch.randn(n, 2, generator=rng(n)) for n, scale in zip(sizes, (1, 3), strict=True)
    )
    emd = sampled.emd(x.numpy(), y.numpy()).value
    monkeypatch.setattr(lattice_critic, "STARTS", tuple(s for s in STARTS if s.group_count > 1))
    fit = fitted(SMALL, Problem.of_points(x, y), budget=Budget(60), rng=rng())
    assert 0.5 * emd < fit.gap(x, y) <= emd * (1 + 1e-5)


def test_numbers_of_pieces_that_groups_do_not_divide_are_refused():
    with pytest.raises(ValueError, match=r"must be multiples of 16.* are 100 and 64"):
        LatticeCritic(cone_count=100)

"""Estimators of W1: one protocol, and errors on pairs of known W1."""

import copy
import math
import time
from dataclasses import replace

import pytest
import torch
from torch import nn

from divergences import DistributionError
from gan.critics import (
    CRITICS,
    Budget,
    Problem,
    errors_on_points,
    errors_on_populations,
    fitted,
)
from gan.critics.fit_loop import run_updates
from gan.critics.lattice import LatticeCritic
from gan.critics.pairs import named_pair
from gan.errors import TrainingError
from gan.evaluation.critic_gap import ExactTransport
from gan.recipes.optimizers import CombinedOptimizer, muon
from gan.recipes.registry import RECIPES
from gan.training.loop import train
from gan.training.steps import set_learning_rate
from tests.tiny_training import REAL, same, started


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


TRANSLATED = named_pair("translation-2")
POINTS = TRANSLATED.real(200, rng(0)), TRANSLATED.generated(200, rng(1))
TRANSPORT = ExactTransport.between(*POINTS)
# The slow critics have fewer steps than 50, so that each fit takes less than a second.
STEPS = {"maxmin": 30, "full-sort": 40, "sharp": 30, "sharp-normalized": 30, "taught": 30}
ONE_STEP = ("witness", "averaged-witness")
SMALLER = {"lattice": LatticeCritic(64, 16, batch_size=256)}
# Lower bounds of gap / exact, where they are not 0.7: these critics converge slowly.
MIN_GAP_RATIO = {"clip": 0.0, "spectral": 0.2, "full-sort": 0.2, "finite-difference": 0.3}


@pytest.mark.parametrize("method", CRITICS)
def test_every_estimator_fits_points_by_the_same_protocol(method):
    problem, steps = Problem.of_points(*POINTS), STEPS.get(method, 50)
    estimator = SMALLER.get(method, CRITICS[method].estimator)
    fits = list(estimator.fit(problem, budget=Budget(steps), rng=rng()))
    assert [fit.step for fit in fits] == list(range(1, len(fits) + 1))
    assert len(fits) == (1 if method in ONE_STEP else steps)
    assert [fit.finished for fit in fits] == [False] * (len(fits) - 1) + [True]
    errors = errors_on_points(fits[-1].score, TRANSPORT)
    assert errors.certified <= errors.exact == TRANSPORT.exact
    assert errors.error > MIN_GAP_RATIO.get(method, 0.7) - 1
    if fits[-1].lipschitz:
        assert errors.slope <= 1 + 1e-4
        assert errors.gap <= errors.exact * (1 + 1e-4)
    if method not in ONE_STEP:  # their gradient at midpoints is that of one of the fitted points
        assert errors.cosine > 0.5


@pytest.mark.parametrize("method", ["one-sided", "sharp", "c-transform", "maxmin", "witness"])
def test_every_kind_of_estimator_fits_populations(method):
    pair = named_pair("translation-3")
    problem = Problem(pair.real, pair.generated, pair.shape)
    fit = fitted(CRITICS[method].estimator, problem, budget=Budget(30), rng=rng())
    errors = errors_on_populations(fit.score, pair, 1.0, rng(9), sample_size=2000)
    assert errors.certified is None
    assert errors.certified_error is None
    assert abs(errors.error) < 0.35
    assert errors.cosine > 0.7
    assert 0 < errors.standard_error < 0.05


def test_a_fit_is_reproducible_from_its_seed():
    problem = Problem.of_points(*POINTS)
    scores = [
        fitted(CRITICS["sharp"].estimator, problem, budget=Budget(5), rng=rng(3)).score(POINTS[0])
        for _ in range(2)
    ]
    assert torch.equal(*scores)


@pytest.mark.parametrize("budget", [{"steps": 0}, {"seconds": 0.0}, {"seconds": math.nan}])
def test_a_budget_without_a_step_or_without_time_is_refused(budget):
    with pytest.raises(ValueError, match="`steps` must be at least 1 and `seconds` above 0"):
        Budget(**budget)


def test_a_budget_of_time_ends_a_fit():
    start = time.monotonic()
    fits = list(
        run_updates(lambda progress: None, nn.Identity(), Budget(10**9, 1e-4), start=start)
    )
    assert fits[-1].finished
    assert fits[-1].seconds >= 1e-4
    assert not any(fit.finished for fit in fits[:-1])


def test_a_relative_penalty_gives_the_same_relative_gap_in_any_unit():
    def relative_gap(size):
        x, y = (size * points for points in POINTS)
        problem = Problem.of_points(x, y, unit=size)
        fit = fitted(CRITICS["sharp"].estimator, problem, budget=Budget(15), rng=rng(1))
        return fit.gap(x, y) / size

    expected = relative_gap(1.0)
    for size in (3.0, 1e-3):
        # bfloat16 has 8 bits, and its rounding depends on the unit.
        assert relative_gap(size) == pytest.approx(expected, rel=0.05)


def test_muon_orthogonalizes_only_matrices_and_resumes_exactly_from_its_state():
    def three_steps(optimizer, network, first):
        for step in range(first, first + 3):
            network(torch.full((4, 2), float(step))).square().mean().backward()
            optimizer.step()
            network.zero_grad()

    network = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.Linear(8, 1))
    optimizer = muon(network, learning_rate=0.01, momentum=0.9, betas=(0.5, 0.9))
    assert isinstance(optimizer, CombinedOptimizer)
    matrices, rest = (sum(len(g["params"]) for g in part.param_groups) for part in optimizer.parts)
    assert (matrices, rest) == (2, 4)
    set_learning_rate(optimizer, 0.002)
    assert [g["lr"] for g in optimizer.param_groups] == [pytest.approx(0.006), 0.002]
    three_steps(optimizer, network, 1)
    twin = copy.deepcopy(network)
    resumed = muon(twin, learning_rate=0.01, momentum=0.9, betas=(0.5, 0.9))
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    three_steps(optimizer, network, 4)
    three_steps(resumed, twin, 4)
    for mine, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"real": torch.zeros(5, 3)}, r"`real` and `generated` must have points of one shape"),
        ({"real": torch.zeros(5), "generated": torch.zeros(5)}, "must have points of one shape"),
        ({"generated": torch.zeros(0, 2)}, "`generated` must hold points, all of them finite"),
        ({"real": torch.full((5, 2), torch.nan)}, "`real` must hold points, all of them finite"),
        ({"unit": 0.0}, "`unit` must be a positive length, but is 0.0"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_points_of_different_shapes_or_not_finite_are_refused(change, message):
    given = {"real": torch.zeros(5, 2), "generated": torch.ones(4, 2), "unit": 1.0, **change}
    with pytest.raises(DistributionError, match=message):
        Problem.of_points(given["real"], given["generated"], unit=given["unit"])


def test_points_of_any_precision_and_with_gradients_are_accepted():
    x, y = (points.double().requires_grad_() for points in POINTS)
    for method in ("one-sided", "corrected", "witness"):
        fit = fitted(
            CRITICS[method].estimator, Problem.of_points(x, y), budget=Budget(2), rng=rng()
        )
        assert math.isfinite(fit.gap(*POINTS))


def test_a_run_with_muon_resumes_exactly_and_rolls_back_exactly():
    quick = RECIPES["wgan-lp"].quick
    recipe = replace(quick, optimizer="muon", schedule="constant")
    whole, parted = started(recipe), started(recipe)
    for _ in train(whole, real=REAL):
        pass
    steps = train(parted, real=REAL)
    for _ in range(3):
        next(steps)
    state = copy.deepcopy(parted.state_dict())
    other = started(recipe, seed=1)
    other.load_state_dict(state)
    for _ in train(other, real=REAL):
        pass
    assert same(whole.state_dict(), other.state_dict())

    broken = started(recipe)
    steps = train(broken, real=lambda n, rng: REAL(n, rng) * (math.nan if broken.step else 1))
    next(steps)
    before = copy.deepcopy(broken.state_dict())
    with pytest.raises(TrainingError, match="not applied"):
        next(steps)
    assert same(before, broken.state_dict())

"""Experiments: errors at checkpoints, on the fitted points or on independent fresh ones."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from gan.critics import (
    CRITICS,
    Budget,
    Experiment,
    Fit,
    errors_on_points,
    errors_on_populations,
)
from gan.critics import experiment as experiments
from gan.critics.pairs import named_pair
from gan.evaluation.critic_gap import ExactTransport

PAIR = named_pair("translation-2")
FRESH_SIZE = 300


@pytest.fixture(autouse=True)
def few_fresh_points(monkeypatch):
    """An exact transport of 300 fresh points, which takes a hundredth of that of 2048."""
    monkeypatch.setattr(experiments, "FRESH_KNOWLEDGE_SIZE", FRESH_SIZE)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def recording(sampler, draws):
    """A sampler that appends its samples and the seeds of their generators to a list."""

    def sample(n, generator):
        draws.append((sampler(n, generator), generator.initial_seed()))
        return draws[-1][0]

    return sample


def recorded_experiment(seed, fit_draws, fresh_draws):
    """An experiment on populations that records the draws of the fit and of the errors."""
    pair = replace(
        PAIR,
        real=recording(PAIR.real, fit_draws),
        generated=recording(PAIR.generated, fit_draws),
        optimal_coupling=recording(PAIR.optimal_coupling, fresh_draws),
    )
    return Experiment(pair, "population", seed)


class FirstCoordinate:
    """Estimator whose critic is the first coordinate; it draws points before anything else."""

    def fit(self, problem, /, *, budget, rng):
        for step in range(1, budget.steps + 1):
            problem.real(1000, rng), problem.generated(1000, rng)
            yield Fit(lambda points: points[:, 0], step, 0.0, step == budget.steps)


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_population_errors_are_measured_on_points_that_the_fit_has_not_drawn(seed):
    fit_draws, fresh_draws = [], []
    experiment = recorded_experiment(seed, fit_draws, fresh_draws)
    list(experiment.checkpoints(FirstCoordinate(), Budget(3)))
    # Of the samplers, the first draws are those of the fit, the others those of the knowledge.
    fit_seed = fit_draws[0][1]
    fitted, known = (
        {
            tuple(row)
            for sample, of in fit_draws
            if (of == fit_seed) == is_fit
            for row in sample.tolist()
        }
        for is_fit in (True, False)
    )
    fresh = {tuple(row) for sides, _ in fresh_draws for x in sides for row in x.float().tolist()}
    assert (len(fitted), len(known)) == (6000, 2 * FRESH_SIZE)
    # Independent normal points in float32 coincide with a probability below 1e-6.
    assert not fitted & (fresh | known)
    assert not {of for _, of in fit_draws} & {of for _, of in fresh_draws}


def test_population_errors_use_the_same_points_at_each_checkpoint_and_for_each_estimator():
    fresh_draws = []
    experiment = recorded_experiment(0, [], fresh_draws)
    for estimator in (FirstCoordinate(), CRITICS["c-transform"].estimator):
        list(experiment.checkpoints(estimator, Budget(3)))
    (x, y), *others = (sides for sides, _ in fresh_draws)
    assert len(others) == 3
    assert all(torch.equal(x, other_x) and torch.equal(y, other_y) for other_x, other_y in others)


@pytest.mark.parametrize("question", ["same-points", "population"])
def test_measuring_errors_does_not_change_the_fit(question):
    experiment = Experiment(PAIR, question, 0, n=50)
    *_, measured_often = experiment.checkpoints(CRITICS["one-sided"].estimator, Budget(10))
    (measured_once,) = experiment.checkpoints(
        CRITICS["one-sided"].estimator, Budget(10), only_last=True
    )
    assert measured_often.errors == measured_once.errors


def test_checkpoints_are_at_1_3_10_and_the_end_and_a_fit_can_be_stopped():
    experiment = Experiment(PAIR, "population", 0)
    assert experiment.exact == 1.0

    def steps(**options):
        checkpoints = experiment.checkpoints(CRITICS["one-sided"].estimator, Budget(12), **options)
        return [checkpoint.step for checkpoint in checkpoints]

    assert steps() == [1, 3, 10, 12]
    assert steps(only_last=True) == [12]
    stop = iter([False, True])
    assert steps(stopped=lambda: next(stop)) == [1, 2]


def test_a_critic_of_few_points_has_small_errors_on_them_and_large_ones_on_populations():
    pair = named_pair("translation-8")
    experiment = Experiment(pair, "same-points", 0, n=50)
    *_, checkpoint = experiment.checkpoints(
        CRITICS["corrected"].estimator, Budget(150), only_last=True
    )
    fresh = errors_on_populations(checkpoint.fit.score, pair, 1.0, rng(5), sample_size=4000)
    assert checkpoint.errors.certified_error > -0.01
    assert checkpoint.errors.exact > 2  # the exact EMD of 50 points in 8 dimensions
    assert checkpoint.errors.gap > 2 * fresh.gap


def test_the_exact_witness_certifies_the_exact_emd():
    experiment = Experiment(PAIR, "same-points", 0, n=100)
    (checkpoint,) = experiment.checkpoints(CRITICS["witness"].estimator, Budget(1))
    assert checkpoint.errors.certified_error == pytest.approx(0, abs=1e-9)
    assert checkpoint.errors.certified <= checkpoint.errors.exact
    assert checkpoint.errors.cosine == pytest.approx(1, abs=0.02)


def test_populations_without_a_known_w1_are_refused():
    with pytest.raises(ValueError, match="`pair` must have a known W1"):
        Experiment(named_pair("ring-normal"), "population", 0)
    with pytest.raises(ValueError, match="`pair` must have a known W1"):
        errors_on_populations(nn.Flatten(0), named_pair("ring-normal"), 1.0, rng())


def test_equal_sets_have_no_error():
    x = PAIR.real(200, rng())
    errors = errors_on_points(lambda points: points[:, 0], ExactTransport.between(x, x))
    assert (errors.error, errors.certified_error, errors.cosine) == (0, 0, 0)

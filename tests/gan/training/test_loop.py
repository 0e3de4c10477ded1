"""The training loop: deterministic, resumable, descending, stopped by non-finite numbers."""

import copy
import math
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import nn

from gan.errors import MisfitError, TrainingError
from gan.networks import Critic, plane_critic, plane_generator
from gan.recipes.registry import GAN, WGAN, WGAN_GP
from gan.training.devices import Devices
from gan.training.loop import Training, fine_tuned_critic, train
from gan.training.steps import critic_batch, critic_step, update_weights
from tests.tiny_training import PAPERS, QUICK, REAL, same, started


@pytest.mark.parametrize("recipe", [*PAPERS.values(), *QUICK.values()])
def test_a_seed_gives_the_same_run(recipe):
    first, second = started(recipe), started(recipe)
    assert list(train(first, real=REAL)) == list(train(second, real=REAL))
    assert same(first.state_dict(), second.state_dict())
    other = started(recipe, seed=1)
    list(train(other, real=REAL))
    assert not same(first.state_dict(), other.state_dict())


def test_a_certified_critic_learns_where_its_bound_is_flat():
    """At equal distances any constant certifies the whole EMD: only the gap has a gradient."""
    training = started(replace(QUICK["wgan-certified"], penalty_weight=0.0), steps=20)
    real, generated = torch.ones(16, 2), -torch.ones(16, 2)

    @torch.no_grad()
    def gap():
        return float(training.critic(real).mean() - training.critic(generated).mean())

    before = gap()
    for _ in range(20):
        batch = critic_batch(
            training.recipe, real, generated, noise=0.0, rng=training.rng, devices=training.devices
        )
        bound, *_ = critic_step(
            training.critic, training.critic_optimizer, training.recipe, batch, training.devices
        )
        assert bound == pytest.approx(math.sqrt(8))  # from the start
    assert gap() > before + 0.1


def test_steps_are_numbered_and_end():
    training = started(WGAN_GP, steps=3)
    assert [step.number for step in train(training, real=REAL)] == [1, 2, 3]
    assert list(train(training, real=REAL)) == []


@pytest.mark.parametrize(("recipe", "expected"), [(GAN, 1), (WGAN, 5), (WGAN_GP, 5)])
def test_the_critic_takes_its_number_of_steps(recipe, expected):
    training, drawn = started(recipe), []

    def real(n, rng):
        drawn.append(n)
        return REAL(n, rng)

    next(train(training, real=real))
    assert drawn == [16] * expected


@pytest.mark.parametrize("recipe", [GAN, WGAN, WGAN_GP])
def test_the_critic_learns_to_score_real_points_higher(recipe):
    training = started(replace(recipe, learning_rate=1e-3))
    real, generated = REAL(500, training.rng), torch.zeros(500, 2)
    critic = fine_tuned_critic(training, real, generated, steps=60, rng=training.rng)
    assert critic(real).mean() > critic(generated).mean()
    assert critic is not training.critic


def test_fine_tuning_a_critic_does_not_change_the_run():
    training = started(WGAN_GP)
    next(train(training, real=REAL))
    before = copy.deepcopy(training.state_dict())
    rng = torch.Generator().manual_seed(1)
    fine_tuned_critic(training, REAL(50, rng), torch.zeros(50, 2), steps=3, rng=rng)
    assert same(training.state_dict(), before)


def test_the_average_starts_over_the_last_fifth_and_continues_exponentially():
    training = started(replace(GAN, average_rate=0.6), steps=6)
    weights, averages = [], []
    for _ in train(training, real=REAL):
        weights.append(next(training.generator.parameters()).detach().clone())
        averages.append(next(training.average.parameters()).clone())
    # The weight of step k is in proportion to (k + 3)! / (k - 1)!, which grows as its 4th power.
    shares = torch.tensor([math.comb(k + 3, 4) for k in (1, 2, 3, 4)], dtype=torch.float32)
    mean = sum(s * w for s, w in zip(shares / shares.sum(), weights, strict=False))
    assert torch.allclose(averages[3], mean, atol=1e-6)
    assert torch.allclose(averages[5], 0.4 * averages[4] + 0.6 * weights[5], atol=1e-6)


def test_the_cosine_schedule_goes_from_the_rate_to_0():
    training = started(replace(WGAN_GP, schedule="cosine"), steps=4)
    rates = [training.critic_optimizer.param_groups[0]["lr"] for _ in train(training, real=REAL)]
    expected = [1e-4 * (1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)]
    assert rates == pytest.approx(expected)


def test_the_generator_may_slow_down_before_the_critic():
    recipe = replace(WGAN_GP, schedule="cosine", generator_decay=3.0)
    training = started(recipe, steps=4)
    rates = [
        [
            optimizer.param_groups[0]["lr"]
            for optimizer in (training.generator_optimizer, training.critic_optimizer)
        ]
        for _ in train(training, real=REAL)
    ]
    left = [(1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)]
    assert rates == [pytest.approx([1e-4 * part**3, 1e-4 * part]) for part in left]


@pytest.mark.parametrize("recipe", QUICK.values())
def test_data_that_is_not_finite_stops_the_run_and_leaves_the_weights_finite(recipe):
    training = started(recipe)
    drawn = []

    def not_finite(n, rng):  # from the third step on, in its middle where it has several draws
        drawn.append(n)
        return REAL(n, rng) * (math.nan if len(drawn) > 2.5 * recipe.critic_steps else 1)

    steps = train(training, real=not_finite)
    with pytest.raises(TrainingError, match=r"the critic's loss is nan .* Lower `learning_rate`"):
        list(steps)
    assert training.step == 2
    healthy = started(recipe)
    list(islice(train(healthy, real=REAL), 2))
    for state in (first := training.state_dict()), (second := healthy.state_dict()):
        for optimizer in ("generator_optimizer", "critic_optimizer"):
            del state[optimizer]["param_groups"]  # its rate is set at the start of every step
    assert same(first, second)  # to the last bit


def test_a_first_step_that_fails_leaves_a_fresh_run():
    training = started(WGAN_GP)
    before = copy.deepcopy(training.state_dict())
    drawn = []

    def not_finite(n, rng):
        drawn.append(n)
        return REAL(n, rng) * (math.nan if len(drawn) > 2 else 1)

    with pytest.raises(TrainingError, match="critic's loss is nan"):
        next(train(training, real=not_finite))
    assert same(training.state_dict(), before)


def test_the_average_copies_buffers():
    training = started(GAN)
    for module in (training.generator, training.average):
        module.register_buffer("running", torch.zeros(1))
    training.generator.running += 5
    next(train(training, real=REAL))
    assert training.average.running == 5


def test_a_gradient_that_is_not_finite_stops_the_run_too():
    training = started(WGAN)
    zero = sum(
        (weight - weight.detach()).abs().sum() for weight in training.generator.parameters()
    )
    loss = zero.sqrt()  # 0, with a slope of 1 / 0
    with pytest.raises(
        TrainingError, match=r"generator's loss is 0.0 and the norm of its gradient is (inf|nan)"
    ):
        update_weights(
            training.generator_optimizer,
            loss,
            "generator",
            training.devices,
            statistic=loss,
        )


def test_the_linear_schedule_goes_from_the_rate_to_0_and_every_step_reports_its_rate():
    training = started(replace(WGAN, schedule="linear", learning_rate=1e-3), steps=4)
    reported, used = [], []
    for step in train(training, real=REAL):
        reported.append(step.learning_rate)
        for optimizer in (training.generator_optimizer, training.critic_optimizer):
            used.append(optimizer.param_groups[0]["lr"])
    assert reported == pytest.approx([1e-3, 0.75e-3, 0.5e-3, 0.25e-3])
    assert used[::2] == used[1::2] == reported


def test_a_constant_schedule_keeps_the_rate():
    assert {step.learning_rate for step in train(started(WGAN_GP), real=REAL)} == {1e-4}


def test_the_noise_falls_along_a_line_to_0_at_its_share_of_the_run():
    training = started(replace(GAN, noise=0.5, noise_until=0.8), steps=10)
    expected = [0.5 * (1 - k / 8) for k in range(8)] + [0.0, 0.0]
    assert [step.noise for step in train(training, real=REAL)] == pytest.approx(expected)
    assert {step.noise for step in train(started(GAN), real=REAL)} == {0.0}


class Recorder(nn.Module):
    """An identity layer that records its inputs."""

    def __init__(self):
        super().__init__()
        self.points = []

    def forward(self, points):
        self.points.append(points.detach().clone())
        return points


def with_recorder(recipe, *, critic_norm=None, **settings):
    """A run whose generator gives 0, and the list of its critic's inputs."""
    rng = torch.Generator().manual_seed(0)
    recorder, critic, generator = (
        Recorder(),
        plane_critic(rng, width=16),
        plane_generator(rng, width=16),
    )
    norm = [] if critic_norm is None else [critic_norm]
    body = [recorder, *critic.body[:1], *norm, *critic.body[1:]]
    with torch.no_grad():
        for weight in generator.parameters():
            weight.zero_()
    recipe = replace(recipe, batch_size=512, **settings)
    critic = Critic(nn.Sequential(*body))
    return Training.start(generator, critic, recipe, steps=2, rng=rng), recorder.points


def test_noise_is_added_to_real_and_generated_points_in_the_steps_of_both_networks():
    def zeros(n, rng):
        return torch.zeros(n, 2)

    training, inputs = with_recorder(GAN, noise=0.5, noise_until=1.0, learning_rate=1e-12)
    steps = list(train(training, real=zeros))
    assert [step.noise for step in steps] == [0.5, 0.25]
    # The critic scores real and generated points at once, then generated ones, in each step.
    assert [len(points) for points in inputs] == [1024, 512, 1024, 512]
    for points, noise in zip(inputs, (0.5, 0.5, 0.25, 0.25), strict=True):
        for part in points.split(512):
            # 1024 normal numbers: 5 standard errors of their standard deviation.
            assert float(part.std()) == pytest.approx(noise, rel=5 / math.sqrt(2 * 1024))
    assert not torch.equal(inputs[0][:512], inputs[0][512:])


def test_without_noise_points_are_unchanged():
    training, inputs = with_recorder(GAN, learning_rate=1e-12)
    drawn = []

    def real(n, rng):
        drawn.append(REAL(n, rng))
        return drawn[-1]

    next(train(training, real=real))
    assert torch.equal(inputs[0], torch.cat([drawn[0], torch.zeros(512, 2)]))


def test_no_random_numbers_are_drawn_without_noise(rng):
    real, generated = torch.zeros(8, 2), torch.zeros(8, 2)
    before = rng.get_state()
    batch = critic_batch(GAN, real, generated, noise=0.0, rng=rng, devices=Devices(rng.device))
    assert batch.mix is None
    assert torch.equal(rng.get_state(), before)


PENALIZED = [name for name, recipe in PAPERS.items() if recipe.penalized]


@pytest.mark.parametrize("name", PAPERS)
def test_batch_norm_in_a_penalized_critic_is_refused_with_the_reason(name):
    norm = nn.BatchNorm1d(16)
    if name in PENALIZED:
        with pytest.raises(MisfitError, match=r"batch norm makes each score depend on the whole"):
            with_recorder(PAPERS[name], critic_norm=norm)
        return
    training, _ = with_recorder(PAPERS[name], critic_norm=norm, learning_rate=1e-3)
    before = copy.deepcopy(training.critic.state_dict())
    assert len(list(train(training, real=REAL))) == 2
    assert not same(before, training.critic.state_dict())
    assert norm.num_batches_tracked > 0


def test_under_batch_norm_real_and_generated_points_are_batches_of_their_own():
    training, inputs = with_recorder(GAN, critic_norm=nn.BatchNorm1d(16))
    next(train(training, real=REAL))
    assert [len(points) for points in inputs] == [512, 512, 512]
    assert float(inputs[0].abs().max()) > 1.9  # the real ones
    assert float(inputs[1].abs().max()) == 0  # the generated ones


def test_dropout_is_refused_since_it_draws_from_the_global_source(rng):
    critic = Critic(torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.3)))
    with pytest.raises(MisfitError, match=r"has Dropout, which draws from torch's global source"):
        Training.start(plane_generator(rng), critic, GAN, steps=3, rng=rng)

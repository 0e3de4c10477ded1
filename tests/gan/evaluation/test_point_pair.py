"""Critics of other people: their shapes, types and modes; what is refused, by name."""

import copy
import re
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from divergences import DistributionError
from gan.evaluation.certified_bound import certified_bound
from gan.evaluation.critic_gap import critic_gap
from gan.evaluation.critic_gap_metric import CriticGapMetric
from gan.evaluation.point_pair import SCORING_BATCH_SIZE, PointPair

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 2)) + 1, RNG.normal(size=(20, 2))
REFERENCE = critic_gap(lambda points: points[:, 0], X, Y)


def network(*layers):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), *layers, nn.Linear(8, 1))


@pytest.mark.parametrize(
    "critic",
    [
        lambda points: points[:, :1],
        lambda points: points[:, 0].numpy(),
        lambda points: points[:, 0].reshape(-1, 1, 1, 1),
        lambda points: points[:, 0].clone().requires_grad_(),
        lambda points: points[:, 0] * torch.ones((), requires_grad=True),
    ],
    ids=["column", "numpy", "convolution", "leaf with gradient", "gradient"],
)
def test_scores_of_any_shape_of_one_number_per_point_are_taken(critic):
    assert critic_gap(critic, X, Y) == REFERENCE


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_scores_and_points_of_any_float_type_are_taken(dtype):
    x, y = (torch.from_numpy(part).to(dtype) for part in (X, Y))
    result = critic_gap(lambda points: points[:, 0], x, y)
    exact = critic_gap(lambda points: points[:, 0], x.double(), y.double())
    assert result == exact  # distances and bounds are in float64 of the points as they are


@pytest.mark.parametrize("points", [(X, Y), tuple(map(torch.from_numpy, (X, Y)))])
def test_a_module_gets_points_of_the_type_of_its_weights(points):
    module = network(nn.ReLU())
    result = critic_gap(module, *points)
    x, y = (torch.as_tensor(part).float() for part in points)
    with torch.no_grad():
        assert result.gap == pytest.approx(float(module(x).mean() - module(y).mean()), rel=1e-5)
    assert result.exact == REFERENCE.exact
    assert critic_gap(module.forward, *points) == result


def test_whole_numbers_are_points_too():
    x, y = RNG.integers(0, 255, (2, 10, 4), dtype=np.uint8)
    result = critic_gap(nn.Linear(4, 1), x, y)
    floats = (torch.from_numpy(part).double() for part in (x, y))
    assert result.exact == critic_gap(lambda z: z[:, 0], *floats).exact


def test_a_module_is_scored_in_evaluation_mode_and_left_as_it_was():
    module = network(nn.BatchNorm1d(8), nn.Dropout(0.5), nn.ReLU())
    module.train()
    module[2].eval()  # a mode of one layer alone is kept, too
    before = copy.deepcopy(module.state_dict())
    first, second = (critic_gap(module, X, Y) for _ in range(2))
    assert first == second == critic_gap(copy.deepcopy(module).eval(), X, Y)
    assert [part.training for part in module.modules()] == [True, True, True, False, True, True]
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(weight.grad is None for weight in module.parameters())


@pytest.mark.parametrize("size", [1, 20])
def test_modules_that_a_function_refers_to_are_in_evaluation_mode_too(size):
    module = network(nn.BatchNorm1d(8), nn.Dropout(0.5)).train()
    x, y = (torch.from_numpy(part[:size]).float() for part in (X, Y))
    assert critic_gap(lambda points: module(points).squeeze(1), x, y) == critic_gap(module, x, y)
    assert all(part.training for part in module.modules())


def test_a_critic_that_overwrites_its_argument_leaves_the_points_as_they_are():
    x, y = X.copy(), Y.copy()
    result = critic_gap(lambda points: points.mul_(2)[:, 0], x, y)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y)
    assert (result.gap, result.exact) == (2 * REFERENCE.gap, REFERENCE.exact)


def test_a_module_is_put_back_after_an_error_too():
    module = network(nn.BatchNorm1d(8))
    nn.init.constant_(module[2].bias, torch.nan)
    with pytest.raises(DistributionError, match="`critic` must give finite scores"):
        critic_gap(module.train(), X, Y)
    assert all(part.training for part in module.modules())


def test_a_last_batch_of_one_point_may_be_squeezed():
    x = torch.zeros(SCORING_BATCH_SIZE + 1, 1)
    pair = PointPair.of(x, x[:1])
    f, g = pair.scores(lambda points: points.squeeze())
    assert (f.shape, g.shape) == ((SCORING_BATCH_SIZE + 1,), (1,))


def nan_at_17(points):
    return torch.where(points[:, 0] == X[17, 0], torch.nan, points[:, 0])


@pytest.mark.parametrize(
    ("critic", "message"),
    [
        (nan_at_17, "gives nan at real point 17, and is not finite at 1 of 30"),
        (lambda p: (1e6 * p[:, 0].square() + 1e6).half(), "gives inf at real point 0"),
        (lambda p: p[:, 0].mean(), r"gave one number for 30 real points, as a mean does.*\.mean"),
        (lambda p: p[:, :1].mean(dim=0), "gave one number for 30 real points"),
        (lambda p: p, r"gave shape \(30, 2\) for 30 real points: return shape \(n,\)"),
        (lambda p: p[:7, 0], r"gave shape \(7,\)"),
        (lambda p: nn.Linear(2, 1)(p), r"does not take points of torch.float64.*\.float\(\)"),
    ],
    ids=["nan", "half", "mean", "mean of a column", "coordinates", "few", "type"],
)
@pytest.mark.parametrize("measure", [critic_gap, certified_bound])
def test_scores_that_are_not_one_finite_number_per_point_are_refused(critic, message, measure):
    with pytest.raises(DistributionError, match=message):
        measure(critic, X, Y)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (X + 0j, "`real` must hold real numbers, but is torch.complex128"),
        (np.array([["a", "b"]]), "`real` must be a tensor or a numpy array of real numbers"),
        (np.where(np.arange(30)[:, None] == 4, np.nan, X), "finite, but point 4 is not"),
    ],
)
def test_points_that_are_no_finite_real_numbers_are_refused(points, message):
    with pytest.raises(DistributionError, match=message):
        critic_gap(lambda p: p[:, 0], points, Y)


def test_points_with_a_gradient_are_taken_without_it():
    x, y = (torch.from_numpy(part).requires_grad_() for part in (X, Y))
    assert critic_gap(lambda points: points[:, 0], x, y) == REFERENCE


@pytest.mark.parametrize(
    ("critic", "message"),
    [
        (lambda points: (points[:, 0], 1), "returned a tuple .* returns the scores alone"),
        (lambda points: points[:, 0] * 1j, "real scores.* but returned torch.complex"),
    ],
)
def test_what_gives_no_real_scores_is_refused(critic, message):
    with pytest.raises(DistributionError, match=message):
        certified_bound(critic, X, Y)


FLAT = nn.Linear(16, 1)
IMAGES = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 1))
COLORS = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(8, 1))


@pytest.mark.parametrize(
    ("critic", "shape", "remedy"),
    [
        (FLAT, (1, 4, 4), r"pass (torch\.nn.*, critic\))"),
        (FLAT, (4, 4), r"pass (torch\.nn.*, critic\))"),
        (FLAT, (7,), "its first layer takes 16 numbers, and a point has 7"),
        (IMAGES, (16,), r"pass (torch\.nn.*, critic\))"),
        (IMAGES, (4, 4), r"pass (torch\.nn.*, critic\))"),
        (COLORS, (48,), r"pass (torch\.nn.*, critic\))"),
        (COLORS, (1, 4, 4), "takes 3 axes of a point, the first of them 3 channels"),
        (lambda points: points @ torch.ones(3), (2,), "in the shape that it was written for$"),
        (lambda points: points @ torch.ones(4), (2, 2), r"or (lambda points: .*\)) if that"),
    ],
)
def test_points_of_a_shape_that_the_critic_does_not_take_are_refused(critic, shape, remedy):
    x, y = torch.ones(4, *shape), torch.zeros(3, *shape)
    message = rf"`critic` does not take points of shape {re.escape(str(shape))} \(.*: .*{remedy}"
    metric = CriticGapMetric(critic)
    for measure in (metric, partial(critic_gap, critic), partial(certified_bound, critic)):
        with pytest.raises(DistributionError, match=message) as refusal:
            measure(x, y)
        assert isinstance(refusal.value.__cause__, RuntimeError)
    for expression in re.search(message, str(refusal.value)).groups():
        assert critic_gap(eval(expression, {"torch": torch, "critic": critic}), x, y).exact > 0


@pytest.mark.parametrize(
    "error", [RuntimeError("out of paper"), ValueError("no"), IndexError("9"), KeyError("size")]
)
def test_errors_of_the_code_of_a_critic_pass_as_they_are(error):
    def critic(points):
        raise error

    with pytest.raises(type(error), match=str(error)) as passed:
        certified_bound(critic, X, Y)
    assert passed.value is error


@pytest.mark.parametrize(
    ("critic", "message"),
    [
        (nn.Linear, r"is the class Linear: pass an instance, Linear\(\.\.\.\)"),
        (
            partial(network(nn.BatchNorm1d(8)).train().forward),
            r"must be in evaluation mode .*: call \.eval\(\) on its module",
        ),
        (
            lambda points: torch.autograd.grad(points.sum(), points)[0],
            "takes a gradient, .*: compute it in the block `with torch.enable_grad",
        ),
    ],
)
def test_critics_that_cannot_be_called_on_points_are_refused(critic, message):
    with pytest.raises(DistributionError, match=message):
        certified_bound(critic, X[:1].astype(np.float32), Y.astype(np.float32))


def test_numbers_on_a_line_are_refused_with_the_remedy():
    with pytest.raises(DistributionError, match=r"of numbers on a line, pass points\[:, None\]"):
        certified_bound(lambda points: points, X[:, 0], Y[:, 0])

"""Claims that are measured without a diagnostic: C3, C6, C8, C12, C17, C18 and C20.

Each function takes a seed and returns criteria, with thresholds that are fixed here.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.optimize import linprog
from torch import Tensor

import divergences
from benchmarks.gan import characters
from divergences import lipschitz_witness, sampled
from gan.critics.pairs import named_pair
from gan.data.mixtures import eight_gaussians
from gan.diagnose import Criterion
from gan.diagnose.fixed_generator import trained_critic
from gan.evaluation.critic_gap import ExactTransport
from gan.networks import NETWORKS, Critic
from gan.networks.mlp import mlp_critic
from gan.recipes.losses import CRITIC_LOSSES, wasserstein_critic_loss
from gan.recipes.penalties import (
    chord_slopes,
    gradient_norms,
    gradient_penalty,
    hinge_penalty,
    one_sided_penalty,
)
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES, WGAN, WGAN_GP
from gan.training.devices import Devices
from gan.training.steps import critic_batch, critic_step

LOG_2 = math.log(2)
EXACT = 1e-9  # relative
# A slope of 1 between all pairs of points is not attainable: a weight of 10 asks for too much.
CHORD_RECIPE = replace(RECIPES["wgan-fd"].quick, learning_rate=2e-3, penalty_weight=1.0)
GRADIENT_RECIPE = replace(RECIPES["wgan-gp"].quick, learning_rate=2e-3, penalty_weight=10.0)


def js_bound(seed: int, /) -> list[Criterion]:
    """C3: JS of random pairs with and without overlap, and its gradient without overlap."""
    rng = np.random.default_rng(seed)
    overlapping, disjoint = [], []
    for _ in range(500):
        p, q = rng.dirichlet(np.full(20, 0.3), 2)
        overlapping.append(float(divergences.js(p, q)))
        zeros = np.zeros(20)
        disjoint.append(float(divergences.js(np.r_[p, zeros], np.r_[zeros, q])))
    error = float(np.abs(np.array(disjoint) / LOG_2 - 1).max())
    logits = torch.zeros(2, 20, dtype=torch.float64, requires_grad=True)
    masses, none = torch.softmax(logits, dim=1), torch.zeros(20, dtype=torch.float64)
    joint = torch.cat([masses[0], none]), torch.cat([none, masses[1]])
    js = torch.as_tensor(divergences.js(*joint))
    (gradient,) = torch.autograd.grad(js, logits)
    largest, slope = max(overlapping), float(gradient.abs().max())
    return [
        Criterion(
            "JS of overlapping pairs below log 2; largest", largest, largest < LOG_2, "nats"
        ),
        Criterion("JS of disjoint pairs is log 2 to 1e-15, relative", error, error <= 1e-15),
        Criterion("largest gradient of JS between disjoint supports 0", slope, slope <= 1e-15),
    ]


def rubner_signatures(seed: int, /) -> list[Criterion]:
    """C6: EMD of signatures of unequal masses against the linear program by HiGHS."""
    rng = np.random.default_rng(seed)
    errors, flows = [], []
    for _ in range(30):
        p, q = rng.uniform(0.1, 3.0, 7), rng.uniform(0.1, 3.0, 5)
        cost = np.linalg.norm(rng.normal(size=(7, 1, 2)) - rng.normal(size=(1, 5, 2)), axis=2)
        solved = divergences.partial_transport(p, q, cost)
        total = min(p.sum(), q.sum())
        reference = _flow_program(p, q, cost, total)
        errors.append(abs(solved.cost * total / reference - 1))
        moved = solved.plan.toarray() * total
        excess = np.maximum(moved.sum(1) - p, 0).max() + np.maximum(moved.sum(0) - q, 0).max()
        flows.append(float(excess + abs(moved.sum() - total)))
    error, flow = float(max(errors)), max(flows)
    return [
        Criterion("EMD times flow is the work of the linear program, 1e-9", error, error <= EXACT),
        Criterion("the plan moves the smaller mass within both; violation", flow, flow <= EXACT),
    ]


def _flow_program(p: np.ndarray, q: np.ndarray, cost: np.ndarray, total: float) -> float:
    """Work of the flow linear program of Rubner et al. 2000, eq. 1-4, by HiGHS."""
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    solved = linprog(
        cost.ravel(),
        A_ub=np.r_[rows, columns],
        b_ub=np.r_[p, q],
        A_eq=np.ones((1, n * m)),
        b_eq=[total],
        method="highs",
    )
    return float(solved.fun or math.nan)


def duality(seed: int, /) -> list[Criterion]:
    """C8: gap and slope of the exact witness, and of multiples of it."""
    rng = np.random.default_rng(seed)
    gaps, slopes, others = [], [], []
    for _ in range(10):
        x, y = rng.normal(size=(200, 3)), rng.normal(0.5, 1.3, size=(150, 3))
        solved = sampled.transport(x, y)
        witness = lipschitz_witness(solved, y)
        scores, other_scores = np.asarray(witness(x)), np.asarray(witness(y))
        gaps.append(abs(float(scores.mean() - other_scores.mean()) / solved.cost - 1))
        points, values = np.r_[x, y], np.r_[scores, other_scores]
        lengths = np.linalg.norm(points[:, None] - points, axis=2) + np.eye(350)
        slopes.append(float((np.abs(values[:, None] - values) / lengths).max()))
        # Any other 1-Lipschitz function: the distance to a random point.
        center = rng.normal(size=3)
        distances = [np.linalg.norm(part - center, axis=1).mean() for part in (x, y)]
        others.append(abs(distances[0] - distances[1]) / solved.cost)
    gap, slope, other = max(gaps), max(slopes), float(max(others))
    return [
        Criterion("the witness attains W, 1e-9", gap, gap <= EXACT),
        Criterion("its slope is at most 1", slope, slope <= 1 + EXACT),
        Criterion("other 1-Lipschitz functions attain at most W; share", other, other <= 1),
    ]


def wgan_changes(seed: int, /) -> list[Criterion]:
    """C12: settings of the recipe, its loss without sigmoid and log, and clipped weights."""
    rng = torch.Generator().manual_seed(seed)
    scores = torch.randn(2, 64, generator=rng) * 50
    loss = CRITIC_LOSSES[WGAN.loss](*scores)
    linear = abs(float(loss) - float(scores[1].mean() - scores[0].mean()))
    critic = mlp_critic(rng, (2,), hidden=[64] * 3)
    optimizer, largest = WGAN.make_optimizer(critic), 0.0
    ring = eight_gaussians()
    for _ in range(50):
        points = ring.sample(WGAN.batch_size, rng), torch.randn(WGAN.batch_size, 2, generator=rng)
        batch = critic_batch(WGAN, *points, noise=0.0, rng=rng, devices=_cpu())
        critic_step(critic, optimizer, WGAN, batch, _cpu())
        largest = max(
            largest, *(float(weight.detach().abs().max()) for weight in critic.parameters())
        )
    settings = (WGAN.critic_steps, WGAN.clip, WGAN.learning_rate, WGAN.optimizer)
    differing = sum(a != b for a, b in zip(settings, (5, 0.01, 5e-5, "rmsprop"), strict=True))
    momentum = float(optimizer.param_groups[0]["momentum"])
    return [
        Criterion("loss is the difference of mean scores, no sigmoid, no log", linear, not linear),
        Criterion("largest weight after each of 50 steps at most c", largest, largest <= 0.01),
        Criterion(
            "settings other than five steps, c 0.01, 5e-5, RMSProp", differing, not differing
        ),
        Criterion("momentum is 0", momentum, momentum == 0),
    ]


def penalized_critic(seed: int, /) -> list[Criterion]:
    """C17: slopes against difference quotients, the variants, the loss of a step, and settings."""
    rng = torch.Generator().manual_seed(seed)
    critic = mlp_critic(rng, (2,), hidden=[32] * 2).double()
    real, generated = torch.randn(2, 256, 2, generator=rng, dtype=torch.float64)
    mix = torch.rand(256, generator=rng, dtype=torch.float64)
    slopes = gradient_norms(critic, real, generated, mix).detach()
    quotients = _difference_quotients(critic, torch.lerp(generated, real, mix[:, None]))
    # A kink of ReLU within the difference spoils a few quotients: the median tells.
    error = float(((slopes - quotients).abs() / slopes).median())
    penalty = float(gradient_penalty(slopes))
    expected = float(((slopes - 1) ** 2).mean())
    with torch.no_grad():
        loss = float(wasserstein_critic_loss(critic(real), critic(generated))) + 10 * penalty
    batch = critic_batch(WGAN_GP, real, generated, noise=0.0, rng=rng, devices=_cpu())
    batch = replace(batch, mix=mix)
    stepped = critic_step(critic, WGAN_GP.make_optimizer(critic), WGAN_GP, batch, _cpu())[1]
    flat = torch.tensor([0.2, 0.9], dtype=torch.float64)
    below = float(one_sided_penalty(flat)) + float(hinge_penalty(flat))
    norms = [
        type(part).__name__
        for part in NETWORKS["convolutional-norm"].critic(rng, (1, 28, 28)).modules()
    ]
    differing = sum((
        WGAN_GP.penalty_weight != 10,
        WGAN_GP.optimizer != "adam",
        not any(name in norms for name in ("LayerNorm", "GroupNorm")),
    )) + sum("BatchNorm" in name for name in norms)
    differences = abs(penalty - expected), abs(stepped - loss) / abs(loss)
    return [
        Criterion(
            "median difference of slopes to quotients, relative, 1e-6", error, error <= 1e-6
        ),
        Criterion("penalty is the mean of (slope - 1)^2", differences[0], differences[0] <= 1e-12),
        Criterion(
            "loss of a step is E D(G) - E D(P) + 10 penalty, 1e-6",
            differences[1],
            differences[1] <= 1e-6,
        ),
        Criterion("one-sided and hinge penalties of slopes below 1 are 0", below, below == 0),
        Criterion("settings other than lambda 10, Adam, layer norm", differing, not differing),
    ]


def _difference_quotients(critic: Critic, points: Tensor) -> Tensor:
    """Norms of gradients by central differences."""
    h = 1e-6
    with torch.no_grad():
        parts = [
            (critic(points + h * axis) - critic(points - h * axis)) / (2 * h)
            for axis in torch.eye(2, dtype=torch.float64)
        ]
    return torch.stack(parts).norm(dim=0)


class OnceDifferentiable(torch.autograd.Function):
    """Square of the input, with a first derivative only."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """The squares."""
        ctx.save_for_backward(values)
        return values.square()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """The first derivative."""
        (values,) = ctx.saved_tensors
        return 2 * values * gradient


def pairs_of_points(seed: int, /) -> list[Criterion]:
    """C18: a penalty on chords, without second derivatives, beside the gradient penalty."""
    rng = torch.Generator().manual_seed(seed)
    weight = torch.tensor([0.7, -0.4], requires_grad=True)
    points = torch.randn(2, 64, 2, generator=rng)
    mix = torch.rand(2, 64, generator=rng)

    def critic(x: Tensor) -> Tensor:
        squares: Tensor = OnceDifferentiable.apply(x)  # type: ignore[no-untyped-call]
        return squares @ weight

    slopes = chord_slopes(critic, points[0], points[1], mix)
    (gradient,) = torch.autograd.grad(gradient_penalty(slopes), weight)
    finite = bool(gradient.isfinite().all() and gradient.abs().max() > 0)
    ratio = _knowledge(CHORD_RECIPE, seed) / _knowledge(GRADIENT_RECIPE, seed)
    return [
        Criterion("trains a critic that has no second derivative", float(finite), finite),
        Criterion(
            "knowledge of a critic with it (lambda 1) at least 0.8 of that with the gradient "
            "penalty (lambda 10)",
            float(ratio),
            bool(ratio >= 0.8),
        ),
    ]


def _knowledge(recipe: Recipe, seed: int) -> float:
    """Knowledge of fresh points of a critic of eight Gaussians against N(0, I)."""
    pair, network = named_pair("ring-normal"), partial(mlp_critic, hidden=[128] * 3)
    fresh = ExactTransport.between(*pair.samples(2000, torch.Generator().manual_seed(seed)))
    rng = torch.Generator().manual_seed(seed + 1)  # not of the points that are evaluated
    return fresh.critic_gap(trained_critic(pair, recipe, network, steps=1000, rng=rng)).knowledge


def _cpu() -> Devices:
    """One process on the processor."""
    return Devices(torch.device("cpu"))


DIRECT_CLAIMS: dict[str, Callable[[int], list[Criterion]]] = {
    "C3": js_bound,
    "C6": rubner_signatures,
    "C8": duality,
    "C12": wgan_changes,
    "C17": penalized_critic,
    "C18": pairs_of_points,
    "C20": characters.criteria,
}

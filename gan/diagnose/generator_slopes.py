"""Derivatives in the position of a generator: of divergences, and of the loss -log D."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from divergences import log_space
from gan.diagnose.known_pairs import SCORED_AT_ONCE, KnownPair
from gan.networks import Critic

Floats = NDArray[np.float64]
DIFFERENCE = 1e-3  # units


def divergence_slopes(
    pair: KnownPair, cells: Tensor, log_p: Floats, thetas: Floats
) -> tuple[Floats, Floats]:
    """Derivatives of KL(G || P) and of -2 JS in theta, by central differences."""
    h = DIFFERENCE * pair.unit
    slopes = []
    for theta in thetas:
        low, high = (pair.generated_log_masses(cells, float(theta + sign * h)) for sign in (-1, 1))
        reverse_kl = log_space.reverse_kl(log_p, high) - log_space.reverse_kl(log_p, low)
        js = log_space.js(log_p, high) - log_space.js(log_p, low)
        slopes.append((float(reverse_kl) / (2 * h), -2 * float(js) / (2 * h)))
    kl_slopes, js_slopes = np.array(slopes).T
    return kl_slopes, js_slopes


def optimal_loss_slope(pair: KnownPair, cells: Tensor, theta: float) -> float:
    """Derivative of E -log D in theta, with D optimal for theta and fixed."""
    points = cells.clone().requires_grad_()
    loss = softplus(-pair.optimal_logits(points, theta))
    (gradient,) = torch.autograd.grad(loss.sum(), points)
    # G is moved as a whole, so that the derivative is the mean of that in x.
    return float(np.exp(pair.generated_log_masses(cells, theta)) @ gradient[:, 0].numpy())


def trained_loss_slope(critic: Critic, cells: Tensor, g: Floats) -> float:
    """Derivative of E -log D in theta, with the trained discriminator."""
    slope = 0.0
    for part, masses in zip(
        cells.float().split(SCORED_AT_ONCE),
        np.split(g, range(SCORED_AT_ONCE, len(g), SCORED_AT_ONCE)),
        strict=True,
    ):
        points = part.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(softplus(-critic(points)).sum(), points)
        slope += float(masses @ gradient[:, 0].double().numpy())
    return slope

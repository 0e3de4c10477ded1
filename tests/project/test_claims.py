"""Statements of the GAN literature as identities, numbered C2, C4, C5 and C7."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import js, kl, reverse_kl, sampled
from gan.recipes.losses import discriminator_loss, minimax_loss, non_saturating_loss

LOG_2 = math.log(2)


@st.composite
def counted_pairs(draw):
    """Two distributions as positive counts: samples with exactly these relative frequencies."""
    k = draw(st.integers(2, 6))
    p, q = (draw(st.lists(st.integers(1, 9), min_size=k, max_size=k)) for _ in range(2))
    return torch.tensor(p), torch.tensor(q)


def optimal_logits(p, q):
    """Logits of the optimal discriminator D* = p / (p + q), per outcome."""
    return torch.log(p / p.sum() * q.sum() / q).double()


@given(counted_pairs())
def test_c2_the_value_at_the_optimal_discriminator_is_2_js_minus_2_log_2(pair):
    p, q = pair
    logits = optimal_logits(p, q)
    value = -discriminator_loss(logits.repeat_interleave(p), logits.repeat_interleave(q))
    divergence = js(*(w.double() / w.sum() for w in pair)).item()
    assert value.item() == pytest.approx(2 * divergence - 2 * LOG_2, abs=1e-6)
    assert -2 * LOG_2 - 1e-12 <= value.item() <= 0


@given(counted_pairs(), st.integers(0, 5), st.floats(-1, 1))
def test_c2_no_other_discriminator_has_a_higher_value(pair, outcome, change):
    p, q = pair
    logits = optimal_logits(p, q)
    perturbed_logits = logits.clone()
    perturbed_logits[outcome % len(p)] += change
    optimal, perturbed = (
        -discriminator_loss(z.repeat_interleave(p), z.repeat_interleave(q)).item()
        for z in (logits, perturbed_logits)
    )
    assert perturbed <= optimal + 1e-7


@given(counted_pairs())
def test_c4_the_non_saturating_loss_is_a_difference_of_divergences(pair):
    p, q = pair
    logits = optimal_logits(p, q)
    loss = non_saturating_loss(logits.repeat_interleave(q)).item()
    shares = [w.double() / w.sum() for w in pair]
    divergences = (reverse_kl(*shares) - 2 * js(*shares)).item()
    without_generator = -non_saturating_loss(logits.repeat_interleave(p)).item() + 2 * LOG_2
    assert loss == pytest.approx(divergences + without_generator, abs=1e-6)


def segments(theta, n=50):
    """Points of two vertical segments at distance theta, at the same heights."""
    heights = torch.linspace(0, 1, n, dtype=torch.float64)
    left = torch.stack([torch.zeros(n, dtype=torch.float64), heights], dim=1)
    return left, torch.stack([theta.expand(n), heights], dim=1)


def histograms(theta, n=50, width=1e-4):
    """The same segments as histograms on a common grid of cells of the given width."""
    positions = np.concatenate([np.zeros(n), np.full(n, theta)])
    heights = np.tile(np.arange(n), 2)
    columns = np.floor(positions / width).astype(int)
    cells, index = np.unique(np.stack([columns, heights]), axis=1, return_inverse=True)
    k = cells.shape[1]
    return tuple(np.bincount(index[side], minlength=k) / n for side in (slice(n), slice(n, None)))


@pytest.mark.parametrize("theta", [-2.0, -1e-3, 1e-3, 0.5])
def test_c7_parallel_segments_have_infinite_kl_constant_js_and_w_theta(theta):
    p, q = histograms(theta)
    assert kl(p, q) == reverse_kl(p, q) == math.inf
    assert js(p, q) == LOG_2
    left, right = segments(torch.tensor(theta, dtype=torch.float64))
    assert float(sampled.emd(left, right).value) == pytest.approx(abs(theta), rel=1e-12, abs=0)


def test_c7_the_same_segment_is_at_distance_0():
    p, q = histograms(0)
    assert kl(p, q) == js(p, q) == 0
    left, right = segments(torch.tensor(0.0, dtype=torch.float64))
    assert float(sampled.emd(left, right).value) == 0


@pytest.mark.parametrize("theta", [-1.5, 0.25])
def test_c7_only_w_has_a_gradient_in_theta(theta):
    position = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    emd = torch.as_tensor(sampled.emd(*segments(position)).value)
    (gradient,) = torch.autograd.grad(emd, position)
    assert gradient.item() == pytest.approx(math.copysign(1, theta), rel=1e-12, abs=0)
    # JS is log 2 for all disjoint segments, so that its finite differences are exactly 0.
    assert js(*histograms(theta)) - js(*histograms(theta + 1e-2)) == 0


def test_c5_kl_to_a_distribution_that_misses_a_mode_is_infinite_and_the_reverse_is_not():
    two_modes, one_mode = [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]
    assert kl(two_modes, one_mode) == math.inf
    assert reverse_kl(two_modes, one_mode) == pytest.approx(LOG_2, rel=1e-15, abs=0)


@given(counted_pairs())
def test_the_minimax_loss_at_the_optimal_discriminator_is_the_generators_term_of_the_value(pair):
    p, q = pair
    logits = optimal_logits(p, q)
    value = -discriminator_loss(logits.repeat_interleave(p), logits.repeat_interleave(q)).item()
    sum_of_terms = (
        minimax_loss(logits.repeat_interleave(q))
        - non_saturating_loss(logits.repeat_interleave(p))
    ).item()
    assert value == pytest.approx(sum_of_terms, abs=1e-6)

"""Gradients of the EMD on grids in torch."""

import numpy as np
import pytest
import torch

from divergences import grids
from tests.divergences.grids.small_grids import random_images


@pytest.mark.parametrize(
    "options", [{}, {"metric": "sqeuclidean"}, {"order": 2}, {"periodic": True}]
)
def test_gradients_are_those_of_finite_differences(options):
    p, q = (torch.tensor(a) for a in random_images(np.random.default_rng(1), (2, 3), "dense"))
    # exp and a norm keep the totals equal
    logits = [torch.log(a).requires_grad_() for a in (p, q)]

    def value(a, b):
        return grids.emd(
            torch.softmax(a.ravel(), 0).reshape(2, 3),
            torch.softmax(b.ravel(), 0).reshape(2, 3),
            **options,
        )

    assert torch.autograd.gradcheck(value, logits, eps=1e-7, atol=1e-6)


def test_gradient_is_the_centered_potential():
    p, q = (torch.tensor(a) for a in random_images(np.random.default_rng(1), (2, 3), "dense"))
    p.requires_grad_()
    grids.emd(p, q).backward()
    potential = grids.transport(p.detach(), q).potential
    expected = potential - (potential * p.detach().numpy()).sum()
    np.testing.assert_allclose(p.grad, expected, atol=1e-12)


def test_distance_between_equal_images_has_gradient_0():
    p = torch.full((3, 3), 1 / 9, dtype=torch.float64, requires_grad=True)
    grids.emd(p, p.detach(), order=2).backward()
    assert (p.grad == 0).all()

"""Figures of samples of any shape."""

import pytest
import torch

from gan.runs import figures


@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (1, 28, 28), (2, 8, 8), (3, 28, 28)])
def test_samples_of_any_shape_have_a_figure(shape, rng, tmp_path):
    real, generated = (torch.rand(300, *shape, generator=rng) for _ in range(2))
    figures.save_samples(tmp_path / "samples.png", real, generated, "step 3")
    assert (tmp_path / "samples.png").read_bytes().startswith(b"\x89PNG")

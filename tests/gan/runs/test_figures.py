"""Figures of samples of any shape."""

import pytest
import torch

from gan.runs.sample_figures import save_samples


@pytest.mark.parametrize(
    "shape", [(1,), (2,), (5,), (1, 28, 28), (2, 8, 8), (3, 28, 28), (9, 3), (4, 1)]
)
def test_samples_of_any_shape_have_a_figure(shape, rng, tmp_path):
    real, generated = (torch.rand(300, *shape, generator=rng) for _ in range(2))
    save_samples(tmp_path / "samples.png", real, generated, "step 3")
    assert (tmp_path / "samples.png").read_bytes().startswith(b"\x89PNG")


def test_a_shape_without_a_picture_is_said(tmp_path):
    points = torch.zeros(3, 2, 2, 2, 2)
    with pytest.raises(ValueError, match=r"points of shape \(2, 2, 2, 2\) have no picture"):
        save_samples(tmp_path / "samples.png", points, points)

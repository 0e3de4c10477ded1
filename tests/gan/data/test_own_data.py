"""Data sets of files, arrays and folders of images: measured, or refused with the remedy."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from divergences import DistributionError
from gan import NETWORKS, DataSet
from gan.data.files import data_set_of_path
from gan.networks.rescaling import with_linear_output
from gan.runs.config import Config
from gan.runs.config_record import record_of

TINY = ["--steps", "2", "--evaluate-every", "2", "--evaluation-size", "12"]


@pytest.fixture
def table(tmp_path):
    """A table of 60 rows and three columns of different means and sizes."""
    rows = np.random.default_rng(0).normal([40, 1000, 1.7], [10, 50, 0.1], (60, 3))
    path = tmp_path / "people.csv"
    np.savetxt(path, rows, delimiter=",", header="age,income,size", comments="")
    return path, rows


def test_points_of_a_table_have_its_mean_and_size(table, rng):
    path, rows = table
    data = data_set_of_path(path)
    assert data.shape == (3,)
    assert data.offset == pytest.approx(rows.mean(axis=0), rel=1e-5)
    assert data.unit == pytest.approx(np.sqrt(rows.var(axis=0).mean()), rel=1e-4)
    whole = data_set_of_path(path, held_out=0.0)
    assert whole.evaluation_size == 30
    points = whole.sample_without_replacement(60, rng)
    np.testing.assert_allclose(np.sort(points, axis=0), np.sort(rows, axis=0), rtol=1e-5)
    first, second = whole.two_samples(30, rng)
    assert not {tuple(row) for row in first.tolist()} & {tuple(row) for row in second.tolist()}


def test_points_that_are_held_out_are_evaluated_and_never_trained_on(table, rng):
    path, _ = table
    data, again = data_set_of_path(path), data_set_of_path(path)
    assert data.evaluation_size == 12
    assert "; 12 held out for evaluation" in data.description
    held_out = {tuple(row) for row in data.fresh_sample(12, rng).tolist()}
    assert held_out == {tuple(row) for row in again.fresh_sample(12, rng).tolist()}
    trained_on = {tuple(row) for row in data.sample(2000, rng).tolist()}
    assert len(held_out) == 12
    assert len(trained_on) == 48
    assert not held_out & trained_on
    first, second = data.two_samples(12, rng)
    assert {tuple(row) for row in first.tolist()} == held_out
    assert {tuple(row) for row in second.tolist()} < trained_on
    with pytest.raises(DistributionError, match=r"at most 12, .* is 13; compare fewer"):
        data.fresh_sample(13, rng)


def test_a_column_that_dominates_is_said_and_standardizing_mends_it(table):
    path, rows = table
    rows[:, 1] *= 100
    np.savetxt(path, rows, delimiter=",", header="age,income,size", comments="")
    assert "column income makes up 100.0% of the variance" in data_set_of_path(path).description
    data = data_set_of_path(path, standardize=True)
    assert "income makes" not in data.description
    assert data.unit == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, (1, 0)), (-1, 1, (2, -1)), (0, 255, (255, 0)), (0, 16, (16, 0)), (-3, 5, (8, -3))],
)
def test_the_range_of_pixels_is_found(low, high, expected, tmp_path):
    images = np.linspace(low, high, 6 * 16).reshape(6, 4, 4)
    images[0, 0] = low  # as black pixels
    np.save(tmp_path / "images.npy", images)
    data = data_set_of_path(tmp_path / "images.npy")
    assert data.bounded
    assert (data.unit, data.offset) == pytest.approx(expected)
    end = "tanh" if low == -1 else "sigmoid"
    assert f"pixels in [{low}, {high}], {end} output" in data.description
    assert data.shape == (1, 4, 4)
    assert data.networks == "convolutional"


def test_pixels_without_a_bound_are_generated_without_a_sigmoid(rng):
    values = np.random.default_rng(0).normal(5, 2, (50, 1, 8, 8))
    data = DataSet.of_points(values)
    assert not data.bounded
    assert (data.unit, data.offset) == pytest.approx((2, 5), rel=0.05)
    assert "linear output" in data.description
    generator = with_linear_output(NETWORKS[data.networks].generator(rng, data.shape))
    points = generator.sample(100, rng)
    assert float(points.detach().min()) < 0


def test_arrays_of_three_axes_are_grey_images_or_sequences(rng):
    values = np.random.default_rng(0).normal([1, 50], [1, 2], (40, 12, 2))
    data = DataSet.of_points(values)
    assert (data.shape, data.networks) == ((12, 2), "series")
    assert "40 sequences of length 12 with 2 channels" in data.description
    assert data.offset == pytest.approx([1, 50], abs=0.2)
    assert DataSet.of_points(values[:, :, :1].repeat(12, axis=2)).shape == (1, 12, 12)
    with pytest.raises(DistributionError, match=r"arrays of 2 to 4 axes, .*; flatten each"):
        DataSet.of_points(values[..., None, None])


def save_images(folder, mode, sizes):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for k, size in enumerate(sizes):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).convert(mode).save(folder / f"{k}.png")


def test_images_of_a_folder_are_grey_or_in_color(tmp_path, rng):
    save_images(tmp_path / "grey", "L", [(8, 8)] * 5)
    save_images(tmp_path / "color", "RGB", [(8, 12), (9, 8), (30, 10), (8, 8)])
    assert DataSet.of_images(tmp_path / "grey").shape == (1, 8, 8)
    color = DataSet.of_images(tmp_path / "color", size=16)
    assert color.shape == (3, 16, 16)
    pixels = color.sample(10, rng)
    assert pixels.dtype == torch.float32
    assert 0 <= float(pixels.min()) < float(pixels.max()) <= 1


def test_words_are_refused_with_the_option_for_labels(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,u\n2,v\n" * 5)
    with pytest.raises(DistributionError, match=r"'b' does not hold numbers; .*--labels b"):
        data_set_of_path(path)


REFUSED = {
    "NaN": (lambda: DataSet.of_points([[1.0], [2], [np.nan], [3]]), r"1 of 4 rows .*\(rows 2 c"),
    "few": (lambda: DataSet.of_points([1.0, 2.0]), "at least 4 points"),
    "large": (
        lambda: DataSet.of_points([[1e39], [2], [1], [3]]),
        r"or some above 1e\+15 \(rows 0 ",
    ),
    "unit": (lambda: DataSet.of_points([[1e15], [2], [1], [3]]), "in another unit"),
    "equal": (lambda: DataSet.of_points(np.ones((9, 2))), "nothing to learn"),
    "text": (lambda: DataSet.of_points([["a"], ["b"]] * 3), "select numeric columns"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_array_that_holds_no_points_is_refused(kind):
    call, message = REFUSED[kind]
    with pytest.raises(DistributionError, match=message):
        call()


def test_a_folder_that_holds_no_images_of_one_size_is_refused(tmp_path):
    with pytest.raises(DistributionError, match="holds no image"):
        DataSet.of_images(tmp_path)
    save_images(tmp_path / "mixed", "L", [(8, 8), (9, 8)])
    with pytest.raises(DistributionError, match=r"8 x 9 pixels, but .*; resize all: --image-size"):
        DataSet.of_images(tmp_path / "mixed")
    (tmp_path / "mixed" / "broken.png").write_bytes(b"no image")
    with pytest.raises(DistributionError, match=r"broken.png: is no image that can be read"):
        DataSet.of_images(tmp_path / "mixed", size=8)


def test_a_table_is_trained_on_and_the_run_is_of_its_content(gan, table, tmp_path):
    path, rows = table
    out = tmp_path / "run"
    status, _, err = gan("train", "gan", "--data", path, *TINY, "--out", out)
    assert status == 0, err
    assert "people.csv: 60 points of 3 columns (age, income, size), of size " in err
    assert (out / "samples.png").exists()
    assert len(json.loads((out / "config.json").read_text())["data_digest"]) == 64
    assert gan("sample", out, "--n", 5, "--out", tmp_path / "x.npy")[0] == 0
    assert np.abs(np.load(tmp_path / "x.npy").mean(axis=0) - rows.mean(axis=0)).max() < 200
    content = path.read_text()
    path.write_text(content + "1,2,3\n")
    assert "has changed since the run" in gan("sample", out)[2]
    status, _, err = gan("train", "gan", "--data", path, *TINY, "--out", out, "--resume")
    assert status == 1
    assert "data_digest: " in err


def test_options_and_names_that_do_not_fit_are_refused(gan, table, tmp_path):
    arguments = ["--out", tmp_path / "run"]
    of_table = ["train", "gan", "--data", table[0], *arguments]
    assert "--image-size is for a folder" in gan(*of_table, "--image-size", 8)[2]
    assert "--image-size must be at most 512" in gan(*of_table, "--image-size", 4096)[2]
    assert "must be from 0 to 0.5, but is 0.9" in gan(*of_table, "--held-out", 0.9)[2]
    assert "fewer points: --evaluation-size 12" in gan(*of_table, "--evaluation-size", 13)[2]
    save_images(tmp_path / "images", "L", [(8, 8)] * 4)
    of_images = ["train", "gan", "--data", tmp_path / "images", *arguments]
    assert "--standardize is for columns of a table" in gan(*of_images, "--standardize")[2]
    assert "--standardize is for a file" in gan("train", "gan", "--standardize", *arguments)[2]
    assert "or the path of a table" in gan("train", "gan", "--data", "irsi", *arguments)[2]
    assert "no such file" in gan("train", "gan", "--data", "irsi.csv", *arguments)[2]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("n", [7, 1999])
def test_half_of_an_odd_number_of_points_can_be_held_out(n, rng):
    data = DataSet.of_points(torch.randn(n, 2, generator=rng), held_out=0.5)
    held_out, training = data.two_samples(data.evaluation_size, rng)
    assert len(held_out) == len(training) == data.evaluation_size == n // 2
    with pytest.raises(DistributionError, match=f"--evaluation-size {n // 2}$"):
        data.two_samples(n // 2 + 1, rng)


def test_the_name_of_a_data_set_goes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = [record_of(Config(recipe="wgan-gp", data=name)) for name in ("mnist", "swiss-roll")]
    (tmp_path / "mnist").mkdir()
    (tmp_path / "swiss-roll").mkdir()
    after = [record_of(Config(recipe="wgan-gp", data=name)) for name in ("mnist", "swiss-roll")]
    assert after == before


def test_an_array_that_is_mapped_from_a_file_is_copied(tmp_path, rng):
    np.save(tmp_path / "x.npy", np.eye(4, dtype=np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert DataSet.of_points(mapped).shape == (4,)  # without torch's warning

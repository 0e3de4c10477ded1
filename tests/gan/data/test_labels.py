"""Labels of points: joined, read back, generated on demand, and refused with the remedy."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from divergences import DistributionError
from gan import DataSet, load
from gan.data.files import data_set_of_path
from gan.errors import ConfigError, RunError
from gan.runs import run_metrics, sample_figures
from gan.runs.config import Config
from gan.runs.config_record import record_of
from gan.runs.continuation import require_same_data

NAMES = ("bird", "cat", "dog")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Evaluations without a drawing, and with copies of the critic that are hardly trained."""
    monkeypatch.setattr(
        sample_figures, "save_samples", lambda path, *_: Image.new("RGB", (1, 1)).save(path)
    )
    monkeypatch.setattr(run_metrics, "FINE_TUNING_STEPS", 1)


@pytest.mark.parametrize("shape", [(3,), (1, 4, 4), (3, 8, 8), (6, 2)])
def test_labels_are_joined_to_points_at_one_unit_and_read_back(shape, rng):
    points = torch.randn(40, *shape, generator=rng)
    labels = [NAMES[k % 3] for k in range(40)]
    data = DataSet.of_points(points, labels=labels, held_out=0.0)
    joint = data.labels.join(points, torch.arange(40) % 3)
    assert tuple(joint.shape[1:]) == data.shape == data.labels.joint_shape
    own, indices = data.labels.split(joint)
    assert torch.equal(own, points)
    assert indices.tolist() == [k % 3 for k in range(40)]
    same = data.labels.join(points[:1].expand(2, *shape), torch.tensor([0, 1]))
    assert float((same[0] - same[1]).norm()) == pytest.approx(2**0.5 * data.unit, rel=1e-5)
    assert data.labels.shares == pytest.approx((14 / 40, 13 / 40, 13 / 40))


def test_the_nearest_real_point_has_the_label_of_a_generated_one():
    points = torch.tensor([[0.0], [0.1], [5.0], [5.1], [5.2]])
    data = DataSet.of_points(points, labels=[0, 0, 1, 1, 1], held_out=0.0)
    assert "same label for 100%" in data.description
    generated = data.labels.join(
        torch.tensor([[0.2], [4.9], [5.0], [5.0]]), torch.tensor([0, 0, 1, 1])
    )
    measures = data.measure(generated)
    assert measures == {"label_shares": [0.25, 0.75], "label_agreement": 0.75}


def test_the_nearest_other_point_of_a_real_one_is_not_itself():
    data = DataSet.of_points([[0.0], [0.1], [5.0], [5.1]], labels=[0, 1, 0, 1], held_out=0.0)
    assert "same label for 0%" in data.description


@pytest.fixture
def table(tmp_path):
    """A table of two columns and a label, in which the label moves the points by 5."""
    rng = np.random.default_rng(0)
    rows = [(*rng.normal(5 * (k % 2), 1, 2), NAMES[k % 2]) for k in range(60)]
    path = tmp_path / "animals.csv"
    path.write_text("x,y,animal\n" + "".join(f"{x:.4f},{y:.4f},{a}\n" for x, y, a in rows))
    return path


def test_a_run_with_labels_is_conditional(gan, table, tmp_path):
    out = tmp_path / "run"
    tiny = ["--steps", "2", "--evaluate-every", "2", "--batch-size", "16"]
    status, _, err = gan(
        "train", "wgan-gp", "--data", table, "--labels", "animal", *tiny, "--out", out
    )
    assert status == 0, err
    assert "60 points of 2 columns (x, y)" in err
    assert "labels bird 50%, cat 50%" in err
    line = json.loads((out / "metrics.jsonl").read_text())
    assert sum(line["label_shares"]) == pytest.approx(1)
    run = load(out)
    points, labels = run.labelled_sample(200)
    assert points.shape == (200, 2)
    assert 60 < labels.count("cat") < 140  # 100 +- 7
    assert torch.equal(points, run.sample(200))
    birds, cats = (run.sample(50, label=name) for name in NAMES[:2])
    assert not torch.equal(birds, cats)
    assert run.critic_gap(run.data.fresh_sample(10, torch.Generator())).exact > 0
    with pytest.raises(ConfigError, match=r"unknown label 'cats'; did you mean 'cat'"):
        run.sample(5, label="cats")
    file = tmp_path / "animals.npz"
    assert gan("sample", out, "--n", 7, "--label", "cat", "--out", file)[0] == 0
    assert np.load(file)["labels"].tolist() == ["cat"] * 7


def test_a_picture_has_the_points_in_the_order_of_their_labels(gan, table, tmp_path, monkeypatch):
    drawn = []

    def save(path, real, *_):
        drawn.append(real)
        Image.new("RGB", (1, 1)).save(path)

    monkeypatch.setattr(sample_figures, "save_samples", save)
    tiny = ["--steps", "1", "--batch-size", "16", "--out", tmp_path / "run"]
    assert gan("train", "gan", "--data", table, "--labels", "animal", *tiny)[0] == 0
    (real,) = drawn
    assert real.shape == (2000, 2)
    assert real[:900].mean() < 1 < 4 < real[-900:].mean()  # 1000 +- 22 of each label


def test_labels_of_a_file_and_of_folders(table, tmp_path, rng):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(12, 2)))
    words = "\n".join(NAMES[k % 2] for k in range(12))
    for head, end in (("", ""), ("animal\n", "\n"), ("\ufeff", "\n\n \n")):  # a byte-order mark
        (tmp_path / "y.txt").write_text(f"{head}{words}{end}", encoding="utf-8")
        data = data_set_of_path(tmp_path / "x.npy", labels=str(tmp_path / "y.txt"))
        assert data.labels.names == NAMES[:2]
    for k in range(8):
        (tmp_path / "images" / NAMES[k % 2]).mkdir(parents=True, exist_ok=True)
        pixels = Image.new("L", (8, 8), 30 * k)
        pixels.save(tmp_path / "images" / NAMES[k % 2] / f"{k}.png")
    images = data_set_of_path(tmp_path / "images", labels="folders")
    assert images.labels.names == NAMES[:2]
    assert images.shape == (3, 8, 8)
    with pytest.raises(ConfigError, match="--labels of a folder of images must be folders"):
        data_set_of_path(tmp_path / "images", labels="animal")


def test_labels_that_changed_since_a_run_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 2)))
    np.save(tmp_path / "y.npy", [0, 1, 0, 1])
    config = Config(recipe="gan", data=str(tmp_path / "x.npy"), labels=str(tmp_path / "y.npy"))
    record = record_of(config)
    require_same_data(record, config)
    np.save(tmp_path / "y.npy", [1, 0, 1, 0])
    with pytest.raises(RunError, match=r"y\.npy has changed since the run"):
        require_same_data(record, config)


REFUSED = {
    "count": (["a", "b"], r"one label for each of 6 points, .* \(2,\)"),
    "one": (["a"] * 6, "2 to 3 different labels for 6 points, but there are 1"),
    "missing": (["a", "b", None, "a", "b", "a"], r"1 of 6 labels are missing \(row 2"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_labels_that_are_none_are_refused(kind, rng):
    labels, message = REFUSED[kind]
    with pytest.raises(DistributionError, match=message):
        DataSet.of_points(torch.randn(6, 2, generator=rng), labels=labels)


def test_labels_and_standardize_of_an_array_of_images_are_not_ignored(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(0).random((12, 8, 8), dtype=np.float32))
    np.save(tmp_path / "y.npy", np.arange(12) % 2)
    assert data_set_of_path(path, labels=str(tmp_path / "y.npy")).labels.names == ("0", "1")
    with pytest.raises(ConfigError, match=r"--labels of images .* must be a file.* is animal"):
        data_set_of_path(path, labels="animal")
    with pytest.raises(DistributionError, match="only columns of vectors can be standardized"):
        data_set_of_path(path, standardize=True)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([10, 2, -3], ("-3", "2", "10")),
        (["1", "9" * 20, "2"], ("1", "2", "9" * 20)),
        (["--5", "1", "10"], ("--5", "1", "10")),
    ],
)
def test_labels_that_are_whole_numbers_are_in_their_order(labels, names, rng):
    data = DataSet.of_points(torch.randn(12, 2, generator=rng), labels=labels * 4, held_out=0.0)
    assert data.labels.names == names
    _, indices = data.labels.split(data.sample_without_replacement(12, rng))
    assert indices.bincount().tolist() == [4, 4, 4]

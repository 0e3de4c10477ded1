"""The folder of a run: files written completely or not at all, and always of one run."""

import json
import math
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan.errors import RunError
from gan.networks import plane_critic, plane_generator
from gan.recipes.registry import GAN
from gan.runs.checkpoint_file import seal
from gan.runs.folder import RunFolder
from gan.runs.frames import save_animation, save_frame
from gan.training.loop import Training


@pytest.fixture
def training(rng):
    return Training.start(plane_generator(rng), plane_critic(rng), GAN, steps=9, rng=rng)


@pytest.fixture
def folder(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.create({"steps": 9, "seed": 0})
    return run


def save_sealed(state, path):
    """Write a checkpoint of any content with a valid checksum."""
    torch.save(state, path)
    seal(path, {})


def test_a_new_run_starts_with_its_configuration(folder):
    assert json.loads((folder.path / "config.json").read_text()) == {"steps": 9, "seed": 0}


def test_a_folder_with_something_in_it_is_refused(folder):
    with pytest.raises(RunError, match=r"run is not empty. Give --resume .* or another folder"):
        folder.create({"steps": 9, "seed": 0})


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match="run is a file; name a folder"):
        RunFolder(tmp_path / "run").create({})


def test_another_configuration_is_refused_with_what_differs(folder, training):
    folder.save_checkpoint(training, seconds=1.0)
    with pytest.raises(
        RunError, match=r"other settings; give .*--out:\n  seed: 0 in the folder, 3 now$"
    ):
        folder.truncate_to_checkpoint({"steps": 9, "seed": 3})


def test_a_folder_that_holds_no_run_is_refused(tmp_path, training):
    with pytest.raises(RunError, match=r"holds no run: .*config.json does not exist"):
        RunFolder(tmp_path).truncate_to_checkpoint({})


def test_a_run_without_a_checkpoint_starts_again_and_cannot_be_loaded(folder, training):
    folder.append_metrics({"step": 2})
    folder.truncate_to_checkpoint({"steps": 9, "seed": 0})
    assert folder.metrics() == []
    with pytest.raises(RunError, match=r"checkpoint.pt does not exist: .* --resume starts it"):
        folder.load_checkpoint(training)


def test_a_run_of_another_device_is_loaded_without_its_randomness(folder, training):
    folder.save_checkpoint(training, seconds=1.0)
    state = torch.load(folder.checkpoint_path, weights_only=True)
    state["training"]["rng"] = torch.zeros(16, dtype=torch.uint8)  # as CUDA's are
    save_sealed(state, folder.checkpoint_path)
    assert folder.load_checkpoint(training, networks_only=True) == 1.0
    with pytest.raises(RunError, match="is intact, but does not fit the networks of this run"):
        folder.load_checkpoint(training)


def test_evaluations_after_the_checkpoint_are_made_again(folder, training):
    training.step = 4
    for step in (2, 4):
        folder.append_metrics({"step": step})
    folder.save_checkpoint(training, seconds=2.5)
    folder.append_metrics({"step": 6})
    assert folder.metrics() == [{"step": 2}, {"step": 4}]
    with folder.metrics_path.open("a") as file:
        file.write('{"step": 8, "ga')  # torn by a crash
    folder.truncate_to_checkpoint({"steps": 9, "seed": 0})
    assert folder.load_checkpoint(training) == 2.5
    assert folder.metrics() == [{"step": 2}, {"step": 4}]


class TouchesFile:
    """An object whose unpickling makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("method", ["load_checkpoint", "truncate_to_checkpoint"])
def test_a_checkpoint_that_would_run_code_is_refused_and_does_not(
    method, folder, training, tmp_path
):
    folder.save_checkpoint(training, seconds=1.0)
    state = torch.load(folder.checkpoint_path, weights_only=True)
    save_sealed({**state, "seconds": TouchesFile(tmp_path / "touched")}, folder.checkpoint_path)
    argument = training if method == "load_checkpoint" else {"steps": 9, "seed": 0}
    with pytest.raises(RunError, match=r"checkpoint.pt is damaged"):
        getattr(folder, method)(argument)
    assert not (tmp_path / "touched").exists()
    torch.load(folder.checkpoint_path, weights_only=False)
    assert (tmp_path / "touched").exists()  # the file does run code where that is allowed


def test_numbers_that_are_not_finite_are_null_in_the_metrics(folder):
    folder.append_metrics({"step": 1, "gap": math.inf, "slope": math.nan, "exact": 1.0})
    assert folder.metrics() == [{"step": 1, "gap": None, "slope": None, "exact": 1.0}]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"junk"])
def test_a_damaged_checkpoint_is_named(folder, training, content):
    folder.checkpoint_path.write_bytes(content)
    with pytest.raises(RunError, match=r"checkpoint.pt is damaged \(it ends in no digests"):
        folder.truncate_to_checkpoint({"steps": 9, "seed": 0})


def test_another_file_of_torch_is_no_checkpoint(folder, training):
    save_sealed({"weights": torch.zeros(1)}, folder.checkpoint_path)
    with pytest.raises(RunError, match=r"checkpoint.pt is damaged \('training'\)"):
        folder.truncate_to_checkpoint({"steps": 9, "seed": 0})


@pytest.mark.parametrize("content", ["[]", "{", '"steps"'])
def test_a_damaged_configuration_is_named(folder, training, content):
    (folder.path / "config.json").write_text(content)
    with pytest.raises(RunError, match=r"config.json (cannot be read|is not the configuration)"):
        folder.truncate_to_checkpoint({"steps": 9, "seed": 0})


@pytest.mark.parametrize("content", ["{}\n", "junk\n", "[1]\n"])
def test_damaged_metrics_are_named(folder, content):
    folder.metrics_path.write_text(content)
    with pytest.raises(RunError, match=r"metrics.jsonl is damaged"):
        folder.metrics()


def test_a_full_disk_keeps_the_last_checkpoint(folder, training, monkeypatch):
    folder.save_checkpoint(training, seconds=1.0)
    before = folder.checkpoint_path.read_bytes()

    def full(state, path):
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos\nframe #0")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(RunError, match=r"checkpoint.pt could not be written .*unexpected pos\)"):
        folder.save_checkpoint(training, seconds=2.0)
    assert folder.checkpoint_path.read_bytes() == before
    assert sorted(path.name for path in folder.path.iterdir()) == ["checkpoint.pt", "config.json"]


def test_a_write_that_fails_leaves_what_was_there(folder, training):
    folder.save_checkpoint(training, seconds=1.0)
    before = folder.checkpoint_path.read_bytes()

    def full_disk(path):
        path.write_bytes(b"half a pic")
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match=r"samples.png could not be written .*No space left"):
        save_frame(folder.path, 1, full_disk)
    assert folder.checkpoint_path.read_bytes() == before
    assert sorted(path.name for path in folder.path.iterdir()) == ["checkpoint.pt", "config.json"]


def grey(shade):
    """A writer of a picture of one shade."""
    return lambda path: Image.new("RGB", (8, 8), (shade, shade, shade)).save(path)


def test_every_picture_of_samples_is_a_frame_and_the_last_is_the_picture(folder):
    for step, shade in ((10, 0), (5, 100), (200, 255)):
        save_frame(folder.path, step, grey(shade))
    frames = sorted((folder.path / "frames").iterdir())
    assert [frame.name for frame in frames] == ["00000005.png", "00000010.png", "00000200.png"]
    assert (folder.path / "samples.png").read_bytes() == frames[-1].read_bytes()


def test_the_animation_has_the_frames_in_order_and_stays_at_the_last(folder):
    for step, shade in ((10, 120), (5, 0), (200, 250)):
        save_frame(folder.path, step, grey(shade))
    save_animation(folder.path)
    with Image.open(folder.path / "samples.gif") as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]
        assert film.info["loop"] == 0
        shades, times = [], []
        for i in range(3):
            film.seek(i)
            shades.append(film.convert("L").getpixel((0, 0)))
            times.append(film.info["duration"])
    assert shades == pytest.approx([0, 120, 250], abs=4)  # of 64 colours
    assert times == [400, 400, 2000]


def test_without_a_frame_there_is_no_animation(folder):
    save_animation(folder.path)
    assert sorted(path.name for path in folder.path.iterdir()) == ["config.json"]


def test_frames_after_the_checkpoint_are_made_again(folder, training):
    training.step = 4
    folder.save_checkpoint(training, seconds=1.0)
    for step in (2, 4, 6, 123456789):
        save_frame(folder.path, step, grey(0))
    folder.truncate_to_checkpoint({"steps": 9, "seed": 0})
    kept = sorted(path.name for path in (folder.path / "frames").iterdir())
    assert kept == ["00000002.png", "00000004.png"]


def test_a_full_disk_keeps_the_evaluations_so_far(folder, training, monkeypatch):
    folder.append_metrics({"step": 2})
    folder.save_checkpoint(training, seconds=1.0)
    checkpoint = folder.checkpoint_path.read_bytes()
    plain = type(folder.metrics_path).open

    class Full:
        """A file on a disk that is full after half a line."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, text):
            self.file.write(text[: len(text) // 2])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        type(folder.metrics_path), "open", lambda path, mode="r": Full(plain(path, mode))
    )
    with pytest.raises(RunError, match=r"metrics.jsonl could not be written .*No space left"):
        folder.append_metrics({"step": 4})
    monkeypatch.undo()
    assert folder.metrics() == [{"step": 2}]  # half a line is no evaluation
    assert folder.checkpoint_path.read_bytes() == checkpoint


def test_metrics_that_cannot_be_replaced_on_resume_stay(folder, training, monkeypatch):
    training.step = 4
    folder.save_checkpoint(training, seconds=1.0)
    for step in (2, 6):
        folder.append_metrics({"step": step})
    before = folder.metrics_path.read_bytes()

    def full(path, text):
        path.write_bytes(text[:3].encode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(folder.path), "write_text", full)
    with pytest.raises(RunError, match=r"metrics.jsonl could not be written .* still is"):
        folder.truncate_to_checkpoint({"steps": 9, "seed": 0})
    assert folder.metrics_path.read_bytes() == before
    assert not list(folder.path.glob(".*part*"))


def test_no_random_damage_is_taken_for_a_run(folder, training, rng):
    """A flipped byte or a cut at a random place of a random file, 300 times, each refused."""
    folder.append_metrics({"step": 0, "exact": 1.25})
    folder.save_checkpoint(training, seconds=1.0)
    weights = {key: value.clone() for key, value in training.generator.state_dict().items()}
    for name, count in (("checkpoint.pt", 200), ("metrics.jsonl", 50), ("config.json", 50)):
        path = folder.path / name
        intact = path.read_bytes()
        for _ in range(count):
            place = int(torch.randint(len(intact), (1,), generator=rng))
            damage = 1 + int(torch.randint(255, (1,), generator=rng))
            damaged = bytearray(intact)
            damaged[place] ^= damage
            path.write_bytes(damaged if damage % 4 else intact[:place])
            with pytest.raises(RunError, match=r"damaged|cannot be read"):
                folder.truncate_to_checkpoint({"steps": 9, "seed": 0})
        path.write_bytes(intact)
    folder.truncate_to_checkpoint({"steps": 9, "seed": 0})
    folder.load_checkpoint(training)
    assert all(torch.equal(weights[key], w) for key, w in training.generator.state_dict().items())


def test_networks_that_changed_are_told_from_a_damaged_file(folder, training, rng):
    folder.save_checkpoint(training, seconds=1.0)
    changed = Training.start(
        plane_generator(rng, width=16), plane_critic(rng), GAN, steps=9, rng=rng
    )
    with pytest.raises(
        RunError, match=r"is intact, but does not fit .* undo the change"
    ) as refusal:
        folder.load_checkpoint(changed)
    assert "remove" not in str(refusal.value)

"""The MNIST loader: the real files, invalid files, and downloads from a local server."""

import gzip
import http.server
import shutil
import threading

import numpy as np
import pytest
import torch

from divergences import DistributionError
from gan.data import mnist
from gan.data.mnist import IMAGES, LABELS, load
from gan.datasets import DATA
from gan.errors import MnistError

NAME = LABELS["test"].name


@pytest.fixture
def folder(mnist_dir, tmp_path):
    """A writable folder with the smallest file."""
    shutil.copy(mnist_dir / f"{NAME}.gz", tmp_path)
    (tmp_path / f"{NAME}.gz").chmod(0o600)
    return tmp_path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty user cache."""
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "divergences" / "mnist"


@pytest.fixture
def serve():
    """A function that serves a folder over HTTP and returns the address."""
    servers = []

    def start(path):
        def handler(*arguments):
            return QuietHandler(*arguments, directory=str(path))

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_the_test_split_has_the_original_size_mean_and_label_counts(mnist_dir, rng):
    digits = mnist.digits("test", data_dir=mnist_dir)
    assert digits.pixels.shape == (10000, 784)
    assert float(digits.pixels.float().mean()) == pytest.approx(33.791, abs=1e-3)
    sample = digits.sample(20, rng)
    assert sample.shape == (20, 784)
    assert sample.min() == 0
    assert sample.max() == 1
    assert torch.bincount(mnist.labels("test", data_dir=mnist_dir)).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


def test_the_same_seed_draws_the_same_digits(mnist_dir):
    digits = mnist.digits("test", data_dir=mnist_dir)
    first, second = (digits.sample(5, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)


def test_sampling_all_digits_without_replacement_is_a_permutation(mnist_dir, rng):
    digits = mnist.digits("test", data_dir=mnist_dir)
    images = digits.sample_images_without_replacement(10_000, rng)
    assert images.shape == (10_000, 1, 28, 28)
    assert float(images.sum(dtype=torch.float64)) == pytest.approx(digits.pixels.sum() / 255)
    with pytest.raises(DistributionError, match="`n` must be at most 10000, the number of digits"):
        digits.sample_images_without_replacement(10_001, rng)


def test_the_two_samples_of_the_data_set_are_disjoint(mnist_dir, rng):
    """With replacement they would share 67 of 2000 digits; the 60,000 are pairwise different."""
    images = torch.cat(DATA["mnist"](mnist_dir).two_samples(2000, rng))
    assert len({image.numpy().tobytes() for image in images}) == 4000


def test_the_data_dir_argument_overrides_the_environment(folder, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", "/nowhere")
    assert len(load(LABELS["test"], data_dir=folder)) == 10000
    with pytest.raises(
        MnistError, match=r"/nowhere/.* does not exist.*MNIST_DIR names this folder"
    ):
        load(LABELS["test"])


def test_decompressed_files_are_accepted(folder):
    content = gzip.decompress((folder / f"{NAME}.gz").read_bytes())
    (folder / f"{NAME}.gz").unlink()
    (folder / NAME).write_bytes(content)
    assert len(load(LABELS["test"], data_dir=folder)) == 10000


def test_another_compression_of_the_same_content_is_accepted(folder):
    path = folder / f"{NAME}.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    assert len(load(LABELS["test"], data_dir=folder)) == 10000


def test_a_missing_file_is_named_with_the_remedy(folder):
    with pytest.raises(
        MnistError,
        match=rf"{IMAGES['test'].name} does not exist.*--data-dir names this folder. Put the four",
    ):
        mnist.digits("test", data_dir=folder)


def test_a_truncated_file_is_named(folder):
    path = folder / f"{NAME}.gz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(MnistError, match=rf"{NAME}.gz is damaged or truncated.*download it again"):
        load(LABELS["test"], data_dir=folder)


def test_a_file_that_is_no_gzip_is_named(folder):
    (folder / f"{NAME}.gz").write_bytes(b"<html>not found</html>")
    with pytest.raises(
        MnistError, match=rf"{NAME}.gz is damaged or truncated.*Not a gzipped file"
    ):
        load(LABELS["test"], data_dir=folder)


def test_a_corrupted_file_is_named(folder):
    path = folder / f"{NAME}.gz"
    content = bytearray(path.read_bytes())
    content[2000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(MnistError, match=rf"{NAME}.gz is "):
        load(LABELS["test"], data_dir=folder)


def test_a_file_of_other_content_is_refused(folder):
    (folder / f"{NAME}.gz").write_bytes(gzip.compress(bytes(10008)))
    with pytest.raises(
        MnistError, match=rf"{NAME}.gz is not the original {NAME}.*10008 bytes.*replace it"
    ):
        load(LABELS["test"], data_dir=folder)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_download_is_verified_and_cached(folder, cache, serve, capfd):
    address = serve(folder)
    truth = load(LABELS["test"], data_dir=folder)
    assert np.array_equal(load(LABELS["test"], mirrors=(address,)), truth)
    assert [path.name for path in cache.iterdir()] == [f"{NAME}.gz"]
    assert "100%" in capfd.readouterr().err  # the progress bar
    assert np.array_equal(load(LABELS["test"], mirrors=()), truth)  # from the cache


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_mirror_with_wrong_content_is_skipped(folder, cache, serve, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / f"{NAME}.gz").write_bytes(gzip.compress(b"not MNIST"))
    with pytest.raises(MnistError, match=r"is not the original"):
        load(LABELS["test"], mirrors=(serve(wrong),))
    assert not list(cache.iterdir())
    assert len(load(LABELS["test"], mirrors=(serve(wrong), serve(folder)))) == 10000
    assert [path.name for path in cache.iterdir()] == [f"{NAME}.gz"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_failed_download_names_every_attempt_and_the_remedy(cache, serve, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    mirrors = (serve(empty), "http://127.0.0.1:9/")
    with pytest.raises(MnistError) as caught:
        load(LABELS["test"], mirrors=mirrors)
    message = str(caught.value)
    assert f"{NAME}.gz is not in {cache} and could not be downloaded" in message
    assert "--data-dir or the environment variable MNIST_DIR" in message
    assert all(f"{mirror}{NAME}.gz: " in message for mirror in mirrors)
    assert not list(cache.iterdir())

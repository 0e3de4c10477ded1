"""Two images on the command line: values, what was done to them, refusals and figures."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy.spatial.distance import cdist

from divergences import emd
from divergences._cli.images import pairs
from divergences._cli.images.comparison import ChannelComparison
from divergences._cli.images.files import read_picture
from divergences._cli.main import main
from divergences._cli.tables import memory

METRICS = ("euclidean", "cityblock", "chebyshev", "sqeuclidean")
RNG = np.random.default_rng(0)
X, Y = (RNG.integers(0, 256, (5, 7)).astype(np.uint8) for _ in range(2))
COLOR_X, COLOR_Y = (RNG.integers(0, 256, (4, 5, 3)).astype(np.uint8) for _ in range(2))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with images."""
    monkeypatch.chdir(tmp_path)
    for name, pixels in (("x", X), ("y", Y), ("cx", COLOR_X), ("cy", COLOR_Y)):
        save(pixels, f"{name}.png")
    return tmp_path


def save(pixels, name, **options):
    Image.fromarray(np.asarray(pixels)).save(name, **options)


def record(capsys, *arguments):
    """The JSON that the command prints."""
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def refused(capsys, *arguments):
    """The message with which the command ends."""
    assert main([*arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def dense(x, y, metric):
    """EMD of two images of any total by the matrix of all distances."""
    pixels = np.argwhere(np.ones(x.shape))
    p, q = (a.ravel() / a.sum(dtype=float) for a in (x, y))
    return emd(p, q, cdist(pixels, pixels, metric))


@pytest.mark.parametrize("metric", METRICS)
def test_the_distance_is_that_of_the_matrix_of_all_pixels(capsys, metric):
    found = record(capsys, "x.png", "y.png", "--metric", metric)["channels"]["grey"]
    assert math.isclose(found["emd"], dense(X, Y, metric), rel_tol=1e-12)
    assert found["gap"] <= 1e-11 * found["emd"]
    assert (found["x_total"], found["y_total"]) == (X.sum(), Y.sum())
    common = np.minimum(X / X.sum(), Y / Y.sum()).sum()
    assert math.isclose(found["common_mass"], common, rel_tol=1e-12)
    assert found["unit"] == ("pixels²" if metric == "sqeuclidean" else "pixels")


@given(
    st.integers(0, 3),
    st.integers(0, 4),
    st.sampled_from(METRICS),
    arrays(float, (3, 3), elements=st.integers(1, 255)),
)
def test_a_translation_costs_its_length(down, right, metric, pixels):
    # Across more than the width of the pixels no mass is common, and below it stays or passes on.
    x, y = np.zeros((2, 6, 7))
    x[:3, :3], y[down : down + 3, right : right + 3] = pixels, 3 * pixels
    solved = ChannelComparison.between("grey", x, y, metric)
    offset = np.array([[0, 0]]), np.array([[down, right]])
    assert math.isclose(solved.solved.cost, cdist(*offset, metric).item(), abs_tol=1e-12)


@given(arrays(float, (4, 5), elements=st.integers(0, 255)), st.integers(1, 1000))
def test_proportional_images_are_equal(pixels, factor):
    pixels[0, 0] += 1
    compared = ChannelComparison.between("grey", pixels, factor * pixels, "euclidean")
    assert (compared.solved.cost, len(compared.mass)) == (0, 0)
    assert math.isclose(compared.common_mass, 1, rel_tol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_the_moves_make_up_the_distance(metric):
    compared = ChannelComparison.between("grey", X.astype(float), Y.astype(float), metric)
    power = 2 if metric == "sqeuclidean" else 1
    work = compared.mass @ compared.distance**power
    assert math.isclose(work, compared.solved.cost, rel_tol=1e-10)
    assert (np.diff(compared.mass) <= 0).all()
    balance = np.zeros(X.shape)
    np.add.at(balance, tuple(compared.start.T), compared.mass)
    np.subtract.at(balance, tuple(compared.end.T), compared.mass)
    assert np.allclose(balance, compared.solved.excess, atol=1e-15)


def test_the_text_says_what_was_done_and_found(capsys):
    save(np.array([[100, 0, 0], [100, 0, 0]], np.uint8), "a.png")
    save(np.array([[0, 0, 0], [50, 0, 50]], np.uint8), "b.png")
    assert main(["a.png", "b.png", "--metric", "cityblock"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "x: a.png, y: b.png: 3 x 2 pixels (width x height)"
    assert lines[1].endswith("normalized to total 1; the brightness was 200 in x, 100 in y")
    assert lines[2].startswith("  EMD          1.5 pixels (cityblock), proved within ")
    assert lines[3].startswith("  common mass  0.5 of 1")
    assert lines[4].endswith("(row, column), all moves")
    assert lines[5].split() == ["0.5", "3", "(0,", "0)", "->", "(1,", "2)"]
    assert err == ""


def test_squared_distances_have_w2_beside_them(capsys):
    save(np.array([[1, 0, 0, 0]], np.uint8), "a.png")
    save(np.array([[0, 0, 0, 1]], np.uint8), "b.png")
    assert main(["a.png", "b.png", "--metric", "sqeuclidean"]) == 0
    assert "9 pixels² (sqeuclidean), W2 3 pixels, proved" in capsys.readouterr().out


def test_equal_images_have_no_moves(capsys):
    assert main(["x.png", "x.png"]) == 0
    out = capsys.readouterr().out
    assert "EMD          0 pixels" in out
    assert "moves        none: the normalized images are equal" in out


def test_channels_are_compared_by_themselves(capsys):
    found = record(capsys, "cx.png", "cy.png", "--channels")["channels"]
    assert list(found) == ["red", "green", "blue"]
    for k, channel in enumerate(found.values()):
        expected = dense(COLOR_X[..., k], COLOR_Y[..., k], "euclidean")
        assert math.isclose(channel["emd"], expected, rel_tol=1e-12)


def test_grey_is_the_luma_of_colors(capsys):
    x, y = (a @ np.array([0.299, 0.587, 0.114]) for a in (COLOR_X, COLOR_Y))
    found = record(capsys, "cx.png", "cy.png")["channels"]["grey"]
    assert math.isclose(found["emd"], dense(x, y, "euclidean"), rel_tol=1e-12)


def test_grey_in_a_file_of_colors_is_the_grey(capsys):
    save(np.repeat(X[..., None], 3, axis=2), "rgb.png")
    assert record(capsys, "x.png", "rgb.png")["channels"]["grey"]["emd"] == 0
    found = record(capsys, "x.png", "rgb.png", "--channels")["channels"]
    assert [channel["emd"] for channel in found.values()] == [0, 0, 0]


def test_a_channel_without_mass_is_left_out_or_refused(capsys):
    red = COLOR_X * np.array([1, 0, 0], np.uint8)
    save(red, "red.png")
    assert list(record(capsys, "red.png", "red.png", "--channels")["channels"]) == ["red"]
    assert "red.png: the channel green is black" in refused(
        capsys, "red.png", "cx.png", "--channels"
    )


def test_resizing_takes_means_over_areas(capsys):
    picture = read_picture(Path("x.png"), by_channel=False)
    large = picture.resized((15, 14))
    assert (large.channels["grey"] == np.kron(X, np.ones((3, 2)))).all()
    blocks = np.kron(X, np.ones((2, 2))) + np.tile([[0, 1], [2, 3]], (5, 7))
    save(blocks.astype(np.float32), "large.tif")
    small = read_picture(Path("large.tif"), by_channel=False).resized((5, 7))
    assert np.allclose(small.channels["grey"], X + 1.5, rtol=1e-6)


def test_resized_images_have_the_proportions_of_the_first(capsys):
    save(np.ones((40, 60), np.uint8), "a.png")
    save(np.ones((20, 30), np.uint8), "b.png")
    save(np.ones((30, 20), np.uint8), "c.png")
    found = record(capsys, "a.png", "b.png", "--resize", "6")
    assert (found["width"], found["height"]) == (6, 4)
    assert found["notes"] == [
        "resized to 6 x 4 from 60 x 40 (x) and 30 x 20 (y), by means over areas"
    ]
    found = record(capsys, "a.png", "b.png", "--resize", "7")
    assert (found["width"], found["height"]) == (7, 5)
    (note,) = record(capsys, "a.png", "c.png", "--resize", "6")["notes"]
    assert note.endswith("which changes the proportions of y")
    assert record(capsys, "a.png", "a.png", "--resize", "60")["notes"] == []


def test_transparent_pixels_count_by_their_opacity(capsys):
    save(np.stack([X, 255 - Y], axis=-1), "alpha.png")
    picture = read_picture(Path("alpha.png"), by_channel=False)
    assert np.allclose(picture.channels["grey"], X * (255.0 - Y) / 255)
    (note,) = record(capsys, "alpha.png", "x.png")["notes"]
    assert note == "alpha.png: pixels count by their opacity (alpha)"
    save(np.stack([X, np.full_like(X, 255)], axis=-1), "opaque.png")
    assert record(capsys, "opaque.png", "x.png")["notes"] == []


def test_a_photo_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is at the right
    Image.fromarray(X).save("turned.png", exif=exif)
    picture = read_picture(Path("turned.png"), by_channel=False)
    assert (picture.channels["grey"] == np.rot90(X, -1)).all()


def test_the_first_of_several_frames_is_read(capsys):
    frames = [Image.fromarray(a) for a in (X, Y)]
    frames[0].save("frames.tif", save_all=True, append_images=frames[1:])
    assert record(capsys, "frames.tif", "x.png")["notes"] == ["frames.tif: the first of 2 frames"]


def test_the_largest_and_smallest_pixels_are_taken(capsys):
    x, y = np.float32(3e38), np.float32(1e-38)
    save(x * np.array([[1, 0, 0]], np.float32), "a.tif")
    save(y * np.array([[0, 0, 1]], np.float32), "b.tif")
    assert record(capsys, "a.tif", "b.tif")["channels"]["grey"]["emd"] == 2


def test_sixteen_bits_are_kept(capsys):
    save(X.astype(np.uint16) * 257, "deep.png")
    assert record(capsys, "deep.png", "x.png")["channels"]["grey"]["emd"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x.png", "black.png"], "black.png: all pixels are 0 (black)"),
        (
            ["x.png", "negative.tif"],
            "negative.tif: pixels must be at least 0, but the least is -1",
        ),
        (["x.png", "nan.tif"], "nan.tif: pixels must be finite"),
        (["x.png", "junk.png"], "junk.png: holds no image that Pillow reads"),
        (["x.png", "cut.png"], "cut.png: cannot be read: "),
        (["x.png", "none.png"], "none.png: there is no such file"),
        (["x.png", "folder.png"], "folder.png: is not a regular file"),
        (["x.png", "a.csv"], "x.png is an image, but a.csv does not end in .png, "),
        (["a.npy", "x.png"], "x.png is an image, but a.npy does not end in .png, "),
        (["x.png", "-"], "x.png is an image, but - does not end in .png, "),
        (
            ["x.png", "cx.png"],
            "x.png has 7 x 5 pixels and cx.png 5 x 4 (width x height); give both the shape of "
            "the first: --resize 5\n",
        ),
        (["x.png", "y.png", "--channels"], "--channels compares colors, but both images are grey"),
        (["x.png", "y.png", "--resize", "0"], "--resize must be at least 1, but is 0"),
        (["x.png", "y.png", "--columns", "a"], "--columns applies to samples, but the files are"),
        (["x.png", "y.png", "--by-column"], "--by-column applies to samples, but the files are"),
        (["a.npy", "b.npy", "--resize", "9"], "--resize applies to images, but the files are sam"),
        (["a.npy", "b.npy", "--metric", "cityblock"], "--metric applies to images, but the files"),
        (["x.png", "y.png", "--plot", "a.gif"], "a.gif: a figure must end in .png"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_no_pair_of_images_is_refused(capsys, arguments, message):
    save(np.zeros((5, 7), np.uint8), "black.png")
    save(-np.eye(5, 7, dtype=np.float32), "negative.tif")
    save(np.full((5, 7), np.nan, np.float32), "nan.tif")
    Path("junk.png").write_text("junk")
    Path("cut.png").write_bytes(Path("cx.png").read_bytes()[:60])
    Path("folder.png").mkdir()
    assert message in refused(capsys, *arguments)


def test_without_pillow_the_remedy_is_said(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refused(capsys, "x.png", "y.png") == (
        "error: images need Pillow, which is not installed: pip install pillow\n"
    )


def test_the_remedy_of_different_shapes_runs(capsys):
    assert main(["x.png", "cx.png", "--resize", "5"]) == 0
    assert "EMD" in capsys.readouterr().out


def test_a_huge_image_is_refused_with_what_it_takes(capsys, monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**9)
    save(RNG.integers(0, 255, (600, 600)).astype(np.uint8), "a.png")
    save(RNG.integers(0, 255, (600, 600)).astype(np.uint8), "b.png")
    message = refused(capsys, "a.png", "b.png")
    assert "the exact EMD of 600 x 600 pixels takes about " in message
    assert message.endswith(
        "than is available, and 30 minutes; reduce both images: --resize 256\n"
    )
    assert main(["a.png", "a.png"]) == 0  # no mass moves


def test_more_pixels_than_pillow_decodes_are_refused(capsys, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert "x.png: has more pixels than Pillow decodes (20)" in refused(capsys, "x.png", "y.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)  # a warning of Pillow, at 35 pixels
    assert main(["x.png", "y.png"]) == 0


@given(st.sampled_from(METRICS), st.floats(1, 1e4), st.integers(10, 10**4))
def test_the_side_that_is_proposed_takes_the_time(metric, seconds, longer):
    side = pairs.side_within(seconds, metric, longer, longer * longer)
    assert pairs.duration(side * side, metric) <= seconds * (1 + 1e-9)
    assert pairs.duration((side + 1) ** 2, metric) > seconds * (1 - 1e-9) or side == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "1 seconds"), (119, "119 seconds"), (120, "2 minutes"), (9e4, "25 hours")],
)
def test_durations_are_in_words(seconds, text):
    assert pairs.duration_text(seconds) == text


def test_a_long_solution_is_announced(capsys, monkeypatch):
    monkeypatch.setitem(pairs.SECONDS, "euclidean", (1e8, 1.0))
    assert main(["x.png", "y.png"]) == 0
    assert capsys.readouterr().err == (
        "7 x 5 pixels take about 15 hours, with --resize 1 about 30 seconds; Ctrl-C ends it\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["x.png", "y.png", "--plot", "out.png"],
        ["cx.png", "cy.png", "--plot", "out.svg", "--channels", "--metric", "chebyshev"],
        ["x.png", "x.png", "--plot", "out.png"],
        ["x.png", "y.png", "--plot", "out.png", "--resize", "1"],
    ],
    ids=" ".join,
)
def test_a_figure_is_drawn(capsys, arguments):
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "EMD" in out
    name = arguments[3]
    assert err == f"drawn: {name}\n"
    assert Path(name).read_bytes().startswith(b"<?xml" if name.endswith("svg") else b"\x89PNG")


def test_the_figure_says_what_it_shows():
    assert main(["x.png", "y.png", "--plot", "out.svg", "--metric", "cityblock"]) == 0
    # matplotlib writes text as paths, with the text in comments.
    svg = Path("out.svg").read_text()
    distance = f"{dense(X, Y, 'cityblock'):.6g}"
    for text in (
        f"cityblock EMD {distance} pixels",
        "row (pixels)",
        "column (pixels)",
        "potential (pixels)",
        "move, x to y",
    ):
        assert f"<!-- {text}" in svg

"""Tables in files: read to the last bit, or refused with the position and the remedy."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from divergences import DistributionError
from divergences._cli.tables import TextOptions, read, samples


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes text, bytes or arrays to a file and returns its path."""
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, str | bytes):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        else:
            (np.savez if isinstance(content, dict) else np.save)(
                path, **(content if isinstance(content, dict) else {"arr": content})
            )
        return path.relative_to(tmp_path)

    return write


def matrix(table):
    """The columns of a numeric table, side by side."""
    return table.numbers(range(table.n_columns))


def sample_of(table, **options):
    """The sample in a table, read as x."""
    return samples(table, table, **options)[0]


matrices = arrays.arrays(
    float,
    st.tuples(st.integers(2, 6), st.integers(1, 4)),
    elements=st.floats(allow_nan=False, allow_infinity=False),
)


@given(matrices)
@example(np.array([[0.0], [1.0]]))  # a lone 0 is no header
@example(np.array([[5e-324, 1.7976931348623157e308], [-0.0, 0.1]]))
def test_numbers_in_text_are_read_to_the_last_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("tables") / "values.csv"
    for header in ("", ",".join(f"c{i}" for i in range(values.shape[1])) + "\n"):
        rows = "\n".join(",".join(map(repr, row.tolist())) for row in values)
        path.write_text(header + rows)
        table = read(path)
        assert matrix(table).tobytes() == values.tobytes()
        assert (table.names is None) == (header == "")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0#"), min_size=1)))
def test_any_text_of_a_column_of_words_is_read_beside_numbers(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("tables") / "words.csv"
    text = io.StringIO()
    csv.writer(text).writerows([["value", "word"], *([i, word] for i, word in enumerate(words))])
    path.write_bytes(text.getvalue().encode() + b"7,x\n8,y\n")
    points = sample_of(read(path), columns=["value"]).points
    assert points[:, 0].tolist() == [*range(len(words)), 7, 8]


@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", "i2", "u1", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_real_types_are_read_as_float64(written, dtype, order):
    array = np.asarray([[0, 1], [1, 1], [1, 0]], dtype, order=order)
    table = read(written("a.npy", array))
    assert matrix(table).dtype == np.float64
    assert matrix(table).tolist() == array.tolist()


def test_a_vector_is_points_on_the_line(written):
    assert matrix(read(written("a.npy", np.arange(3.0)))).tolist() == [[0], [1], [2]]


def test_one_of_several_arrays_is_chosen_by_its_name(written):
    path = written("a.npz", {"x": np.zeros((2, 2)), "y": np.ones((3, 2))})
    assert matrix(read(path, key="y")).tolist() == np.ones((3, 2)).tolist()
    assert matrix(read(written("b.npz", {"only": np.ones(2)}))).tolist() == [[1], [1]]


@pytest.mark.parametrize(
    ("name", "text", "names", "rows"),
    [
        ("a.csv", "a,b\n1,2\n3,4\n", ("a", "b"), 2),
        ("a.csv", "1,2\r\n3,4\r\n", None, 2),
        ("a.csv", '"a, b",c\n1,2\n3,4', ("a, b", "c"), 2),
        ("a.csv", "\ufeffa,b\n1,2\n3,4\n", ("a", "b"), 2),
        ("a.csv", "# made today\na,b\n\n1,2\n3,4\n", ("a", "b"), 2),
        ("a.csv", "2019,b\n1,2\n3,4\n", ("2019", "b"), 2),  # text above a number
        ("a.csv", "0,1,2\n0.5,1,2\n3,4,5\n", ("0", "1", "2"), 2),  # as pandas
        ("a.csv", "0,1\n1,0\n1,1\n", None, 3),  # whole numbers below: a row
        ("a.csv", "NA,1\n1,2\n", None, 2),  # missing is no name
        ("a.tsv", "a b\tc\n1\t2\n3\t4\n", ("a b", "c"), 2),
        ("a.txt", "a  b\n 1 2\n3   4\n", ("a", "b"), 2),
        ("A.CSV", "a\n1\n2\n", ("a",), 2),
    ],
)
def test_a_header_is_inferred_from_the_first_rows(written, name, text, names, rows):
    table = read(written(name, text))
    assert table.names == names
    assert table.n_rows == rows


def test_the_option_header_overrides_the_inference(written):
    path = written("a.csv", "0,1,2\n0.5,1,2\n3,4,5\n")
    assert read(path, text=TextOptions(header=False)).n_rows == 3
    assert read(written("b.csv", "1,2\n3,4\n"), text=TextOptions(header=True)).names == ("1", "2")


def test_columns_are_chosen_by_name_or_number_and_weights_are_no_coordinate(written):
    table = read(written("a.csv", "id,u,v,w\np,1,2,3\nq,4,5,6\n"))
    assert sample_of(table, columns=["v", "u"]).points.tolist() == [[2, 1], [5, 4]]
    assert sample_of(table, columns=["1"]).points.tolist() == [[1], [4]]
    numbers = read(written("b.csv", "u,v,w\n1,2,3\n4,5,6\n"))
    weighted = samples(numbers, numbers, x_weights="w", y_weights="2")
    for sample in weighted:
        assert sample.weights.tolist() == [3, 6]
        assert sample.points.tolist() == [[1, 2], [4, 5]]
        assert sample.names == ("u", "v")


def test_a_column_name_has_precedence_over_a_number(written):
    table = read(written("a.csv", "1,0\n1.5,2.5\n3,4\n"), text=TextOptions(header=True))
    assert sample_of(table, columns=["0"]).points[:, 0].tolist() == [2.5, 4]


def test_columns_are_matched_by_name_in_any_order(written):
    x, y = written("x.csv", "a,b\n1,2\n3,4\n"), written("y.csv", "b,a\n20,10\n40,30\n")
    _, sample = samples(read(x), read(y))
    assert sample.points.tolist() == [[10, 20], [30, 40]]
    assert sample.names == ("a", "b")


def test_missing_entries_matter_only_in_chosen_columns(written):
    table = read(written("a.csv", "a,b\n1,\n2,NA\n"))
    assert sample_of(table, columns=["a"]).points.tolist() == [[1], [2]]


REFUSED = [
    ("a.csv", "", r"^a\.csv: is empty; it needs a row per point$"),
    ("a.csv", "a,b\n", r"^a\.csv: holds a header and no rows"),
    ("a.csv", "a,b\n1,2\n", r"^a\.csv: holds a single row, which is one point \(of 2 coord"),
    ("a.csv", "a,b\n1,2\n\n3\n", r"^a\.csv, line 4: has 1 fields, but the first row has 2"),
    (
        "a.csv",
        "a,b\n1,2\n3,x1\n4,x2\n",
        r"^a\.csv, line 3: 'x1' in column 'b' is no number; choose .* a, or",
    ),
    (
        "a.csv",
        "a\n1\nlong" + 99 * "g",
        r"line 3: 'long(g{36})\.\.\.' in column 'a' is no number; comp",
    ),
    (
        "a.csv",
        "1,2\nx,3\n4,5\n",
        r"^a\.csv, line 2: 'x' in column '0' is no number; choose .* 1, or ",
    ),
    ("a.csv", "a,b\nx,y\n", r"^a\.csv, line 2: 'x' in column 'a' is no number; comp"),
    (
        "a.csv",
        "1.5,u\n2,v\n",
        r"^a\.csv: it is ambiguous whether the first row, '1\.5,u', is a header; pass --header",
    ),
    ("a.csv", b"a,b\n\xff,1\n", r"^a\.csv: is no text in UTF-8 \(invalid start byte\)"),
    ("a.csv", 'a,b\n"1,2\n', r"^a\.csv: does not parse as a table: unexpected end of data"),
    (
        "a.csv",
        "a,b\n1,2\n3,NA\n,inf\n5,6\n",
        r"^a\.csv: 1 of 4 rows have infinite entries: row 2 counted from 0 \(line 4\); remove",
    ),
    (
        "a.csv",
        "a,b\n1,2\n3,NA\n,4\n5,6\n",
        r"^a\.csv: 2 of 4 rows have missing entries: rows 1, 2 counted from 0 \(lines 3, 4\); "
        r"leave them out with --drop-missing, or fill them in",
    ),
    ("a.csv", ",a\n0,5\n1,6\n", r"^a\.csv: column 0 has no name, like the index .* --columns a$"),
    ("a.npy", np.array([[1.0], [np.nan]]), r"^a\.npy: 1 of 2 rows have mis.*: row 1 counted"),
    (
        "a.npy",
        np.full((9, 2), np.nan),
        r"9 of 9 rows .*: rows 0, 1, 2, 3, 4, \.\.\. \(4 more\) counted from 0; leave",
    ),
    (
        "a.npy",
        np.ones((4, 3, 2)),
        r"^a\.npy: the array must have shape .* save x\.reshape\(4, -1\)",
    ),
    ("a.npy", np.array(3.0), r"^a\.npy: the array must have shape .* but has shape \(\)"),
    ("a.npy", np.ones((0, 2)), r"^a\.npy: the array is empty, of shape \(0, 2\)"),
    ("a.npy", np.ones((1, 5)), r"^a\.npy: holds a single row, which is one point \(of 5 coordi"),
    ("a.npy", np.array([1j, 2]), r"^a\.npy: the array must hold real numbers, .* complex128"),
    ("a.npy", np.array(["1"]), r"^a\.npy: column '0' holds words, not numbers; "),
    (
        "a.npy",
        np.array([1, "x"], object),
        r"^a\.npy: the array holds Python objects, which are not loaded",
    ),
    ("a.npy", "1,2\n", r"^a\.npy: the array does not begin as numpy's files do"),
    ("a.npy", b"", r"^a\.npy: the array does not begin"),
    ("a.npy", b"\x93NUMPY\x01\x00", r"^a\.npy: the header of the array does not parse"),
    ("a.npz", "x", r"^a\.npz: is no \.npz file: file is not a zip file"),
    ("a.npz", {}, r"^a\.npz: is empty; it needs an array"),
    ("a.npz", {"u": np.ones(2), "v": np.ones(2)}, r"holds 2 arrays: u, v; choose .* --key u$"),
    (
        "a.npz",
        {"u": np.array([None])},
        r"^a\.npz: array 'u' holds Python objects, which are not loa",
    ),
    ("a.pkl", "x", r"^a\.pkl: a sample must end in \.npy, .* this path ends in \.pkl; write"),
    ("a", "x", r"^a: a sample must end in .* ends in nothing"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED)
def test_invalid_files_are_refused_with_the_position_and_the_remedy(
    written, name, content, message
):
    path = written(name, content)
    with pytest.raises(DistributionError, match=message):
        sample_of(read(path))


def test_nothing_is_unpickled(written, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path / "exploded").touch, ()

    path = written("a.npy", np.array([Bomb()], object))
    with pytest.raises(DistributionError, match="holds Python objects"):
        read(path)
    assert not (tmp_path / "exploded").exists()


def test_a_damaged_archive_is_refused(written):
    path = written("a.npz", {"x": np.arange(100.0)})
    damaged = bytearray(path.read_bytes())
    damaged[300] ^= 255
    path.write_bytes(damaged)
    with pytest.raises(DistributionError, match=r"^a\.npz: .*bad crc-32"):
        read(path)


def test_a_truncated_file_is_refused(written):
    path = written("a.npy", np.arange(100.0))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        DistributionError, match=r"^a\.npy: is cut off: the array .* takes 800 bytes, but 799"
    ):
        read(path)


def test_a_missing_file_or_a_folder_is_refused(written, tmp_path):
    with pytest.raises(DistributionError, match=r"nowhere\.csv: there is no such file$"):
        read(tmp_path / "nowhere.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(
        DistributionError, match=r"folder\.csv: is a folder; pass the path of a file in it$"
    ):
        read(tmp_path / "folder.csv")


AB, AC, PLAIN, THREE = "a,b\n1,2\n3,4\n", "a,c\n1,2\n3,4\n", "1,2\n3,4\n", "1,2,3\n3,4,5\n"
UNLIKE = [
    (AB, AC, {}, r"different columns: only x\.csv has b, only y\.csv has c; .* --columns a$"),
    (AB, "c,d\n1,2\n3,4\n", {}, r"they have none in common; .* --columns 0,1$"),
    (PLAIN, THREE, {}, r"^x\.csv has 2 columns and y\.csv 3; choose those that both have"),
    (AB, THREE, {}, r"^x\.csv has 2 columns and y\.csv 3"),
    (
        AB,
        AC,
        {"columns": ["b"]},
        r"^y\.csv: there is no column 'b'; there are a, c, or numbers 0 t",
    ),
    (PLAIN, PLAIN, {"columns": ["2"]}, r"no column '2'; it has no header; .* by number: 0 to 1$"),
    (PLAIN, PLAIN, {"columns": ["-1"]}, r"no column '-1'"),
    (AB, AB, {"columns": ["a", "a"]}, r"^--columns names 'a' twice$"),
    (AB, AB, {"x_weights": "w"}, r"^x\.csv: there is no column 'w'"),
    (AB, AB, {"x_weights": "b"}, r"only y\.csv has b"),
    (
        "a,a\n1,2\n3,4\n",
        AB,
        {"columns": ["a"]},
        r"^x\.csv: 2 columns are called 'a'; choose one",
    ),
    (AB, AB, {"x_weights": "b", "y_weights": "2"}, r"^y\.csv: there is no column '2'"),
    (
        "a,b\n1,2\n3,-4\n",
        AB,
        {"x_weights": "b", "y_weights": "b"},
        r"^x\.csv: the weights in column 'b' must be at least 0, but that of row 1, counted "
        r"from 0, is -4$",
    ),
    (
        "a,b\n1,0\n3,0\n",
        AB,
        {"x_weights": "b", "y_weights": "b"},
        r"^x\.csv: all weights in column",
    ),
    ("a\n1\n2\n", "a\n1\n2\n", {"x_weights": "a"}, r"^x\.csv: has no column beside the weights$"),
]


@pytest.mark.parametrize(("x", "y", "options", "message"), UNLIKE)
def test_columns_that_do_not_match_are_refused(written, x, y, options, message):
    tables = read(written("x.csv", x)), read(written("y.csv", y))
    with pytest.raises(DistributionError, match=message):
        samples(*tables, **options)

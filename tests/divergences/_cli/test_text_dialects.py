"""Text tables: delimiters and decimal signs, missing cells, words and times."""

import csv
import io
import shlex

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divergences import DistributionError
from divergences._cli.main import main
from divergences._cli.tables import TextOptions, column_list, delimiter_of, read, samples
from divergences._cli.tables.table import columns_option


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that writes a text and returns the path of its file."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        (tmp_path / name).write_text(text, newline="")
        return (tmp_path / name).relative_to(tmp_path)

    return write


@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
        min_size=2,
        max_size=6,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([".", ","]),
)
def test_a_stated_dialect_is_read_to_the_last_bit(tmp_path_factory, rows, delimiter, decimal):
    path = tmp_path_factory.mktemp("dialects") / "a.csv"
    text = io.StringIO()
    fields = [[repr(value).replace(".", decimal) for value in row] for row in rows]
    csv.writer(text, delimiter=delimiter).writerows([["u", "v"], *fields])
    path.write_text(text.getvalue())
    table = read(path, text=TextOptions(delimiter=delimiter, decimal=decimal))
    assert table.numbers([0, 1]).tolist() == rows
    assert table.notes == ()


@pytest.mark.parametrize(
    ("name", "text", "values", "options"),
    [
        ("a.csv", "a;b\n1;2\n3;4\n", [[1, 2], [3, 4]], "--delimiter ';'"),
        ("a.csv", "a;b\n1,5;2\n3;4,25\n", [[1.5, 2], [3, 4.25]], "--delimiter ';' --decimal ,"),
        ("a.csv", "1,5;2,5\n3,5;4,5\n", [[1.5, 2.5], [3.5, 4.5]], "--delimiter ';' --decimal ,"),
        ("a.csv", 'a,b\n"1,5",2\n3,"4,5"\n', [[1.5, 2], [3, 4.5]], "--delimiter , --decimal ,"),
        ("a.csv", "a\tb\n1\t2\n3\t4\n", [[1, 2], [3, 4]], "--delimiter tab"),
        ("a.csv", "a|b\n1|2\n3|4\n", [[1, 2], [3, 4]], "--delimiter '|'"),
        ("a.tsv", "a;b\n1;2\n3;4\n", [[1, 2], [3, 4]], "--delimiter ';'"),
        ("a.txt", "1,2\n3,4\n", [[1, 2], [3, 4]], "--delimiter ,"),
        ("a.txt", "1, 2\n3, 4\n", [[1, 2], [3, 4]], "--delimiter ,"),
        ("a.txt", "1,5 2\n3 4,5\n", [[1.5, 2], [3, 4.5]], "--delimiter blanks --decimal ,"),
    ],
)
def test_an_inferred_dialect_is_said_and_can_be_stated(written, name, text, values, options):
    path = written(name, text)
    table = read(path)
    assert table.numbers([0, 1]).tolist() == values
    assert table.notes[0].endswith(f"({options})")
    arguments = dict(zip(*[iter(shlex.split(options))] * 2, strict=True))
    stated = TextOptions(
        delimiter=delimiter_of(arguments["--delimiter"]), decimal=arguments.get("--decimal")
    )
    again = read(path, text=stated)
    assert again.numbers([0, 1]).tolist() == values


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "a,note\n1,x;y\n2,x;y\n",  # semicolons in words
        'a,b\n1,"x;y,z"\n2,"x|y"\n',
        "a,b\n1,2\n\n3,4\n",
    ],
)
def test_commas_are_kept_where_they_fit(written, text):
    assert read(written("a.csv", text)).notes == ()


def test_numbers_that_could_be_thousands_are_not_taken_for_decimals(written):
    table = read(written("a.csv", "a;b\n1,234;2\n5,678;4\n"))
    with pytest.raises(DistributionError, match=r"'1,234' .* decimal sign: --decimal ,; choose"):
        samples(table, table)
    table = read(written("a.csv", "a;b\n1,234;2\n5,678;4\n"), text=TextOptions(decimal=","))
    assert samples(table, table)[0].points[:, 0].tolist() == [1.234, 5.678]


@pytest.mark.parametrize("text", ["1.5", "1.234,5", "1_0,5"])
def test_a_point_is_no_part_of_a_number_with_a_decimal_comma(written, text):
    table = read(written("a.csv", f"a;b\n1,5;2\n{text};4\n"), text=TextOptions(decimal=","))
    with pytest.raises(DistributionError, match=r"line 3: '.*' in column 'a' is no number"):
        samples(table, table)


@pytest.mark.parametrize("text", ["1_000", "1e1_0", "1.5.2", "0x10", "1 000", "12.5%"])
def test_text_that_is_no_number_is_refused(written, text):
    table = read(written("a.csv", f"a,b\n1,2\n{text},3\n"))
    with pytest.raises(DistributionError, match=r"line 3: '.*' in column 'a' is no number"):
        samples(table, table)


def test_an_integer_that_floats_would_round_is_no_number(written):
    table = read(written("a.csv", f"id,b\n{2**53},1\n{2**53 + 1},2\n"))
    with pytest.raises(DistributionError, match=r"line 3: '9007199254740993' .* is no number tha"):
        samples(table, table)
    assert table.columns[0].tolist() == [str(2**53), str(2**53 + 1)]
    exact = read(written("b.csv", f"{2**53},1\n{2**60},2\n"))
    assert exact.columns[0].tolist() == [2.0**53, 2.0**60]


# Missing entries


BLANKS = ["", " ", "NA", "NaN", "null", "-", "#N/A"]


@pytest.mark.parametrize(
    ("name", "blank"),
    [("a.csv", '""'), *((name, b) for name in ("a.csv", "a.tsv", "a.txt") for b in BLANKS)],
)
def test_a_blank_cell_of_a_single_column_is_missing(written, name, blank):
    path = written(name, f"a\n1\n{blank}\n3\n")
    table = read(path)
    assert np.array_equal(table.columns[0], [1, np.nan, 3], equal_nan=True)
    with pytest.raises(DistributionError, match=r"1 of 3 rows have missing .*row 1 .*\(line 3\)"):
        samples(table, table)
    dropped = samples(table, table, drop_missing=True)[0]
    assert (dropped.points.tolist(), dropped.n_dropped, dropped.n_rows) == ([[1], [3]], 1, 3)


def test_the_command_never_drops_blank_cells_in_silence(written, capsys):
    cells = ["" if k % 3 == 0 else str(k) for k in range(60)]
    path = written("one.csv", "a\n" + "\n".join(cells) + "\n")
    other = written("other.csv", "a\n" + "\n".join(map(str, range(50))) + "\n")
    arguments = [str(path), str(other), "--method", "knn"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: one.csv: 20 of 60 rows have missing entries: rows 0, 3, 6")
    (remedy,) = [word for word in error.replace(",", " ").split() if word.startswith("--")]
    assert main([*arguments, remedy]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert out.startswith("x: 40 points, y: 50 points")
    assert "20 of 60 rows of x and 0 of 50 rows of y have missing entries and are left" in out


def test_a_row_is_dropped_for_the_chosen_columns_and_the_weights(written):
    table = read(written("a.csv", "a,b,w\n1,2,1\n3,,2\n5,6,\n7,8,4\n"))
    found = samples(table, table, x_weights="w", y_weights="w", drop_missing=True)[0]
    assert (found.points.tolist(), found.weights.tolist()) == ([[1, 2], [7, 8]], [1, 4])
    found = samples(table, table, columns=["a"], drop_missing=True)[0]
    assert (len(found.points), found.n_dropped) == (4, 0)


def test_infinities_are_not_missing(written):
    table = read(written("a.csv", "a\n1\ninf\n3\n"))
    with pytest.raises(DistributionError, match=r"1 of 3 rows have infinite .*row 1 .*\(line 3\)"):
        samples(table, table, drop_missing=True)


# Words and times


def test_columns_of_words_keep_their_text(written):
    rows = [["007", "Köln"], ["1.50", ""], ["", "x, y"], ["late", "None"]]
    text = io.StringIO()
    csv.writer(text).writerows([["id", "town"], *rows])
    table = read(written("a.csv", text.getvalue()))
    assert table.columns[0].tolist() == ["007", "1.50", None, "late"]
    assert table.columns[1].tolist() == ["Köln", None, "x, y", None]


def test_a_word_behind_many_numbers_makes_a_column_of_words(written):
    numbers = [f"{k:04d}" for k in range(9000)]
    table = read(written("a.csv", "a,b\n" + "\n".join(f"{n},{n}" for n in numbers) + "\nx,5\n"))
    assert table.columns[0].tolist() == [*numbers, "x"]
    assert table.columns[1].tolist() == [*map(float, numbers), 5.0]
    assert table.text == {0: (9002, "x")}


def test_dates_are_times(written):
    table = read(written("a.csv", "when,n\n2024-01-31,1\n,2\n2024-02-01 12:30,3\n"))
    expected = np.array(["2024-01-31", "NaT", "2024-02-01T12:30"], "datetime64[us]")
    assert np.array_equal(table.columns[0], expected, equal_nan=True)
    for other in ("2024-13-01", "2024-02", "today", "2024-01-01Z"):
        words = read(written("b.csv", f"when,n\n{other},1\n2024-01-01,2\n"))
        assert words.columns[0].tolist() == [other, "2024-01-01"]


def test_comments_are_skipped_and_rows_that_look_like_one_are_not(written):
    text = "# made today\ncolor,n\n#ff0000,1\n# a remark\n#00ff00,2\n"
    table = read(written("a.csv", text))
    assert table.columns[0].tolist() == ["#ff0000", "#00ff00"]


@given(st.data())
def test_tables_agree_with_pandas(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("pandas") / "a.csv"
    n = data.draw(st.integers(2, 6))
    numbers = st.floats(width=32, allow_infinity=False)
    words = st.sampled_from(["a", "b c", 'say "x"', "1,5", "é;", None])
    frame = pd.DataFrame({
        "u": data.draw(st.lists(numbers, min_size=n, max_size=n)),
        "w": data.draw(st.lists(words, min_size=n, max_size=n)),
    })
    frame.to_csv(path, index=False)
    if frame.u.isna().all() or frame.w.isna().all():
        return
    table = read(path, text=TextOptions(delimiter=",", decimal="."))
    assert np.array_equal(table.columns[0], frame.u.to_numpy(), equal_nan=True)
    assert table.columns[1].tolist() == [None if w != w else w for w in frame.w.tolist()]


# Options


REMEDIES = {
    "words": ("id,a\np,1\nq,2\n", "id,a\np,1\nq,3\n", [], "--columns a"),
    "words alone": ("a\np\nq\n", "a\np\np\n", [], "--by-column"),
    "names with commas": (
        'n,"a, b"\np,1\nq,2\n',
        'n,"a, b"\np,1\nq,3\n',
        [],
        "--columns '\"a, b\"'",
    ),
    "an index": (",a\n0,5\n1,6\n", ",a\n0,5\n1,7\n", [], "--columns a"),
    "other columns": ("a,b,c\n1,2,3\n4,5,6\n", "c,a\n1,2\n3,5\n", [], "--columns a,c"),
    "other names": ("a,b\n1,2\n3,4\n", "c,d\n1,2\n3,5\n", [], "--columns 0,1"),
    "no names": ("1,2\n3,4\n", "1,2,3\n3,4,5\n", [], "--columns 0,1"),
    "thousands": ("a;b\n1,234;2\n5,678;4\n", "a;b\n1;2\n5;4\n", [], "--decimal ,"),
    "missing": ("a\n1\n\n3\n", "a\n1\n2\n", [], "--drop-missing"),
    "a header": ("1.5,u\n2,v\n3,v\n", "1.5,u\n2,v\n3,v\n", ["--columns", "0"], "--no-header"),
    "a delimiter": ("a;b|c\n1;2|3\n4;5|6\n", "2|3\n5|6\n", ["--columns", "1"], "--delimiter '|'"),
}


@pytest.mark.parametrize(("x", "y", "options", "remedy"), REMEDIES.values(), ids=REMEDIES)
def test_the_remedy_in_a_refusal_runs(written, capsys, x, y, options, remedy):
    command = [str(written("x.csv", x)), str(written("y.csv", y)), *options]
    assert main(command) == 2
    assert remedy in capsys.readouterr().err
    method = [] if remedy == "--by-column" else ["--method", "histogram"]
    assert main([*command, *shlex.split(remedy), *method]) == 0


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=1)))
def test_the_option_of_columns_names_any_columns(names):
    if names:
        option, value = shlex.split(columns_option(names))
        assert (option, column_list(value)) == ("--columns", names)


@pytest.mark.parametrize("text", ["", ";;", '"', "1", "a", ".", "\n"])
def test_a_delimiter_that_is_none_is_refused(text):
    with pytest.raises(DistributionError, match=r"--delimiter must be one character .*as --delim"):
        delimiter_of(text)


def test_an_ambiguous_delimiter_is_refused_with_the_choices(written):
    path = written("a.csv", "a;b|c\n1;2|3\n4;5|6\n")
    with pytest.raises(DistributionError, match=r"pass --delimiter ';' or --delimiter '\|'$"):
        read(path)


def test_a_line_without_end_is_refused(written, monkeypatch):
    monkeypatch.setattr("divergences._cli.tables.text_files.MAX_LINE", 100)
    with pytest.raises(DistributionError, match=r"line 2: is longer than 100 characters; it need"):
        read(written("a.csv", "a,b\n" + "1" * 200))

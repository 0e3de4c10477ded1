"""The command by column: text, JSON, the report and messages."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from divergences._cli.main import main
from divergences.sampled import compare_columns


@pytest.fixture
def frames(tmp_path, monkeypatch):
    """Two tables in files, and as frames; one name would be markup in HTML."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = pd.DataFrame({
        "income": rng.normal(size=50).round(6),
        "city": rng.choice(["Rome", "Oslo", "<b>&"], 50),
        "code": rng.integers(0, 3, 50),
        "<script>alert(1)</script>": rng.normal(size=50).round(6),
        "old": 1,
    })
    y = x.sample(40, random_state=1)[x.columns[::-1]].rename(columns={"old": "new"})
    y.loc[y.index[:5], "income"] = np.nan
    x.to_csv("x.csv", index=False)
    y.to_csv("y.csv", index=False)
    return x, y


def output(capsys, *arguments, status=0):
    """Standard output and standard error of the command."""
    assert main(["x.csv", "y.csv", *arguments]) == status
    return capsys.readouterr()


def test_the_command_prints_what_compare_columns_gives(frames, capsys):
    out, err = output(capsys, "--by-column")
    assert out == f"x: x.csv, y: y.csv\n{compare_columns(*frames)}\n"
    assert err == ""


def test_json_is_what_compare_columns_gives(frames, capsys):
    options = ["--categorical", "code", "--bins", "4", "--psi-floor", "0.01", "--seed", "3"]
    out, err = output(capsys, "--by-column", "--json", *options)
    comparison = compare_columns(
        *frames, categorical=["code"], bins=4, psi_floor=0.01, rng=np.random.default_rng(3)
    )
    assert json.loads(out) == {"x": "x.csv", "y": "y.csv", **comparison.as_dict()}
    assert err == ""
    strict = json.loads(out, parse_constant=pytest.fail)
    assert strict["columns"][0]["reverse_kl"] == "inf"


def test_chosen_columns_are_compared(frames, capsys):
    out, _ = output(capsys, "--by-column", "--json", "--columns", "code, city")
    assert {column["name"] for column in json.loads(out)["columns"]} == {"code", "city"}
    assert json.loads(out)["x_only"] == []


class Page(HTMLParser):
    """Elements and text of a page; fails where tags do not nest."""

    VOID = frozenset(["meta", "br"])

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_report_is_one_page_without_external_resources(frames, capsys):
    out, err = output(capsys, "--by-column", "--report", "report.html")
    assert out.startswith("x: x.csv, y: y.csv\n")
    assert err == "written: report.html\n"
    text = Path("report.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = [tag for tag, _ in page.elements]
    assert not {"script", "link", "img", "iframe", "b>"} & set(tags)
    assert not re.search(r"https?:|url\(|@import|src=", text)
    assert tags.count("svg") == 4  # a picture per column
    assert {"html", "title", "h1", "table"} <= set(tags)
    for name in ("income", "city", "code", "<script>alert(1)</script>", "<b>&"):
        assert name in page.text
    for word in ("x.csv", "y.csv", "50 rows", "40 rows", "Definitions", "Jensen-Shannon", "Holm"):
        assert word in page.text
    assert "only x has it: old" in page.text
    assert "$" not in text


def test_the_report_has_the_numbers_of_the_comparison(frames, capsys):
    output(capsys, "--by-column", "--report", "report.html")
    text = Path("report.html").read_text(encoding="utf-8")
    for column in compare_columns(*frames):
        assert f"{column.js:.4g}<span class='track'>" in text
        assert f">{column.psi:.4g}" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--report", "a.html"], "--report is of a comparison by column: add --by-column"),
        (["--bins", "3"], "--bins is of a comparison by column: add --by-column"),
        (["--categorical", "a"], "--categorical is of a comparison by column: add --by-column"),
        (["--by-column", "--plot", "a.png"], "--plot does not apply to --by-column; --report"),
        (["--by-column", "--x-weights", "a"], "--x-weights does not apply to --by-column; leave"),
        (["--by-column", "--method", "knn"], "--method does not apply to --by-column; leave it"),
        (["--by-column", "--report", "a.txt"], "a.txt: a report must end in .html, but"),
        (["--by-column", "--report", "no/a.html"], "no/a.html: there is no folder no; make it"),
        (["--by-column", "--bins", "1"], "--bins must be a whole number of at least 2, but is 1"),
        (["--by-column", "--psi-floor", "1"], "--psi-floor must be a share in [0, 1), as 1e-4"),
        (["--by-column", "--categorical", "cod"], "--categorical names 'cod', which x.csv does"),
        (["--by-column", "--columns", "cod"], "x.csv: there is no column 'cod'; there are income"),
    ],
)
def test_options_that_do_not_fit_are_refused(frames, capsys, arguments, message):
    out, err = output(capsys, *arguments, status=2)
    assert out == ""
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def refused(capsys, tmp_path, x, y, *arguments):
    """The message that refuses two texts, as files."""
    (tmp_path / "a.csv").write_text(x)
    (tmp_path / "b.csv").write_text(y)
    assert main(["a.csv", "b.csv", "--by-column", *arguments]) == 2
    return capsys.readouterr().err


def test_the_remedies_of_columns_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    err = refused(capsys, tmp_path, "a,b\n1,u\n2,v\n", "a,b\n1,u\ntwo,v\n")
    assert "column 'a' must hold values of one type" in err
    assert err.endswith("--categorical a\n")
    assert main(["a.csv", "b.csv", "--by-column", "--categorical", "a"]) == 0
    capsys.readouterr()
    err = refused(capsys, tmp_path, "a,b,c d\n,u,1\n,v,2\n", "a,b,c d\n,u,1\n,v,2\n")
    assert "column 'a' has missing values only" in err
    assert err.endswith("choose the others: --columns 'b,c d'\n")
    assert main(["a.csv", "b.csv", "--by-column", "--columns", "b,c d"]) == 0
    capsys.readouterr()
    err = refused(capsys, tmp_path, "a\n1\ninf\n", "a\n1\n2\n")
    assert "infinite in row 1, counted from 0; leave those cells empty" in err
    err = refused(capsys, tmp_path, "a,a\n1,2\n3,4\n", "a,a\n1,2\n3,4\n")
    assert "2 columns are called 'a'; choose by numbers, from 0: --columns 0,1" in err
    assert main(["a.csv", "b.csv", "--by-column", "--columns", "0,1"]) == 0

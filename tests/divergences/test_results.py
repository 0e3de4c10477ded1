"""Results act as their values, and print as one line without arrays."""

import math
import operator
import pickle
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divergences import closed_forms, densities, lipschitz_witness, sampled, transport
from divergences._results import Number, counted, html_table
from divergences.sampled._estimate import Endpoints

NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6)


def estimate(value, **fields):
    fields = {"interval": Endpoints(0.0, 1.0), "confidence": 0.95, "notes": ()} | fields
    return sampled.Estimate(value, "KL(p || q) in nats", "knn", 5, 6, **fields)


BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
]


@given(NUMBERS, NUMBERS)
def test_operators_are_those_of_the_values(a, b):
    for operation in BINARY:
        expected = operation(a, b)
        assert operation(estimate(a), b) == expected
        assert operation(a, estimate(b)) == expected
        assert operation(estimate(a), estimate(b)) == expected
        assert operation(estimate(a), np.float64(b)) == expected
        assert operation(np.float64(a), estimate(b)) == expected


@given(NUMBERS)
def test_functions_of_one_number_are_those_of_the_value(a):
    e = estimate(a)
    assert (float(e), int(e), bool(e), round(e), round(e, 2)) == ((
        a,
        int(a),
        bool(a),
        round(a),
        round(a, 2),
    ))
    assert (-e, +e, abs(e), math.floor(e), hash(e)) == (-a, a, abs(a), math.floor(a), hash(a))
    assert f"{e:.3f} {e:>12.4g}" == f"{a:.3f} {a:>12.4g}"
    assert e == pytest.approx(a)


def test_powers_sums_and_maxima_are_of_the_values():
    two, three = estimate(2.0), estimate(3.0)
    assert (two**3, 2**three, two**three) == (8, 8, 8)
    assert sum([two, three]) == 5
    assert max(two, three) is three
    assert sorted([three, two]) == [2, 3]


def test_arrays_take_the_values():
    e = estimate(2.0)
    np.testing.assert_array_equal(np.array([e, e]), [2.0, 2.0])
    np.testing.assert_array_equal(np.ones(2) * e, [2.0, 2.0])
    np.testing.assert_array_equal(e - np.ones(2), [1.0, 1.0])
    assert np.sqrt(e) == math.sqrt(2)
    assert np.array(e, dtype=np.float32).dtype == np.float32


def test_equality_and_hash_are_of_the_value_alone():
    assert estimate(2.0) == estimate(2.0, notes=("a note",)) == 2
    assert len({estimate(2.0), estimate(2.0), 2.0}) == 1
    assert estimate(math.nan) != estimate(math.nan)
    assert estimate(2.0) not in ("2.0", None)
    assert not estimate(0.0)


def test_no_order_with_what_is_no_number():
    with pytest.raises(TypeError, match="'<' not supported"):
        _ = estimate(2.0) < "2"


def test_arithmetic_of_tensors_carries_their_gradient():
    x = torch.tensor([[0.0], [1.0]], requires_grad=True)
    e = sampled.emd(x, [[2.0], [3.0]])
    for loss in (2 * e + 1, e * torch.tensor(2.0), torch.tensor(2.0) * e):
        (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
        assert gradient.tolist() == [[-1.0], [-1.0]]
    assert (float(e), f"{e:.1f}", e < 3) == (2.0, "2.0", True)


def test_an_estimate_can_be_pickled():
    e = sampled.emd([0.0, 1.0], [2.0, 3.0])
    assert pickle.loads(pickle.dumps(e)).low == e.low


POINTS = np.random.default_rng(0).normal(size=(300, 2))
MOVED = POINTS[:200] + 1


@pytest.fixture(scope="module")
def results():
    solved = sampled.transport(POINTS, MOVED)
    x = np.arange(40.0)
    return {
        "emd": sampled.emd(POINTS, MOVED),
        "kl": sampled.kl(POINTS, MOVED, method="knn"),
        "without an interval": estimate(0.5, interval=None, notes=("no interval",)),
        "Transport": solved,
        "labelled Transport": transport({"<a>": 1.0}, {"b": 0.5, "c": 0.5}, lambda a, b: 1.0),
        "PermutationTest": sampled.permutation_test(x, x + 1, permutations=99),
        "LipschitzWitness": lipschitz_witness(solved, MOVED),
        "Integral": densities.js(lambda x: -x, lambda x: math.log(2) - 2 * x, (0, math.inf)),
        "MultivariateNormal": closed_forms.MultivariateNormal(np.zeros(50), np.eye(50)),
        "Categorical": closed_forms.Categorical(np.full(1000, 1e-3)),
    }


LINES = {
    "emd": r"1.3\d+, 95% interval up to 1.5\d+ \(`low` takes two more solves\): euclidean EMD of "
    "the two point sets, by exact transport, n = 300, m = 200",
    "kl": r"0.\d+, 95% interval \[0.\d+, 1.\d+\]: KL\(p \|\| q\) in nats, by knn, n = 300, "
    "m = 200",
    "without an interval": r"0.5: KL\(p \|\| q\) in nats, by knn, n = 5, m = 6; 1 note in `notes`",
    "Transport": r"cost 1.3\d+, proved within \de-1\d: 499 moves from 300 sources to 200 targets",
    "labelled Transport": r"cost 1, proved within \de-1\d: 2 moves from 1 source to 2 targets",
    "PermutationTest": r"p = [01][.\d]*: emd = 1, 99 permutations, n = 40, m = 40",
    "LipschitzWitness": "1-Lipschitz function of points in 2 dimensions, euclidean metric, from "
    "the potentials of 200 targets",
    "Integral": r"0.\d{10,} nats, error at most \de-1\d",
    "MultivariateNormal": "<MultivariateNormal in 50 dimensions>",
    "Categorical": "<Categorical of 1,000 outcomes>",
}


@pytest.mark.parametrize("name", LINES)
def test_a_result_prints_one_line_without_arrays(results, name):
    result = results[name]
    assert re.fullmatch(LINES[name], str(result))
    assert str(result).strip("<>") in repr(result)
    for text in (str(result), repr(result)):
        assert len(text) < 200
        assert not re.search(r"\n|array|\.\.\.", text)


@pytest.mark.parametrize("name", [name for name in LINES if not name.startswith(("M", "C"))])
def test_a_notebook_shows_a_table(results, name):
    source = results[name]._repr_html_()
    root = ElementTree.fromstring(source)  # well-formed
    assert root.tag == "table"
    assert 1 < len(root) < 10
    assert all(cell.tag in ("th", "td") for row in root[1:] for cell in row)
    assert "array" not in source


def test_the_table_escapes_labels(results):
    source = results["labelled Transport"]._repr_html_()
    assert "<th>&lt;a&gt;</th><td>b</td><td>0.5</td><td>1</td>" in source


def test_no_print_computes_the_lower_endpoint():
    e = sampled.emd(POINTS, MOVED)
    str(e), repr(e), f"{e}", e._repr_html_(), repr(e.interval)
    assert not e.interval.is_low_known
    assert "takes two more solves" in str(e)
    assert f"95% interval [{e.low:.6g}, {e.high:.6g}]: " in str(e)
    assert "takes" not in e._repr_html_()


def test_a_comparison_has_one_line_and_a_table():
    comparison = sampled.compare(POINTS[:60], MOVED[:60], method="knn")
    assert re.fullmatch(
        r"<Comparison KL\(x \|\| y\) = .* nats; EMD = .*; x: 60 points, y: 60 points, 2 "
        "dimensions>",
        repr(comparison),
    )
    table, summary = ElementTree.fromstring(f"<div>{comparison._repr_html_()}</div>")
    assert [row[0].text for row in table[1:]] == [None, "KL(x || y)", "KL(y || x)", "JS", "EMD"]
    assert [item.text for item in summary] == list(comparison.summary)


def test_small_parameters_are_shown_so_that_they_can_be_evaluated():
    for family in (
        closed_forms.MultivariateNormal([0, 1], [[1, 0.5], [0.5, 1]]),
        closed_forms.Categorical([0.25, 0.75]),
        closed_forms.Normal(0, 1),
    ):
        again = eval(repr(family), vars(closed_forms))
        assert closed_forms.kl(again, family) == 0


def test_integrals_act_as_their_values():
    p, q = (lambda x: -x), (lambda x: math.log(2) - 2 * x)
    integral = densities.kl(p, q, (0, math.inf))
    assert integral == integral.value == float(integral)
    assert 2 * integral > integral > 0
    assert f"{integral:.6f}" == "0.306853"


def test_headings_are_the_first_row_or_the_first_column():
    assert html_table("t", [("a", 1)]).endswith("<tr><th>a</th><td>1</td></tr></table>")
    assert "<th>a</th><th>b</th>" in html_table("t", [("a", "b")], header=True)
    assert (counted(1, "move"), counted(2000, "move")) == ("1 move", "2,000 moves")
    assert issubclass(sampled.Estimate, Number)

"""The value of a pair depends on its numbers alone, to the last bit, and takes little memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import divergences
from divergences import js_distance, kl
from divergences._discrete import threads
from divergences._discrete.vector_blocks import MAX_BLOCK_ENTRIES, MAX_SHORT_ROW, batch_slices
from tests.divergences._discrete.families import FUNCTIONS
from tests.strategies import distributions

LENGTHS = [
    1,
    2,
    10,
    MAX_SHORT_ROW,
    MAX_SHORT_ROW + 1,
    300,
    MAX_BLOCK_ENTRIES // 2 + 1,
    MAX_BLOCK_ENTRIES - 1,
    MAX_BLOCK_ENTRIES,
    MAX_BLOCK_ENTRIES + 1,
]


def pairs(n, k, seed=0):
    p, q = np.random.default_rng(seed).dirichlet(np.full(k, 0.3), size=(2, n))
    q[::2, : k // 3] = 0
    q[:, -1] += 0.1
    return p, q / q.sum(-1, keepdims=True)


def strided(array):
    padded = np.zeros((*array.shape[:-1], 2 * array.shape[-1] + 1))
    padded[..., 1::2] = array
    return padded[..., 1::2]


STORED = {
    "Fortran order": np.asfortranarray,
    "strided": strided,
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1],
    "big-endian": lambda a: a.astype(">f8"),
    "list": lambda a: a.tolist(),
    "read-only": lambda a: np.frombuffer(a.tobytes()).reshape(a.shape),
    "unaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), offset=1).reshape(a.shape),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_bits_do_not_depend_on_how_the_numbers_are_stored(name):
    for k in (10, 100, MAX_BLOCK_ENTRIES + 1):
        p, q = pairs(3, k)
        expected = FUNCTIONS[name](p, q)
        for kind, store in STORED.items():
            if kind == "list" and k > 100:
                continue
            value = FUNCTIONS[name](store(p), store(q))
            np.testing.assert_array_equal(value, expected, err_msg=f"{kind}, {k}")
        value = FUNCTIONS[name](p.T.copy(), q.T.copy(), axis=0)
        np.testing.assert_array_equal(value, expected)


def test_the_bits_of_a_file_are_those_of_its_numbers(tmp_path):
    p, q = pairs(3, 500)
    for name, array in (("p", p), ("q", q)):
        np.save(tmp_path / name, array)
    stored = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "pq")
    np.testing.assert_array_equal(kl(*stored), kl(p, q))


@pytest.mark.parametrize("k", [10, 100])
def test_single_precision_has_the_bits_of_its_numbers_in_double_precision(k):
    rng = np.random.default_rng(0)
    first, second = rng.multinomial(2**20, np.full(k, 1 / k), size=(2, 4)) / 2**20
    single = kl(first.astype(np.float32), second.astype(np.float32))
    np.testing.assert_array_equal(single, kl(first, second).astype(np.float32))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("k", LENGTHS)
def test_the_bits_of_a_row_do_not_depend_on_its_batch(name, k):
    p, q = pairs(3 if k > 300 else 40, k)
    batch = FUNCTIONS[name](p, q)
    alone = [FUNCTIONS[name](a, b) for a, b in zip(p, q, strict=True)]
    np.testing.assert_array_equal(batch, alone)
    np.testing.assert_array_equal(FUNCTIONS[name](p[1:], q[1:]), batch[1:])


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=25)
@given(rows=st.lists(st.tuples(distributions(5), distributions(5)), min_size=2, max_size=5))
def test_nor_where_other_rows_have_zeros_or_subnormal_masses(name, rows):
    p, q = (np.stack(vectors) for vectors in zip(*rows, strict=True))
    alone = [FUNCTIONS[name](a, b) for a, b in rows]
    np.testing.assert_array_equal(FUNCTIONS[name](p, q), alone)


@pytest.mark.parametrize("shape", [(300_000,), (40, 8000), (30_000, 10)])
def test_the_bits_do_not_depend_on_the_number_of_threads(shape, monkeypatch):
    p, q = pairs(int(np.prod(shape[:-1])), shape[-1])
    p, q = p.reshape(shape), q.reshape(shape)
    for name in ("kl", "js_distance", "cross_entropy", "renyi 0.3"):
        values = []
        for number in (1, 2, 4):
            monkeypatch.setattr(threads, "number_of_threads", lambda number=number: number)
            values.append(FUNCTIONS[name](p, q))
        assert np.array_equal(values[0], values[1])
        assert np.array_equal(values[0], values[2])


def test_an_error_in_a_thread_is_that_of_one_thread(monkeypatch):
    p, q = pairs(30_000, 10)
    q[12_345, 6] = -1
    for number in (1, 2):
        monkeypatch.setattr(threads, "number_of_threads", lambda number=number: number)
        with pytest.raises(divergences.DistributionError, match=r"`q`\[12345, 6\] = -1.0"):
            kl(p, q)


def test_the_number_of_threads_is_limited_by_the_variable_of_openmp(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads.number_of_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert threads.number_of_threads() >= 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_broadcast_arguments_have_the_bits_of_pairs(name):
    for n, k in ((7, 10), (5, 100)):
        p, q = pairs(n, k)
        matrix = FUNCTIONS[name](p[:, None], q[None])
        each = [[FUNCTIONS[name](a, b) for b in q] for a in p]
        np.testing.assert_array_equal(matrix, each)
        np.testing.assert_array_equal(FUNCTIONS[name](p, q[0]), matrix[:, 0])


@given(st.lists(st.integers(1, 6), max_size=4), st.integers(1, 30))
def test_parts_of_a_batch_are_small_and_cover_it_once(shape, rows):
    count, shape = np.zeros(shape, dtype=int), tuple(shape)
    for index in batch_slices(shape, rows):
        count[index] += 1
        assert count[index].size <= rows
    assert (count == 1).all()


def peak(function, *arguments):
    tracemalloc.start()
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(1_600_000,), (16_000, 100), (160_000, 10)])
def test_the_memory_of_a_call_is_that_of_a_few_blocks(name, shape, monkeypatch):
    monkeypatch.setattr(threads, "number_of_threads", lambda: 1)
    if name == "renyi 0" and len(shape) == 1:
        return  # by the body for every namespace, which takes one vector as a whole
    p, q = np.random.default_rng(0).random((2, *shape)) + 0.1
    p, q = (a / a.sum(-1, keepdims=True) for a in (p, q))
    result = 8 * np.prod(shape[:-1])
    blocks = 36 if name.startswith(("renyi", "alpha")) else 12
    assert peak(FUNCTIONS[name], p, q) < result + blocks * 8 * MAX_BLOCK_ENTRIES  # p has 13 MB


def test_broadcast_and_single_precision_arguments_are_not_copied(monkeypatch):
    monkeypatch.setattr(threads, "number_of_threads", lambda: 1)
    most = 12 * 8 * MAX_BLOCK_ENTRIES  # 6 MB
    constant = np.broadcast_to(2.0**-21, (2**21,))
    assert kl(constant, constant) == 0
    assert peak(kl, constant, constant) < most  # of 17 MB
    rows = np.random.default_rng(0).dirichlet(np.ones(1000), 50)
    assert peak(js_distance, rows[:, None], rows[None]) < most  # of 20 MB
    single = np.full((4096, 1024), 2.0**-10, dtype=np.float32)
    assert peak(kl, single, single) < most  # of 17 MB

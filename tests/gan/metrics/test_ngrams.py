"""Divergence of n-grams against counting by hand, and its limits."""

import math
from collections import Counter

import pytest
import torch

import divergences
from divergences import DistributionError
from gan.metrics.ngrams import NgramReference, known_words, ngram_js, unigram_sample


def drawn(n, *, size=5, seed=0, length=12):
    """Random sequences that prefer small numbers."""
    rng = torch.Generator().manual_seed(seed)
    return (size * torch.rand(n, length, generator=rng) ** 2).long()


def frequencies(sequences, n):
    """Frequencies of n-grams, counted one by one."""
    counts = Counter(
        tuple(row[i : i + n]) for row in sequences.tolist() for i in range(len(row) - n + 1)
    )
    return {gram: count / counts.total() for gram, count in counts.items()}


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_js_of_n_grams_is_that_of_their_counts(n):
    first, second = drawn(20), drawn(30, seed=1, size=7)
    p, q = frequencies(first, n), frequencies(second, n)
    grams = sorted(p.keys() | q.keys())
    expected = divergences.js([p.get(g, 0) for g in grams], [q.get(g, 0) for g in grams])
    assert ngram_js(first, second, n) == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_js_of_n_grams_without_a_common_one_is_log_2():
    assert ngram_js(torch.zeros(3, 6).long(), torch.ones(3, 6).long(), 4) == pytest.approx(
        math.log(2)
    )


def test_an_n_gram_longer_than_a_sequence_is_refused():
    with pytest.raises(DistributionError, match="`n` must be 1 to 12"):
        ngram_js(drawn(3), drawn(3), 13)


def test_the_unigram_model_knows_characters_and_no_pairs():
    text = torch.arange(12).expand(200, 12)  # each character is followed by the next
    reference = NgramReference.of(text, text, torch.Generator().manual_seed(0))
    assert reference.floor == {1: 0, 2: 0, 3: 0, 4: 0}
    assert reference.unigram[1] < 0.01
    assert reference.unigram[4] > 0.6
    measures = reference.measures(text)
    assert measures["js_4"] == 0
    assert measures["js_4_unigram"] == reference.unigram[4]


def test_independent_characters_have_the_frequencies_of_the_text():
    text = drawn(500)
    random = unigram_sample(text, torch.Generator().manual_seed(0))
    assert random.shape == text.shape
    assert ngram_js(text, random, 1) < 1e-3


def test_share_of_known_words():
    assert known_words([["the", "cat"], ["teh", "cat"]], {"the", "cat"}) == 0.75
    assert known_words([[]], {"the"}) == 0


def test_n_grams_whose_numbers_would_overflow_are_refused():
    first, second = torch.full((1, 9), 127), torch.full((1, 9), 127)
    second[0, 8] = 0
    assert ngram_js(first, second, 9) == pytest.approx(math.log(2))
    with pytest.raises(DistributionError, match="`n` must be smaller for 129 characters"):
        ngram_js(first + 1, second, 9)

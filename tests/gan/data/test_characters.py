"""Sequences of characters: text, alphabet, one-hot rows, and refusals."""

import re
from itertools import chain

import pytest
import torch

from divergences import DistributionError
from gan.data.characters import CharacterSequences, complete_words, read_text
from gan.data.grammar import RULES, grammar_text
from gan.datasets import characters_set

TEXT = "the cat sees a bird, and the dog sleeps.\n"


def test_every_sequence_is_a_part_of_the_text_from_the_beginning_of_a_word():
    sequences = CharacterSequences.of(TEXT, length=8)
    points = sequences.sample(50, torch.Generator().manual_seed(0))
    assert points.shape == (50, *sequences.shape)
    assert torch.equal(points.sum(dim=2), torch.ones(50, 8))
    assert points.max() == 1
    for text in sequences.decode(points):
        assert f" {text}" in f" {TEXT}"


def test_white_space_counts_once():
    assert CharacterSequences.of("a b\n\n  c d e f", length=4).alphabet == " abcdef"


def test_text_without_spaces_has_a_sequence_from_every_position():
    sequences = CharacterSequences.of("春眠不觉晓处处闻啼鸟", length=4)
    assert sequences.starts.tolist() == list(range(7))
    assert (
        sequences.texts(sequences.draw(1, torch.Generator().manual_seed(0)))[0]
        in "春眠不觉晓处处闻啼鸟"
    )


def test_a_word_that_the_end_may_have_cut_is_not_counted():
    assert complete_words("the cat sees a bi") == ["the", "cat", "sees", "a"]


def test_all_words_of_the_grammar_come_from_its_rules():
    words = CharacterSequences.of(grammar_text(200)).words()
    assert words <= set(re.findall(r"\w+", " ".join(chain(*RULES.values()))))
    assert {"the", "king", "garden"} <= words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  \n ", "but is empty"),
        ("short", "longer than a sequence of 32 characters .* but has 5 characters"),
        ("a" * 40, "2 to 128 different characters, but has 1"),
        ("".join(map(chr, range(200, 340))), "2 to 128 different characters, but has 140"),
    ],
)
def test_a_text_without_sequences_is_refused(text, message):
    with pytest.raises(DistributionError, match=message):
        CharacterSequences.of(text)


def test_a_file_that_is_not_utf_8_is_refused_with_the_byte(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("caf\u00e9 noir".encode("latin1"))
    with pytest.raises(DistributionError, match=r"must be UTF-8, but byte 3 \(0xe9\) is not"):
        read_text(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DistributionError, match="cannot be read"):
        read_text(tmp_path / "missing.txt")


def test_real_text_of_the_grammar_is_at_the_floor_and_all_words_are_known():
    data = characters_set(None)
    measures = data.measure(data.sample(2000, torch.Generator().manual_seed(1)))
    assert 0 < measures["js_4_floor"] < 0.01
    assert measures["js_4"] == pytest.approx(measures["js_4_floor"], rel=0.3)
    assert measures["known_words"] == 1

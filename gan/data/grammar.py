"""A small grammar of English sentences, written for this project: text with a known vocabulary."""

import random
import re
from functools import cache

SENTENCES = 20_000

# A rule is a list of alternatives, equally likely; a word in braces is a rule.
RULES: dict[str, list[str]] = {
    "sentence": ["{who} {sees} {what}.", "{who} {goes} {where}.", "{who} is {look}."],
    "who": ["the {being}", "the {look} {being}", "a {being}"],
    "what": ["the {thing}", "a {thing}", "the {being}"],
    "where": ["in the {place}", "to the {place}"],
    "being": ["cat", "dog", "bird", "girl", "king"],
    "thing": ["ball", "book", "cup", "ring"],
    "place": ["house", "wood", "garden"],
    "look": ["old", "red", "small", "good"],
    "sees": ["sees", "finds", "has", "likes"],
    "goes": ["runs", "sits", "sings"],
}


@cache
def grammar_text(sentences: int = SENTENCES, /, *, seed: int = 0) -> str:
    """Sentences of the grammar, separated by spaces.

    Args:
        sentences: Number of sentences.
        seed: Seed of the choices.

    Returns:
        A text of lower-case letters, spaces and full stops.

    >>> grammar_text(2)
    'the old bird sings to the wood. the small king runs in the wood.'
    """
    rng = random.Random(seed)
    return " ".join(_expand("sentence", rng) for _ in range(sentences))


def _expand(rule: str, rng: random.Random) -> str:
    """A random text of a rule."""
    alternative = rng.choice(RULES[rule])
    return re.sub(r"\{(\w+)\}", lambda match: _expand(match[1], rng), alternative)

"""A small grammar of English sentences, written for this project: text with a known vocabulary."""

import random
import re
from functools import cache

SENTENCES = 20_000

# A rule is a list of alternatives, equally likely; a word in braces is a rule.
RULES: dict[str, list[str]] = {
    "sentence": ["{who} {does}.", "{who} {does}.", "{who} {does}, and {who} {does}."],
    "who": ["the {being}", "the {being}", "the {look} {being}", "a {being}", "my {being}"],
    "does": [
        "{sees} {what}",
        "{sees} {what}",
        "{goes} {where}",
        "{goes} {where}",
        "is {look}",
    ],
    "what": ["the {thing}", "the {look} {thing}", "a {thing}", "the {being}"],
    "where": ["in the {place}", "to the {place}", "by the {place}"],
    "being": ["cat", "dog", "bird", "fox", "girl", "boy", "king"],
    "thing": ["ball", "book", "cup", "lamp", "coin", "key"],
    "place": ["house", "wood", "river", "garden", "town"],
    "look": ["old", "red", "small", "happy", "quiet"],
    "sees": ["sees", "finds", "wants", "has", "likes"],
    "goes": ["runs", "sits", "sings", "sleeps", "walks"],
}


@cache
def grammar_text(sentences: int = SENTENCES, /, *, seed: int = 0) -> str:
    """Sentences of the grammar, separated by spaces.

    Args:
        sentences: Number of sentences.
        seed: Seed of the choices.

    Returns:
        A text of lower-case letters, spaces, commas and full stops.

    >>> grammar_text(2)
    'a cat walks to the garden. a bird is red.'
    """
    rng = random.Random(seed)
    return " ".join(_expand("sentence", rng) for _ in range(sentences))


def _expand(rule: str, rng: random.Random) -> str:
    """A random text of a rule."""
    alternative = rng.choice(RULES[rule])
    return re.sub(r"\{(\w+)\}", lambda match: _expand(match[1], rng), alternative)

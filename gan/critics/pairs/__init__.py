"""Pairs of distributions to hold critics against: most with a known W1 of the populations."""

from gan.critics.pairs.distribution_pair import Pair
from gan.critics.pairs.registry import PAIRS, named_pair
from gan.errors import PairError

__all__ = ["PAIRS", "Pair", "PairError", "named_pair"]

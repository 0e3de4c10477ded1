"""Pairs of distributions to hold critics against: most with a known W1 of the populations."""

from gan.pairs.catalogue import PAIRS, PairError, named_pair
from gan.pairs.pair import Pair

__all__ = ["PAIRS", "Pair", "PairError", "named_pair"]

"""Pairs of distributions to evaluate critics on: most with a known W1 of the populations."""

from gan.critics.pairs.distribution_pair import DistributionPair
from gan.critics.pairs.registry import PAIRS, PairFamily, named_pair
from gan.errors import PairError

__all__ = ["PAIRS", "DistributionPair", "PairError", "PairFamily", "named_pair"]

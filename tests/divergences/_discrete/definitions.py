"""The divergences of two distributions, each with its definition in multiprecision."""

import functools
import math

import divergences
from divergences import log_space
from tests import oracles

LOG_2 = math.log(2)


def of_order(function, order):
    @functools.wraps(function)
    def divergence(p, q, **options):
        return function(p, q, order, **options)

    return divergence


FUNCTIONS_AND_DEFINITIONS = {
    "kl": (divergences.kl, oracles.kl),
    "js": (divergences.js, oracles.js),
    "jeffreys": (divergences.jeffreys, oracles.jeffreys),
    "total_variation": (divergences.total_variation, oracles.total_variation),
    "hellinger": (divergences.hellinger, oracles.hellinger),
    "chi2": (divergences.chi2, oracles.chi2),
    "renyi 0.5": (of_order(divergences.renyi, 0.5), oracles.renyi(0.5)),
    "renyi 2": (of_order(divergences.renyi, 2), oracles.renyi(2)),
    "renyi 7.5": (of_order(divergences.renyi, 7.5), oracles.renyi(7.5)),
    "alpha 0.5": (of_order(divergences.alpha, 0.5), oracles.alpha(0.5)),
    "alpha 2": (of_order(divergences.alpha, 2), oracles.alpha(2)),
    "alpha -1": (of_order(divergences.alpha, -1), oracles.alpha(-1)),
}
LOG_SPACE_FUNCTIONS = {
    "kl": log_space.kl,
    "js": log_space.js,
    "jeffreys": log_space.jeffreys,
    "total_variation": log_space.total_variation,
    "hellinger": log_space.hellinger,
    "chi2": log_space.chi2,
    "renyi 0.5": of_order(log_space.renyi, 0.5),
    "renyi 2": of_order(log_space.renyi, 2),
    "alpha 0.5": of_order(log_space.alpha, 0.5),
}

"""The divergences of two vectors by name, those with an order at several orders."""

import functools

import divergences


def _of_order(function, order, p, q, **options):
    return function(p, q, order, **options)


FUNCTIONS = {
    name: getattr(divergences, name)
    for name in (
        "kl",
        "reverse_kl",
        "js",
        "js_distance",
        "jeffreys",
        "total_variation",
        "hellinger",
        "chi2",
        "cross_entropy",
    )
} | {
    f"{name} {order}": functools.partial(_of_order, getattr(divergences, name), order)
    for name, orders in (("renyi", (0, 0.3, 3)), ("alpha", (-1, 2.5)))
    for order in orders
}

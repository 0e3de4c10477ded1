"""Public functions of `divergences`, and valid arguments for each of them."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import scipy.sparse
import torch
from numpy.random import Generator

import divergences
from benchmarks.hostile_input.values import NUMBERS, RUBBISH_FUNCTIONS, anything, corrupted

MODULES: tuple[ModuleType, ...] = (
    divergences,
    divergences.log_space,
    divergences.sampled,
    divergences.closed_forms,
    divergences.densities,
    divergences.graphs,
    divergences.grids,
)
SLOW_PREFIXES = {  # prefix of a name: share of the calls, relative to that of a fast function
    "densities.": 0.1,
    "graphs.": 0.3,
    "grids.": 0.3,
    "sampled.": 0.1,
    "sampled.compare": 0.02,
    "sampled.permutation_test": 0.05,
    "sampled.wasserstein_1d": 1.0,
    "divergences.pairwise": 0.3,
    "divergences.lipschitz_witness": 0.3,
}
HOSTILE_SHARES = (0.08, 0.6, 0.22, 0.1)  # of calls with 0, 1, 2 and 3 hostile arguments
UNRELATED_SHARE = 0.5  # of hostile arguments that are of any type at all
PROCESSES = ("n_jobs",)  # options of which two cost a second: fewer values are tried


@dataclass(frozen=True, slots=True)
class PublicFunction:
    """A public function, or a class with a constructor, under its public name.

    Attributes:
        name: Module and name, such as "sampled.emd".
        function: The object.
        parameters: Its parameters by name.
        share: Share of the calls, relative to that of a fast function.
    """

    name: str
    function: Callable[..., Any]
    parameters: dict[str, inspect.Parameter]
    share: float


@dataclass(frozen=True, slots=True)
class Call:
    """A call with its arguments.

    Attributes:
        name: Name of the function.
        function: The function.
        positional: Arguments by position.
        options: Arguments by name.
        hostile: Names of the hostile arguments.
    """

    name: str
    function: Callable[..., Any]
    positional: tuple[Any, ...]
    options: dict[str, Any]
    hostile: tuple[str, ...]


@cache
def public_functions() -> tuple[PublicFunction, ...]:
    """All public functions, constructors of distributions, and calls of a witness."""
    found = []
    for module in MODULES:
        short = module.__name__.removeprefix("divergences.")
        for name in getattr(module, "__all__", dir(module)):
            member = getattr(module, name)
            family = module is divergences.closed_forms and inspect.isclass(member)
            helper = name.startswith(("_", "of_")) or name.endswith("_of_logs")
            if family or (inspect.isfunction(member) and not helper):
                found.append(_described(f"{short}.{name}", member))
    found.append(_described("divergences.LipschitzWitness.__call__", _call_of_witness))
    return tuple(found)


def _described(name: str, function: Callable[..., Any]) -> PublicFunction:
    """A function with its parameters and its share."""
    parameters = dict(inspect.signature(function).parameters)
    matching = [prefix for prefix in SLOW_PREFIXES if name.startswith(prefix)]
    share = SLOW_PREFIXES[max(matching, key=len)] if matching else 1.0
    return PublicFunction(name, function, parameters, share)


def _call_of_witness(z: Any, /) -> Any:
    """Values of a witness of a small problem at points."""
    x, y = [[0.0, 0.0], [1.0, 0.0]], [[2.0, 1.0], [4.0, 0.0]]
    return divergences.lipschitz_witness(divergences.sampled.transport(x, y), y)(z)


def draw_call(rng: Generator, /) -> Call:
    """A call of a random function with some hostile arguments."""
    functions = public_functions()
    shares = np.array([f.share for f in functions])
    chosen = functions[rng.choice(len(functions), p=shares / shares.sum())]
    arguments = _valid_arguments(chosen, rng)
    count = min(int(rng.choice(4, p=HOSTILE_SHARES)), len(chosen.parameters))
    hostile = tuple(rng.choice(list(chosen.parameters), count, replace=False).tolist())
    for name in hostile:
        arguments[name] = _hostile_argument(name, arguments.get(name), rng)
    positional = [k for k, v in chosen.parameters.items() if v.kind is not v.KEYWORD_ONLY]
    return Call(
        chosen.name,
        chosen.function,
        tuple(arguments.pop(k) for k in positional),
        {k: v for k, v in arguments.items() if k in chosen.parameters},
        hostile,
    )


def _hostile_argument(name: str, valid: Any, rng: Generator) -> Any:
    """A hostile value for a parameter, related to the valid one or of any type."""
    if name in PROCESSES:
        values = (0, 1.5, "2", None, -(10**400), 10**400, True, math.nan, [1], 1, np.int64(1))
        return values[rng.integers(len(values))]
    if rng.random() < UNRELATED_SHARE:
        return anything(rng)
    if isinstance(valid, np.ndarray):
        return corrupted(valid, rng)
    if callable(valid):
        return RUBBISH_FUNCTIONS[rng.integers(len(RUBBISH_FUNCTIONS))]
    if isinstance(valid, list) and valid:
        changed = list(valid)
        changed[rng.integers(len(valid))] = anything(rng)
        return changed
    return NUMBERS[rng.integers(len(NUMBERS))]


def _valid_arguments(chosen: PublicFunction, rng: Generator) -> dict[str, Any]:
    """Valid arguments of a function; an option that is not named here keeps its default."""
    module, _, function = chosen.name.partition(".")
    values = ARGUMENTS[module](rng)
    if function == "js_mixture":
        values |= {k: _probabilities(rng, 3, 4) for k in ("distributions",)}
        values |= {"log_distributions": np.log(values["distributions"]), "weights": None}
    if function == "lipschitz_witness":
        x, y = rng.normal(size=(2, 4, 2))
        values |= {"solution": divergences.sampled.transport(x, y), "y": y}
    if function == "compare_columns":
        values |= dict.fromkeys(
            "xy", pd.DataFrame({"a": rng.normal(size=9), "b": list("uvw" * 3)})
        )
    if function == "permutation_test":
        values |= {"permutations": 5}
    arguments = {}
    for name, parameter in chosen.parameters.items():
        default = parameter.default
        arguments[name] = values.get(name, None if default is parameter.empty else default)
    return arguments


def _probabilities(rng: Generator, *shape: int) -> Any:
    """Probability vectors along the last axis."""
    return rng.dirichlet(np.ones(shape[-1]), shape[:-1])


def _of_histograms(rng: Generator) -> dict[str, Any]:
    """Arguments of functions of probability vectors, ground costs and lists of distributions."""
    batch = () if rng.random() < 0.7 else (2,)
    p, q = (_probabilities(rng, *batch, 3) for _ in range(2))
    return {
        "p": p,
        "q": q,
        "order": float(rng.choice([0.0, 0.5, 1.0, 2.0, -1.0 if rng.random() < 0.1 else 3.0])),
        "generator": lambda t: (t - 1) ** 2,
        "at_zero": 1.0,
        "slope_at_infinity": math.inf,
        "cost": np.abs(np.subtract.outer(np.arange(3.0), np.arange(3.0))),
        "counts": rng.integers(1, 9, size=(2, 3)).astype(float),
        "distributions": [rng.normal(size=(3, 2)) for _ in range(3)],
        "z": rng.normal(size=(3, 2)),
    } | ({"cost": None} if rng.random() < 0.05 else {})


def _of_logs(rng: Generator) -> dict[str, Any]:
    """Arguments of functions of log-probabilities."""
    values = _of_histograms(rng)
    return values | {"log_p": np.log(values["p"]), "log_q": np.log(values["q"])}


def _of_samples(rng: Generator) -> dict[str, Any]:
    """Arguments of functions of samples."""
    d = int(rng.integers(1, 4))
    n, m = rng.integers(6, 12, size=2)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    values: dict[str, Any] = {"x": x, "y": y, "neighbours": 3, "permutations": 5}
    values |= _variant_of_emd(rng, d)
    if rng.random() < 0.2:
        values |= {"x_weights": rng.random(n), "y_weights": rng.random(m)}
    methods = ("knn", "histogram") if d < 3 else ("knn",)
    if rng.random() < 0.97:
        values["method"] = methods[rng.integers(len(methods))]
    return values


def _variant_of_emd(rng: Generator, d: int) -> dict[str, Any]:
    """Options of the EMD of points: a circle, the sphere, or bounds; none in half of the cases."""
    options: list[dict[str, Any]] = [{}] * 3
    options += [{"period": 2.0}] if d == 1 else []
    options += [{"metric": "haversine"}] if d == 2 else []
    options += [{"tolerance": 0.1}]
    return options[rng.integers(len(options))]


def _of_graphs(rng: Generator) -> dict[str, Any]:
    """Masses on the nodes of a connected graph, and the graph in one of its types."""
    n = int(rng.integers(2, 6))
    lengths = np.where(rng.random((n, n)) < 0.4, rng.random((n, n)), 0.0)
    lengths += np.eye(n, k=1)
    lengths += lengths.T
    makers = (
        lambda: scipy.sparse.csr_array(lengths),
        lambda: nx.from_numpy_array(lengths),
        lambda: divergences.graphs.prepare(scipy.sparse.coo_array(lengths)),
    )
    p, q = _probabilities(rng, 2, n)
    return {"p": p, "q": q, "graph": makers[rng.integers(3)]()}


def _of_grids(rng: Generator) -> dict[str, Any]:
    """Histograms on a grid of 1 to 3 axes."""
    shape = tuple(rng.integers(1, 5, int(rng.integers(1, 4))).tolist())
    p, q = (_probabilities(rng, math.prod(shape)).reshape(shape) for _ in range(2))
    metrics = ("euclidean", "cityblock", "chebyshev", "sqeuclidean")
    values: dict[str, Any] = {"p": p, "q": q, "metric": metrics[rng.integers(4)]}
    if len(shape) == 1 and rng.random() < 0.5:
        values |= {"edges": np.cumsum(rng.random(shape[0] + 1)), "metric": "euclidean"}
    return values


def _of_families(rng: Generator) -> dict[str, Any]:
    """Two distributions of one family with moderate or extreme parameters, and parameters."""
    names = list(_FAMILIES)
    family = _FAMILIES[names[rng.integers(len(names))]]
    vector = {"mean": rng.normal(size=2), "covariance": np.eye(2)}
    parameters = _parameters(rng) | (vector if rng.random() < 0.5 else {})
    return parameters | {"p": family(_parameters(rng), rng), "q": family(_parameters(rng), rng)}


def _parameters(rng: Generator) -> dict[str, Any]:
    """Numbers for the parameters of all families, half of them extreme."""
    extreme = (5e-324, 1e-310, 1e-200, 1e-17, 1.0, 3.0, 1e17, 1e200, 1.7e308)
    a, b, c, e = (
        float(rng.gamma(2.0)) if rng.random() < 0.5 else extreme[rng.integers(len(extreme))]
        for _ in range(4)
    )
    numbers = {"standard_deviation": a, "rate": b, "shape": a, "alpha": a, "beta": b, "low": -c}
    numbers |= {"high": e, "mean": c - e, "probability": min(c, 1.0)}
    return numbers | {"probabilities": _probabilities(rng, 3), "covariance": np.eye(2)}


def _multivariate_normal(_: dict[str, Any], rng: Generator) -> Any:
    """A normal distribution in the plane."""
    square = rng.normal(size=(2, 2))
    scale = 10.0 ** rng.integers(-100, 100)
    covariance = (square @ square.T + np.eye(2)) * scale
    return divergences.closed_forms.MultivariateNormal(rng.normal(size=2), covariance)


_FAMILIES: dict[str, Callable[[dict[str, Any], Generator], Any]] = {
    "Normal": lambda v, _: divergences.closed_forms.Normal(v["mean"], v["standard_deviation"]),
    "MultivariateNormal": _multivariate_normal,
    "Exponential": lambda v, _: divergences.closed_forms.Exponential(v["rate"]),
    "Gamma": lambda v, _: divergences.closed_forms.Gamma(v["shape"], v["rate"]),
    "Beta": lambda v, _: divergences.closed_forms.Beta(v["alpha"], v["beta"]),
    "Poisson": lambda v, _: divergences.closed_forms.Poisson(v["rate"]),
    "Bernoulli": lambda v, _: divergences.closed_forms.Bernoulli(v["probability"]),
    "Categorical": lambda v, _: divergences.closed_forms.Categorical(v["probabilities"]),
    "Uniform": lambda v, _: divergences.closed_forms.Uniform(v["low"], v["high"]),
}


def _of_densities(rng: Generator) -> dict[str, Any]:
    """Arguments of functions of two densities."""
    shift = float(rng.normal())
    return {
        "log_p": lambda x: -(x**2) / 2 - math.log(2 * math.pi) / 2,
        "log_q": lambda x: -((x - shift) ** 2) / 2 - math.log(2 * math.pi) / 2,
        "support": (-math.inf, math.inf),
        "points": [0.0],
    }


ARGUMENTS: dict[str, Callable[[Generator], dict[str, Any]]] = {
    "divergences": _of_histograms,
    "log_space": _of_logs,
    "sampled": _of_samples,
    "closed_forms": _of_families,
    "densities": _of_densities,
    "graphs": _of_graphs,
    "grids": _of_grids,
}


def as_text(value: Any, /) -> str:
    """An argument as text of at most 120 characters."""
    text = repr(value.detach() if isinstance(value, torch.Tensor) else value)
    return " ".join(text.split())[:120]

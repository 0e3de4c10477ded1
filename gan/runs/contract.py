"""Checks of a user's data set and networks before the first step of a run."""

import copy
import sys

import torch
from torch import Tensor
from tqdm import tqdm

from gan.data.dataset import DataSet
from gan.errors import ConfigError, MisfitError
from gan.networks import Critic, Generator
from gan.runs.metric_keys import plain_measures
from gan.training.global_sources import copy_of, seeded_global_sources

CHECKED_POINTS = 64


def require_sampler(data: DataSet, name: str, rng: torch.Generator, /) -> None:
    """Refuse a sampler whose points are not of the run's type, shape and device, or not its own.

    Args:
        data: The data set.
        name: Its name, for messages.
        rng: Source of randomness; unchanged.

    Raises:
        ConfigError: Naming the data set, what it returns, and how to mend it.
    """
    first, second = (_sample(data, rng) for _ in range(2))
    sampler = f"`sample` of the data set {name}"
    if not isinstance(first, Tensor):
        raise ConfigError(
            f"{sampler} must return a torch.Tensor, but returned {_type_name(first)}; convert it: "
            "torch.as_tensor(points, dtype=torch.float32)"
        )
    if first.dtype != torch.float32:
        raise ConfigError(
            f"{sampler} must return float32, but returned {first.dtype}; convert it: "
            "points.float()"
        )
    expected = (CHECKED_POINTS, *data.shape)
    if tuple(first.shape) != expected:
        raise ConfigError(
            f"{sampler} must return the shape {expected} for n = {CHECKED_POINTS} and points of "
            f"shape {data.shape}, but returned {tuple(first.shape)}; reshape the points, or give "
            f"DataSet the shape {tuple(first.shape[1:]) or '(1,)'}"
        )
    if first.device != rng.device:
        raise ConfigError(
            f"{sampler} must return points on {rng.device}, but they are on {first.device}; move "
            "them: points.to(rng.device)"
        )
    if not torch.isfinite(first).all():
        raise ConfigError(f"{sampler} returned NaN or infinite coordinates; drop those rows")
    if not isinstance(second, Tensor) or not torch.equal(first, second):
        raise ConfigError(
            f"{sampler} must draw the same points from a source in the same state, but a second "
            "draw was different, so that the run could not be repeated; draw from `rng` alone, "
            "not from a clock, a file in use, or a generator of its own"
        )
    _note_repeated_points(first, data, name)


def _note_repeated_points(points: Tensor, data: DataSet, name: str) -> None:
    """Say that a sampler repeats points, which makes the floor of the exact EMD too low."""
    repeated = len(points) - len(points.unique(dim=0))
    if repeated and data.sample_without_replacement is None:
        tqdm.write(
            f"note: {repeated} of {len(points)} points of the data set {name} are repeated. If "
            "they are drawn with replacement from an array, the floor is too low: let "
            "DataSet.of_points(array) draw them",
            file=sys.stderr,
        )


def _sample(data: DataSet, rng: torch.Generator) -> object:
    """Points drawn from a copy of a source of randomness."""
    source = copy_of(rng)
    with seeded_global_sources(source):
        return data.sample(CHECKED_POINTS, source)


def require_network_types(generator: object, critic: object, /) -> None:
    """Refuse plain modules where a generator or a critic is meant.

    Args:
        generator: The generator.
        critic: The critic.

    Raises:
        MisfitError: Naming the network and the class that wraps it.
    """
    if not isinstance(generator, Generator):
        raise MisfitError(
            f"the generator must be a gan.networks.Generator, but is a {_type_name(generator)}; "
            "wrap it: gan.networks.Generator(noise_size, network)"
        )
    if not isinstance(critic, Critic):
        raise MisfitError(
            f"the critic must be a gan.networks.Critic, but is a {_type_name(critic)}; wrap it: "
            "gan.networks.Critic(network)"
        )


def require_networks(
    generator: Generator, critic: Critic, data: DataSet, rng: torch.Generator, /
) -> None:
    """Refuse networks whose output has not the shape of points, or of scores.

    Args:
        generator: The generator.
        critic: The critic.
        data: Data set of the run.
        rng: Source of randomness; unchanged.

    Raises:
        MisfitError: Naming the network, what it returns, and how to mend it.
    """
    source = copy_of(rng)
    with torch.no_grad(), seeded_global_sources(source):
        # copies: batch norm and spectral norm change in training mode
        noise = copy.deepcopy(generator).noise(CHECKED_POINTS, source)
        points = copy.deepcopy(generator)(noise)
        expected = (CHECKED_POINTS, *data.shape)
        if tuple(points.shape) != expected:
            raise MisfitError(
                f"the generator must return the shape {expected} for {CHECKED_POINTS} rows of "
                f"noise, but returned {tuple(points.shape)}; end its body in points of shape "
                f"{data.shape}"
            )
        body_scores = copy.deepcopy(critic).body(points)
        if tuple(body_scores.shape) != (CHECKED_POINTS, 1):
            raise MisfitError(
                f"the critic's body must return the shape ({CHECKED_POINTS}, 1) for "
                f"{CHECKED_POINTS} points, but returned {tuple(body_scores.shape)}; end it in a "
                "linear layer with one output, without a squeeze"
            )
    require_range(points, data, rng)
    if data.measure is not None:
        with seeded_global_sources(rng):
            plain_measures(
                data.measure(
                    points.repeat(
                        data.measure_size // CHECKED_POINTS + 1, *(1 for _ in data.shape)
                    )[: data.measure_size]
                )
            )


def require_range(points: Tensor, data: DataSet, rng: torch.Generator, /) -> None:
    """Refuse a generator of pixels in [0, 1] for images of another range.

    Args:
        points: Points of the generator before training.
        data: Data set of the run.
        rng: Source of randomness; unchanged.

    Raises:
        MisfitError: If the data leave the range of a generator that ends in a sigmoid.
    """
    real = _sample(data, rng)
    if len(data.shape) != 3 or not isinstance(real, Tensor):
        return
    low, high = float(real.min()), float(real.max())
    is_unit_range = bool((points >= 0).all() and (points <= 1).all())
    if is_unit_range and data.unit == 1 and (low < 0 or high > 1):
        raise MisfitError(
            f"the generator's pixels are in [0, 1], but the data's go from {low:.4g} to "
            f"{high:.4g}, which it could never learn; give DataSet the range of the pixels: "
            f"DataSet(..., offset={low:.4g}, unit={high - low:.4g})"
        )


def _type_name(value: object) -> str:
    """Name of the type of a value, with its module."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"

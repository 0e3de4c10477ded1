r"""Great-circle distance of points given by latitude and longitude in degrees.

.. math:: d = 2 \operatorname{atan2}(\sqrt a, \sqrt{1 - a}), \qquad
    a = \sin^2 \tfrac{\Delta\varphi}{2}
        + \cos\varphi_1 \cos\varphi_2 \sin^2 \tfrac{\Delta\lambda}{2}, \qquad
    1 - a = \cos^2 \tfrac{\Delta\varphi}{2} \cos^2 \tfrac{\Delta\lambda}{2}
        + \sin^2 \tfrac{\varphi_1 + \varphi_2}{2} \sin^2 \tfrac{\Delta\lambda}{2}

No sum cancels, and half angles are subtracted in degrees, so that distances of close points and
those from antipodal ones keep their digits.
"""

import math
from types import ModuleType
from typing import Any

import numpy as np

from divergences._typing import Array, Floats
from divergences.errors import DistributionError

# Half chords above it belong to distances that are computed from the antipode.
MAX_DIRECT_HALF_CHORD = 0.75


def coordinates(name: str, points: Floats, /) -> Floats:
    """Latitudes and longitudes, with longitudes in [-180, 180].

    Args:
        name: Name of the points in messages.
        points: Latitude and longitude in degrees, shape ``(n, 2)``.

    Returns:
        A new array, shape ``(n, 2)``.

    Raises:
        DistributionError: If points do not have two coordinates, or a latitude is beyond 90
            degrees.
    """
    if points.shape[1] != 2:
        raise DistributionError(
            '`metric` "haversine" takes points (latitude, longitude) in degrees, but '
            f"`{name}` has {points.shape[1]} coordinates"
        )
    latitudes = points[:, 0]
    beyond = np.flatnonzero(np.abs(latitudes) > 90)
    if len(beyond):
        swapped = bool((np.abs(points[:, 1]) <= 90).all())
        remedy = (
            f"pass {name}[:, ::-1] if the first column is the longitude"
            if swapped
            else f"drop such rows: {name}[abs({name}[:, 0]) <= 90]"
        )
        raise DistributionError(
            '`metric` "haversine" takes points (latitude, longitude) in degrees, with latitudes '
            f"from -90 to 90, but `{name}`[{beyond[0]}] has latitude {latitudes[beyond[0]]}; "
            f"{remedy}"
        )
    longitudes = np.fmod(points[:, 1], 360)  # exact, as the next step
    longitudes -= 360 * np.sign(longitudes) * (np.abs(longitudes) > 180)
    return np.stack([latitudes, longitudes], axis=1)


def great_circle_block(x: Floats, y: Floats, /) -> Floats:
    """Great-circle distance of every pair, in units of the radius.

    Args:
        x: Coordinates, shape ``(n, 2)``.
        y: Coordinates, shape ``(m, 2)``.

    Returns:
        Distances in [0, pi], shape ``(n, m)``.
    """
    return _distances(x[:, None], y[None])


def great_circle_rows(x: Floats, y: Floats, /) -> Floats:
    """Great-circle distance of each row of two arrays, shape ``(k,)``, in units of the radius."""
    return _distances(x, y)


def _distances(x: Floats, y: Floats) -> Floats:
    """Distances of coordinates that broadcast against each other."""
    half_sines = np.sin(np.radians((x[..., 0] - y[..., 0]) / 2))
    half_longitude: Any = _longitude_difference(x[..., 1], y[..., 1], np) / 2
    longitude_sines = np.sin(np.radians(half_longitude))
    cosines = np.sqrt(_cosine(x[..., 0], np)) * np.sqrt(_cosine(y[..., 0], np))
    half_chord: Floats = np.hypot(half_sines, cosines * longitude_sines)
    distances = 2 * np.arcsin(np.minimum(half_chord, 1.0))
    far = np.nonzero(half_chord > MAX_DIRECT_HALF_CHORD)
    if len(far[0]):
        first, second = (np.broadcast_to(a[..., 0], distances.shape)[far] for a in (x, y))
        to_antipode = _half_chord_to_antipode(first, second, half_longitude[far], np)
        distances[far] = math.pi - 2 * np.arcsin(np.minimum(np.hypot(*to_antipode), 1.0))
    return np.asarray(distances)


def great_circle(x: Array, y: Array, xp: ModuleType, /) -> Array:
    """Great-circle distance of each row of two arrays, with gradient 0 at 0 and pi.

    Args:
        x: Latitude and longitude in degrees, shape ``(k, 2)``.
        y: Likewise.
        xp: The namespace.

    Returns:
        Distances in [0, pi], in units of the radius, shape ``(k,)``.
    """
    degree = math.pi / 180
    first_longitude, second_longitude = (
        a[..., 1] - 360 * xp.round(a[..., 1] / 360) for a in (x, y)
    )
    half_longitude = _longitude_difference(first_longitude, second_longitude, xp) / 2
    latitude_term = xp.sin((x[..., 0] - y[..., 0]) * (degree / 2))
    cosines = _cosine(x[..., 0], xp) * _cosine(y[..., 0], xp)
    squared = latitude_term**2 + cosines * xp.sin(half_longitude * degree) ** 2
    first, second = _half_chord_to_antipode(x[..., 0], y[..., 0], half_longitude, xp)
    return 2 * xp.atan2(_root(squared, xp), _root(first**2 + second**2, xp))


def _root(values: Array, xp: ModuleType) -> Array:
    """Square roots, with gradient 0 at 0."""
    return xp.where(values > 0, xp.sqrt(xp.where(values > 0, values, 1.0)), 0.0)


def _cosine(latitude: Any, xp: ModuleType) -> Any:
    """Cosine of a latitude in degrees, at least 0, exact at the poles."""
    return xp.sin((90 - xp.abs(latitude)) * (math.pi / 180))


def _longitude_difference(a: Any, b: Any, xp: ModuleType) -> Any:
    """Absolute difference of longitudes in [-180, 180], in [0, 180], rounded about once."""
    return xp.minimum(xp.abs(a - b), (180 - xp.abs(a)) + (180 - xp.abs(b)))


def _half_chord_to_antipode(
    first: Array, second: Array, half_longitude: Array, xp: ModuleType
) -> tuple[Any, Any]:
    """Legs of a right triangle, whose hypotenuse is half the chord to the antipode."""
    degree = math.pi / 180
    latitude_cosines = xp.sin((90 - xp.abs(first - second) / 2) * degree)
    longitude_cosines = xp.sin((90 - half_longitude) * degree)
    mean_sines = xp.sin((first + second) * (degree / 2))
    return latitude_cosines * longitude_cosines, mean_sines * xp.sin(half_longitude * degree)

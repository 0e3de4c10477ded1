"""Intervals around estimates."""

from scipy import special

from divergences.sampled.information.functionals import Functional


def interval(
    functional: Functional, value: float, error: float, confidence: float, /
) -> tuple[float, float]:
    """Ends of an interval for a divergence: normal quantiles of the error, within its range."""
    reach = float(-special.ndtri((1 - confidence) / 2)) * error
    return max(0.0, value - reach), min(functional.largest, value + reach)

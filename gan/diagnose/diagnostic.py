"""A diagnostic: a claim of the literature, and the function that measures it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gan.diagnose.result import DiagnosticResult
from gan.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One claim with its measurement.

    Attributes:
        claims: Numbers of the claims in the docs, such as ("C2", "C4").
        claim: The claim in one sentence.
        criterion: What must be measured for the claim to count as shown, fixed beforehand.
        run: The function: keyword arguments with defaults, a `DiagnosticResult`.
        quick: Arguments that differ for a result within 25 seconds.
        seeds: Seeds of the published verdict, of a function with chance.
    """

    claims: tuple[str, ...]
    claim: str
    criterion: str
    run: Callable[..., DiagnosticResult]
    quick: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2)

    def accepted(self, options: Mapping[str, Any], /) -> dict[str, Any]:
        """Those of some options that the function takes."""
        parameters = inspect.signature(self.run).parameters
        return {name: value for name, value in options.items() if name in parameters}

    def settings(self, options: Mapping[str, Any], /, *, quick: bool) -> dict[str, Any]:
        """Arguments of a run.

        Args:
            options: Arguments that the user may give, by name; None for those that are not given.
            quick: Whether to take the quick settings.

        Returns:
            Arguments that differ from the function's defaults.

        Raises:
            ConfigError: If an option is given that the function does not take.
        """
        given = {name: value for name, value in options.items() if value is not None}
        refused = sorted(given.keys() - self.accepted(given).keys())
        if refused:
            flags = [_flag(name) for name in self.accepted(options)]
            raise ConfigError(
                f"this diagnostic has no {_flag(refused[0])}; leave it out"
                + (f" (it has {', '.join(flags)})" if flags else "")
            )
        return {**(self.quick if quick else {}), **given}


def _flag(name: str) -> str:
    """The option of the command for an argument."""
    return f"--{name.replace('_', '-')}"

"""Registry of diagnostics by name, in the order of the argument from GAN to WGAN-GP."""

from gan.diagnose.diagnostic import Diagnostic
from gan.diagnose.gaussian_fits import kl_fit
from gan.errors import ConfigError, unknown_name

DIAGNOSTICS: dict[str, Diagnostic] = {
    "kl-fit": Diagnostic(
        ("C5",),
        "KL is asymmetric: one Gaussian fitted to two bumps by KL(P || G) covers both, by "
        "KL(G || P) it sits on one.",
        "The fit by KL has the moments of P within 0.001 and at least 0.1 of its mass on each "
        "bump; that by reverse KL has at least 0.9 on one.",
        kl_fit,
    ),
}


def named_diagnostic(name: str, /) -> Diagnostic:
    """The diagnostic of a name.

    Args:
        name: A key of `DIAGNOSTICS`.

    Returns:
        The diagnostic.

    Raises:
        ConfigError: If there is none; the message has the closest name.
    """
    if name not in DIAGNOSTICS:
        raise ConfigError(unknown_name("diagnostic", name, [*DIAGNOSTICS, "all"]))
    return DIAGNOSTICS[name]

"""Registry of diagnostics by name, in the order of the argument from GAN to WGAN-GP."""

from gan.diagnose.diagnostic import Diagnostic
from gan.diagnose.gaussian_fits import kl_fit
from gan.diagnose.generator_overshoot import overshooting
from gan.diagnose.maximum_likelihood import likelihood
from gan.diagnose.parallel_segments import segments
from gan.errors import ConfigError, unknown_name

DIAGNOSTICS: dict[str, Diagnostic] = {
    "likelihood": Diagnostic(
        ("C1",),
        "Maximum likelihood is the minimisation of KL(P || G).",
        "Minus the log-likelihood, less the entropy of P, is KL(P || G) within 0.02 nats; the fit "
        "by likelihood is at most 1e-4 nats above the smallest KL at n = 100,000, and this excess "
        "falls as 1 / n.",
        likelihood,
        {"repetitions": 5},
    ),
    "kl-fit": Diagnostic(
        ("C5",),
        "KL is asymmetric: one Gaussian fitted to two bumps by KL(P || G) covers both, by "
        "KL(G || P) it sits on one.",
        "The fit by KL has the moments of P within 0.001 and at least 0.1 of its mass on each "
        "bump; that by reverse KL has at least 0.9 on one.",
        kl_fit,
    ),
    "segments": Diagnostic(
        ("C7", "C3"),
        "Two parallel segments at distance theta: KL is infinite and JS is log 2 for any theta "
        "other than 0, W is |theta|; only W has a usable gradient in theta.",
        "KL, JS and W have these values to 1e-12, JS has slope 0 and W slope sign(theta), also "
        "from samples (slope at least 0.9).",
        segments,
    ),
    "overshooting": Diagnostic(
        ("C22",),
        "A generator that moves too far against a fixed discriminator lowers V(G, D0) while the "
        "divergence from the data grows; few generator steps per optimum keep it falling.",
        "V(G, D0) falls all the way while max V(G, D) rises by 0.5 nats; one step per optimum "
        "never raises JS, 100 steps raise it above 0.5 nats; at D = 0.01, -log D is 50 times as "
        "steep as log(1 - D).",
        overshooting,
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

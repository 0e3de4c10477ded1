"""Registry of diagnostics by name, in the order of the argument from GAN to WGAN-GP."""

from gan.diagnose.clipping_bounds import clipping
from gan.diagnose.diagnostic import Diagnostic
from gan.diagnose.gaussian_fits import kl_fit
from gan.diagnose.generator_gradients import vanishing
from gan.diagnose.generator_overshoot import overshooting
from gan.diagnose.layer_gradients import depth
from gan.diagnose.maximum_likelihood import likelihood
from gan.diagnose.mode_snapshots import mode_hopping
from gan.diagnose.noised_divergences import noise
from gan.diagnose.overfitted_discriminator import overfitting
from gan.diagnose.parallel_segments import segments
from gan.diagnose.penalty_weights import lambda_
from gan.diagnose.pixel_errors import squared_error
from gan.diagnose.trainable_architectures import architectures
from gan.diagnose.trained_discriminator import optimal_discriminator
from gan.diagnose.training_progress import progress
from gan.diagnose.value_surfaces import surfaces
from gan.diagnose.weight_histograms import weights
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
        ("C7",),
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
    "optimal-discriminator": Diagnostic(
        ("C2", "C4"),
        "The best discriminator is p / (p + g), with value 2 JS - 2 log 2; -log D is then "
        "KL(G || P) - 2 JS up to terms without G, which pulls and pushes at once.",
        "Trained value within 0.01 nats of 2 JS - 2 log 2 and never above it, mean |D - p / (p + "
        "g)| at most 0.02, slopes of -log D equal to 1e-4.",
        optimal_discriminator,
        {"steps": 1000},
    ),
    "vanishing": Diagnostic(
        ("C9", "C10"),
        "The better the discriminator, the smaller the generator's minimax gradient; the "
        "non-saturating gradient does not vanish but is noise; the Wasserstein gradient is "
        "neither.",
        "The minimax gradient falls by 3 decades while that of Wasserstein stays within one; "
        "gradients from independent critics have a cosine of 0.8 or more for Wasserstein, 0.5 or "
        "less for -log D.",
        vanishing,
        {"steps": 500, "discriminators": 2},
    ),
    "noise": Diagnostic(
        ("C11",),
        "Noise on both sides makes the supports overlap: log 2 minus half of a trained "
        "discriminator's loss is the JS of the noised densities, not comparable between levels.",
        "Within 0.02 nats of quadrature at each noise level; a farther generator at more noise "
        "reads 0.3 nats lower than a nearer one at less.",
        noise,
        {"steps": 300},
    ),
    "overfitting": Diagnostic(
        ("C21",),
        "A finite sample is no population: a strong discriminator separates two samples of one "
        "distribution, and its training loss tells a JS of log 2; a weak one misses differences.",
        "Between two samples of one distribution the training loss tells log 2 within 0.01 nats, "
        "fresh points tell 0 or less; a linear discriminator of different populations tells half "
        "of their JS or less.",
        overfitting,
        {"steps": 500},
    ),
    "clipping": Diagnostic(
        ("C12", "C14"),
        "Weight clipping decides the gap by its bound c; with the published c = 0.01 the critic "
        "knows little of the distance, and with no c is its gradient as near to optimal transport "
        "as that of a penalised critic.",
        "Over c from 0.001 to 1 the gap spans 3 decades; the penalised critic knows twice as much "
        "as the one with c = 0.01, and its gradient is nearer to optimal transport than that of "
        "any clipped one.",
        clipping,
        {"steps": 400, "points": 1000},
    ),
    "weights": Diagnostic(
        ("C14",),
        "Clipping drives the weights of the critic to +-c; with the gradient penalty their "
        "histogram is bell-shaped.",
        "At least 90 % of the clipped weights lie within 1 % of +-c, under 10 % of the penalised "
        "ones within 1 % of their extremes.",
        weights,
    ),
    "depth": Diagnostic(
        ("C15",),
        "In a deep critic gradients explode or vanish with depth under clipping at c = 0.1, 0.01 "
        "and 0.001; with the penalty they stay level.",
        "The norms by layer span at least 4 decades for each c, less than 1 under the penalty.",
        depth,
    ),
    "surfaces": Diagnostic(
        ("C16",),
        "The clipped critic ignores higher moments of the data; the penalised critic traces the "
        "data, as the exact witness does.",
        "On each of three sets the clipped critic knows at most 50 %, the penalised critic at "
        "least 60 % of what the exact witness knows of fresh points.",
        surfaces,
        {"steps": 600, "points": 1000},
    ),
    "lambda": Diagnostic(
        ("C17",),
        "The weight of the gradient penalty decides how the gap relates to W1.",
        "Gap / W1 is at least 3 at lambda 0.1; at lambda 10 it is at most 0.9 two-sided, and "
        "within 0.15 of 1 one-sided.",
        lambda_,
        {"steps": 300, "points": 1000},
    ),
    "squared-error": Diagnostic(
        ("C23",),
        "A pixelwise squared error is no measure of how real an image is: a shifted and a noised "
        "digit have the same, exact EMD and a critic's score tell them apart.",
        "At equal squared errors (1e-3) noise moves at least 95 % of the digits farther than the "
        "shift, 1.2 times as far in the median, and the critic scores 95 % of them lower.",
        squared_error,
        {"n": 100, "critic_training": 200},
    ),
    "mode-hopping": Diagnostic(
        ("C10",),
        "With the loss -log D a generator can hop from mode to mode; that of a WGAN-GP spreads "
        "over all.",
        "In late snapshots of the GAN the shares of modes change by a median JS of log 2 / 2 or "
        "more, and never all 8 have samples; those of the WGAN-GP change by at most 0.05, and all "
        "8 do at the end.",
        mode_hopping,
        {"steps": 600, "snapshots": 12},
    ),
    "progress": Diagnostic(
        ("C13",),
        "The gap of the critic falls as samples improve: it can be read as progress.",
        "With a critic that keeps up with the generator, "
        "the rank correlation of gap and exact EMD is above 0.9 over the part of training where "
        "exact EMD is above 1.3 times its sampling floor, for WGAN and for WGAN-GP.",
        progress,
        {"steps": 300, "evaluations": 15, "points": 500},
    ),
    "architectures": Diagnostic(
        ("C19",),
        "WGAN-GP trains architectures on which GAN and WGAN fail.",
        "On at least three architectures only WGAN-GP trains, and it trains all: the exact EMD of "
        "its digits is at most halfway from the sampling floor to that of one blurred picture, "
        "the mean digit.",
        architectures,
        {"steps": 150, "names": ("MLP, 2 x 128", "tanh MLP, 2 x 128"), "points": 300},
        (0,),
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

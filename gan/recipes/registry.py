"""Training methods by name: a new method is one more entry of `RECIPES`.

Each method has the settings of its paper, which need 1e5 steps or more, and quick settings: the
same loss, constraint and optimiser, tuned to converge within minutes.
"""

from dataclasses import dataclass, replace

from gan.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class TrainingMethod:
    """A recipe with its source.

    Attributes:
        description: Loss and constraint of the method, in one line.
        source: Publication that proposes it.
        paper: Settings of the publication.
        quick: Settings of the same method for runs of minutes.
    """

    description: str
    source: str
    paper: Recipe
    quick: Recipe


GAN = Recipe(
    loss="non-saturating",
    constraint="none",
    critic_steps=1,
    batch_size=128,
    optimizer="adam",
    learning_rate=2e-4,
    betas=(0.5, 0.999),
)
GAN_NOISE = replace(GAN, noise=0.5, noise_until=0.8)
WGAN = Recipe(
    loss="wasserstein",
    constraint="clip",
    critic_steps=5,
    batch_size=64,
    optimizer="rmsprop",
    learning_rate=5e-5,
)
WGAN_GP = Recipe(
    loss="wasserstein",
    constraint="gradient-penalty",
    critic_steps=5,
    batch_size=64,
    optimizer="adam",
    learning_rate=1e-4,
    betas=(0.0, 0.9),
)
WGAN_HINGE = replace(
    WGAN_GP, constraint="hinge-penalty", batch_size=100, betas=(0.5, 0.9), critic_steps=5
)
WGAN_TAUGHT = replace(WGAN_GP, loss="taught", constraint="none", batch_size=512, betas=(0.5, 0.9))


def _quick_gan(paper: Recipe) -> Recipe:
    """The recipe with larger batches and ten times the learning rate, decayed to 0."""
    return replace(paper, batch_size=256, learning_rate=2e-3, schedule="cosine")


def _quick_wgan(paper: Recipe, *, learning_rate: float = 2e-3) -> Recipe:
    """The recipe with larger batches and a larger learning rate, decayed to 0."""
    return replace(
        paper,
        batch_size=256,
        learning_rate=learning_rate,
        betas=(0.5, 0.9),
        schedule="cosine",
        average_rate=0.002,
    )


RECIPES: dict[str, TrainingMethod] = {
    "gan-minimax": TrainingMethod(
        "minimax loss E log(1 - D(G(z))), whose gradient vanishes as D improves",
        "Goodfellow et al. 2014, eq. 1; Adam as in Radford et al. 2016",
        replace(GAN, loss="minimax"),
        _quick_gan(replace(GAN, loss="minimax")),
    ),
    "gan": TrainingMethod(
        "non-saturating loss -E log D(G(z))",
        "Goodfellow et al. 2014, section 3; Adam as in Radford et al. 2016",
        GAN,
        _quick_gan(GAN),
    ),
    "gan-noise": TrainingMethod(
        "non-saturating loss, with instance noise on D's inputs that decays to 0",
        "Arjovsky and Bottou 2017, section 3; Sonderby et al. 2017",
        GAN_NOISE,
        _quick_gan(GAN_NOISE),
    ),
    "wgan": TrainingMethod(
        "Wasserstein loss, critic weights clipped to [-c, c], RMSProp",
        "Arjovsky, Chintala and Bottou 2017, algorithm 1",
        WGAN,
        replace(WGAN, batch_size=256, learning_rate=5e-4, schedule="cosine"),
    ),
    "wgan-gp": TrainingMethod(
        "gradient penalty (|grad f| - 1)^2 between real and generated points",
        "Gulrajani et al. 2017, algorithm 1",
        WGAN_GP,
        # lambda = 10 fails at this learning rate: the two-sided penalty requires slope 1 also
        # between points of one mode.
        replace(_quick_wgan(WGAN_GP, learning_rate=3e-3), penalty_weight=1.0),
    ),
    "wgan-lp": TrainingMethod(
        "one-sided gradient penalty max(0, |grad f| - 1)^2",
        "Petzka, Fischer and Lukovnikov 2018, eq. 9",
        replace(WGAN_GP, constraint="one-sided-penalty"),
        _quick_wgan(replace(WGAN_GP, constraint="one-sided-penalty")),
    ),
    "wgan-certified": TrainingMethod(
        "Wasserstein loss plus the certified bound of the batch's EMD; one-sided penalty",
        "this project, after Mallasto et al. 2019",
        replace(WGAN_GP, loss="certified", constraint="one-sided-penalty"),
        _quick_wgan(replace(WGAN_GP, loss="certified", constraint="one-sided-penalty")),
    ),
    "wgan-taught": TrainingMethod(
        "critic by least squares on the exact potentials of each batch, without a constraint",
        "this project; Villani 2009, theorem 5.10, for the potentials",
        WGAN_TAUGHT,
        _quick_wgan(WGAN_TAUGHT),
    ),
    "wgan-hinge": TrainingMethod(
        "hinge gradient penalty max(0, |grad f| - 1)",
        "linear form of Petzka, Fischer and Lukovnikov 2018, eq. 9",
        WGAN_HINGE,
        _quick_wgan(WGAN_HINGE),
    ),
    "wgan-fd": TrainingMethod(
        "finite-difference penalty on |f(a) - f(b)| / |a - b|, without second derivatives",
        "finite-difference form of Gulrajani et al. 2017, eq. 3",
        replace(WGAN_GP, constraint="finite-difference"),
        _quick_wgan(replace(WGAN_GP, constraint="finite-difference"), learning_rate=1e-3),
    ),
}

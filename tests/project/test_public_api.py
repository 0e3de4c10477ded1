"""The public names, no more and no less; what each must document; what an import costs."""

import inspect
import subprocess
import sys

import pytest

import divergences
import gan


def public(module):
    return {name for name in vars(module) if not name.startswith("_")}


def test_the_names_of_divergences_are_these():
    assert set(divergences.__all__) == {
        "DistributionError",
        "LipschitzWitness",
        "PairwiseError",
        "PairwiseInterrupt",
        "PermutationInterrupt",
        "SolverError",
        "Transport",
        "alpha",
        "chi2",
        "closed_forms",
        "cross_entropy",
        "densities",
        "emd",
        "entropy",
        "f_divergence",
        "hellinger",
        "jeffreys",
        "js",
        "js_distance",
        "js_mixture",
        "kl",
        "lipschitz_witness",
        "log_space",
        "pairwise",
        "partial_transport",
        "renyi",
        "reverse_kl",
        "sampled",
        "total_variation",
        "transport",
    }


@pytest.mark.parametrize("module", [divergences, divergences.closed_forms, gan])
def test_what_is_listed_is_there(module):
    assert set(module.__all__) <= public(module)
    assert len(set(module.__all__)) == len(module.__all__)


def test_the_names_of_gan_are_these():
    assert set(gan.__all__) == {
        "DATA",
        "GAN",
        "NETWORKS",
        "RECIPES",
        "WGAN",
        "WGAN_GP",
        "CriticGap",
        "DataSet",
        "GaussianMixture",
        "Networks",
        "Recipe",
        "Step",
        "Training",
        "TrainingError",
        "TrainingMethod",
        "critic_gap",
        "critic_gaps",
        "eight_gaussians",
        "train",
        "twenty_five_gaussians",
    }


FUNCTIONS = [
    divergences.kl,
    divergences.reverse_kl,
    divergences.js,
    divergences.js_distance,
    divergences.js_mixture,
    divergences.jeffreys,
    divergences.total_variation,
    divergences.hellinger,
    divergences.chi2,
    divergences.renyi,
    divergences.alpha,
    divergences.f_divergence,
    divergences.entropy,
    divergences.cross_entropy,
    divergences.emd,
    divergences.transport,
    divergences.pairwise,
    divergences.lipschitz_witness,
    divergences.partial_transport,
    divergences.sampled.partial_transport,
    divergences.sampled.permutation_test,
    divergences.sampled.wasserstein_1d,
    divergences.closed_forms.kl,
    divergences.closed_forms.reverse_kl,
    divergences.closed_forms.js,
    divergences.closed_forms.w1,
    divergences.closed_forms.w2,
    divergences.densities.kl,
    divergences.densities.reverse_kl,
    divergences.densities.js,
    divergences.sampled.compare,
    divergences.sampled.emd,
    divergences.sampled.transport,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_public_function_takes_data_first_and_options_by_name(function):
    for parameter in inspect.signature(function).parameters.values():
        if (function, parameter.name) == (divergences.pairwise, "other"):
            continue  # data, though it may be left out
        required = parameter.default is inspect.Parameter.empty
        assert parameter.kind == (
            parameter.POSITIONAL_ONLY if required else parameter.KEYWORD_ONLY
        )


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_public_function_says_what_it_takes_gives_and_refuses_with_an_example(function):
    for part in ("Args:", "Returns:", "Raises:", "DistributionError", ">>> "):
        assert part in function.__doc__


def test_errors_are_of_the_kinds_that_callers_catch():
    assert issubclass(divergences.DistributionError, ValueError)
    assert issubclass(divergences.SolverError, RuntimeError)


def test_importing_divergences_brings_in_nothing_heavy():
    heavy = "{'torch', 'jax', 'ot', 'gan', 'sklearn', 'matplotlib'}"
    brought = f"{heavy} & set(sys.modules)"
    code = f"import sys, divergences; print(sorted({brought}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"

"""The public names, no more and no less, and the documentation of each."""

import inspect
import subprocess
import sys
from importlib import metadata

import pytest

import divergences
import gan

NAMES = {
    divergences: """
        DistributionError LipschitzWitness PairwiseError PairwiseInterrupt PermutationInterrupt
        SolverError Transport alpha chi2 closed_forms cross_entropy densities emd entropy
        f_divergence graphs grids hellinger jeffreys js js_distance js_mixture kl
        lipschitz_witness log_space normalize pairwise partial_transport renyi reverse_kl sampled
        total_variation transport
    """,
    divergences.sampled: """
        ColumnComparison Comparison Estimate PermutationTest TableComparison compare
        compare_columns emd js kl partial_transport permutation_test reverse_kl transport
        wasserstein_1d
    """,
    divergences.log_space: """
        alpha chi2 cross_entropy entropy f_divergence hellinger jeffreys js js_distance js_mixture
        kl renyi reverse_kl total_variation
    """,
    divergences.closed_forms: """
        Bernoulli Beta Categorical Exponential Gamma MultivariateNormal Normal Poisson Uniform js
        kl reverse_kl w1 w2
    """,
    divergences.densities: "Integral js kl reverse_kl",
    divergences.grids: "GridTransport emd transport",
    divergences.graphs: "GraphTransport PreparedGraph emd prepare transport",
    gan: """
        CertifiedBound Config CriticGap CriticGapMetric DATA DataSet GAN GanError GaussianMixture
        NETWORKS Networks RECIPES Recipe Run Step Training TrainingError TrainingMethod WGAN
        WGAN_GP certified_bound critic_gap critic_gaps eight_gaussians load run train
        twenty_five_gaussians
    """,
}
FOLDERS = [
    *("critics", "data", "diagnose", "evaluation", "metrics", "networks", "recipes", "runs"),
    "training",
]


@pytest.mark.parametrize("module", NAMES, ids=lambda module: module.__name__)
def test_the_public_names_are_these(module):
    names = NAMES[module].split()
    folders = FOLDERS if module is gan else []
    assert sorted(module.__all__) == sorted(names)
    assert [name for name in dir(module) if name[0] != "_"] == sorted([*names, *folders])
    assert all(hasattr(module, name) for name in [*names, *folders])


@pytest.mark.parametrize("module", NAMES, ids=lambda module: module.__name__)
def test_what_is_not_there_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = module.nonsense


FIRST_ATTRIBUTE = """
import sys

for folder in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "gan"]:
        del sys.modules[name]  # torch stays: its import takes seconds
    import gan
    print(getattr(gan, folder).__name__)
"""


def test_a_folder_of_gan_is_an_attribute_without_its_import():
    command = [sys.executable, "-c", FIRST_ATTRIBUTE, *FOLDERS]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [f"gan.{folder}" for folder in FOLDERS]


def test_the_version_is_that_of_the_installed_package():
    assert divergences.__version__ == gan.__version__ == metadata.version("divergences")


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
    divergences.graphs.emd,
    divergences.graphs.prepare,
    divergences.graphs.transport,
    divergences.grids.emd,
    divergences.grids.transport,
    divergences.sampled.compare,
    divergences.sampled.compare_columns,
    divergences.sampled.emd,
    divergences.sampled.transport,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_public_function_takes_data_first_and_options_by_name(function):
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("other", "support"):
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

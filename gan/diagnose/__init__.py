"""Diagnostics of the line from GAN to WGAN-GP: a claim, its measurement and its figure each.

Each function returns a frozen result with the measured numbers, ``.verdict``, ``.record()`` for
JSON and ``.plot(ax=None)``; ``gan diagnose`` writes both to a folder.
"""

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
from gan.diagnose.registry import DIAGNOSTICS
from gan.diagnose.result import DiagnosticResult
from gan.diagnose.trainable_architectures import architectures
from gan.diagnose.trained_discriminator import optimal_discriminator
from gan.diagnose.training_progress import progress
from gan.diagnose.value_surfaces import surfaces
from gan.diagnose.verdict import Criterion, Verdict
from gan.diagnose.weight_histograms import weights

__all__ = [
    "DIAGNOSTICS",
    "Criterion",
    "Diagnostic",
    "DiagnosticResult",
    "Verdict",
    "architectures",
    "clipping",
    "depth",
    "kl_fit",
    "lambda_",
    "likelihood",
    "mode_hopping",
    "noise",
    "optimal_discriminator",
    "overfitting",
    "overshooting",
    "progress",
    "segments",
    "squared_error",
    "surfaces",
    "vanishing",
    "weights",
]

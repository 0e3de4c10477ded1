"""Fixtures of the tests of samples."""

import pytest

from divergences.sampled._density_ratio import methods
from divergences.sampled._density_ratio.cross_fit import cross_fit

FITS = {}


@pytest.fixture
def shared_fits(monkeypatch):
    """Fits to the same points, weights and folds are made once, for every divergence and test.

    That they depend on nothing else is the law of the test of reproducible calls, which fits anew.
    """

    def remembered(samples, models, rng):
        arrays = (samples.points, samples.weights)
        key = (
            *((array.shape, array.tobytes()) for array in arrays),
            samples.n,
            *(model.name for model in models),
            str(rng.bit_generator.state),
        )
        if key not in FITS:
            FITS[key] = cross_fit(samples, models, rng)
        return FITS[key]

    monkeypatch.setattr(methods, "cross_fit", remembered)

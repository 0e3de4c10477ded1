"""Global sources of randomness, seeded from the source of a run."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def copy_of(rng: torch.Generator, /) -> torch.Generator:
    """A source in the same state, which can be drawn from without advancing the first."""
    copy = torch.Generator(rng.device)
    copy.set_state(rng.get_state())
    return copy


@contextmanager
def seeded_global_sources(rng: torch.Generator, /) -> Iterator[None]:
    """Seed the global sources of torch, numpy and Python from the state of a source, for a while.

    Layers and samplers of a user may draw from them: so the seed of the run determines those
    draws, too, and a resumed run repeats them. ``rng`` itself is not advanced.

    Args:
        rng: Source of randomness of the run.

    Yields:
        Nothing, while they are seeded; afterwards they are in their state before.
    """
    state = rng.get_state().numpy().tobytes()
    seed = int.from_bytes(hashlib.blake2b(state, digest_size=7).digest())
    sources = [torch.default_generator]  # faster than torch.manual_seed, which seeds all devices
    if rng.device.type == "cuda":
        sources.append(torch.cuda.default_generators[rng.device.index])
    torch_states = [source.get_state() for source in sources]
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        for source in sources:
            source.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        yield
    finally:
        for source, source_state in zip(sources, torch_states, strict=True):
            source.set_state(source_state)
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002

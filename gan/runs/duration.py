"""A run of so many minutes: steps, schedule and averaging sized by the speed of this machine."""

import sys
import time
from dataclasses import dataclass, replace
from itertools import islice

from tqdm import tqdm

from gan.data.dataset import DataSet
from gan.errors import ConfigError
from gan.runs import run_metrics
from gan.runs.config import DEFAULT_EVALUATIONS, EARLY_EVALUATION_STEPS, Config
from gan.runs.folder import RunFolder
from gan.runs.initial_networks import initial_training
from gan.training.devices import launch
from gan.training.loop import Training, train

WARM_UP_STEPS = 3
TIMED_STEPS = 40
MAX_TIMING_SECONDS = 5.0
MIN_STEPS = 20
MAX_AVERAGE_RATE = 0.05
TIMING_STREAM = 20261126  # of the seed, apart from the streams of the run


@dataclass(frozen=True, slots=True)
class Speed:
    """Times on this machine, in seconds.

    Attributes:
        setup: From the start to the first step: data, networks, this measurement, and the floor.
        step: One generator step with its critic steps.
        evaluation: One evaluation.
    """

    setup: float
    step: float
    evaluation: float


def sized(config: Config, /, *, resume: bool = False, speed: Speed | None = None) -> Config:
    """A configuration with the number of steps that its ``minutes`` allow on this machine.

    The learning rate's schedule ends at the last step, and the averaging rate of the generator
    grows as the number of steps falls, so that the average is over the same share of the run.

    Args:
        config: Configuration of a run; unchanged if it has no ``minutes``.
        resume: Take the averaging rate of the run in the folder, if there is one, and its steps
            unless they are extended.
        speed: Times on this machine; by default they are measured.

    Returns:
        Configuration without ``minutes``. The choice is printed.

    Raises:
        ConfigError: If the minutes are too few for `MIN_STEPS` steps, or there are several
            devices.
    """
    if config.minutes is None:
        return config
    if config.devices > 1:
        raise ConfigError("--minutes is for one device; give --steps with --devices")
    if resume and RunFolder(config.folder).holds_run():
        record = RunFolder(config.folder).config()
        steps = int(record["steps"]) if config.more_steps is None else config.steps
        return _resized(config, steps, record["recipe_settings"]["average_rate"])
    speed = speed or measured_speed(replace(config, minutes=None))
    steps = steps_within(config, speed)
    rate = average_rate(config, steps)
    evaluations = sum(map(replace(config, steps=steps).evaluates_at, range(1, steps + 1)))
    tqdm.write(
        f"{config.minutes:g} minutes here: {steps} steps of {1000 * speed.step:.3g} ms, "
        f"{evaluations} evaluations of {speed.evaluation:.2g} s, samples from the average of the "
        f"last {1 / rate:.0f} generators",
        file=sys.stderr,
    )
    return _resized(config, steps, rate)


def measured_speed(config: Config, /) -> Speed:
    """Times of a step and of an evaluation, measured on a copy of the run.

    Args:
        config: Configuration of the run.

    Returns:
        The times.
    """
    start = time.monotonic()
    training, data = initial_training(config)
    setup = time.monotonic() - start
    training.devices = launch(
        training.devices, strategy=config.strategy, precision=config.precision
    )
    rng = run_metrics.seeded_generator(training.rng.device, config.seed, TIMING_STREAM)
    n = config.evaluation_size or data.evaluation_size
    if data.measure is not None:  # the first one may train a classifier
        data.measure(data.sample(data.measure_size, rng))
    step = _seconds_per_step(training, data)
    before = time.monotonic()
    run_metrics.evaluate(training, data, n, rng)
    evaluation = time.monotonic() - before
    # The run itself repeats the setup, and its floor takes about as long as an evaluation.
    return Speed(time.monotonic() - start + setup + evaluation, step, evaluation)


def _seconds_per_step(training: Training, data: DataSet) -> float:
    """Mean time of some steps after the first ones."""
    steps = train(training, real=data.sample)
    for _ in islice(steps, WARM_UP_STEPS):
        pass
    start, done = time.monotonic(), 0
    for _ in islice(steps, TIMED_STEPS):
        done += 1
        if time.monotonic() - start > MAX_TIMING_SECONDS:
            break
    return (time.monotonic() - start) / max(1, done)


def steps_within(config: Config, speed: Speed, /) -> int:
    """Number of steps that end within the minutes of a configuration, evaluations included.

    Args:
        config: Configuration with ``minutes``.
        speed: Times on this machine.

    Returns:
        The number, at least `MIN_STEPS`.

    Raises:
        ConfigError: If it is smaller.
    """
    fixed, per_step = len(EARLY_EVALUATION_STEPS), speed.step
    if config.evaluate_every is None:
        fixed += DEFAULT_EVALUATIONS + 1
    else:
        per_step += speed.evaluation / config.evaluate_every
    overhead = speed.setup + fixed * speed.evaluation
    steps = int((60 * (config.minutes or 0) - overhead) / per_step)
    if steps < MIN_STEPS:
        needed = (overhead + MIN_STEPS * per_step) / 60
        raise ConfigError(
            f"--minutes {config.minutes:g} is too short here: setup and evaluations take "
            f"{overhead:.0f} s, a step {1000 * speed.step:.3g} ms; give --minutes {needed:.2g} or "
            "more, or --steps"
        )
    return steps


def average_rate(config: Config, steps: int, /) -> float:
    """Averaging rate over the same share of a run of another length.

    Args:
        config: Configuration of the run.
        steps: Number of its steps.

    Returns:
        The rate: as it is given, or in proportion to the length for which it was tuned.
    """
    rate = config.recipe_settings.average_rate
    if "average_rate" in config.changes or config.settings == "paper":
        return rate
    return min(MAX_AVERAGE_RATE, rate * config.preset.steps / steps)


def _resized(config: Config, steps: int, rate: float) -> Config:
    """A configuration with another number of steps and another averaging rate."""
    changes = {**config.changes, "average_rate": rate}
    return replace(config, minutes=None, steps=steps, changes=changes)

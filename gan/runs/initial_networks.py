"""A run before its first step: data set, networks and optimizers."""

import torch

from gan.data.dataset import DataSet
from gan.datasets import load_data_set
from gan.errors import ConfigError
from gan.networks import NETWORKS, Critic, Generator, rescaled
from gan.networks.labelled import labelled_generator
from gan.networks.rescaling import rescaled_critic, with_linear_output
from gan.runs.config import Config
from gan.runs.contract import require_network_types, require_networks, require_sampler
from gan.runs.plugins import load_plugins
from gan.runs.tensorboard import TensorBoardWriter
from gan.training.devices import planned_devices
from gan.training.global_sources import copy_of, seeded_global_sources
from gan.training.loop import Training


def initial_training(config: Config, /) -> tuple[Training, DataSet]:
    """State of a run at step 0, and its data set.

    Args:
        config: Configuration of the run.

    Returns:
        State and data set; other processes of the run are not started yet.

    Raises:
        ConfigError: If the device is not available, or networks and data do not fit.
        MisfitError: If recipe, networks and points do not fit.
        MnistError: If the digits cannot be loaded.
    """
    load_plugins(config.plugin)  # a worker process has received the configuration without them
    if config.tensorboard:
        TensorBoardWriter.require()
    devices = planned_devices(config.torch_device(), config.devices)
    rng = torch.Generator(devices.device).manual_seed(config.seed)
    with seeded_global_sources(rng):
        data = load_data_set(
            config.data,
            config.data_dir,
            image_size=config.image_size,
            standardize=config.standardize,
            held_out=config.held_out,
            labels=config.labels,
            data_file=config.data_file,
        )
    if data.sample_without_replacement is not None:  # refuses too large an evaluation
        data.two_samples(config.evaluation_size or data.evaluation_size, copy_of(rng))
    generator, critic = initial_networks(config, data, rng)
    recipe = config.recipe_settings
    return Training.start(
        generator, critic, recipe, steps=config.steps, rng=rng, devices=devices
    ), data


def initial_networks(
    config: Config, data: DataSet, rng: torch.Generator, /
) -> tuple[Generator, Critic]:
    """Generator and critic of a run at step 0, in the unit of the data.

    Args:
        config: Configuration of the run.
        data: Its data set.
        rng: Source of the initial weights.

    Returns:
        The networks; conditional ones if the data have labels.

    Raises:
        ConfigError: If networks and data do not fit.
        MisfitError: If networks of a plugin do not fit the points.
    """
    shape = data.shape if data.labels is None else data.labels.shape
    name = config.networks or data.networks
    networks = NETWORKS[name]
    if not networks.fits(shape):
        fitting = ", ".join(k for k, pair in NETWORKS.items() if pair.fits(shape))
        sides = " whose height and width are multiples of 4" * (networks.domain == "images")
        raise ConfigError(
            f"--networks {name} is for {networks.domain}{sides}, but points of {config.data} have "
            f"the shape {shape}; choose from {fitting}"
        )
    with seeded_global_sources(rng):
        unit_networks = networks.generator(rng, shape), networks.critic(rng, data.shape)
    require_network_types(*unit_networks)
    if not data.bounded:
        unit_networks = with_linear_output(unit_networks[0]), unit_networks[1]
    generator, critic = _in_unit_of_data(*unit_networks, data, rng)
    if config.plugin:
        require_sampler(data, config.data, rng)
        require_networks(generator, critic, data, rng)
    return generator, critic


def _in_unit_of_data(
    generator: Generator, critic: Critic, data: DataSet, rng: torch.Generator, /
) -> tuple[Generator, Critic]:
    """Networks of points of size 1 in the unit of the data; conditional if there are labels."""
    code, offset = data.labels, data.offset
    if code is None:
        return rescaled(generator, critic, data.unit, offset)
    own = offset[: code.shape[code.axis - 1]] if isinstance(offset, tuple) else offset
    in_unit, _ = rescaled(generator, critic, data.unit, own)
    conditional = labelled_generator(
        in_unit, rng, shares=code.shares, code=(code.low, code.high, code.axis)
    )
    return conditional, rescaled_critic(critic, data.unit, offset)

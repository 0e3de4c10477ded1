"""A configuration as plain values, which config.json holds, and back."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from gan.data.files import digest_of_labels, digest_of_path
from gan.errors import ConfigError
from gan.recipes.recipe import Recipe
from gan.runs.config import Config

UNRECORDED_FIELDS = (  # a run resumes with others
    "out",
    "data_dir",
    "tensorboard",
    "threads",
    "minutes",
    "more_steps",
    "allow_other_torch",
    "stop_when_flat",
    "patience",
)


def record_of(config: Config, /) -> dict[str, Any]:
    """All choices that determine a run, in plain values; of a data file, its digest, too.

    Args:
        config: The configuration.

    Returns:
        Values by name, as JSON has them.
    """
    plain = {k: v for k, v in asdict(config).items() if k not in (*UNRECORDED_FIELDS, "changes")}
    plain["plugin"] = [
        str(Path(name).resolve()) if name.endswith(".py") else name for name in config.plugin
    ]
    if not config.is_of_path:
        del plain["image_size"], plain["standardize"], plain["held_out"], plain["labels"]
    for name in ("data_file", "start_from"):  # absent from the records of older runs
        value = plain.pop(name)
        if value is not None:
            plain[name] = str(value)
    return {
        **plain,
        **_digests(config),
        "recipe_settings": _record_of_recipe(config.recipe_settings),
        "torch": torch.__version__,
    }


def _digests(config: Config) -> dict[str, str]:
    """Digests of the files that a run reads, by their keys in config.json."""
    if config.data_file is not None:
        return {"data_digest": digest_of_path(config.data_file)}
    if not config.is_of_path:
        return {}
    return {"data_digest": digest_of_path(Path(config.data)), **digest_of_labels(config.labels)}


def _record_of_recipe(recipe: Recipe) -> dict[str, Any]:
    """Settings of a recipe; without those that have no effect, as in the records of older runs."""
    settings = asdict(recipe)
    if recipe.optimizer != "muon":
        del settings["momentum"]
    if recipe.generator_decay == 1:
        del settings["generator_decay"]
    for name in ("critic_learning_rate", "generator_learning_rate"):
        if settings[name] is None:
            del settings[name]
    return settings


def config_from_record(record: dict[str, Any], /, *, out: Path, data_dir: Path | None) -> Config:
    """The configuration of a recorded run.

    Args:
        record: Result of `record_of`.
        out: Folder of the run.
        data_dir: Folder of the MNIST files.

    Returns:
        The configuration.

    Raises:
        ConfigError: If the record has unknown names, or is not of a run.
        PluginError: If its plugins cannot be loaded.
    """
    field_names = {setting.name for setting in fields(Config)}
    plain = {key: value for key, value in record.items() if key in field_names}
    try:
        settings = dict(record["recipe_settings"])
        settings["betas"] = tuple(settings["betas"])
        plain["plugin"] = tuple(plain.get("plugin", ()))
        for name in ("data_file", "start_from"):
            if name in plain:
                plain[name] = Path(plain[name])
        return Config(**plain, changes=settings, out=out, data_dir=data_dir)
    except (KeyError, TypeError) as error:
        raise ConfigError(
            f"{out / 'config.json'} is not the configuration of a run "
            f"({type(error).__name__}: {error})"
        ) from None

"""Runs from Python: train one, or load one from its folder, and use its networks and metrics."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan.data.dataset import DataSet
from gan.errors import ConfigError, unknown_name
from gan.evaluation.critic_gap import CriticGap
from gan.evaluation.critic_gap import critic_gap as gap_of_critic
from gan.networks import Critic, Generator
from gan.networks.labelled import noise_of_label
from gan.recipes.recipe import Recipe
from gan.runs import run as training_runs
from gan.runs.config import Config
from gan.runs.run_metrics import MAX_GENERATED_BATCH, ema_samples
from gan.training.global_sources import seeded_global_sources
from gan.training.loop import Training


@dataclass(frozen=True, slots=True)
class Run:
    """A run in the state of its checkpoint.

    Attributes:
        config: Its configuration.
        data: Its data set.
        training: Networks, optimizers and number of steps done.
        evaluations: Metrics of each evaluation by key, in order.
    """

    config: Config
    data: DataSet
    training: Training
    evaluations: tuple[dict[str, Any], ...]

    @property
    def generator(self) -> Generator:
        """The averaged generator, from which samples are drawn: a ``torch.nn.Module``."""
        return self.training.average

    @property
    def critic(self) -> Critic:
        """The critic, or discriminator: a ``torch.nn.Module`` of one score per point."""
        return self.training.critic

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.training.step == self.config.steps

    @property
    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """Metrics over the run: by key, an array with an entry for each evaluation.

        Lists, such as the shares of modes, make an array with a row for each evaluation; NaN
        stands for numbers that are not finite.
        """
        keys = dict.fromkeys(key for line in self.evaluations for key in line)
        return {
            key: np.array([_numbers(line.get(key)) for line in self.evaluations]) for key in keys
        }

    def sample(self, n: int, *, seed: int = 0, label: str | None = None) -> Tensor:
        """Samples of the averaged generator.

        Args:
            n: Number of points.
            seed: Seed of the noise.
            label: Draw points of this label alone.

        Returns:
            Points, shape ``(n, *shape)``, in the unit of the data; under ``standardize`` in
            standard deviations of each column.

        Raises:
            ConfigError: If the data have no such label.
        """
        return self.labelled_sample(n, seed=seed, label=label)[0]

    def labelled_sample(
        self, n: int, *, seed: int = 0, label: str | None = None
    ) -> tuple[Tensor, list[str]]:
        """Samples of the averaged generator, with their labels.

        Args:
            n: Number of points.
            seed: Seed of the noise.
            label: Draw points of this label alone.

        Returns:
            Points as of `sample`, and the label of each; no labels if the data have none.

        Raises:
            ConfigError: If the data have no such label.
        """
        code = self.data.labels
        rng = torch.Generator(self.training.rng.device).manual_seed(seed)
        with seeded_global_sources(rng):
            if label is not None:
                names = () if code is None else code.names
                if code is None:
                    raise ConfigError(f"the data of the run have no labels, such as {label!r}")
                if label not in names:
                    raise ConfigError(unknown_name("label", label, names))
                index = names.index(label)
                return self._points_of_label(n, index, rng), [label] * n
            points = ema_samples(self.training, n, rng)
        if code is None:
            return points, []
        points, indices = code.split(points)
        return points, [code.names[index] for index in indices.tolist()]

    @torch.no_grad()
    def _points_of_label(self, n: int, index: int, rng: torch.Generator) -> Tensor:
        """Points of the label of an index, without it."""
        noise = noise_of_label(self.generator, self.generator.noise(n, rng), index)
        joint = torch.cat([self.generator(part) for part in noise.split(MAX_GENERATED_BATCH)])
        return joint if self.data.labels is None else self.data.labels.split(joint)[0]

    def critic_gap(self, points: Tensor, *, seed: int = 0) -> CriticGap:
        """Gap of the critic between real points and as many samples, beside their exact EMD.

        Args:
            points: Real points, shape ``(n, *shape)``; those that the run has not seen say what it
                knows of the distribution. Points with labels have their code behind them, as
                ``data.fresh_sample`` draws them.
            seed: Seed of the samples.

        Returns:
            The gap with its certified bound, baseline, knowledge and exact EMD.
        """
        rng = torch.Generator(self.training.rng.device).manual_seed(seed)
        with seeded_global_sources(rng):
            generated = ema_samples(self.training, len(points), rng)
        return gap_of_critic(self.critic, points, generated)

    def __repr__(self) -> str:
        """Recipe, data and progress in one line."""
        return (
            f"<Run of {self.config.recipe} on {self.config.data}: step {self.training.step} of "
            f"{self.config.steps}, {len(self.evaluations)} evaluations>"
        )


def run(
    config: Config | str,
    /,
    *,
    resume: bool = False,
    on_evaluation: Callable[[Run], object] | None = None,
    **choices: Any,
) -> Run:
    """Train as `gan train` does, and write the folder of the run.

    Args:
        config: The configuration, or the name of a recipe.
        resume: Continue the run in the folder, exactly; begin it if it never began.
        on_evaluation: Called after each evaluation with the run as it is then; its networks go on
            to be trained.
        choices: Other choices of a `Config` and settings of the recipe, such as
            ``data="points.csv"`` or ``batch_size=64``; not beside a configuration.

    Returns:
        The run, which an interrupt ends after the current step, with a checkpoint.

    Raises:
        ConfigError: If a choice is unknown or out of range, or networks and data do not fit.
        GanError: If the run cannot be started or continued; as the command says it.

    >>> import gan, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = gan.run("gan", steps=1, evaluation_size=20, out=folder + "/run")
    >>> run
    <Run of gan on eight-gaussians: step 1 of 1, 1 evaluations>
    >>> run.sample(5).shape
    torch.Size([5, 2])
    """
    if isinstance(config, str):
        config = _config(config, choices)
    elif choices:
        raise ConfigError(f"give {', '.join(choices)} to the Config: there is one already")
    callback = None if on_evaluation is None else partial(_call, on_evaluation)
    return _of_result(training_runs.run(config, resume=resume, on_evaluation=callback))


def _of_result(result: training_runs.RunResult) -> Run:
    """The run of a result."""
    return Run(result.config, result.data, result.training, tuple(result.metrics))


def _call(on_evaluation: Callable[[Run], object], result: training_runs.RunResult) -> None:
    """Call a user's function with the run as it is."""
    on_evaluation(_of_result(result))


def _config(recipe: str, choices: dict[str, Any]) -> Config:
    """Configuration of a recipe from choices of the run and settings of the recipe."""
    of_run = {setting.name for setting in fields(Config)} - {"recipe", "changes"}
    of_recipe = {setting.name for setting in fields(Recipe)}
    for name in choices:
        if name not in of_run | of_recipe:
            raise ConfigError(unknown_name("choice", name, sorted(of_run | of_recipe)))
    run_choices = {name: choice for name, choice in choices.items() if name in of_run}
    for name in ("out", "data_dir", "data_file", "start_from"):
        if run_choices.get(name) is not None:
            run_choices[name] = Path(run_choices[name])
    if {"minutes", "steps"} <= run_choices.keys():
        raise ConfigError("minutes and steps are both given; leave one out")
    if isinstance(run_choices.get("plugin"), str):
        run_choices["plugin"] = (run_choices["plugin"],)
    if "data" in run_choices:
        run_choices["data"] = str(run_choices["data"])
    changes = {name: choice for name, choice in choices.items() if name in of_recipe}
    return Config(recipe=recipe, **run_choices, changes=changes)


def load(path: Path | str, /, *, data_dir: Path | None = None, best: bool = False) -> Run:
    """The run in a folder in the state of its checkpoint, on the CPU.

    Args:
        path: The run's folder.
        data_dir: Folder of the MNIST files.
        best: Take the checkpoint with the lowest exact EMD instead of the last.

    Returns:
        The run.

    Raises:
        RunError: If the folder holds no run, or a damaged one.
        GanError: If its data or its plugins cannot be loaded.
    """
    return _of_result(training_runs.load_run(Path(path), data_dir=data_dir, best=best))


def _numbers(value: Any) -> Any:
    """A number or a list of numbers, with NaN for None."""
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    return np.nan if value is None else float(value)

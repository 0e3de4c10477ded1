"""Configuration of a run, with all its choices checked."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from tyro.conf import Positional, Suppress, UseAppendAction, arg

from gan.data.dataset import DEFAULT_HELD_OUT
from gan.data.files import MAX_IMAGE_SIZE, is_data_path, require_readable_kind
from gan.datasets import DATA
from gan.errors import ConfigError, unknown_name
from gan.networks import NETWORKS
from gan.recipes.recipe import Recipe
from gan.recipes.registry import RECIPES
from gan.runs.plugins import load_plugins
from gan.runs.presets import Preset, preset, supported
from gan.training.devices import Precision, Strategy

EARLY_EVALUATION_STEPS = (10, 100)  # the distance falls fastest at the start
DEFAULT_EVALUATIONS = 5  # evenly spaced over the run
DEFAULT_PATIENCE = 5
OF_PRESET: Any = None  # replaced by the choice of the preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All choices of a run.

    Attributes:
        recipe: Name of the method; `gan recipes` lists them.
        data: Name of the data set, or a path: a table or array of points (.npy, .npz, .csv, .tsv,
            .txt, .parquet), or a folder of images.
        image_size: Side in pixels that the images of a folder are resized to.
        data_file: A UTF-8 text for the data set characters, instead of its own.
        standardize: Divide each column of a table by its standard deviation; samples of the run
            are in these units, too.
        held_out: Share of the points of a file or folder that evaluations are of and training does
            not see, from 0 to 0.5.
        labels: Column of a table with the labels of its rows, a file of labels, or the word
            folders for images in a folder for each label: generator and critic are conditional.
        networks: Name of the pair of networks; by default the best known for the recipe on the
            data, else the data set's own.
        minutes: Duration of training on this machine, in place of --steps: a step is timed first.
        steps: Generator steps in all; the learning rate's schedule ends there.
        more_steps: Extend the finished run in the folder by this number of steps; the learning
            rate's schedule then ends at the last of them.
        start_from: Start with the networks of this run, or of one of its checkpoint files.
        seed: Seed of weights, batches and evaluations.
        allow_other_torch: Resume a run of another build of torch: not to the bit the same, which
            config.json then says.
        stop_when_flat: Stop early, after --patience evaluations without a new lowest exact EMD.
        patience: Such evaluations in a row.
        out: Folder of the run; by default runs/DATA-RECIPE-seedSEED.
        settings: best: the best known for the recipe on the data, else quick. quick: tuned for
            minutes of training on any data. paper: the published settings, for hours.
        device: Torch device: cpu, cuda, cuda:1, mps, ...
        devices: Number of processes, one on each device, that share every batch.
        strategy: Communication of several processes: ddp, or Lightning Fabric's choice.
        precision: 32, or bf16-mixed: matrix products in bfloat16, weights in float32. By default
            bf16-mixed where it belongs to the best settings and the processor has it, else 32.
        evaluate_every: Generator steps between evaluations; by default a fifth of all steps.
        evaluation_size: Points on each side of an evaluation; by default the data set's own, 1000
            in the plane and 2000 images.
        threads: Number of torch threads. The small networks of points in the plane gain nothing
            from a second one.
        tensorboard: Write the metrics for TensorBoard, too, into the run's folder.
        data_dir: Folder of the four MNIST files; by default $MNIST_DIR, else the user's cache,
            else a download.
        plugin: A Python file or module that adds recipes, data sets or networks of your own;
            can be given several times.
        changes: Settings of the recipe that differ, by name.
    """

    recipe: Positional[str]
    data: str = "eight-gaussians"
    image_size: int | None = None
    data_file: Path | None = None
    standardize: bool = False
    held_out: float = DEFAULT_HELD_OUT
    labels: str | None = None
    networks: str | None = None
    minutes: float | None = None
    steps: int = OF_PRESET
    more_steps: int | None = None
    start_from: Annotated[Path | None, arg(name="from")] = None
    seed: int = 0
    allow_other_torch: bool = False
    stop_when_flat: bool = False
    patience: int = DEFAULT_PATIENCE
    out: Path | None = None
    settings: Literal["best", "quick", "paper"] = "best"
    device: str = "cpu"
    devices: int = 1
    strategy: Strategy = "auto"
    precision: Precision = OF_PRESET
    evaluate_every: int | None = None
    evaluation_size: int | None = None
    threads: int = 1
    tensorboard: bool = False
    data_dir: Path | None = None
    plugin: UseAppendAction[tuple[str, ...]] = ()
    changes: Suppress[dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Load the plugins; refuse unknown names and values out of range."""
        load_plugins(self.plugin)
        self._require_known_names()
        self._complete()
        for name in (
            "steps",
            "more_steps",
            "devices",
            "evaluate_every",
            "threads",
            "image_size",
            "patience",
        ):
            number = getattr(self, name)
            if number is not None and number < 1:
                flag = name.replace("_", "-")
                raise ConfigError(f"--{flag} must be at least 1, but is {number}")
        self._require_ranges()
        unknown = self.changes.keys() - {setting.name for setting in fields(Recipe)}
        if unknown:
            raise ConfigError(f"a recipe has no setting {', '.join(sorted(unknown))}")
        try:
            _ = self.recipe_settings
        except ValueError as error:
            raise ConfigError(str(error)) from None

    def _require_ranges(self) -> None:
        """Refuse seed, duration, sizes and shares out of range."""
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"--seed must be from 0 to 2**63 - 1, but is {self.seed}")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise ConfigError(f"--minutes must be above 0, but is {self.minutes:g}")
        if self.evaluation_size is not None and self.evaluation_size < 2:
            raise ConfigError(
                f"--evaluation-size must be at least 2, but is {self.evaluation_size}"
            )
        if self.image_size is not None and self.image_size > MAX_IMAGE_SIZE:
            raise ConfigError(
                f"--image-size must be at most {MAX_IMAGE_SIZE}, but is {self.image_size}"
            )
        if not 0 <= self.held_out <= 0.5:
            raise ConfigError(f"--held-out must be from 0 to 0.5, but is {self.held_out}")

    def _complete(self) -> None:
        """Fill in what depends on other choices: networks, steps and precision."""
        known = self.preset
        choices = {
            "networks": known.networks,
            "steps": known.steps,
            "precision": supported(known.precision, self.device),
        }
        for name, choice in choices.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, choice)

    @property
    def preset(self) -> Preset:
        """Best known settings of the recipe on the data; without effect unless asked for."""
        if self.settings != "best":
            return Preset()
        return preset(self.recipe, self.data, self.networks)

    def _require_known_names(self) -> None:
        """Refuse an unknown recipe, data set, pair of networks or kind of settings."""
        choices_of: dict[str, Collection[str]] = {
            "recipe": RECIPES,
            "data": DATA,
            "networks": NETWORKS,
            "settings": ("best", "quick", "paper"),
        }
        require_readable_kind(self.data)
        for field_name, choices in choices_of.items():
            value = getattr(self, field_name)
            if field_name == "data" and self.is_of_path:
                continue
            if value not in choices and (field_name, value) != ("networks", None):
                paths = "; or the path of a table of points or of a folder of images"
                raise ConfigError(
                    unknown_name(field_name, value, choices) + paths * (field_name == "data")
                )

    def evaluates_at(self, step: int, /) -> bool:
        """Whether the run is evaluated after this generator step."""
        every = self.evaluate_every or max(1, self.steps // DEFAULT_EVALUATIONS)
        return step in EARLY_EVALUATION_STEPS or step % every == 0 or step == self.steps

    @property
    def is_of_path(self) -> bool:
        """Whether the data are of a file or folder; a name goes before a folder of that name."""
        return self.data not in DATA and is_data_path(self.data)

    @property
    def folder(self) -> Path:
        """Folder of the run."""
        data = Path(self.data).stem if self.is_of_path else self.data
        return self.out or Path("runs") / f"{data}-{self.recipe}-seed{self.seed}"

    @property
    def recipe_settings(self) -> Recipe:
        """The method with all its settings."""
        method = RECIPES[self.recipe]
        if self.settings == "paper":
            return replace(method.paper, **self.changes)
        return replace(method.quick, **{**self.preset.changes, **self.changes})

    def torch_device(self) -> torch.device:
        """The torch device of the run.

        Returns:
            The device with its index, as torch reports it.

        Raises:
            ConfigError: If this machine does not have it, or has fewer than ``devices``.
        """
        try:
            device = torch.zeros(1, device=self.device).device
            torch.Generator(device).manual_seed(self.seed)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(
                f"--device {self.device} cannot be used here ({reason}); --device cpu always can"
            ) from None
        if device.type == "cuda" and self.devices > torch.cuda.device_count():
            raise ConfigError(
                f"--devices {self.devices} asks for more than the {torch.cuda.device_count()} "
                "CUDA devices that are here"
            )
        return device

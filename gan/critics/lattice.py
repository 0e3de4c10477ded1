"""Critics of cones and planes, 1-Lipschitz by construction: several starts, the best fitted."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from gan.critics.fit_loop import Budget, Fit, run_updates
from gan.critics.problem import Problem
from gan.networks.lattice import Lattice
from gan.training.devices import Devices
from gan.training.steps import update_weights

BETAS = (0.9, 0.99)


class Start(NamedTuple):
    """Form and first apexes of a lattice.

    Attributes:
        sign: Factor of the scores, 1 or -1.
        spread: Factor of the apexes' distances from the mean of the points.
        group_count: Number of groups of pieces.
    """

    sign: int
    spread: float
    group_count: int


class Stage(NamedTuple):
    """A part of the fit.

    Attributes:
        begin: Share of the budget before it.
        lattice_count: Number of lattices that are fitted in it, one after another.
    """

    begin: float
    lattice_count: int


STARTS = tuple(
    Start(sign, spread, group_count)
    for sign in (-1, 1)
    for spread, group_count in ((1.0, 1), (0.2, 1), (0.05, 1), (1.0, 16))
)
TRIALS = (Stage(0.0, len(STARTS)), Stage(0.15, 2))
REFINEMENTS = tuple(Stage(begin, 1) for begin in (0.25, 0.4, 0.55, 0.7))
STAGES = TRIALS + REFINEMENTS


@dataclass(frozen=True, slots=True)
class LatticeCritic:
    """Estimator by a lattice, whose gap is at most W1 in the mean over fresh points.

    The gap is climbed on random batches without a penalty. Which start is good depends on the
    dimension and on the form of the potential. Since the gap of a 1-Lipschitz critic is a lower
    bound of the distance, the start of the largest gap on points of their own is the best: all
    starts have a short trial, the best two a second one, and the best is fitted to the end.
    Between the stages, cones that are active at none of these points are replaced by new ones.

    Attributes:
        cone_count: Largest number of cones; 16 divides it.
        plane_count: Number of planes at the start; 16 divides it.
        batch_size: Real and generated points of a batch.
        step_length: Distance by which an apex moves in a step of Adam, in units of the points.
        cut_depth: Depth by which a new cone cuts into the lattice, in units of the points.
        validation_size: Points of each distribution on which the starts are compared.
    """

    cone_count: int = 1024
    plane_count: int = 64
    batch_size: int = 8192
    step_length: float = 0.06
    cut_depth: float = 0.02
    validation_size: int = 16384

    def __post_init__(self) -> None:
        """Refuse numbers of pieces that the starts cannot divide into groups."""
        groups = max(form.group_count for form in STARTS)
        if self.cone_count < groups or self.cone_count % groups or self.plane_count % groups:
            raise ValueError(
                f"`cone_count` and `plane_count` must be multiples of {groups}, and the first "
                f"above 0, but are {self.cone_count} and {self.plane_count}"
            )

    def fit(self, problem: Problem, /, *, budget: Budget, rng: torch.Generator) -> Iterator[Fit]:
        """Compare the starts, then fit the best; see `Estimator.fit`."""
        start = time.monotonic()
        validation = problem.samples(self.validation_size, rng)
        descents = [self._descent(form, problem, validation, rng) for form in STARTS]
        search = _Search(descents, self.cone_count, self.cut_depth * problem.unit)

        def update(progress: float) -> None:
            descent = search.descent(progress, problem, rng)
            rest = (progress - REFINEMENTS[0].begin) / (1 - REFINEMENTS[0].begin)
            rate = (1 + math.cos(math.pi * max(rest, 0.0))) / 2
            descent.step(problem, self.batch_size, rate, rng)

        yield from run_updates(update, search, budget, start=start, lipschitz=True)

    def _descent(
        self,
        form: Start,
        problem: Problem,
        validation: tuple[Tensor, Tensor],
        rng: torch.Generator,
    ) -> "_Descent":
        """A lattice at its start, with its optimiser."""
        lattice = Lattice.at_random(
            rng,
            torch.cat(validation),
            cone_count=self.cone_count,
            plane_count=self.plane_count,
            spread=form.spread,
            group_count=form.group_count,
            sign=form.sign,
        )
        rate = self.step_length / math.sqrt(lattice.centers.shape[1])
        return _Descent(lattice, (rate * problem.unit, rate), validation)


@dataclass(slots=True)
class _Descent:
    """A lattice that climbs the gap.

    Attributes:
        lattice: The critic.
        rates: Learning rate of the apexes and biases, and that of the normals.
        validation: Points on which the starts are compared.
        optimizer: Of the lattice.
    """

    lattice: Lattice
    rates: tuple[float, float]
    validation: tuple[Tensor, Tensor]
    optimizer: torch.optim.Adam = field(init=False)

    def __post_init__(self) -> None:
        """Make the optimiser."""
        lattice = self.lattice
        groups = [{"params": [lattice.centers, lattice.biases]}, {"params": [lattice.normals]}]
        self.optimizer = torch.optim.Adam(groups, betas=BETAS)

    def step(self, problem: Problem, n: int, rate: float, rng: torch.Generator) -> None:
        """One step on a batch, at this factor of the learning rates."""
        for group, full in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * full
        real, generated = problem.real(n, rng), problem.generated(n, rng)
        loss = self.lattice(generated).mean() - self.lattice(real).mean()
        update_weights(self.optimizer, loss, "critic", Devices(rng.device), statistic=loss)

    def refined(self, apexes: Tensor, cone_count: int, depth: float) -> "_Descent":
        """The descent with idle cones replaced by new ones, where these cut into the lattice."""
        points = torch.cat(self.validation)
        # A new cone is active at its apex; it stays if it is so at a point of validation.
        lattice = self.lattice.extended(apexes, depth=depth)
        lattice = lattice.reduced(points, cone_count=cone_count)
        return _Descent(lattice, self.rates, self.validation)

    @torch.no_grad()
    def gap(self) -> float:
        """Gap on the points of validation."""
        real, generated = self.validation
        return float(self.lattice(real).mean() - self.lattice(generated).mean())


@dataclass(slots=True)
class _Search:
    """Descents of several starts, of which fewer and fewer are continued.

    Attributes:
        descents: Those of the present stage.
        cone_count: Largest number of cones of a lattice.
        cut_depth: Depth by which a new cone cuts into it, in the unit of the points.
        stage: Position in STAGES.
        current: The descent of the last step.
    """

    descents: list[_Descent]
    cone_count: int
    cut_depth: float
    stage: int = 0
    current: _Descent = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the first descent."""
        self.current = self.descents[0]

    def __call__(self, points: Tensor, /) -> Tensor:
        """Scores of the current lattice."""
        return self.current.lattice(points)

    def descent(self, progress: float, problem: Problem, rng: torch.Generator) -> _Descent:
        """The descent to be continued at this share of the budget."""
        while self.stage + 1 < len(STAGES) and progress >= STAGES[self.stage + 1].begin:
            self._begin_stage(self.stage + 1, problem, rng)
        begin = STAGES[self.stage].begin
        end = STAGES[self.stage + 1].begin if self.stage + 1 < len(STAGES) else 1.0
        turn = int((progress - begin) / (end - begin) * len(self.descents))
        self.current = self.descents[min(turn, len(self.descents) - 1)]
        return self.current

    def _begin_stage(self, stage: int, problem: Problem, rng: torch.Generator) -> None:
        """Keep the descents of the largest gaps, with new cones at points of both sides."""
        best = sorted(self.descents, key=_Descent.gap, reverse=True)
        points = torch.cat(problem.samples(self.cone_count, rng))
        order = torch.randperm(len(points), generator=rng, device=rng.device)
        # Few fixed points are repeated: all groups get equally many cones.
        apexes = points[order[torch.arange(self.cone_count, device=order.device) % len(order)]]
        self.descents = [
            descent.refined(apexes, self.cone_count, self.cut_depth)
            for descent in best[: STAGES[stage].lattice_count]
        ]
        self.stage = stage

"""Pages of benchmark results: title, introduction, tables and figures of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import results_io
from benchmarks.discrete import accuracy_tables, speed
from benchmarks.gan import (
    critic_gap_tables,
    fresh_knowledge,
    knowledge_by_size_tables,
    loss_curve,
    progress,
    robustness_tables,
    training_speed,
    training_tables,
)
from benchmarks.hostile_input import fuzz_tables
from benchmarks.markdown import wrapped
from benchmarks.samples import estimator_tables, permutation
from benchmarks.transport import column_generation, exact, high_dimension, tables

Record = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page of ``docs/benchmarks``.

    Attributes:
        title: Heading.
        results: Name of the file in ``benchmarks/results``, without suffix.
        introduction: Paragraphs before the tables.
        body: Markdown of a record.
        figures: Captions of the figures, by file name in ``docs/benchmarks``.
        notes: Markdown after the tables.
    """

    title: str
    results: str
    introduction: str
    body: Callable[[Record], str]
    figures: tuple[tuple[str, str], ...] = ()
    notes: str = ""

    @property
    def path(self) -> Path:
        """File of the results; missing until they are measured."""
        return results_io.RESULTS / f"{self.results}.json"

    def markdown(self) -> str:
        """The whole page, from the results as they are."""
        record = results_io.load(self.path)
        parts = [
            f"# {self.title}",
            *("\n".join(wrapped(text)) for text in self.introduction.split("\n\n")),
            "\n".join(wrapped(provenance(record, self.results))),
            f"    {record['command']}",
            self.body(record),
            *(f"![{caption}]({name})" for name, caption in self.figures),
            self.notes,
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def provenance(record: Record, results: str, /) -> str:
    """Sentence on file, machine, date, commit and versions of a measurement.

    Args:
        record: Content of the file.
        results: Its name in ``benchmarks/results``, without suffix.

    Returns:
        The sentence, which ends with a colon: the command follows.
    """
    origin = record.get("origin", record)
    if "machine" not in origin:  # each row has its own
        origin = max((row["origin"] for row in record["rows"]), key=lambda part: part["date"])
    machine, versions = origin["machine"], origin["versions"]
    if "commit" in origin:
        changed = " with changes" if origin["commit"].endswith("+") else ""
        when = f"{origin['date'][:10]}, at commit {origin['commit'][:7]}{changed}"
    else:
        recorded = origin["recorded_in"]
        when = f"before {recorded['date'][:10]}, recorded in commit {recorded['commit'][:7]}"
    packages = ", ".join(
        f"{name} {version}" for name, version in versions.items() if version != "none"
    )
    return (
        f"Measured {when}, on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}, with {packages}. Results: `benchmarks/results/{results}.json`, by:"
    )


ALL_PAGES = {
    "accuracy": Page(
        "Accuracy of KL and the other divergences",
        "accuracy",
        "Relative errors against mpmath, computed in as many digits as each pair needs. The "
        "closer p and q are, the more digits the textbook sum of p log(p / q) cancels.",
        accuracy_tables.markdown,
    ),
    "speed": Page(
        "Speed of KL and JS beside scipy",
        "speed",
        "Shortest time of a call, on the same arrays, in alternation; the time of `divergences` "
        "includes the validation of its input. All values agree to 1e-12.",
        speed.table,
    ),
    "exact_emd": Page(
        "Exact EMD beside POT",
        "exact",
        "Shortest time of a call, in alternation; POT's limit of iterations is raised until it "
        "finishes, and the time of `divergences` includes the validation of input and the proof. "
        "The costs of both agree to 1e-12.",
        lambda record: f"{exact.table(record)}\n\n{tables.units(record)}",
    ),
    "large_emd": Page(
        "Exact EMD of large point sets",
        "large",
        "Wall time and memory beyond the input of `sampled.transport`, each case in a process of "
        "its own. POT's dense solver ran where its matrix fits; the costs of both agree to 1e-12.",
        lambda record: column_generation.table(record["cases"]),
        figures=(("growth.png", "Time and memory by the number of points"),),
    ),
    "high_dimension": Page(
        "Exact EMD in high dimension, and of points that coincide",
        "high_dimension",
        "Shortest processor time of all threads, in alternation; both costs agree to 1e-12. "
        "The last column is the ratio when this was measured for the first time.",
        lambda record: high_dimension.table(record["rows"]),
    ),
    "one_dimensional": Page(
        "EMD on the line and on the circle",
        "one_dimensional",
        "Shortest processor time, in alternation. On the line, values agree with scipy's to "
        "1e-12 and the rounding of its sums; on the circle, with POT's to its tolerance.",
        tables.one_dimensional,
    ),
    "partial_and_tolerance": Page(
        "Unequal masses, and bounds within a tolerance",
        "partial_and_tolerance",
        "`sampled.partial_transport` of normal clouds with random weights, and "
        "`sampled.transport(tolerance=0.01)` of the same, whose gap is the width of the proved "
        "bounds. Each case runs in a process of its own; POT's costs agree to 1e-12.",
        tables.partial_and_tolerance,
    ),
    "float_range": Page(
        "Costs and masses over many orders of magnitude",
        "float_range",
        "Relative errors against the value of HiGHS for the allowed pairs; of problems without "
        "it, POT's error against our value, which is proved within its gap. POT returns its "
        "numbers without an error.",
        tables.float_range,
    ),
    "images": Page(
        "Exact EMD of images",
        "dotmark",
        "Processor time of `grids.transport` on pairs of DOTmark images (Schrieber, Schuhmacher "
        "and Gottschlich 2016), with flow and proof; memory is the peak of the process, Python "
        "and numpy included. POT solves the dense problem between the pixels whose masses differ, "
        "where its matrix fits.",
        tables.dotmark,
        figures=(("images.png", "Time by the number of pixels"),),
    ),
    "graphs": Page(
        "Exact EMD on graphs",
        "graphs",
        "Shortest processor time of `graphs.emd`, and of POT with the distances of all pairs of "
        "nodes by `scipy.sparse.csgraph.dijkstra`, which are in its time. Costs agree to 1e-12 of "
        "the largest distance.",
        tables.graphs,
    ),
    "estimators": Page(
        "KL from samples: error, coverage and time",
        "estimators",
        "Repeated estimates of `sampled.kl` on pairs of populations of known KL: bias and root "
        "mean square error (rmse) in nats, and the share of 95 % intervals that hold the truth. "
        "The best other method is one of ours chosen by hand, or of another library (in italics). "
        "The first eight cases are those on which other libraries were measured before, the other "
        "six are our own; the intervals' widths were set on these cases at n = 1,000.",
        estimator_tables.markdown,
        notes="The other libraries come with `pip install 'divergences[peers]'`. The sizes of the "
        "table\nand the sentences were run by\n\n"
        "    python -m benchmarks.samples.estimators --sizes 1000 --repetitions 60\n"
        "    python -m benchmarks.samples.estimators --sizes 200 --repetitions 50\n"
        "    python -m benchmarks.samples.estimators --sizes 3000 5000 --repetitions 20\n"
        "    python -m benchmarks.samples.estimators --sizes 10000 --repetitions 10 "
        "--methods auto knn histogram",
    ),
    "permutation": Page(
        "Permutation tests: level, power and time",
        "permutation",
        "Share of pairs of samples of 50 and 40 points that each test tells apart at level 5 %, "
        "with 99 permutations: 1,000 pairs of one population, 400 of two. Below, the time of one "
        "test beside `scipy.stats.permutation_test` of the same statistic.",
        permutation.table,
    ),
    "critics": Page(
        "Critics against exact EMD and known distances",
        "critic_gap",
        "Each critic is fitted in one thread. *Certified* is the lower bound of the distance that "
        "its scores prove, *knowledge* is (certified - baseline) / (exact - baseline): 0 of a "
        "constant critic, 1 of exact potentials. Errors of populations are those of the gap on "
        "fresh points, against the known W1; λ, rate and steps of `sharp` were chosen on some of "
        "these pairs: 2500 steps, three or two seeds; `sharp-normalized`, 800 steps, one seed. "
        "`lattice` is 1-Lipschitz, and the potentials of cones and scalings are lattices of few "
        "pieces: there its form contains the truth, on digits it does not. "
        "The commit is that of the last fit; fits made before it are kept. Times are of a busy "
        "machine, some of them twice those of a quiet one.",
        critic_gap_tables.markdown,
        figures=(("critic_gap.png", "Errors of critics"),),
    ),
    "fresh_knowledge": Page(
        "Critics on points that they have not seen",
        "fresh_knowledge",
        "Each critic is fitted in one thread to the samplers of a pair, and measured on 2048 "
        "fresh points of each distribution, of digits from the test set: knowledge of these "
        "points, and the relative error of the gap against their exact EMD. A number without "
        "brackets is of one seed; else it is the mean, with the smallest and the largest. "
        "The witness of other points extends the exact potentials of "
        "2048 points; `averaged-witness` is the mean of 32 such; `two-sided-witness` takes it for "
        "real points, its counterpart for generated ones, and weighs them by the probability of "
        "each; `taught` is a network fitted to the potentials of 16 samples. The ceiling is the "
        "largest mean knowledge of scores of one side that are fixed before the points of the "
        "other are drawn: the distance of one side from 16384 points of the other population, "
        "which is in the mean above that from the population. Knowledge of the same points is on "
        "another page: the two are never mixed.",
        fresh_knowledge.table,
    ),
    "knowledge_by_size": Page(
        "Critics as the number of points grows",
        "knowledge_by_size",
        knowledge_by_size_tables.INTRODUCTION,
        knowledge_by_size_tables.markdown,
    ),
    "loss_curve": Page(
        "Critics in training, and exact EMD against time",
        "loss_curve",
        "Quick settings of each recipe on eight Gaussians, one thread. At ten evenly spaced steps "
        "the critic in training is measured on 1000 fresh points of the data and of the "
        "generator: smallest and largest ratio to the exact EMD of these points. The EMD at the "
        "end is that of the averaged generator; the floor, that of two real samples.",
        loss_curve.table,
    ),
    "progress": Page(
        "Progress numbers of training runs against exact EMD",
        "progress",
        "Of all evaluations from step 10 on. The progress number is what the critic in training "
        "says of the points of the evaluation; of `wgan-certified` it is the bound it proves, "
        "so never above the exact distance. The refined copy has climbed the bound of these "
        "points; of digits, only the scores of single points have. A large certified share is no "
        "praise: a constant critic certifies most of the distance, too.",
        progress.table,
        figures=(("progress.png", "Progress numbers and proved bounds"),),
    ),
    "training": Page(
        "Quality of trained generators",
        "training",
        "A mode counts as covered if 1 % of all points are within 3 σ of it. The floor is the "
        "exact EMD of two real samples with no point in common: a perfect sampler has a ratio of "
        "1, which varies by 0.08 from seed to seed on the ring, and 98.9 % within 3 σ. Times are "
        "of a busy machine, with evaluations; class shares and Frechet distances are as the "
        "project's own classifier of digits sees them.",
        training_tables.markdown,
    ),
    "training_speed": Page(
        "Speed of training beside a plain loop",
        "training_speed",
        "Generator steps of WGAN-GP per second of processor time, one thread, the same networks: "
        "by the usual loop of PyTorch, and by `gan.train`, which checks every update, keeps the "
        "state of the last step and averages the generator. The loops alternate.",
        training_speed.table,
    ),
    "robustness": Page(
        "Killed runs and damaged files",
        "robustness",
        "A run is killed (signal 9) at random moments, and resumed: its state and metrics must "
        "equal those of the uninterrupted run to the bit. A file of a finished run is damaged at "
        "random: every use of the run must be refused, or go on unchanged where the file is a "
        "picture.",
        robustness_tables.markdown,
    ),
    "hostile_input": Page(
        "Public functions under hostile arguments",
        "hostile_input",
        "Random calls of public functions with arguments of every wrong kind. Each must return a "
        "value or raise one of the documented errors, without a warning, in time, and leave its "
        "arguments unchanged.",
        fuzz_tables.markdown,
    ),
}
PAGES = {name: page for name, page in ALL_PAGES.items() if page.path.exists()}

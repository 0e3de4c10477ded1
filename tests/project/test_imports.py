"""The arrows of the design: who may import whom, read from the sources."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Module -> the modules of this project that it may import. A module that is missing here fails.
ARROWS = {
    "divergences": {
        "divergences.closed_forms",
        "divergences.densities",
        "divergences.discrete",
        "divergences.errors",
        "divergences.log_space",
        "divergences.pairs",
        "divergences.sampled",
        "divergences.transport",
    },
    "divergences.errors": set(),
    "divergences.__main__": {
        "divergences.checks",
        "divergences.errors",
        "divergences.plots",
        "divergences.sampled.compare",
        "divergences.sampled.estimate",
        "divergences.sampled.information.methods",
        "divergences.sampled.reading",
        "divergences.sampled.report",
        "divergences.tables",
    },
    "divergences.plots": {
        "divergences.plots.moves",
        "divergences.plots.picture",
    },
    "divergences.plots.moves": {
        "divergences.sampled",
    },
    "divergences.plots.picture": {
        "divergences.errors",
        "divergences.plots.moves",
    },
    "divergences.tables": {
        "divergences.errors",
        "divergences.tables.arrays",
        "divergences.tables.pair",
        "divergences.tables.table",
        "divergences.tables.text",
    },
    "divergences.tables.arrays": {
        "divergences.errors",
        "divergences.tables.table",
    },
    "divergences.tables.pair": {
        "divergences.errors",
        "divergences.tables.table",
    },
    "divergences.tables.table": {
        "divergences.errors",
    },
    "divergences.tables.text": {
        "divergences.errors",
        "divergences.tables.table",
    },
    "divergences.jobs": {
        "divergences.errors",
    },
    "divergences.pairs": {
        "divergences.checks",
        "divergences.errors",
        "divergences.jobs",
        "divergences.sampled",
        "divergences.transport",
    },
    "divergences.transport.batches": {
        "divergences.checks",
        "divergences.errors",
        "divergences.jobs",
        "divergences.transport.proof",
        "divergences.transport.result",
        "divergences.transport.simplex",
    },
    "divergences.checks": {
        "divergences.checks.arrays",
        "divergences.checks.outcomes",
        "divergences.checks.weighted",
    },
    "divergences.checks.arrays": {
        "divergences.errors",
    },
    "divergences.checks.outcomes": {
        "divergences.checks.arrays",
        "divergences.errors",
    },
    "divergences.checks.weighted": {
        "divergences.checks.arrays",
        "divergences.errors",
    },
    "divergences.discrete": {
        "divergences.discrete.information",
        "divergences.discrete.mixture",
        "divergences.discrete.ratios",
    },
    "divergences.discrete.pair": {
        "divergences.checks",
    },
    "divergences.discrete.formulas": {
        "divergences.checks",
        "divergences.discrete.pair",
        "divergences.discrete.series",
        "divergences.errors",
    },
    "divergences.discrete.blocks": {
        "divergences.checks",
        "divergences.discrete.series",
    },
    "divergences.discrete.information": {
        "divergences.checks",
        "divergences.discrete.blocks",
        "divergences.discrete.formulas",
        "divergences.discrete.pair",
    },
    "divergences.discrete.ratios": {
        "divergences.checks",
        "divergences.discrete.formulas",
        "divergences.discrete.pair",
        "divergences.errors",
    },
    "divergences.discrete.series": {
        "divergences.checks",
    },
    "divergences.discrete.mixture": {
        "divergences.checks",
        "divergences.discrete.series",
        "divergences.errors",
    },
    "divergences.log_space": {
        "divergences.checks",
        "divergences.discrete.formulas",
        "divergences.discrete.mixture",
        "divergences.discrete.pair",
    },
    "divergences.special": set(),
    "divergences.densities": {
        "divergences.densities.quadrature",
        "divergences.special",
    },
    "divergences.densities.quadrature": {
        "divergences.errors",
    },
    "divergences.closed_forms": {
        "divergences.closed_forms.families",
        "divergences.closed_forms.information",
        "divergences.closed_forms.wasserstein",
    },
    "divergences.closed_forms.parameters": {
        "divergences.checks",
        "divergences.errors",
    },
    "divergences.closed_forms.families": {
        "divergences.checks",
        "divergences.closed_forms.parameters",
        "divergences.errors",
    },
    "divergences.closed_forms.exact": {
        "divergences.special",
    },
    "divergences.closed_forms.log_gamma": set(),
    "divergences.closed_forms.gaussian": {
        "divergences.closed_forms.families",
        "divergences.errors",
        "divergences.special",
    },
    "divergences.closed_forms.information": {
        "divergences.closed_forms.exact",
        "divergences.closed_forms.families",
        "divergences.closed_forms.gaussian",
        "divergences.closed_forms.log_gamma",
        "divergences.discrete",
        "divergences.errors",
    },
    "divergences.closed_forms.wasserstein": {
        "divergences.closed_forms.exact",
        "divergences.closed_forms.families",
        "divergences.closed_forms.gaussian",
        "divergences.errors",
    },
    "divergences.transport": {
        "divergences.transport.histograms",
        "divergences.transport.result",
        "divergences.transport.witness",
    },
    "divergences.transport.proof": {
        "divergences.errors",
    },
    "divergences.transport.result": {
        "divergences.errors",
        "divergences.transport.distances",
        "divergences.transport.proof",
    },
    "divergences.transport.distances": {
        "divergences.errors",
        "divergences.transport.proof",
    },
    "divergences.transport.ground": {
        "divergences.errors",
        "divergences.transport.distances",
        "divergences.transport.lengths",
        "divergences.transport.proof",
    },
    "divergences.transport.simplex": {
        "divergences.errors",
        "divergences.transport.proof",
        "divergences.transport.result",
    },
    "divergences.transport.line": {
        "divergences.transport.line.convex",
        "divergences.transport.line.first_order",
        "divergences.transport.line.quantiles",
    },
    "divergences.transport.line.convex": {
        "divergences.transport.line.levels",
        "divergences.transport.proof",
        "divergences.transport.result",
    },
    "divergences.transport.line.first_order": {
        "divergences.transport.distances",
        "divergences.transport.line.levels",
        "divergences.transport.proof",
        "divergences.transport.result",
    },
    "divergences.transport.line.levels": {
        "divergences.transport.proof",
    },
    "divergences.transport.line.quantiles": {
        "divergences.checks",
        "divergences.transport.line.levels",
    },
    "divergences.transport.envelope": {
        "divergences.checks",
        "divergences.errors",
        "divergences.transport.ground",
        "divergences.transport.result",
    },
    "divergences.transport.histograms": {
        "divergences.checks",
        "divergences.errors",
        "divergences.transport.batches",
        "divergences.transport.envelope",
        "divergences.transport.partial",
        "divergences.transport.result",
        "divergences.transport.simplex",
    },
    "divergences.sampled": {
        "divergences.sampled.compare",
        "divergences.sampled.estimate",
        "divergences.sampled.exact",
        "divergences.sampled.information",
        "divergences.sampled.line",
        "divergences.sampled.two_sample",
    },
    "divergences.sampled.two_sample": {
        "divergences.sampled.two_sample.permutation",
    },
    "divergences.sampled.two_sample.permutation": {
        "divergences.checks",
        "divergences.errors",
        "divergences.jobs",
        "divergences.sampled.points",
        "divergences.sampled.two_sample.labellings",
        "divergences.sampled.two_sample.matching",
        "divergences.sampled.two_sample.neighbours",
        "divergences.sampled.two_sample.quadratic",
        "divergences.sampled.two_sample.statistic",
        "divergences.transport.distances",
        "divergences.transport.proof",
    },
    "divergences.sampled.two_sample.labellings": set(),
    "divergences.sampled.two_sample.statistic": {
        "divergences.errors",
        "divergences.sampled.two_sample.labellings",
        "divergences.transport.proof",
    },
    "divergences.sampled.two_sample.quadratic": {
        "divergences.sampled.two_sample.labellings",
        "divergences.transport.proof",
    },
    "divergences.sampled.two_sample.neighbours": {
        "divergences.sampled.two_sample.labellings",
        "divergences.transport.proof",
    },
    "divergences.sampled.two_sample.matching": {
        "divergences.errors",
        "divergences.sampled.exact",
        "divergences.sampled.two_sample.labellings",
        "divergences.transport.proof",
        "divergences.transport.simplex",
    },
    "divergences.sampled.compare": {
        "divergences.checks",
        "divergences.sampled.estimate",
        "divergences.sampled.exact",
        "divergences.sampled.information.functionals",
        "divergences.sampled.information.methods",
        "divergences.sampled.information.question",
        "divergences.sampled.points",
        "divergences.sampled.reading",
        "divergences.sampled.report",
    },
    "divergences.sampled.reading": {
        "divergences.sampled.estimate",
    },
    "divergences.sampled.report": {
        "divergences.sampled.estimate",
        "divergences.sampled.reading",
    },
    "divergences.sampled.estimate": {
        "divergences.checks",
    },
    "divergences.sampled.exact": {
        "divergences.checks",
        "divergences.sampled.estimate",
        "divergences.sampled.methods",
        "divergences.sampled.points",
        "divergences.sampled.population",
        "divergences.transport.distances",
        "divergences.transport.memory",
        "divergences.transport.partial",
        "divergences.transport.result",
    },
    "divergences.sampled.points": {
        "divergences.checks",
        "divergences.errors",
        "divergences.sampled.methods",
        "divergences.transport.distances",
        "divergences.transport.envelope",
        "divergences.transport.ground",
        "divergences.transport.lengths",
        "divergences.transport.result",
    },
    "divergences.sampled.methods": {
        "divergences.checks",
        "divergences.errors",
        "divergences.transport.columns",
        "divergences.transport.ground",
        "divergences.transport.line",
        "divergences.transport.memory",
        "divergences.transport.proof",
        "divergences.transport.result",
        "divergences.transport.simplex",
    },
    "divergences.sampled.line": {
        "divergences.checks",
        "divergences.errors",
        "divergences.transport.ground",
        "divergences.transport.line",
    },
    "divergences.sampled.information": {
        "divergences.sampled.information.divergences",
    },
    "divergences.sampled.population": {
        "divergences.checks",
        "divergences.sampled.methods",
        "divergences.sampled.points",
        "divergences.transport.distances",
        "divergences.transport.ground",
        "divergences.transport.proof",
        "divergences.transport.result",
        "divergences.transport.witness",
    },
    "divergences.sampled.information.atoms": {
        "divergences.sampled.information.samples",
    },
    "divergences.sampled.information.counts": {
        "divergences.sampled.information.functionals",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.cross_fit": {
        "divergences.sampled.information.families",
        "divergences.sampled.information.samples",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.divergences": {
        "divergences.sampled.estimate",
        "divergences.sampled.information.functionals",
        "divergences.sampled.information.methods",
        "divergences.sampled.information.question",
    },
    "divergences.sampled.information.estimation": {
        "divergences.sampled.information.atoms",
        "divergences.sampled.information.counts",
        "divergences.sampled.information.functionals",
        "divergences.sampled.information.samples",
        "divergences.sampled.information.stack",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.families": {
        "divergences.sampled.information.features",
        "divergences.sampled.information.samples",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.features": {
        "divergences.sampled.information.samples",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.functionals": {
        "divergences.transport.proof",
    },
    "divergences.sampled.information.histogram": {
        "divergences.sampled.information.samples",
    },
    "divergences.sampled.information.interval": {
        "divergences.sampled.information.functionals",
    },
    "divergences.sampled.information.methods": {
        "divergences.errors",
        "divergences.sampled.information.atoms",
        "divergences.sampled.information.cross_fit",
        "divergences.sampled.information.estimation",
        "divergences.sampled.information.families",
        "divergences.sampled.information.histogram",
        "divergences.sampled.information.neighbours",
        "divergences.sampled.information.samples",
        "divergences.sampled.information.stack",
    },
    "divergences.sampled.information.neighbours": {
        "divergences.sampled.information.samples",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.question": {
        "divergences.checks",
        "divergences.errors",
        "divergences.sampled.estimate",
        "divergences.sampled.information.atoms",
        "divergences.sampled.information.estimation",
        "divergences.sampled.information.functionals",
        "divergences.sampled.information.inputs",
        "divergences.sampled.information.interval",
        "divergences.sampled.information.methods",
        "divergences.sampled.information.samples",
        "divergences.sampled.information.sight",
        "divergences.sampled.points",
    },
    "divergences.sampled.information.samples": {
        "divergences.transport.proof",
    },
    "divergences.sampled.information.stack": {
        "divergences.sampled.information.samples",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.sight": {
        "divergences.sampled.information.neighbours",
        "divergences.sampled.information.samples",
        "divergences.transport.proof",
    },
    "divergences.sampled.information.inputs": {
        "divergences.checks",
        "divergences.errors",
        "divergences.transport.proof",
    },
    "divergences.transport.memory": {
        "divergences.errors",
    },
    "divergences.transport.columns": {
        "divergences.transport.columns.solver",
        "divergences.transport.columns.watch",
    },
    "divergences.transport.lengths": {
        "divergences.checks",
        "divergences.transport.distances",
        "divergences.transport.proof",
    },
    "divergences.transport.partial": {
        "divergences.transport.proof",
        "divergences.transport.result",
        "divergences.transport.simplex",
    },
    "divergences.transport.witness": {
        "divergences.checks",
        "divergences.errors",
        "divergences.transport.distances",
        "divergences.transport.ground",
        "divergences.transport.lengths",
        "divergences.transport.proof",
        "divergences.transport.result",
    },
    "divergences.transport.columns.solver": {
        "divergences.checks",
        "divergences.transport.columns.ascent",
        "divergences.transport.columns.light",
        "divergences.transport.columns.multiscale",
        "divergences.transport.columns.pricing",
        "divergences.transport.columns.screen",
        "divergences.transport.columns.watch",
        "divergences.transport.ground",
        "divergences.transport.proof",
        "divergences.transport.result",
    },
    "divergences.transport.columns.light": {
        "divergences.transport.columns.arcs",
        "divergences.transport.ground",
        "divergences.transport.proof",
    },
    "divergences.transport.columns.multiscale": {
        "divergences.transport.columns.arcs",
        "divergences.transport.columns.ascent",
        "divergences.transport.columns.pricing",
        "divergences.transport.columns.watch",
        "divergences.transport.proof",
        "divergences.transport.simplex",
    },
    "divergences.transport.columns.ascent": {
        "divergences.errors",
        "divergences.transport.columns.arcs",
        "divergences.transport.columns.clearance",
        "divergences.transport.columns.master",
        "divergences.transport.columns.pricing",
        "divergences.transport.columns.watch",
        "divergences.transport.proof",
    },
    "divergences.transport.columns.master": {
        "divergences.errors",
        "divergences.transport.columns.arcs",
        "divergences.transport.ground",
        "divergences.transport.proof",
        "divergences.transport.simplex",
    },
    "divergences.transport.columns.pricing": {
        "divergences.transport.columns.arcs",
        "divergences.transport.ground",
        "divergences.transport.proof",
    },
    "divergences.transport.columns.screen": {
        "divergences.checks",
        "divergences.transport.columns.arcs",
        "divergences.transport.columns.pricing",
        "divergences.transport.ground",
        "divergences.transport.proof",
    },
    "divergences.transport.columns.watch": {
        "divergences.errors",
        "divergences.transport.ground",
    },
    "divergences.transport.columns.arcs": {
        "divergences.transport.proof",
    },
    "divergences.transport.columns.clearance": {
        "divergences.transport.columns.arcs",
        "divergences.transport.columns.pricing",
        "divergences.transport.ground",
        "divergences.transport.proof",
    },
    "gan": {
        "gan.critic_gap",
        "gan.data.catalogue",
        "gan.data.dataset",
        "gan.data.mixtures",
        "gan.networks",
        "gan.recipes",
        "gan.train",
    },
    "gan.losses": set(),
    "gan.penalties": {
        "gan.networks",
        "gan.slopes",
    },
    "gan.networks": {
        "gan.networks.catalogue",
        "gan.networks.convolutional",
        "gan.networks.mlp",
        "gan.networks.players",
        "gan.networks.residual",
        "gan.networks.scale",
    },
    "gan.networks.mlp": {
        "gan.networks.players",
    },
    "gan.networks.players": set(),
    "gan.networks.catalogue": {
        "gan.networks.convolutional",
        "gan.networks.fourier",
        "gan.networks.mlp",
        "gan.networks.players",
        "gan.networks.residual",
        "gan.networks.segment",
    },
    "gan.networks.segment": {
        "gan.networks.players",
    },
    "gan.networks.choice": set(),
    "gan.networks.convolutional": {
        "gan.networks.choice",
        "gan.networks.mlp",
        "gan.networks.players",
    },
    "gan.networks.residual": {
        "gan.networks.convolutional",
        "gan.networks.mlp",
        "gan.networks.players",
    },
    "gan.networks.scale": {
        "gan.networks.players",
    },
    "gan.networks.lipschitz": {
        "gan.networks.mlp",
        "gan.networks.players",
    },
    "gan.networks.fourier": {
        "gan.networks.mlp",
        "gan.networks.players",
    },
    "gan.data.mixtures": set(),
    "gan.data.mnist": {"divergences"},
    "gan.pictures": set(),
    "gan.recipes": {
        "gan.losses",
        "gan.optimizers",
    },
    "gan.rollback": {
        "gan.optimizers",
    },
    "gan.train": {
        "gan.devices",
        "gan.networks",
        "gan.penalties",
        "gan.recipes",
        "gan.rollback",
        "gan.steps",
        "gan.training",
    },
    "gan.critic_gap": {
        "divergences",
        "divergences.transport.distances",
        "gan.certified",
    },
    "gan.evaluation": {
        "gan.bound",
        "gan.critic_gap",
        "gan.data.dataset",
        "gan.data.mixtures",
        "gan.networks",
        "gan.train",
    },
    "gan.runs": {
        "gan.train",
    },
    "gan.session": {
        "gan.board",
        "gan.config",
        "gan.data.catalogue",
        "gan.data.dataset",
        "gan.devices",
        "gan.evaluation",
        "gan.interrupts",
        "gan.networks",
        "gan.pictures",
        "gan.plugins",
        "gan.recipes",
        "gan.runs",
        "gan.train",
    },
    "gan.demo": {
        "gan.config",
        "gan.data.catalogue",
        "gan.data.mixtures",
        "gan.evaluation",
        "gan.metrics.modes",
        "gan.pictures",
        "gan.runs",
        "gan.session",
        "gan.several",
        "gan.tables",
    },
    "gan.__main__": {
        "divergences",
        "gan.commands.compare",
        "gan.commands.critic",
        "gan.commands.demo",
        "gan.commands.recipes",
        "gan.commands.sample",
        "gan.commands.train",
        "gan.config",
        "gan.data.mnist",
        "gan.demo",
        "gan.interrupts",
        "gan.metrics.classifier",
        "gan.pairs",
        "gan.plugins",
        "gan.runs",
        "gan.session",
        "gan.train",
        "gan.training",
    },
    "gan.data": {
        "gan.data.dataset",
    },
    "gan.data.catalogue": {
        "gan.data.curves",
        "gan.data.dataset",
        "gan.data.mixtures",
        "gan.data.mnist",
        "gan.metrics.classifier",
        "gan.metrics.densities",
        "gan.metrics.digits",
        "gan.metrics.frechet",
        "gan.metrics.modes",
    },
    "gan.data.curves": set(),
    "gan.data.dataset": set(),
    "gan.metrics": set(),
    "gan.metrics.densities": {
        "divergences.sampled",
    },
    "gan.metrics.modes": {
        "gan.data.mixtures",
    },
    "gan.metrics.classifier": {
        "gan.data.mnist",
        "gan.networks.convolutional",
        "gan.networks.mlp",
    },
    "gan.metrics.digits": {
        "divergences",
        "gan.metrics.classifier",
        "gan.metrics.frechet",
    },
    "gan.metrics.frechet": {
        "divergences",
    },
    "gan.board": {
        "gan.config",
    },
    "gan.commands": set(),
    "gan.comparison": {
        "gan.runs",
        "gan.tables",
    },
    "gan.config": {
        "gan.data.catalogue",
        "gan.devices",
        "gan.networks",
        "gan.plugins",
        "gan.recipes",
    },
    "gan.devices": set(),
    "gan.interrupts": set(),
    "gan.plugins": set(),
    "gan.several": {
        "gan.interrupts",
    },
    "gan.steps": {
        "gan.bound",
        "gan.devices",
        "gan.losses",
        "gan.networks",
        "gan.optimizers",
        "gan.penalties",
        "gan.recipes",
        "gan.training",
    },
    "gan.tables": set(),
    "gan.training": {
        "gan.devices",
        "gan.networks",
        "gan.optimizers",
        "gan.recipes",
    },
    "gan.slopes": {
        "gan.networks.fourier",
        "gan.networks.scale",
    },
    "gan.bound": {
        "gan.certified",
        "gan.networks",
        "gan.training",
    },
    "gan.certified": set(),
    "gan.critics": {
        "gan.critics.catalogue",
        "gan.critics.problem",
        "gan.critics.study",
        "gan.critics.verdicts",
    },
    "gan.optimizers": set(),
    "gan.pairs": {
        "gan.pairs.catalogue",
        "gan.pairs.pair",
    },
    "gan.pairs.catalogue": {
        "gan.pairs.cones",
        "gan.pairs.gaussians",
        "gan.pairs.pair",
        "gan.pairs.samples",
    },
    "gan.pairs.cones": {
        "gan.pairs.pair",
    },
    "gan.pairs.gaussians": {
        "gan.pairs.pair",
    },
    "gan.pairs.pair": {
        "gan.data.dataset",
    },
    "gan.pairs.samples": {
        "gan.data.mixtures",
        "gan.data.mnist",
        "gan.evaluation",
        "gan.pairs.pair",
        "gan.session",
    },
    "gan.critics.bound": {
        "gan.bound",
        "gan.critics.problem",
        "gan.critics.stepping",
        "gan.devices",
        "gan.losses",
        "gan.networks",
        "gan.networks.scale",
        "gan.steps",
    },
    "gan.critics.catalogue": {
        "gan.critics.bound",
        "gan.critics.descent",
        "gan.critics.problem",
        "gan.critics.witness",
        "gan.networks.lipschitz",
        "gan.networks.mlp",
        "gan.recipes",
    },
    "gan.critics.descent": {
        "gan.critics.problem",
        "gan.critics.stepping",
        "gan.devices",
        "gan.networks.scale",
        "gan.recipes",
        "gan.steps",
    },
    "gan.critics.problem": {
        "divergences",
        "gan.data.dataset",
        "gan.networks",
        "gan.training",
    },
    "gan.critics.stepping": {
        "gan.critics.problem",
    },
    "gan.critics.study": {
        "gan.critic_gap",
        "gan.critics.problem",
        "gan.critics.verdicts",
        "gan.evaluation",
        "gan.pairs.pair",
    },
    "gan.critics.verdicts": {
        "gan.critic_gap",
        "gan.critics.problem",
        "gan.pairs.pair",
    },
    "gan.critics.witness": {
        "divergences.sampled",
        "gan.critics.problem",
    },
    "gan.commands.compare": {
        "gan.comparison",
        "gan.pictures",
        "gan.runs",
    },
    "gan.commands.demo": {
        "gan.demo",
        "gan.interrupts",
    },
    "gan.commands.recipes": {
        "gan.data.catalogue",
        "gan.networks",
        "gan.plugins",
        "gan.recipes",
        "gan.tables",
    },
    "gan.commands.sample": {
        "gan.config",
        "gan.evaluation",
        "gan.runs",
        "gan.session",
    },
    "gan.commands.train": {
        "divergences",
        "gan.comparison",
        "gan.config",
        "gan.interrupts",
        "gan.recipes",
        "gan.runs",
        "gan.session",
        "gan.several",
        "gan.training",
    },
    "gan.commands.critic": {
        "divergences",
        "gan.config",
        "gan.critics",
        "gan.critics.study",
        "gan.interrupts",
        "gan.pairs",
        "gan.pictures",
        "gan.plugins",
        "gan.runs",
        "gan.tables",
        "gan.training",
    },
}

HEAVY = ("torch", "ot", "matplotlib", "sklearn")
SOURCES = sorted([*ROOT.glob("divergences/**/*.py"), *ROOT.glob("gan/**/*.py")])


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path):
    """The modules of this project that a source imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = inside & ARROWS.keys()
            names |= modules or {node.module}
    return {name for name in names if name.partition(".")[0] in ("divergences", "gan")}


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_module_imports_only_what_the_design_allows(path):
    assert imported(path) <= ARROWS[module_name(path)]


def test_every_arrow_is_still_there():
    assert {module_name(path) for path in SOURCES} == set(ARROWS)


@pytest.mark.parametrize("package", ["divergences", "gan"])
def test_there_are_no_circles(package):
    def reached(module, seen=()):
        assert module not in seen, " -> ".join([*seen, module])
        for other in ARROWS[module]:
            reached(other, (*seen, module))

    reached(package)


def test_divergences_imports_what_is_heavy_only_inside_functions():
    for path in ROOT.glob("divergences/**/*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not {n for n in names if n and n.partition(".")[0] in HEAVY}, path

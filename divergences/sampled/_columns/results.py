"""Results of a comparison of two tables by column."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from divergences._typing import Floats
from divergences.errors import DistributionError
from divergences.sampled._columns import report
from divergences.sampled._columns.distances import floored
from divergences.sampled._columns.histograms import Histogram


@dataclass(frozen=True, slots=True, eq=False)
class ColumnComparison:
    """Distances between a column of two tables, x the reference and y the current one.

    JS, KL and PSI are exact for the shares of the rows in each outcome: a bin or a category, and
    missing values, if there are any. As estimates for the populations they are of the binned
    distributions, whose divergences are at most those of the values themselves; with k outcomes,
    chance alone makes JS about ``(k - 1) (1 / n + 1 / m) / 8`` nats.

    Attributes:
        name: The column.
        kind: "numeric" or "categorical".
        unit: Unit of ``emd``: "days" for times, "s" for durations; empty for the column's own.
        n: Number of rows of x.
        m: Number of rows of y.
        x_missing: Share of missing values in x, in [0, 1].
        y_missing: Share of missing values in y.
        js: Jensen-Shannon divergence of the shares, in nats, in [0, log 2].
        kl: KL(x || y) of the shares, in nats; infinite if x has an outcome that y has not.
        reverse_kl: KL(y || x) of the shares, in nats.
        psi: Population stability index: KL(x || y) + KL(y || x) of the shares, where an empty
            outcome has the share ``psi_floor`` before both are divided by their sums.
        psi_floor: Share of an empty outcome in ``psi``.
        emd: Exact EMD of the values, missing ones left out; None for categories.
        emd_in_sd: EMD in standard deviations (divisor n) of x; None for categories.
        p_value: p-value of equal populations; None if a numeric column has no values on one side.
        p_adjusted: p-value adjusted for the number of columns by Holm's method.
        test: Name of the test.
        outcomes: Names of the outcomes, ``(missing)`` last, if there are missing values.
        x_shares: Shares of the rows of x in each outcome, summing to 1.
        y_shares: Shares of the rows of y.
        edges: Edges between bins, which belong to the lower bin; a bin of one value has it twice.
        histogram: Shares in bins of equal width, for a picture; None for categories.
        notes: Remarks on the data that affect the interpretation.
    """

    name: Hashable
    kind: Literal["numeric", "categorical"]
    unit: str
    n: int
    m: int
    x_missing: float
    y_missing: float
    js: float
    kl: float
    reverse_kl: float
    psi: float
    psi_floor: float
    emd: float | None
    emd_in_sd: float | None
    p_value: float | None
    p_adjusted: float | None
    test: str | None
    outcomes: tuple[str, ...]
    x_shares: Floats
    y_shares: Floats
    edges: tuple[float, ...]
    histogram: Histogram | None
    notes: tuple[str, ...]

    @property
    def psi_shares(self) -> tuple[Floats, Floats]:
        """Shares of x and y in which no outcome is empty, of which ``psi`` is the Jeffreys sum."""
        return floored(self.x_shares, self.psi_floor), floored(self.y_shares, self.psi_floor)

    def as_dict(self) -> dict[str, Any]:
        """All numbers in the types of JSON; non-finite ones as text: "nan", "inf", "-inf"."""
        return report.column_record(self)

    def __repr__(self) -> str:
        """Name, JS and PSI in one line."""
        return f"ColumnComparison({self.name!r}, js={self.js:.6g}, psi={self.psi:.6g})"


@dataclass(frozen=True, slots=True, eq=False)
class TableComparison:
    """Comparison of two tables by column, the column of the largest JS first.

    ``print`` shows a table, a line per column, and so does a notebook. The command
    ``divergences x.csv y.csv --by-column --report page.html`` writes a page with pictures.

    Attributes:
        columns: A comparison for each column that both tables have; by JS in descending order,
            then by EMD in standard deviations, then by name.
        x_only: Columns that only x has.
        y_only: Columns that only y has.
        n: Number of rows of x.
        m: Number of rows of y.
        bins: Number of quantile bins of numeric columns.
        psi_floor: Share of an empty outcome in PSI.
    """

    columns: tuple[ColumnComparison, ...]
    x_only: tuple[Hashable, ...]
    y_only: tuple[Hashable, ...]
    n: int
    m: int
    bins: int
    psi_floor: float

    def __getitem__(self, name: Hashable, /) -> ColumnComparison:
        """Comparison of one column, by its name."""
        for column in self.columns:
            if column.name == name:
                return column
        names = ", ".join(repr(column.name) for column in self.columns)
        raise DistributionError(f"there is no column {name!r}; the columns compared are {names}")

    def __iter__(self) -> Iterator[ColumnComparison]:
        """Comparisons of the columns, the largest JS first."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Number of columns compared."""
        return len(self.columns)

    def as_dict(self) -> dict[str, Any]:
        """All results in the types of JSON; non-finite numbers as text: "nan", "inf", "-inf"."""
        return report.table_record(self)

    def __str__(self) -> str:
        """A table with a line per column, and the definitions of its numbers."""
        return report.text_table(self)

    def __repr__(self) -> str:
        """Sizes, and the column that moved most, in one line."""
        first = self.columns[0]
        return (
            f"TableComparison({len(self)} columns, n={self.n}, m={self.m}, largest JS "
            f"{first.js:.6g} of {first.name!r})"
        )

    def _repr_html_(self) -> str:
        """The table in HTML, for a notebook."""
        return report.html_table(self)

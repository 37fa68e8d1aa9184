"""What a rule asks to be measured: so much of a version's evaluation exists because a rule needs it, and no more.

Every evaluation has the task's metrics, their comparisons with the baseline and the champion, and the curves: pages
and the card show them whatever the rules are. What stands here is measured besides, where a rule asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Slices:
    """Parts of the holdout on which a metric is measured and compared.

    Args:
        metric: The metric.
        column: Its values are the slices (or its `bins`).
        bins: Rising edges that cut a numeric column.
        queries: Named conditions instead of a column.
        against: What each slice is compared with.
    """

    metric: str
    column: str | None = None
    bins: tuple[float, ...] = ()
    queries: dict[str, str] = field(default_factory=dict)
    against: Literal["champion", "baseline"] = "champion"


@dataclass(frozen=True)
class Groups:
    """A protected column whose groups' decisions are compared.

    Args:
        column: The column.
        measure: `demographic_parity`, `equal_opportunity` or `equalised_odds`.
        rows: Fewest rows of a group that is compared.
    """

    column: str
    measure: str = "demographic_parity"
    rows: int = 50


@dataclass(frozen=True)
class Perturbation:
    """A change of the inputs under which the version is compared with itself.

    Args:
        metric: The metric.
        noise: Normal noise in numbers, as a share of each column's standard deviation.
        missing: Columns that are made missing in every row.
        columns: The numbers that get the noise; empty: all.
    """

    metric: str
    noise: float | None = None
    missing: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What is done to the inputs, in a few words."""
        if self.noise is None:
            return f"without {', '.join(self.missing)}"
        return f"noise of {self.noise:g} standard deviations in {', '.join(self.columns) or 'all numbers'}"


@dataclass(frozen=True)
class Needs:
    """What a rule needs of a version's evaluation besides what every evaluation has.

    Args:
        metrics: Metrics it names.
        slices: Parts of the holdout.
        groups: Protected columns.
        perturbations: Changes of the inputs.
        batches: Batch sizes whose scoring is timed.
        functions: Import paths of functions of the user's own.
        live: True when it looks at live windows scored in shadow.
        backtests: Metrics of the recipe on the newest window, fitted before it.
    """

    metrics: tuple[str, ...] = ()
    slices: tuple[Slices, ...] = ()
    groups: tuple[Groups, ...] = ()
    perturbations: tuple[Perturbation, ...] = ()
    batches: tuple[int, ...] = ()
    functions: tuple[str, ...] = ()
    live: bool = False
    backtests: tuple[str, ...] = ()

    @classmethod
    def together(cls, needs: Iterable[Needs]) -> Needs:
        """Return what several rules need, in their order, the same groups once."""
        found = tuple(needs)
        return cls(
            metrics=tuple(item for need in found for item in need.metrics),
            slices=tuple(item for need in found for item in need.slices),
            groups=tuple(dict.fromkeys(item for need in found for item in need.groups)),
            perturbations=tuple(item for need in found for item in need.perturbations),
            batches=tuple(sorted({item for need in found for item in need.batches})),
            functions=tuple(dict.fromkeys(item for need in found for item in need.functions)),
            live=any(need.live for need in found),
            backtests=tuple(dict.fromkeys(item for need in found for item in need.backtests)),
        )

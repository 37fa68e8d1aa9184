"""Trials: policies played over the past, and two versions on the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from windvane.notebook.shown import Picture, Shown, Table, said
from windvane.results import Comparison, Replay
from windvane.results.reason import cells

if TYPE_CHECKING:
    import pandas as pd

    from windvane.steps import Versus


class Played(Shown):
    """Policies side by side over the same rows."""

    def __init__(self, record: Replay) -> None:
        self.record = record

    @property
    def headline(self) -> str:
        """The range, and the mean loss of each plan."""
        found = self.record
        told = ", ".join(f"{item.plan} {said(item.mean_loss)}" for item in found.plans)
        return f"{found.model}, {found.first} to {found.last}: mean {found.metric} {told}"

    def frame(self) -> pd.DataFrame:
        """Return a row a plan: windows, mean loss, trainings, probes, promotions, alerts."""
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=list(_HEADS))

    def windows(self) -> pd.DataFrame:
        """Return a row a plan and window: who scored it, its loss, what was decided, and what was trained."""
        import pandas as pd

        rows = [
            (plan.plan, plan.fold, one.window, one.version, one.loss, one.decision, one.trained, one.promoted, one.note)
            for plan in self.record.played
            for one in plan.windows
        ]
        heads = ["plan", "fold", "window", "version", "loss", "decision", "trained", "promoted", "note"]
        return pd.DataFrame(rows, columns=heads)

    def plot(self) -> Picture:
        """Draw the loss of each plan over the windows, and what the first plan did."""
        from windvane.web.picture import replayed

        return Picture(f"{self.record.model}: {self.record.metric} of each plan", replayed(self.record))

    def tables(self) -> Iterable[Table]:
        """Return a row a plan."""
        yield Table(_HEADS, self._rows())

    def _rows(self) -> list[tuple[object, ...]]:
        return [
            (item.plan, item.windows, item.mean_loss, item.trainings, item.probes, item.promotions, item.alerts)
            for item in self.record.plans
        ]


_HEADS = ("plan", "windows", "mean_loss", "trainings", "probes", "promotions", "alerts")


class Compared(Shown):
    """Two versions on the same rows: the first less the second."""

    def __init__(self, record: Versus) -> None:
        self.record = record

    @property
    def difference(self) -> float | None:
        """The difference over all windows, signed so that negative is better; None where nothing is known."""
        return self.record.together.difference

    @property
    def headline(self) -> str:
        """The difference with its bounds, or why there is none."""
        found = self.record
        pair = f"{found.model} v{found.version} less v{found.other}"
        if not found.windows:
            return f"{pair}: no matured window that both scored; score=6 scores the newest ones here"
        name, value, interval, _ = _told(found.together, found.low, found.high)
        return f"{pair}, {found.together.rows:,} rows: {name} {value} ({interval})"

    def frame(self) -> pd.DataFrame:
        """Return a row a window: rows, difference (negative is better), standard error, outcome."""
        import pandas as pd

        rows = [
            (one.window, one.comparison.rows, one.comparison.difference, one.comparison.std_error, one.outcome)
            for one in self.record.windows
        ]
        return pd.DataFrame(rows, columns=["window", "rows", "difference", "std_error", "outcome"])

    def tables(self) -> Iterable[Table]:
        """Return a row a window."""
        rows = [
            (one.window, one.comparison.rows, _told(one.comparison)[1], one.comparison.std_error, one.outcome)
            for one in self.record.windows
        ]
        yield Table(("window", "rows", "difference", "std. error", "outcome"), rows)


def _told(found: Comparison, low: float | None = None, high: float | None = None) -> tuple[str, str, str, str]:
    """Return a difference as every page and gate sentence tells it: new minus old, better or worse in words."""
    from windvane.lifecycle.difference import difference
    from windvane.spec.metrics import metric_of

    known = low is not None and high is not None
    made = difference(found, metric_of(found.metric), low or 0.0, high or 0.0, 0.0)
    return cells(made if known else made.model_copy(update={"low": None, "high": None}))

"""How two versions differ on the same rows: on the holdout of one of them, or on windows that both scored."""

from __future__ import annotations

from collections.abc import Sequence

from windvane.results import Comparison, Estimate, Evaluation, LiveResult, Number, Record
from windvane.results.reason import columns


class Paired(Record):
    """The difference of two versions on the same rows."""

    where: str
    """The rows."""
    rows: int
    number: Number
    """The first version less the second, with its one-sided 95 % bounds."""
    one: Estimate | None = None
    """The first version's own value on these rows, where it is kept."""
    other: Estimate | None = None
    """The second version's."""


def on_holdouts(one: Evaluation | None, other: Evaluation | None) -> tuple[Paired, ...]:
    """Return the differences on each holdout on which both versions were measured, all rows together."""
    if one is None or other is None:
        return ()
    return (*_on(one, other.version, turned=False), *_on(other, one.version, turned=True))


def on_windows(found: Sequence[LiveResult], one: int, other: int, *, shared: bool = False) -> tuple[Paired, ...]:
    """Return the difference over the live windows on which the one was compared with the other, or none.

    Args:
        found: The comparisons, the newest first.
        one: A version.
        other: The one it is compared with.
        shared: Whether windows share clusters; see `windvane.lifecycle.live.pooled`.
    """
    from windvane.lifecycle.live import pooled

    drawn = []
    for turned, (own, beside) in enumerate(((one, other), (other, one))):
        kept = [item for item in found if (item.version, item.champion) == (own, beside)]
        together = pooled([item.comparison for item in kept], f"v{beside}", shared=shared) if kept else None
        if together is not None and together.difference is not None:
            where = f"{len(kept)} live window{'s' if len(kept) > 1 else ''}, {kept[-1].window} to {kept[0].window}"
            drawn.append(Paired(where=where, rows=together.rows, number=_number(together, turned=bool(turned))))
    return tuple(drawn)


def _on(evaluation: Evaluation, beside: int, *, turned: bool) -> list[Paired]:
    where = (
        f"holdout of v{evaluation.version}, {evaluation.holdout_start:%Y-%m-%d} to {evaluation.holdout_end:%Y-%m-%d}"
    )
    known = [item for item in evaluation.comparisons if item.other == f"v{beside}" and item.slice is None]
    theirs = evaluation.champion_metrics if evaluation.champion == beside else ()
    sides = [{item.metric: item for item in found} for found in (evaluation.metrics, theirs)]
    one, other = sides[::-1] if turned else sides
    return [
        Paired(
            where=where,
            rows=item.rows,
            number=_number(item, turned=turned),
            one=one.get(item.metric),
            other=other.get(item.metric),
        )
        for item in known
        if item.difference is not None
    ]


def headline(found: Sequence[Paired], metric: str, one: int, other: int) -> str:
    """Return in one sentence which of two versions is better by a metric on the same rows, and how surely.

    Args:
        found: Their differences on the same rows.
        metric: The one that the model is trained for.
        one: The first version.
        other: The second.
    """
    item = next((item for item in found if item.number.name == f"{metric} difference"), None)
    if item is None or not item.number.value:
        return ""
    number = item.number
    better = ((number.value or 0.0) > 0) == (number.better == "higher")
    first, second = (one, other) if better else (other, one)
    _, value, _, interval, _ = columns(number)
    word = "surely" if surely(number) == ", surely" else "not surely"
    ends = f" ({interval})" if interval else ""
    return f"v{first} is {word} better than v{second}: {metric} {value}{ends} on {item.rows:,} rows that both scored."


def surely(number: Number) -> str:
    """Return how sure a difference is, as it stands after better or worse; nothing where its bounds are not known."""
    if number.low is None or number.high is None:
        return ""
    return ", not surely" if number.low <= 0 <= number.high else ", surely"


def _number(found: Comparison, *, turned: bool) -> Number:
    """Return a difference in the metric's own direction, the first version less the second."""
    from windvane.lifecycle.difference import difference
    from windvane.lifecycle.live import bounds
    from windvane.spec.metrics import metric_of

    if turned:
        found = found.model_copy(update={"difference": -(found.difference or 0.0)})
    ends = bounds(found)
    low, high = ends or (0.0, 0.0)
    made = difference(found, metric_of(found.metric), low, high, 0.0)
    return made.model_copy(update={"allowed": "", **({} if ends else {"low": None, "high": None})})

"""The page of a review: Markdown for a pull request, in which no name or value is markup."""

from __future__ import annotations

from collections.abc import Iterator

from windvane.lifecycle.escaping import escaped, pipe_table
from windvane.results.ci import ModelChange, Review

_SHOWN = 8
_SIGNS = {"pass": "pass ✓", "fail": "fail ✗", "inconclusive": "inconclusive ?", "unchanged": "unchanged ="}
_DIGEST = 19


def page(review: Review) -> str:
    """Return the page."""
    return "\n\n".join(_parts(review)) + "\n"


def _parts(review: Review) -> Iterator[str]:
    yield f"# Models: {_SIGNS[review.conclusion]}"
    yield f"Compared with {escaped(review.base)}. What was trained, was on the same recorded snapshots."
    if review.problems:
        yield "\n".join(["Specs that cannot be read:", "", *(f"- {escaped(item)}" for item in review.problems)])
    rows = [
        (escaped(item.model), _SIGNS[item.conclusion], _loss(item), _difference(item), escaped(item.headline))
        for item in review.models
    ]
    if rows:
        yield pipe_table(("model", "conclusion", "loss, base → head", "difference", "why"), rows)
    for item in review.models:
        yield from _model(item)


def _model(item: ModelChange) -> Iterator[str]:
    if not item.changed:
        return
    yield f"## {escaped(item.model)}"
    more = [f"and {len(item.changed) - _SHOWN} more"] if len(item.changed) > _SHOWN else []
    yield "\n".join(["Changed:", "", *(f"- {escaped(text)}" for text in (*item.changed[:_SHOWN], *more))])
    if item.played:
        yield from _played(item)
    head = item.head
    if head is None:
        return
    yield pipe_table(("rule", "outcome", "says"), [tuple(map(escaped, rule)) for rule in head.rules])
    yield (
        f"Trained on window {escaped(item.window)}, judged on {head.rows:,} rows, in {item.seconds:.0f} s. Merged, the "
        f"same window gives version `{head.trained.artifact[:_DIGEST]}` with fingerprint "
        f"`{head.trained.fingerprint[:_DIGEST]}`."
    )


def _played(item: ModelChange) -> Iterator[str]:
    names = ("side", "windows", "mean loss", "trainings", "promotions", "alerts", "probes")
    rows = [
        (
            side.side,
            str(side.windows),
            "-" if side.mean_loss is None else f"{side.mean_loss:.4f}",
            *(str(count) for count in (side.trainings, side.promotions, side.alerts, side.probes)),
        )
        for side in item.played
    ]
    yield pipe_table(names, rows)
    yield f"Each side's rules and monitor were played over {escaped(item.span)}, in {item.seconds:.0f} s."


def _loss(item: ModelChange) -> str:
    losses = [side.loss if side else None for side in (item.base, item.head.trained if item.head else None)]
    return " → ".join("-" if loss is None else f"{loss:.4f}" for loss in losses)


def _difference(item: ModelChange) -> str:
    head = item.head
    if head is None or head.difference is None:
        return "-"
    word = "worse ▲" if head.difference > 0 else "better ▼"
    ends = f" ({head.low:+.4f} to {head.high:+.4f})" if head.low is not None and head.high is not None else ""
    return f"{head.difference:+.4f} {word}{ends}"

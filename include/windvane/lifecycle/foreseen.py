"""What a learning curve says in the place of a sign, and what the gate may count of it; see `growth.py`."""

from __future__ import annotations

from typing import Any

from windvane.lifecycle.asking import Asked
from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.growth import LEAST_GROWTH, Curve, Halved
from windvane.lifecycle.probe import in_its_place
from windvane.lifecycle.rules.case import Foreseen
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, MonitorResult, Number
from windvane.results.watching import answer_to
from windvane.spec import Model


def measured(found: CheckResult, asked: Asked, done: Halved, model: Model, window: str) -> CheckResult:
    """Return the performance check with what a learning curve says, in the place of its sign.

    Args:
        found: The answer of the check.
        asked: What asked for it.
        done: What half of the rows came to.
        model: The spec.
        window: Key of the window.
    """
    curve, compared = done.curve(asked, window), done.comparison
    probe: dict[str, Any] = {
        "won": False,
        "history": [],
        "strength": 0.0,
        "trained_rows": done.trained,
        "rows": compared.rows,
        "champion_rows": asked.rows,
        "grown": asked.grown,
        "champion": compared.value,
        "curve": vars(curve) if curve else None,
        "problem": compared.problem,
    }
    detail = (
        f"A probe learned from each half of the {done.trained:,} rows of {compared.other}. All scored the "
        f"{compared.rows:,} outcomes since, and the better half counts. It was asked for because: {asked.why.headline}."
    )
    if curve is None:
        message = "What more rows would win cannot be told"
        detail = f"{detail} {compared.problem}".strip()
        update = {"outcome": "ok", "headline": message, "detail": detail, "details": {**found.details, "probe": probe}}
        return found.model_copy(update=update)
    again = answered_by(found, curve, asked, model)
    probe |= {"won": again.outcome == "finding", "share": again.effect, "low": again.low}
    numbers = (*again.numbers, Number(name="rows the probe learned from", value=done.trained))
    details = {**again.details, "probe": probe}
    return again.model_copy(update={"detail": f"{detail} {again.detail}", "numbers": numbers, "details": details})


def answered_by(found: CheckResult, curve: Curve, asked: Asked, model: Model) -> CheckResult:
    """Return the performance check with what a known curve says of more rows: no other probe is trained.

    Args:
        found: The answer of the check.
        curve: The curve.
        asked: What asked for it.
        model: The spec.
    """
    left, least = curve.left(asked.rows, asked.grown), model.monitor.policy.least_share
    share, low, high = left * curve.share, left * curve.low, left * curve.high
    won = curve.pays(left, least)
    foreseen = {"share": share, "low": low, "error": left * curve.error, "degrees": curve.degrees, "won": won}
    needs, gain = f"(needs {100 * least:.3g} %)", percent(share, 1)
    times = f"{asked.grown:.1f} times the rows"
    if won:
        message = f"Retraining would gain about {gain} by {times} {needs}"
    elif low > 0 and share >= least:
        message = f"More rows would win {gain}, and a constant would still lose less"
    elif share > 0:
        message = f"Retraining may gain {gain} by {times}{'' if low > 0 else ', not surely'} {needs}"
    else:
        message = f"Retraining would gain nothing by {times} {needs}"
    detail = (
        f"The second half of {curve.rows:,} rows won {percent(curve.share, 1)} of the loss, as measured with window "
        f"{curve.window}; that much over again, less what fewer new rows than old ones take from it."
    )
    allowed = f"retrain at {100 * least:.3g} % or more, surely above 0"
    numbers = (
        percent_number("won by more rows", share, low=low, high=high, allowed=allowed),
        Number(name="times the rows", value=asked.grown, allowed=f"a probe from {LEAST_GROWTH:g}"),
    )
    found = found.model_copy(update={"details": {**found.details, "foreseen": foreseen}})
    return in_its_place(found, message, detail, numbers, (share, low), won=won)


def foreseen_by(said: MonitorResult | None, champion: int) -> Foreseen | None:
    """Return what a window's conclusion foresees that a retrain with more rows wins beside a champion.

    Args:
        said: The conclusion about the window that a version was trained on.
        champion: The version that it is compared with.
    """
    answer = answer_to("performance", said.checks) if said is not None and said.version == champion else None
    found = answer.details.get("foreseen") if answer else None
    if not found or not found["won"]:
        return None
    return Foreseen(share=found["share"], error=found["error"], degrees=found["degrees"])

"""Half a year of the model `loans`, written through the registry: what the tests of the pages look at."""

from __future__ import annotations

from typing import Any

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    draft_of,
    gate_of,
    monitored,
    month,
    request_of,
    snapshot_of,
    spec_of,
)
from windvane.results import (
    CheckResult,
    ColumnProfile,
    Comparison,
    Curve,
    CurvePoint,
    Disparity,
    Estimate,
    Evaluation,
    GroupRate,
    LiveResult,
    Number,
    Profile,
    Reason,
    Run,
    Segment,
    Stress,
    Verdict,
    Version,
)
from windvane.results.reason import fitting
from windvane.spec import canonical_json
from windvane.stores import Stores

ROWS = 1000

REPORTED = "what a library drew"
"""In each month's report, beside the odd text as it is: libraries do not escape."""


def fill(stores: Stores, odd: str = "") -> None:
    """Write the year.

    Args:
        stores: Where to.
        odd: Put into every free text: reasons, names of columns and slices, values, actors.
    """
    registry = stores.registry
    spec = spec_of(owner=f"risk{odd}", description=f"who pays late{odd}")
    registry.models.register(MODEL, "sha256:1", spec.model_dump(mode="json"), SCHEDULE)
    first = version(stores, 1, odd)
    registry.champions.promote(MODEL, first.version, 0, SCHEDULE, f"the gate passed{odd}")
    for number in range(2, 7):
        conclude(stores, number, first.version, odd)
    second = version(stores, 4, odd)
    registry.champions.promote(MODEL, second.version, 1, ADA, f"better{odd}")
    third = version(stores, 6, odd, decision="needs_approval", epoch=2)
    assert third.version == 3
    registry.staging.begin(MODEL, third.version, (0.05, 0.25), 0.01, 2, ADA, f"step by step{odd}")
    registry.staging.add_live(beside(third.version, second.version, odd), SCHEDULE)


def beside(number: int, champion: int, odd: str = "") -> LiveResult:
    """How a challenger did beside the champion in June."""
    compared = Comparison(metric="log_loss", other=f"v{champion}", difference=-0.021, std_error=0.005, rows=ROWS)
    scores = {"scores": "sha256:" + "2" * 64, "champion_scores": "sha256:" + "3" * 64}
    june = {"window": month(6).key, "window_start": month(6).start, "snapshot": "sha256:" + "1" * 64, **scores}
    message = {
        "comparison": compared,
        "margin": 0.01,
        "outcome": "pass",
        "reason": {"headline": "surely not worse", "detail": odd},
    }
    return LiveResult.model_validate({"model": MODEL, "version": number, "champion": champion, **june, **message})


def version(
    stores: Stores, number: int, odd: str = "", decision: str = "promote", epoch: int = 0, by: Run = SCHEDULE
) -> Version:
    """Write a version of a month with its profile, evaluation and verdicts."""
    profile = stores.artifacts.put(profile_of(number, odd).to_json().encode())
    spec = {**spec_of(owner=f"risk{odd}").model_dump(mode="json"), "seed": number}
    digest = stores.artifacts.put(canonical_json(spec).encode())
    run = by.model_copy(update={"run_id": f"{MODEL}_train/run_{number}", "actor": f"schedule{odd}"})
    draft = draft_of(number).model_copy(update={"profile": profile, "rows": ROWS, "spec_digest": digest})
    stores.registry.snapshots.add(snapshot_of(number), True, SCHEDULE)
    made = stores.registry.versions.add(draft, run)
    evaluation = evaluation_of(made, odd)
    digest = stores.artifacts.put(evaluation.to_json().encode())
    stores.registry.versions.add_evaluation(MODEL, made.version, digest, evaluation, run)
    loss = Number(name=f"log_loss{odd}", value=0.4, low=0.38, high=0.42, unit="nat", allowed="at most 0.5")
    verdict = Verdict(
        rule=f"bound(log_loss){odd}",
        outcome="pass",
        headline=fitting(f"log_loss at most 0.5{odd}"),
        detail=f"On 300 rows{odd}",
        numbers=(loss,),
    )
    because = Reason(headline=fitting(f"a person is asked{odd}"))
    result = gate_of(made.version, decision, epoch).model_copy(
        update={"evaluation": digest, "reasons": (because,), "verdicts": (verdict,)}
    )
    stores.registry.versions.add_gate(MODEL, made.version, result, run)
    return stores.registry.versions.get(MODEL, made.version)


def evaluation_of(made: Version, odd: str = "") -> Evaluation:
    """An evaluation with two metrics, a champion and a slice."""
    log_loss = Estimate(metric="log_loss", value=0.41, low=0.39, high=0.43, rows=300)
    brier = Estimate(metric="brier", value=0.12, low=0.1, high=0.14, rows=300)
    name = f"zip=10115{odd}"
    comparison_version = 1 if made.version > 1 else None
    return Evaluation(
        model=MODEL,
        version=made.version,
        snapshot=made.snapshots[-1],
        holdout_start=made.trained_until,
        holdout_end=made.window_end,
        rows=300,
        metrics=(log_loss, brier),
        baseline=(log_loss.model_copy(update={"value": 0.6, "low": 0.58, "high": 0.62}),),
        champion=comparison_version,
        champion_metrics=(log_loss.model_copy(update={"value": 0.44}),) if comparison_version else (),
        comparisons=(
            Comparison(metric="log_loss", other="v1", difference=-0.03, std_error=0.01, rows=300),
            Comparison(metric="log_loss", other="v1", difference=-0.02, std_error=0.01, rows=90, slice=name),
        ),
        slices={name: (log_loss.model_copy(update={"rows": 90}),)},
        curves=(_calibration("own", 0.02), *((_calibration("v1", 0.1), _roc("own")) if comparison_version else ())),
        notes=(f"a note{odd}",),
        fairness=(_disparity(odd),),
        robustness=(_stress(odd),),
    )


def _disparity(odd: str) -> Disparity:
    rates = ((f"10115{odd}", 0.3), (f"10117{odd}", 0.25))
    groups = tuple(
        GroupRate(group=group, rows=150, selection_rate=rate, true_positive_rate=rate + 0.4, false_positive_rate=0.1)
        for group, rate in rates
    )
    about = {"column": f"zip{odd}", "measure": "demographic_parity", "fewest": 50, "groups": groups, "rows": 300}
    numbers = {"difference": 0.05, "low": 0.01, "high": 0.09, "ratio": 0.83, "ratio_low": 0.7, "ratio_high": 0.95}
    return Disparity.model_validate({**about, **numbers, "missing": 12})


def _stress(odd: str) -> Stress:
    compared = Comparison(metric="log_loss", other="own", difference=0.04, std_error=0.01, rows=300)
    return Stress(perturbation=f"noise_of_income{odd}", comparison=compared)


def _calibration(of: str, off: float) -> Curve:
    bins = [(share / 10, share / 10 + off) for share in range(1, 9, 2)]
    points = (CurvePoint(x=x, y=y, low=y - 0.05, high=y + 0.05, rows=75) for x, y in bins)
    return Curve(kind="calibration", of=of, points=tuple(points))


def _roc(of: str) -> Curve:
    points = (CurvePoint(x=x, y=x**0.5) for x in (0.0, 0.25, 1.0))
    return Curve(kind="roc", of=of, points=tuple(points))


def profile_of(number: int, odd: str = "") -> Profile:
    """A profile of one number and one category, that moves a little each month."""
    ends = {"minimum": 0.0, "maximum": 4.0 + number / 2}
    income = ColumnProfile(kind="number", rows=ROWS, missing=10, edges=(1.0, 2.0, 3.0), counts=_counts(number), **ends)
    zips = ColumnProfile(kind="category", rows=ROWS, missing=0, categories={f"10115{odd}": 600, "10117": 400})
    score = ColumnProfile(
        kind="number",
        rows=ROWS,
        missing=0,
        edges=(0.5,),
        counts=(500 + 10 * number, 500 - 10 * number),
        minimum=0.0,
        maximum=1.0,
    )
    columns = {f"income{odd}": income, f"zip{odd}": zips}
    return Profile(
        model=MODEL,
        window=month(number).key,
        rows=ROWS,
        columns=columns,
        scores={"score": score},
        segments={
            "": (_segment("all rows", ROWS, 0.4 + number / 100),),
            "(score)": (_segment("up to 0.5", 500, 0.3), _segment("above 0.5", 500, 0.6, 0.02 * number)),
            f"zip{odd}": (_segment(f"10115{odd}", 600, 0.35), _segment("10117", 400, 0.5 + number / 50)),
        },
        decisions={f"zip{odd}": {f"10115{odd}": (600, 60), "10117": (400, 20 * number)}},
    )


def _segment(label: str, rows: int, loss: float, off: float = 0.0) -> Segment:
    sums = {"loss": rows * loss, "loss_variance": rows * 0.2, "residual": rows * off, "residual_variance": rows * 0.1}
    return Segment(label=label, rows=rows, blocks=30, **sums)


def _counts(number: int) -> tuple[int, int, int, int]:
    return (240 - 10 * number, 250, 250, 250 + 10 * number)


def conclude(
    stores: Stores, number: int, scored_by: int, odd: str = "", decision: str = "", loss: float | None = None
) -> None:
    """Write what the monitor concludes of a month: April asks for a retrain, June alerts."""
    message: dict[str, Any] = {f"income{odd}": {"effect": 0.02 * number, "p_value": 1e-9, "adjusted": 1e-8}}
    message[f"zip{odd}"] = {"effect": 0.01, "p_value": 0.2, "adjusted": 0.4}
    checks = (
        CheckResult(
            check="quality", outcome="ok", headline=fitting(f"Nothing looks broken{odd}"), details={"rows": ROWS}
        ),
        CheckResult(
            check="data_drift",
            outcome="finding",
            headline=fitting(f"income moved{odd}"),
            detail=f"It moved far{odd}.",
            numbers=(Number(name=f"income{odd} moved by", value=2.0 * number, unit=f"%{odd}", allowed=f"few{odd}"),),
            unit="% of the rows",
            effect=0.02 * number,
            columns=(f"income{odd}",),
            details={"columns": message, "segments": [{"segment": f"zip=10115{odd}", "effect": 0.1}]},
        ),
        CheckResult(
            check="performance",
            outcome="ok",
            headline="No loss to win back",
            unit="% of the loss",
            effect=0.01,
            low=0.001,
            details={"loss_low": 0.38 + number / 100, "loss_high": 0.42 + number / 100},
        ),
    )
    decided: Any = decision or {4: "retrain", 6: "alert"}.get(number, "hold")
    result = monitored(number, decided).model_copy(
        update={
            "checks": checks,
            "reasons": (
                Reason(headline=fitting(f"because of {number}{odd}"), detail=f"More{odd}", numbers=checks[1].numbers),
                checks[1].reason,
            ),
            "version": scored_by,
            "loss": 0.4 + number / 100 if loss is None else loss,
            "first_loss": 0.4 + number / 80,
            "profile": stores.artifacts.put(profile_of(number, odd).to_json().encode()),
        }
    )
    request = request_of(number) if decided == "retrain" else None
    stores.registry.monitoring.add(result, request, SCHEDULE)
    report = stores.artifacts.put(f"<!doctype html><title>r</title><main>{REPORTED}{odd}</main>".encode())
    stores.registry.monitoring.add_report(MODEL, month(number).key, report, SCHEDULE)

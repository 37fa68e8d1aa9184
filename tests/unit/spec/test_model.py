"""The spec: what is refused at definition, with every mistake at once and the nearest match."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest

from windvane import Before, Estimator, Features, Gate, Model, Monitor, Policy, Schedule, Source, rule
from windvane.errors import SpecError
from windvane.spec import Declaration

FIELDS: dict[str, Any] = {
    "name": "loans",
    "owner": "risk",
    "source": Source.callable("models.loans:rows"),
    "event_time": "applied_at",
    "key": "loan_id",
    "target": "default",
    "task": "binary",
    "features": Features(numbers=("income",), categories=("region",)),
    "estimator": Estimator("sklearn.linear_model:LogisticRegression", C=0.5),
}


MISSPELT: dict[str, Any] = {"cooldwn": 2}


def model(**changes: Any) -> Model:
    return Model(**(FIELDS | changes))


def on_the_hour(**changes: Any) -> Model:
    return model(schedule=Schedule(spread=False), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"featurs": 1}, "unknown field 'featurs'; did you mean 'features'?"),
        ({"task": "binry"}, "'binary', 'multiclass' or 'regression'"),
        ({"name": "Loans!"}, "must start with a lower-case letter"),
        ({"name": "a" * 64}, "at most 63"),
        ({"name": "loans\n"}, "must start with a lower-case letter"),
        ({"target": "income"}, "'income' is the target; a version must not learn from it"),
        ({"key": "region"}, "'region' is the key"),
        ({"key": "applied_at"}, "three columns"),
        ({"features": Features()}, "declare at least one column"),
        ({"carry": ("income",)}, "declared as a feature already"),
        ({"carry": ("default",)}, "is the target already"),
        ({"window": "mnth"}, "'month', 'week', 'day' or a duration"),
        ({"window": "5h"}, "no cron ticks at its ends"),
        ({"window": "90m"}, "no cron ticks at its ends"),
        ({"window": "48h"}, "no cron ticks at its ends"),
        ({"window": "0 weeks"}, "at least one week"),
        ({"timezone": "Nowhere"}, "IANA"),
        ({"start": date(2020, 2, 1), "end": date(2020, 1, 1)}, "is not after start"),
        ({"history": "all"}, "needs start"),
        ({"history": 0}, "at least 1 window"),
        ({"outcome_after": "soon"}, "is not a duration"),
        ({"holdout": 1.0}, "holdout"),
        ({"expect": "models.loans"}, "is not an import path"),
        (
            {"gate": Gate(rule.bound("log_los", at_most=1.0))},
            "unknown metric 'log_los'; did you mean 'log_loss'?",
        ),
        ({"gate": Gate(rule.better_than_baseline("mae"))}, "'mae' is no binary metric"),
        ({"gate": Gate(rule.per_slice("regoin"))}, "unknown column 'regoin'; did you mean 'region'?"),
        ({"gate": Gate(rule.bound("log_loss"))}, "needs one of at_most, at_least"),
    ],
)
def test_a_mistake_is_an_error_at_definition(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        model(**changes)
    assert message in str(caught.value)
    assert "Model 'loans'" in caught.value.cause or "name" in changes


def test_every_mistake_is_listed_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        Model(**({key: value for key, value in FIELDS.items() if key != "owner"} | {"task": "x", "colour": 1}))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Source.callable("models/loans.py"), "is not an import path"),
        (lambda: Source.csv(" "), "pattern is empty"),
        (lambda: Features(numbers=("a", "a")), "declared twice: a"),
        (lambda: Features(numbers=("a",), make="m:f"), "make and made go together"),
        (lambda: Features(numbers=("a",), make="m", made=("b",)), "is not an import path"),
        (lambda: Estimator("sklearn.linear_model.LogisticRegression"), "is not an import path"),
        (lambda: Estimator("m:f", base=object()), "is not a plain value"),
        (lambda: Gate(rule.min_rows(5), rule.min_rows(5)), "rules declared twice"),
        (lambda: Schedule(score="every day"), "five-field cron"),
        (lambda: Policy(**MISSPELT), "did you mean 'cooldown'?"),
    ],
)
def test_a_part_is_refused_by_itself(build: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        build()


def test_the_default_gate_is_safe() -> None:
    assert [item.kind for item in model().gate.rules] == ["better_than_baseline", "not_worse_than_champion"]


def test_every_field_is_documented() -> None:
    undocumented = [
        f"{kind.__name__}.{name}"
        for kind in _below(Declaration)
        for name in (kind.model_fields.keys() & kind.__annotations__.keys()) - _documented(kind) - _OBVIOUS
    ]
    assert undocumented == []


def _below(kind: type[Declaration]) -> list[type[Declaration]]:
    return [item for child in kind.__subclasses__() for item in (child, *_below(child))]


def _documented(kind: type) -> set[str]:
    """Return the fields of a class that a docstring follows; pydantic would read them at each import, in 0.15 s."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id
        for field, after in pairwise(tree.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


_OBVIOUS = {"source", "task", "features", "estimator", "gate", "monitor", "schedule", "kind", "metric", "rules"}
_OBVIOUS |= {"checks", "policy", "seed", "at_most", "at_least", "score"}


def test_a_spec_has_one_digest_and_training_ignores_what_does_not_train() -> None:
    assert model().digest == model().digest
    assert model(owner="other").digest != model().digest
    assert model(owner="other", gate=Gate(rule.min_rows(9))).training_digest == model().training_digest
    assert model(seed=1).training_digest != model().training_digest


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        model().name = "x"  # type: ignore[misc]  # that is the point


def test_features_keep_their_order_and_made_columns_do_not_come_from_the_source() -> None:
    features = Features(numbers=("a", "ratio"), categories=("c",), make="models.x:make", made=("ratio", "extra"))
    assert features.names == ("a", "ratio", "c", "extra")
    assert features.from_source == ("a", "c")
    assert model(features=features, carry=("race",)).columns == (
        "loan_id",
        "applied_at",
        "a",
        "c",
        "race",
        "default",
    )


@pytest.mark.parametrize(
    ("window", "outcome_after", "monitor"),
    [
        ("month", "0d", ("0 6 1 * *", -1)),
        ("month", "1d", ("0 6 2 * *", -1)),
        ("month", "40d", ("0 6 13 * *", -2)),
        ("month", "29d", ("0 6 2 * *", -2)),
        ("week", "3d", ("0 6 * * 4", -1)),
        ("week", "6d", ("0 6 * * 0", -1)),
        ("day", "2h", ("0 6 * * *", -1)),
        ("day", "1d", ("0 6 * * *", -2)),
        ("6h", "0d", ("0 */6 * * *", -1)),
        ("6h", "7h", ("0 */6 * * *", -3)),
        ("30m", "0d", ("*/30 * * * *", -1)),
    ],
)
def test_the_monitor_runs_when_outcomes_are_due(window: str, outcome_after: str, monitor: tuple[str, int]) -> None:
    assert tuple(on_the_hour(window=window, outcome_after=outcome_after).timetable()["monitor"])[:2] == monitor


@pytest.mark.parametrize(
    ("window", "outcome_after", "cron", "ticks_back", "position"),
    [
        ("2 weeks", "0d", None, -1, 0),
        ("2 weeks", "10d", "0 6 * * 4", -1, 1),
        ("2 weeks", "P13DT12H", "0 6 * * 1", -2, 0),
        ("90d", "3h", "0 6 * * *", -1, 0),
        ("90d", "40d", "0 6 * * *", -1, 40),
        ("2 months", "30d", "0 6 3 * *", -1, 1),
        ("2 months", "60d", "0 6 5 * *", -2, 0),
    ],
)
def test_of_several_units_the_monitor_ticks_in_the_one_in_which_outcomes_are_due(
    window: str, outcome_after: str, cron: str | None, ticks_back: int, position: int
) -> None:
    expected = (cron or "0 6 * * 1", ticks_back, position)
    assert tuple(on_the_hour(window=window, outcome_after=outcome_after).timetable()["monitor"]) == expected


@pytest.mark.parametrize(
    ("outcome_after", "expected"), [("0d", (-1, 0)), ("1d", (-1, 1)), ("7d", (-1, 1)), ("8d", (-2, 0))]
)
def test_of_several_units_an_own_schedule_counts_in_the_first_whole_one(
    outcome_after: str, expected: tuple[int, int]
) -> None:
    own = Schedule(train="0 4 * * 3", monitor="0 4 * * 3", score="0 4 * * 3")
    found = model(window="2 weeks", outcome_after=outcome_after, schedule=own).timetable()
    assert found["train"] == found["monitor"] == ("0 4 * * 3", *expected)
    assert found["score"] == ("0 4 * * 3", -1, 0)


@pytest.mark.parametrize(
    ("window", "compare", "like"),
    [
        ("2 weeks", "last_week", []),
        ("90d", "last_week", []),
        ("90d", "last_year", ["2012-11-16"]),
        ("2 quarters", "last_year", ["2013-01"]),
        ("5 months", "last_year", ["2012-12"]),
        ("2 years", "last_year", []),
        ("2 weeks", "last_year", ["2013-01-28"]),
    ],
)
def test_a_window_of_several_units_is_like_the_one_of_last_year(window: str, compare: str, like: list[str]) -> None:
    found = model(window=window, monitor=Monitor(compare_with=compare))
    assert found.like(found.cadence.window_at(datetime(2014, 1, 30, tzinfo=UTC))) == like


def test_one_cadence_is_one_declaration_however_it_is_written() -> None:
    assert model(window="2w").training_digest == model(window="2 weeks").training_digest
    assert model(window="1 month").training_digest == model().training_digest
    assert Before(window="14d", until="2024-07-18") == Before(window="14 days", until="2024-07-18")


def test_a_declared_schedule_comes_first() -> None:
    assert model(schedule=Schedule(train="0 0 5 * *")).timetable()["train"].cron == "0 0 5 * *"


@pytest.mark.parametrize(
    ("window", "cron"),
    [
        ("month", "0 5 28 * *"),
        ("week", "0 5 * * 1"),
        ("day", "30 23 * * *"),
        ("6h", "5 */6 * * *"),
        ("30m", "*/30 * * * *"),
        ("2 weeks", "0 5 * * 3"),
        ("90d", "0 5 * * *"),
    ],
)
def test_a_declared_schedule_that_ticks_once_a_window_is_taken(window: str, cron: str) -> None:
    assert model(window=window, schedule=Schedule(score=cron)).timetable()["score"].cron == cron


@pytest.mark.parametrize(
    ("window", "cron", "message"),
    [
        ("month", "0 5 * * 1", "ticks more than once in month 2023-01"),
        ("month", "0 5 30 * *", "ticks not at all in month 2023-02"),
        ("month", "0 5 29 2 *", "ticks not at all in month 2023-01"),
        ("week", "0 5 1 * *", "ticks not at all in week 2023-01-02"),
        ("day", "0 5 * * 1-5", "ticks not at all in day 2023-01-01"),
        ("day", "0 */12 * * *", "ticks more than once in day 2023-01-01"),
        ("6h", "0 0 * * *", "ticks not at all in window 2023-01-01T06:00:00"),
        ("day", "99 5 * * *", "is not a cron expression"),
        ("2 weeks", "0 5 * * *", "ticks more than once in week 2022-12-26"),
        ("90d", "0 5 1 * *", "ticks not at all in day 2023-01-02"),
    ],
)
def test_a_schedule_that_skips_or_repeats_windows_is_refused(window: str, cron: str, message: str) -> None:
    with pytest.raises(SpecError, match=f"schedule: monitor '{re.escape(cron)}' {message}"):
        model(window=window, schedule=Schedule(monitor=cron))


def test_default_schedules_begin_at_a_minute_of_the_models_name_and_declared_ones_as_declared() -> None:
    spread, still = model().timetable(), on_the_hour().timetable()
    assert {timing.cron.split()[0] for timing in still.values()} == {"0"}
    assert {timing.cron.partition(" ")[2] for timing in spread.values()} == {
        timing.cron.partition(" ")[2] for timing in still.values()
    }
    assert len({timing.cron.split()[0] for timing in spread.values()}) == 1
    own = model(schedule=Schedule(score="30 4 1 * *")).timetable()
    assert own["score"].cron == "30 4 1 * *"
    assert own["monitor"] == spread["monitor"]
    assert model(window="6h").timetable()["score"].cron == "0 */6 * * *"


def test_a_default_of_the_schedule_is_in_no_digest() -> None:
    assert "spread" not in model().model_dump(mode="json")["schedule"]
    assert model().digest == model(schedule=Schedule(spread=True)).digest != on_the_hour().digest
    assert on_the_hour().training_digest == model().training_digest

"""What a change of a declaration means for a model's history."""

from __future__ import annotations

import re
from typing import Any

import pytest

from windvane import Before, Estimator, Features, Model, Source
from windvane.lifecycle.evolution import differences, unbridged

MONTHS = ("2024-01", "2024-02", "2024-03")


def model(**changes: Any) -> Model:
    fields: dict[str, Any] = {
        "name": "loans",
        "owner": "risk",
        "source": Source.parquet("rows.parquet"),
        "event_time": "at",
        "key": "id",
        "target": "bad",
        "task": "binary",
        "features": Features(numbers=("income", "debt"), categories=("street",)),
        "estimator": Estimator("sklearn.linear_model:LogisticRegression"),
        "schedule": {"train": None},
    }
    return Model(**fields | changes)


@pytest.mark.parametrize("field", sorted(set(Model.model_fields) - {"name"}))
def test_every_field_has_a_meaning_and_the_same_declaration_has_none(field: str) -> None:
    """A field that is added to `Model` is a new version unless somebody says that it is not trained by."""
    assert differences(model(), model()) == []
    kinds = {"another model", "new version", "harmless"}
    changed = model().model_copy(update={field: _other(field)})
    found = differences(model(), changed, MONTHS)
    assert found, field
    assert {item.meaning for item in found} <= kinds
    assert all(item.says for item in found)
    if field in Model.not_trained():
        assert [item.meaning for item in found] == ["harmless"]


def _other(field: str) -> Any:
    if field == "features":
        return Features(numbers=("income",))
    if field == "before":
        return Before(window="week", until="2023-01-02")
    if field in ("window", "timezone"):
        return {"window": "week", "timezone": "America/New_York"}[field]
    return f"another {field}"


def test_each_feature_is_told_by_name() -> None:
    now = model(features=Features(numbers=("income", "street"), categories=("town",)))
    found = {item.field: item for item in differences(model(), now)}
    assert set(found) == {"feature debt", "feature street", "feature town"}
    assert (found["feature debt"].then, found["feature debt"].now) == ("number", "no feature")
    assert (found["feature street"].then, found["feature street"].now) == ("category", "number")
    assert found["feature town"].then == "no feature"
    assert "columns={'its new name': 'debt'}" in found["feature debt"].remedy


@pytest.mark.parametrize(
    ("recorded", "change", "bridged"),
    [
        (MONTHS, {"window": "week"}, False),
        (MONTHS, {"timezone": "America/New_York"}, False),
        (MONTHS, {"window": "week", "before": Before(window="month", until="2024-04")}, True),
        (MONTHS, {"window": "week", "before": Before(window="month", until="2024-03")}, False),
        (MONTHS, {"timezone": "America/New_York", "before": Before(window="month", until="2024-06")}, True),
        (MONTHS, {"window": "week", "before": Before(window="day", until="2024-04-01")}, False),
        (MONTHS, {"window": "2 months"}, False),
        (MONTHS, {"window": "2 months", "before": Before(window="month", until="2024-04")}, True),
        (MONTHS, {"window": "1 month", "owner": "ops"}, True),
        ((), {"window": "week"}, True),
    ],
)
def test_a_calendar_is_bridged_when_every_recorded_window_stays_what_it_was(
    recorded: tuple[str, ...], change: dict[str, Any], bridged: bool
) -> None:
    assert (unbridged(model(), model(**change), recorded) == []) == bridged


def test_the_remedy_for_another_calendar_is_one() -> None:
    (found,) = unbridged(model(), model(window="6h"), MONTHS)
    (declared,) = re.findall(r"before=(Before\(.*\))$", found.remedy)
    before = eval(declared, {"Before": Before})  # noqa: S307  # the remedy, as a person would paste it
    assert unbridged(model(), model(window="6h", before=before), MONTHS) == []


def test_a_boundary_cannot_be_moved_or_taken_back_once_windows_lie_behind_it() -> None:
    then = model(window="week", before=Before(window="month", until="2024-04"))
    recorded = (*MONTHS, "2024-04-08")
    assert unbridged(then, model(), recorded)
    assert unbridged(then, model(window="week", before=Before(window="month", until="2024-05")), recorded)
    assert unbridged(then, model(window="day", before=Before(window="month", until="2024-04")), recorded)
    again = Before(window="week", until="2024-04-15", before=Before(window="month", until="2024-04"))
    assert unbridged(then, model(window="day", before=again), recorded) == []


def test_a_boundary_that_no_window_lies_behind_can_be_taken_back() -> None:
    then = model(window="week", before=Before(window="month", until="2024-04"))
    assert unbridged(then, model(), MONTHS) == []

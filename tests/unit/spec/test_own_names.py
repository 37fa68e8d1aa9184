"""Names, keys and schedules of a declaration that would come to harm later are refused when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.stores.examples import spec_of
from windvane import Features, Key, Model, Schedule, Source
from windvane.errors import SpecError


@pytest.mark.parametrize("role", ["key", "event_time"])
@pytest.mark.parametrize(
    ("name", "task"),
    [("score", "binary"), ("version", "regression"), ("predicted", "multiclass"), ("score_id", "multiclass")],
)
def test_a_key_or_time_named_like_an_output_is_refused(role: str, name: str, task: Any) -> None:
    with pytest.raises(SpecError, match=f"{role}: '{name}' is the name of a column of the published scores"):
        spec_of(**{role: name, "task": task})


@pytest.mark.parametrize("name", ["score_id", "predicted", "scores"])
def test_other_names_are_free(name: str) -> None:
    assert spec_of(key=name).key == name


@pytest.mark.parametrize("name", ["score", "version", "predicted", "score_a"])
def test_features_and_targets_may_have_any_name(name: str) -> None:
    assert spec_of(features=Features(numbers=(name,))).columns[2] == name
    assert spec_of(target=name).target == name


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"key": Key.row()}, "only rows of files have a position; a callable source has none"),
        ({"key": ["id", "late"]}, "'late' is the target"),
        ({"key": ["id", "id"]}, "names a column twice"),
        ({"key": []}, "names no columns"),
        ({"source": Source.csv("a.csv", optional=["nwe"])}, "unknown column 'nwe'"),
        ({"source": Source.csv("a.csv", optional=["id"])}, "'id' is the key or the event time"),
    ],
)
def test_a_key_that_cannot_be_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec_of(**fields)
    assert message in caught.value.cause


@pytest.mark.parametrize(
    ("zone", "tick", "window"),
    [
        ("Europe/Berlin", "15 2 * * *", "day"),
        ("America/New_York", "30 2 * * *", "day"),
        ("Europe/Berlin", "0 2 * * 0", "week"),
        ("Australia/Lord_Howe", "15 2 * * *", "day"),
        ("Africa/Cairo", "30 0 * * *", "day"),
    ],
)
def test_a_schedule_in_an_hour_that_clocks_skip_is_refused(zone: str, tick: str, window: str) -> None:
    with pytest.raises(SpecError, match=f"which the clocks of {zone} skip"):
        spec_of(timezone=zone, window=window, schedule=Schedule(score=tick))


@pytest.mark.parametrize(
    ("zone", "tick", "window"),
    [("Europe/Berlin", "0 3 * * *", "day"), ("UTC", "15 2 * * *", "day"), ("Europe/Berlin", "0 2 * * 1", "week")],
)
def test_any_other_hour_will_do(zone: str, tick: str, window: str) -> None:
    assert spec_of(timezone=zone, window=window, schedule=Schedule(score=tick)).schedule.score == tick


def test_a_stored_spec_that_was_accepted_once_is_read_still() -> None:
    fields = spec_of(timezone="Europe/Berlin", window="day").model_dump(mode="json")
    stored = {**fields, "key": "score", "schedule": {**fields["schedule"], "score": "15 2 * * *"}}
    assert Model.from_stored(stored).key == "score"

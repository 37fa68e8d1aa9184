"""The DAG family's shape, cost and texts: what a review should see when it changes."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import ROOT

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

HEAVY = ["pandas", "numpy", "scipy", "sklearn", "great_expectations", "evidently", "boto3", "skops", "pyarrow"]
SHAPE = {
    "flights_train": {
        "asked": ["data.snapshot"],
        "data.snapshot": ["data.validate"],
        "data.validate": ["version.train"],
        "version.train": ["version.evaluate"],
        "version.evaluate": ["gate"],
        "gate": ["approve", "promote", "reject"],
        "approve": ["promote"],
        "promote": [],
        "reject": [],
    },
    "flights_score": {
        "data.snapshot": ["data.validate"],
        "data.validate": ["score"],
        "score": ["publish"],
        "publish": [],
    },
    "flights_monitor": {
        "collect": ["check"],
        "check": ["decide", "report"],
        "decide": ["alert", "hold", "insufficient_data", "retrain"],
        "report": [],
        "alert": [],
        "hold": [],
        "insufficient_data": [],
        "retrain": [],
    },
    "flights_rollback": {"verify": ["move"], "move": []},
}


def test_every_file_parses_and_gives_the_family(bag: DagBag) -> None:
    assert bag.import_errors == {}
    shape = {
        dag.dag_id: {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} for dag in bag.dags.values()
    }
    assert {name: tasks for name, tasks in shape.items() if name.startswith("flights")} == SHAPE


def test_every_task_retries_has_a_deadline_and_an_owner(bag: DagBag) -> None:
    for dag in bag.dags.values():
        assert dag.dagrun_timeout is not None
        assert dag.max_active_runs in (1, 4)
        for task in dag.tasks:
            assert task.retries is not None
            assert task.retries >= 2
            assert task.pool == "default_pool", "a task of a pool that does not exist would wait for ever"
            assert task.owner == "punctuality" or not dag.dag_id.startswith("flights")
            assert task.task_id == "approve" or task.execution_timeout is not None


def test_a_run_concerns_the_window_before_it(bag: DagBag) -> None:
    expected = {"train": "0 7 2 * *", "score": "0 5 1 * *", "monitor": "0 6 2 * *"}
    for verb, cron in expected.items():
        timetable: Any = bag.dags[f"flights_{verb}"].timetable
        assert (timetable.expression, timetable.run_offset, timetable.key_format) == (cron, -1, "%Y-%m")
        assert str(timetable.timezone) == "America/New_York"
    assert bag.dags["flights_rollback"].schedule is None


def test_the_forms_ask_for_what_is_needed(bag: DagBag) -> None:
    train, rollback = bag.dags["flights_train"].params, bag.dags["flights_rollback"].params
    assert train.dump() == {"window": None, "reason": None}
    assert set(rollback.keys()) == {"version", "reason"}
    with pytest.raises(Exception, match=r"is required|No value passed"):
        rollback.validate()
    window = train.get_param("window")
    window.value = "2013-02"
    assert window.resolve() == "2013-02"
    with pytest.raises(Exception, match="does not match"):
        window.resolve("February")


def test_every_dag_explains_itself_with_every_value_escaped(bag: DagBag) -> None:
    for name in SHAPE:
        dag = bag.dags[name]
        assert dag.doc_md
        assert "departs" in dag.doc_md or "departure" in dag.doc_md
        assert {"windvane", "flights"} <= set(dag.tags)
    from windvane.orchestration.texts import escaped

    assert escaped("<script>\n[x](javascript:1) | `y`") == "\\<script\\> \\[x\\](javascript:1\\) \\| \\`y\\`".replace(
        "](", "]\\("
    )


def test_every_dag_survives_serialisation(bag: DagBag) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in bag.dags.values():
        back = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        assert {task.task_id for task in back.tasks} == {task.task_id for task in dag.tasks}


def test_timeouts_leave_time_for_a_person() -> None:
    from tests.unit.lifecycle.examples import model_with
    from windvane.orchestration.factory import _waiting
    from windvane.spec import Gate

    assert _waiting(model_with(gate=Gate(approval="always", approval_within="3d")), "train") == timedelta(days=3)
    assert _waiting(model_with(), "train") == timedelta(0)


@pytest.mark.parametrize("file", sorted((ROOT / "dags").glob("*.py")), ids=lambda file: file.stem)
def test_a_dag_file_is_short_and_imports_nothing_heavy(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 40
    code = (
        f"import runpy, sys; runpy.run_path({str(file)!r})\n"
        f"heavy = {HEAVY!r}\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_the_hand_written_example_loads() -> None:
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(dag_folder=str(ROOT / "docs" / "examples"))
    assert found.import_errors == {}
    assert {task.task_id for task in found.dags["flights_inspection"].tasks} == {"snapshot", "collect", "check", "tell"}


def test_every_operator_can_be_imported_by_name() -> None:
    from windvane import orchestration

    for name in orchestration.__all__:
        assert callable(getattr(orchestration, name))
    with pytest.raises(AttributeError, match="NoSuchOperator"):
        _ = orchestration.NoSuchOperator

"""The DAG family's shape, cost and texts: what a review should see when it changes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import ROOT
from tests.unit.lifecycle.examples import model_with
from windvane import Gate, Publish
from windvane.orchestration.factory import family
from windvane.spec import RULES

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

HEAVY = ["pandas", "numpy", "scipy", "sklearn", "great_expectations", "evidently", "boto3", "skops", "pyarrow"]
SHAPE = {
    "flights_train": {
        "requested": ["data.snapshot"],
        "data.snapshot": ["data.validate"],
        "data.validate": ["version.train"],
        "version.train": ["version.evaluate"],
        "version.evaluate": ["explain", "gate"],
        "explain": [],
        "gate": ["approve", "promote", "reject"],
        "approve": ["promote", "reject"],
        "promote": [],
        "reject": [],
    },
    "flights_score": {
        "data.snapshot": ["data.validate"],
        "data.validate": ["score"],
        "score": ["publish"],
        "publish": ["monitor_again"],
        "monitor_again": [],
    },
    "flights_monitor": {
        "reopen": ["collect"],
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
    "flights_act": {"act": []},
}


def test_every_file_parses_and_gives_the_family(bag: DagBag) -> None:
    assert bag.import_errors == {}
    shape = {
        dag.dag_id: {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} for dag in bag.dags.values()
    }
    assert {name: tasks for name, tasks in shape.items() if name.startswith("flights")} == SHAPE


def test_every_task_retries_soon_has_a_deadline_and_an_owner(bag: DagBag) -> None:
    for dag in bag.dags.values():
        assert dag.dagrun_timeout is None, "a backfill that waits for its turn must not fail for waiting"
        assert dag.catchup is False
        for task in dag.tasks:
            assert task.retries is not None
            assert task.retries >= 2
            assert task.retry_delay <= timedelta(minutes=1)
            assert task.pool == "default_pool", "a task of a pool that does not exist would wait for ever"
            assert task.owner == "punctuality" or not dag.dag_id.startswith("flights")
            assert task.execution_timeout is not None
            assert task.execution_timeout <= timedelta(hours=6)


def test_only_what_follows_a_branch_runs_after_a_skipped_task(bag: DagBag) -> None:
    rules = {task.task_id: task.trigger_rule.value for dag in bag.dags.values() for task in dag.tasks}
    joins = {name for name, rule in rules.items() if rule != "all_success"}
    assert joins == {"promote", "reject"}
    assert rules["promote"] == rules["reject"] == "none_failed_min_one_success"


def test_assets_tell_others_of_new_scores_and_champions(bag: DagBag) -> None:
    message = {
        (dag.dag_id, task.task_id): [getattr(asset, "uri", asset.name) for asset in task.outlets]
        for dag in bag.dags.values()
        for task in dag.tasks
        if task.outlets
    }
    champion, scores = "x-windvane://flights/champion", "x-windvane://flights/scores"
    assert {name: uris for name, uris in message.items() if name[0].startswith("flights")} == {
        ("flights_train", "promote"): [champion],
        ("flights_rollback", "move"): [champion],
        ("flights_score", "publish"): [scores],
        ("flights_act", "act"): ["flights_act"],  # an alias: most actions leave the champion alone
    }
    assert [asset.uri for asset in bag.dags["flights_monitor"].get_task("collect").inlets] == [scores]


def test_a_run_that_waits_for_a_person_does_not_hold_others_up() -> None:
    from windvane.orchestration.factory import family
    from windvane.spec import Gate

    quiet, asking = family(model_with()), family(model_with(gate=Gate(approval="always")))
    assert [dag.max_active_runs for dag in (quiet[0], asking[0])] == [1, 16]


def test_a_user_may_choose_pool_retries_and_deadline_for_a_family() -> None:
    from windvane.orchestration import build_airflow_dags

    given = {"pool": "trainings", "retries": 5, "execution_timeout": timedelta(minutes=3), "owner": "someone"}
    for dag in build_airflow_dags(model_with(), default_args=given):
        for task in dag.tasks:
            assert (task.pool, task.retries, task.owner) == ("trainings", 5, "someone")
            assert task.execution_timeout == timedelta(minutes=3)


def test_a_run_concerns_the_window_before_it(bag: DagBag) -> None:
    expected = {"score": "22 5 1 * *", "monitor": "22 6 2 * *"}
    for verb, cron in expected.items():
        timetable: Any = bag.dags[f"flights_{verb}"].timetable
        assert (timetable.expression, timetable.run_offset, timetable.key_format) == (cron, -1, "%Y-%m")
        assert str(timetable.timezone) == "America/New_York"
    asked: Any = bag.dags["flights_train"].timetable
    assert asked.summary == "when it is asked for"
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
    from windvane.orchestration.texts import doc_md

    for name in SHAPE:
        dag = bag.dags[name]
        assert dag.doc_md
        assert "departure" in dag.doc_md
        assert {"windvane", "flights"} <= set(dag.tags)
    page = doc_md(model_with(description="<script>\n# [x](javascript:1) | `y`", owner="a|b\n\n# c"), "score")
    assert "\\<script\\> \\# \\[x\\]\\(javascript\\:1\\) \\| \\`y\\`" in page
    assert "| owner | a\\|b \\# c |" in page


def test_every_dag_survives_serialisation_without_its_spec(bag: DagBag) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in bag.dags.values():
        written = DagSerialization.to_dict(dag)
        back = DagSerialization.from_dict(written)
        assert {task.task_id for task in back.tasks} == {task.task_id for task in dag.tasks}
        assert "models.flights:pipeline" not in str(written["dag"]["tasks"]), "the spec is read from the DAG file"


@pytest.mark.parametrize("file", sorted((ROOT / "dags").glob("*.py")), ids=lambda file: file.stem)
def test_a_dag_file_is_short_and_imports_nothing_heavy(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 40
    code = (
        f"import runpy, sys; runpy.run_path({str(file)!r})\n"
        f"heavy = {HEAVY!r}\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "include")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_a_dag_file_imports_the_rules_that_it_names_and_no_record_and_no_step() -> None:
    code = (
        f"import runpy, sys; runpy.run_path({str(ROOT / 'dags' / 'flights.py')!r})\n"
        "print(*(name for name in sys.modules if name.startswith('windvane.')))"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "include")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    found = set(done.stdout.strip().splitlines()[-1].split())
    rules = {f"windvane.lifecycle.rules.{kind}" for kind in RULES}
    named = ("better_than_baseline", "not_worse_than_champion", "per_slice")
    assert rules & found == {f"windvane.lifecycle.rules.{kind}" for kind in named}
    later = ("windvane.results.", "windvane.stores", "windvane.steps", "windvane.spec.plan")
    assert [name for name in found if name.startswith(later)] == []


def test_the_hand_written_example_loads_and_hands_on_what_its_operators_leave() -> None:
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(dag_folder=str(ROOT / "docs" / "examples"))
    assert found.import_errors == {}
    dag = found.dags["flights_rates"]
    assert {task.task_id.split(".")[-1] for task in dag.tasks} == {
        "snapshot",
        "validate",
        "train",
        "evaluate",
        "message",
    }
    assert dag.get_task("fast.train").upstream_task_ids == {"fast.validate"}
    assert dag.get_task("message").upstream_task_ids == {f"{name}.evaluate" for name in ("slow", "usual", "fast")}


def test_every_operator_can_be_imported_by_name() -> None:
    from windvane import orchestration

    for name in orchestration.__all__:
        assert callable(getattr(orchestration, name))
    with pytest.raises(AttributeError, match="NoSuchOperator"):
        _ = orchestration.NoSuchOperator


def test_versions_on_trial_add_a_shadow_and_a_live_task_that_nothing_waits_for() -> None:
    spec = model_with(gate=Gate(stages=(0.05, 0.25)))
    dags = {dag.dag_id: dag for dag in family(spec)}
    score, monitor = dags["loans_score"], dags["loans_monitor"]
    assert score.get_task("score").downstream_task_ids == {"publish", "shadow"}
    assert score.get_task("shadow").downstream_task_ids == set()
    assert monitor.get_task("collect").downstream_task_ids == {"check", "live"}
    assert monitor.get_task("live").downstream_task_ids == set()


def test_places_of_consumers_add_a_task_after_the_publication_that_nothing_waits_for() -> None:
    spec = model_with(publish=[Publish.parquet("out/{window}"), Publish.sql("warehouse", "scores")])
    score = {dag.dag_id: dag for dag in family(spec)}["loans_score"]
    assert score.get_task("publish").downstream_task_ids == {"deliver", "monitor_again"}
    assert score.get_task("deliver").downstream_task_ids == set()
    assert "deliver" not in {dag.dag_id: dag for dag in family(model_with())}["loans_score"].task_ids

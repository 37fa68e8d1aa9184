"""Every action is a verb, a page's form and a DAG's trigger form, with the parameters of its row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main
from airflow.sdk import AssetAlias
from airflow.sdk.exceptions import AirflowFailException
from starlette.testclient import TestClient

from tests.dags.test_context import context_of
from tests.unit.lifecycle.examples import model_with
from tests.unit.stores.examples import MODEL
from tests.unit.web.conftest import ORIGIN, SECRET, Roles, Surroundings
from tests.unit.web.year import fill
from windvane.actions import ACTIONS, Action, Parameter
from windvane.cli import app as cli
from windvane.cli.commands.acting import verb_of
from windvane.cli.verbs import SHARED, verb
from windvane.orchestration.factory import family
from windvane.orchestration.operators.act import ActOperator
from windvane.stores import Stores, open_stores
from windvane.web.app import create_app
from windvane.web.host import Host

TONE = Parameter("tone", "Tone", "How loud", "choice", choices=("quiet", "loud"))
NEW = replace(ACTIONS["pause"], name="announce", title="Announce", parameters=(TONE, *ACTIONS["pause"].parameters))


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """Half a year of a model, which the operators find in place of the connections'."""
    opened = open_stores(f"sqlite:///{tmp_path / 'r.db'}", str(tmp_path / "a"))
    fill(opened)
    monkeypatch.setattr("windvane.orchestration.base.stores_of", lambda *_: opened)
    return opened


@pytest.fixture
def op(stores: Stores) -> Iterator[TestClient]:
    """An operator's client of the pages."""
    app = create_app(Host(lambda: stores, Roles(), Surroundings(), SECRET))
    with TestClient(app, headers={"x-role": "op"}, base_url=ORIGIN) as opened:
        yield opened


def of_the_command_line(action: Action, app: typer.Typer) -> set[str]:
    root: Any = typer.main.get_command(app)
    found = root.commands[action.name]
    assert action.summary.split(":")[0] in found.help
    return {one.name for one in found.params} - {*SHARED, "model", "help"}


def of_the_page(action: Action, op: TestClient) -> set[str]:
    page = op.get(f"/models/{MODEL}/do/{action.name}", params={"version": "3"})
    assert page.status_code == 200, page.text
    form = re.search(r"<form.*?</form>", page.text, re.DOTALL)
    assert form
    assert action.title in form.group()
    return set(re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', form.group())) - {"token", "epoch"}


def of_the_dag(action: Action) -> set[str]:
    """The fields of the DAG's form; that of `act` is shared, and must offer the action."""
    (dag,) = [one for one in family(model_with()) if one.dag_id == f"loans_{action.dag}"]
    fields = {name: dag.params.get_param(name).schema for name in dag.params}
    if action.dag != "act":
        return set(fields)
    assert action.name in fields["action"]["enum"]
    return {name for name in fields if name in {item.name for item in action.parameters}}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))
def test_an_action_is_a_verb_a_page_and_a_trigger_form_with_the_same_parameters(action: Action, op: TestClient) -> None:
    declared = {item.name for item in action.parameters}
    assert of_the_command_line(action, cli.app) == declared
    assert of_the_page(action, op) == declared
    assert of_the_dag(action) == declared


def test_a_new_row_is_in_all_three_without_another_line(op: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACTIONS, NEW.name, NEW)
    app = typer.Typer()
    for row in ACTIONS.values():
        verb(app)(verb_of(row))
    for found in (of_the_command_line(NEW, app), of_the_page(NEW, op), of_the_dag(NEW)):
        assert found == {"tone", "reason"}
    assert "<option>loud</option>" in op.get(f"/models/{MODEL}/do/announce").text


def test_a_row_that_one_of_the_three_leaves_out_is_found(op: TestClient) -> None:
    """The comparison above can fail: a row that is nowhere is missed in each."""
    with pytest.raises(KeyError):
        of_the_command_line(NEW, cli.app)
    with pytest.raises(AssertionError):
        of_the_page(NEW, op)
    with pytest.raises(AssertionError):
        of_the_dag(NEW)


def acted(params: dict[str, Any], **how: Any) -> tuple[Any, list[Any]]:
    """Run the task; return what it left, and what it announced."""
    alias = AssetAlias("loans_act", group="windvane")
    task = ActOperator(task_id="act", model=model_with(name=MODEL), outlets=[alias])
    context = context_of(**how, **params)
    events: list[Any] = []

    class Events:
        def add(self, asset: Any, extra: Any) -> None:
            events.append((asset.uri, extra))

    context["outlet_events"] = {alias: Events()}
    return task.execute(context), events


def test_an_action_is_done_in_the_name_of_who_triggered_the_run(stores: Stores) -> None:
    left, events = acted({"action": "pause", "version": None, "reason": "a holiday"})
    assert (left["action"], events) == ("pause", [])
    event = stores.registry.audit.events(MODEL)[0]
    assert (event.kind, event.actor) == ("automation.paused", "airflow:ada")


def test_a_promotion_tells_those_who_wait_for_the_champion(stores: Stores) -> None:
    left, events = acted({"action": "promote", "version": 3, "reason": "I looked"})
    assert left["message"].startswith("v3 is the champion since")
    assert events == [("x-windvane://loans/champion", {"version": 3, "epoch": 3, "window": "2013-06"})]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"action": "promote", "version": None, "reason": "r"}, "promote without a version"),
        ({"action": "promote", "version": 3, "reason": " "}, "promote without a reason"),
        ({"action": "promote", "version": "x", "reason": "r"}, "not a version's number"),
        ({"action": "pause", "reason": "r" * 1001}, "1,001 characters"),
        ({"action": "retrain", "reason": "r"}, "no action 'retrain' here"),
        ({"action": None, "reason": "r"}, "no action None here"),
    ],
)
def test_what_a_form_lacks_is_refused_by_name_and_changes_nothing(
    stores: Stores, params: dict[str, Any], message: str
) -> None:
    before = stores.registry.audit.events(MODEL)
    with pytest.raises(AirflowFailException, match=re.escape(message)):
        acted(params)
    assert stores.registry.audit.events(MODEL) == before


@pytest.mark.parametrize("how", [{"run_type": "scheduled"}, {"run_type": "operator_triggered"}, {"user": None}])
def test_nothing_but_a_person_does_an_action(stores: Stores, how: dict[str, Any]) -> None:
    with pytest.raises(AirflowFailException, match="NotAllowed"):
        acted({"action": "pause", "reason": "r"}, **how)


def test_the_rollback_form_leads_to_the_versions_that_were_champion_with_what_each_would_cost() -> None:
    (dag,) = [one for one in family(model_with()) if one.dag_id == "loans_rollback"]
    field = dag.params.get_param("version")
    assert field.description is None, "Airflow shows a plain description before one with a link"
    assert "](plugin/models/windvane/models/loans/do/rollback)" in field.schema["description_md"]

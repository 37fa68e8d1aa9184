"""The rows: what they ask for is read by their bounds; what a page showed is held; and nothing heavy is imported."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from windvane.actions import ACTIONS, Given, Parameter, State, action_of, read, refuse_changed
from windvane.errors import FormRefused, IllegalMove, StaleChampion
from windvane.results import Pause

AT = datetime(2020, 3, 1, tzinfo=UTC)
PAUSED = Pause(model="loans", actor="cli:ada", at=AT, reason="a holiday")
IMPORTS = "import sys, windvane.actions\nprint([name for name in sys.modules if name.startswith({heavy!r})])"


def test_the_table_costs_a_dag_file_nothing_heavy() -> None:
    heavy = ("windvane.results", "windvane.stores", "windvane.steps", "pandas", "numpy", "sqlalchemy", "airflow")
    command = [sys.executable, "-c", IMPORTS.format(heavy=heavy)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_names_are_those_of_the_rows_and_every_action_wants_a_reason() -> None:
    assert [row.name for row in ACTIONS.values()] == list(ACTIONS)
    for row in ACTIONS.values():
        assert next(item for item in row.parameters if item.name == "reason").required
        assert row.links, "no page leads to it"
        assert not row.summary.endswith("  ")
        assert row.summary.endswith(".")
    with pytest.raises(FormRefused, match="choose one of promote, rollback"):
        action_of("delete")


def test_what_was_given_is_read_by_the_parameters() -> None:
    given = read(ACTIONS["promote"], "loans", {"version": 3, "reason": " better\n"}, epoch=2)
    assert given == Given(reason="better", version=3, epoch=2)
    assert read(ACTIONS["retrain"], "loans", {"window": "2020-01", "reason": "r"}).window == "2020-01"
    tone = Parameter("tone", "Tone", "How loud", "choice", required=False, choices=("quiet", "loud"))
    row = replace(ACTIONS["pause"], parameters=(*ACTIONS["pause"].parameters, tone))
    assert read(row, "loans", {"reason": "r", "tone": "loud"}).others == {"tone": "loud"}
    assert read(row, "loans", {"reason": "r"}).others == {"tone": ""}
    with pytest.raises(IllegalMove, match="choose quiet, loud"):
        read(row, "loans", {"reason": "r", "tone": "shrill"})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"version": 3}, "promote without a reason"),
        ({"version": 3, "reason": "\n "}, "promote without a reason"),
        ({"version": None, "reason": "r"}, "promote without a version"),
        ({"version": "x", "reason": "r"}, "'x' is not a version's number"),
        ({"version": "٣", "reason": "r"}, "is not a version's number"),
        ({"version": 10**9, "reason": "r"}, "a version of 10 characters"),
        ({"version": 3, "reason": "x" * 1001}, "a reason of 1,001 characters"),
    ],
)
def test_what_is_missing_or_out_of_bounds_is_refused_by_the_error_of_the_place(
    values: dict[str, Any], message: str
) -> None:
    for kind in (IllegalMove, FormRefused):
        with pytest.raises(kind, match=message):
            read(ACTIONS["promote"], "loans", values, kind)


def test_a_changed_champion_is_named_with_what_it_was() -> None:
    state = State("loans", champion=4, epoch=3, epochs={1: 1, 2: 3, 3: 4}, seen=2)
    with pytest.raises(StaleChampion, match=r"changed while you decided \(v3 to v4, epoch 2 to 3\)"):
        refuse_changed(ACTIONS["promote"], state)
    refuse_changed(ACTIONS["promote"], replace(state, seen=3))
    with pytest.raises(StaleChampion, match="none to v4"):
        refuse_changed(ACTIONS["withdraw"], replace(state, seen=0))


def test_a_switch_that_somebody_else_turned_is_refused() -> None:
    with pytest.raises(IllegalMove, match="paused already, by cli:ada: a holiday"):
        refuse_changed(ACTIONS["pause"], State("loans", pause=PAUSED))
    with pytest.raises(IllegalMove, match="not paused"):
        refuse_changed(ACTIONS["resume"], State("loans"))


def test_an_action_is_offered_where_it_fits() -> None:
    running, paused = State("loans", champion=2, epoch=2), State("loans", champion=2, epoch=2, pause=PAUSED)
    offered = {name for name, row in ACTIONS.items() if "model" in row.links and row.offered(running)}
    assert offered >= {"rollback", "retrain", "pause"}
    assert not offered & {"resume", "withdraw"}
    assert ACTIONS["resume"].offered(paused)
    assert not ACTIONS["pause"].offered(paused)
    assert ACTIONS["withdraw"].offered(replace(running, staged=3))


def test_a_consequence_says_who_scores_and_who_did() -> None:
    state = State("loans", champion=2, since=AT, epoch=2, named=False)
    said = ACTIONS["rollback"].consequence(state)
    assert "come from the version you choose; since March 1, 2020 they came from version 2." in said
    assert "Version 2 scores every row again" in ACTIONS["withdraw"].consequence(state)
    assert "no version scores now" in ACTIONS["promote"].consequence(State("loans"))

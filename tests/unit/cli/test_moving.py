"""`windvane promote` and `windvane rollback`: a person moves the champion, with a reason."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.unit.cli.conftest import Command, Shop
from windvane.stores import person
from windvane.stores.person import at_terminal


def test_a_promotion_is_told_with_actor_and_reason(trained: Command) -> None:
    events = trained("history", "shop", "--json").json
    promoted = [item for item in events if item["kind"] == "champion.promoted"]
    assert [item["actor"] for item in promoted] == [at_terminal()] * 2
    assert promoted[0]["payload"]["reason"] == "second"


def test_going_back_is_told_and_recorded(trained: Command) -> None:
    found = trained("rollback", "shop", "v1", "--reason", "v2 is wrong on new visitors", "--json").json
    assert (found["champion"], found["epoch"], found["reasons"]) == (1, 3, ["v2 is wrong on new visitors"])
    assert found["actor"] == at_terminal()
    assert "v2 is wrong on new visitors" in trained("history", "shop").out
    assert trained("champion", "shop", "--json").json["champion"] == 1


def test_no_dag_file_is_needed_to_go_back(shop: Shop, trained: Command) -> None:
    (shop.folder / "dags" / "shop.py").unlink()
    assert trained("rollback", "shop", "1", "--reason", "r").code == 0


@pytest.mark.parametrize("verb", ["promote", "rollback"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_a_blank_reason_is_refused(shop: Shop, trained: Command, verb: str, reason: str) -> None:
    before = shop.tables()
    answer = trained(verb, "shop", "1", "--reason", reason)
    assert answer.code == 1
    assert answer.err.startswith("error: IllegalMove: ")
    assert shop.tables() == before


def test_a_reason_cannot_be_left_out(trained: Command) -> None:
    for verb in ("promote", "rollback"):
        assert trained(verb, "shop", "1").code == 2


def test_an_older_version_is_not_promoted_over_a_newer_one(shop: Shop, trained: Command) -> None:
    before = shop.tables()
    answer = trained("promote", "shop", "1", "--reason", "r")
    assert answer.code == 1
    assert answer.err.startswith("error: OlderWindow: ")
    assert shop.tables() == before


def test_going_back_to_where_one_is_or_never_was_is_refused(shop: Shop, trained: Command) -> None:
    shop.declare(gate='approval="always"')
    assert trained("run", "train", "shop", "--window", "2024-03").code == 0
    before = shop.tables()
    for version in ("2", "3"):
        answer = trained("rollback", "shop", version, "--reason", "r")
        assert answer.code == 1
        assert answer.err.startswith("error: IllegalMove: ")
    assert shop.tables() == before


def test_an_approval_is_answered_at_a_terminal(shop: Shop, trained: Command) -> None:
    shop.declare(gate='approval="always"')
    for window in ("2024-03", "2024-03"):
        assert trained("run", "train", "shop", "--window", window).code == 0
    assert trained("approve", "shop", "3").code == 2
    found = trained("approve", "shop", "v3", "--reason", "seen", "--json").json
    named = ("model", "version", "state", "champion", "epoch", "actor", "reasons")
    assert {name: found[name] for name in named} == {
        "model": "shop",
        "version": 3,
        "state": "champion",
        "champion": 3,
        "epoch": 3,
        "actor": at_terminal(),
        "reasons": ["seen"],
    }
    again = trained("reject", "shop", "3", "--reason", "no")
    assert (again.code, again.err.partition("\n")[0]) == (
        1,
        "error: IllegalMove: shop v3 is champion, and waits for nobody",
    )


def test_a_rejection_leaves_the_champion(shop: Shop, trained: Command) -> None:
    shop.declare(gate='approval="always"')
    assert trained("run", "train", "shop", "--window", "2024-03").code == 0
    answer = trained("reject", "shop", "3", "--reason", "not now")
    assert answer.code == 0
    assert "rejected" in answer.out
    assert trained("champion", "shop", "--json").json["champion"] == 2
    assert "not now" in trained("history", "shop").out


def test_who_made_a_version_does_not_approve_it_under_four_eyes(shop: Shop, trained: Command) -> None:
    shop.declare(gate='approval="always", four_eyes=True')
    assert trained("run", "train", "shop", "--window", "2024-03").code == 0
    before = shop.tables()
    assert trained("approve", "shop", "3", "--reason", "mine").err.startswith("error: SamePerson: ")
    assert shop.tables() == before


def test_a_retrain_is_a_training_in_the_persons_name(shop: Shop, trained: Command) -> None:
    found = trained("retrain", "shop", "--window", "2024-03", "--reason", "new prices", "--json").json
    assert (found["model"], found["window"], found["version"]) == ("shop", "2024-03", 3)
    version = trained("show", "shop", "3", "--json").json
    assert (version["actor"], version["reason"]) == (at_terminal(), "new prices")
    assert trained("run", "train", "shop", "--window", "2024-03", "--json").json["digest"] == found["digest"]
    assert trained("retrain", "shop", "--window", "2024-03").code == 2
    assert trained("retrain", "shop", "--window", "March", "--reason", "r").err.startswith("error: InvalidWindow: ")


def test_a_person_pauses_automation_and_resumes_it(trained: Command) -> None:
    me = at_terminal()
    found = trained("pause", "shop", "--reason", "a holiday", "--json").json
    assert (found["model"], found["automation"], found["actor"], found["reasons"]) == (
        "shop",
        "paused",
        me,
        ["a holiday"],
    )
    again = trained("pause", "shop", "--reason", "another", "--json").json
    assert again == found  # the pause that stands
    found = trained("resume", "shop", "--reason", "it is over", "--json").json
    assert (found["automation"], found["actor"], found["reasons"]) == ("running", me, ["it is over"])
    kinds = [item["kind"] for item in trained("history", "shop", "--json").json if "automation" in item["kind"]]
    assert sorted(kinds) == ["automation.paused", "automation.resumed"]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_automation_is_not_switched_without_a_reason_or_a_model(shop: Shop, trained: Command, verb: str) -> None:
    before = shop.tables()
    assert trained(verb, "shop").code == 2
    assert trained(verb, "shop", "--reason", " ").err.startswith("error: IllegalMove: ")
    assert trained(verb, "shops", "--reason", "r").err.startswith("error: UnknownModel: ")
    assert shop.tables() == before


def test_no_environment_variable_says_who_acts(trained: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER", "SUDO_UID"):
        monkeypatch.setenv(name, "12345")
    assert trained("pause", "shop", "--reason", "a test").code == 0
    actor = trained("history", "shop", "--json").json[0]["actor"]
    assert actor == at_terminal()
    assert actor.startswith("os:")
    assert "12345" not in actor


@pytest.mark.parametrize(
    ("login", "uid", "actor"),
    [("1000", 0, "os:1000/ada"), ("4294967295", 1000, "os:1000/ada"), ("", 1000, "os:1000/ada"), ("7", 7, "os:7")],
)
def test_who_logged_in_is_told_also_behind_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str, uid: int, actor: str
) -> None:
    def account(number: int) -> SimpleNamespace:
        return {0: SimpleNamespace(pw_name="root"), 1000: SimpleNamespace(pw_name="ada")}[number]

    (tmp_path / "loginuid").write_text(login)
    monkeypatch.setattr(person, "_LOGIN", tmp_path / "loginuid")
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(pwd, "getpwuid", account)
    assert at_terminal() == actor

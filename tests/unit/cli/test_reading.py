"""The verbs that look: each says the same to people and to programs."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tests.unit.cli.conftest import Command, Shop


def test_an_empty_registry_says_how_to_begin(windvane: Command) -> None:
    answer = windvane("models")
    assert answer.code == 0
    assert "windvane run train" in answer.out
    assert windvane("models", "--json").json == []


def test_models_are_listed_with_their_champions(trained: Command) -> None:
    (found,) = trained("models", "--json").json
    assert (found["model"], found["owner"], found["task"]) == ("shop", "tests", "binary")
    assert found["digest"].startswith("sha256:")
    assert f"v{found['champion']}" in trained("models").out


def test_versions_are_listed_newest_first(trained: Command) -> None:
    found = trained("versions", "shop", "--json").json
    assert [item["version"] for item in found] == [2, 1]
    assert {"model", "window", "version", "digest", "decision", "reasons", "state", "actor", "at"} <= set(found[0])
    rows = trained("versions", "shop").out.splitlines()
    assert rows[0].split() == ["version", "state", "window", "rows", "decision", "built", "actor"]
    assert [row.split()[0] for row in rows[1:]] == ["v2", "v1"]


def test_a_version_is_explained_by_verdicts_metrics_and_origins(trained: Command) -> None:
    found = trained("show", "shop", "v1", "--json").json
    assert found["version"] == 1
    assert {item["outcome"] for item in found["verdicts"]} == {"pass"}
    assert all(item["headline"] for item in found["verdicts"])
    assert {"low", "high", "value"} <= set(found["evaluation"]["metrics"][0])
    assert len(found["snapshots"]) == 1
    message = trained("show", "shop", "1").out
    for words in (
        "verdicts",
        "log_loss",
        "95 % interval",
        "made from",
        found["digest"],
        found["fingerprint"],
        "scikit-learn",
    ):
        assert words in message


def test_a_model_is_explained(trained: Command) -> None:
    found = trained("show", "shop", "--json").json
    assert (found["model"], found["versions"], found["monitored"]) == ("shop", 2, "2024-02")
    assert found["spec"]["target"] == "bought"
    assert "month, UTC" in trained("show", "shop").out


def test_history_tells_who_did_what_and_why(trained: Command) -> None:
    found = trained("history", "shop", "--limit", "100", "--json").json
    assert [item["seq"] for item in found] == list(range(len(found), 0, -1))
    assert found[-1]["kind"] == "model.registered"
    assert all(item["actor"].startswith("os:") and item["at"].endswith("Z") for item in found)
    assert len(trained("history", "shop", "--limit", "2", "--json").json) == 2
    assert "champion.promoted" in trained("history", "shop").out


def test_the_champion_is_told_now_and_at_any_past_moment(trained: Command) -> None:
    now = trained("champion", "shop", "--json").json
    assert now["champion"] == now["version"]
    assert f"v{now['champion']}" in trained("champion", "shop").out
    first = next(item for item in trained("history", "shop", "--json").json if item["kind"] == "champion.promoted")
    before = trained("champion", "shop", "--as-of", first["at"], "--json").json
    assert (before["epoch"], before["champion"]) == (first["payload"]["epoch"], first["payload"]["version"])
    answer = trained("champion", "shop", "--as-of", "2024-01-01T00:00Z")
    assert answer.code == 1
    assert answer.err.startswith("error: NoChampion: shop had no champion at 2024-01-01 00:00 UTC")


def test_a_date_is_a_day_in_the_models_own_calendar(shop: Shop, windvane: Command) -> None:
    shop.declare(timezone="America/New_York")
    shop.fill("2024-01")
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    assert "at 2024-02-01 05:00 UTC" in windvane("champion", "shop", "--as-of", "2024-02-01").err


def test_the_champion_for_a_window_has_seen_none_of_its_rows(trained: Command) -> None:
    for window, version in (("2024-02", 1), ("2024-03", 2), ("2024-09", 2)):
        assert trained("champion", "shop", "--for-window", window, "--json").json["champion"] == version
    answer = trained("champion", "shop", "--for-window", "2024-01")
    assert answer.err.startswith("error: NoChampion: shop has no champion for window 2024-01")
    assert trained("champion", "shop", "--for-window", "2024-13").err.startswith("error: InvalidWindow: ")
    assert trained("champion", "shop", "--for-window", "2024-02", "--as-of", "2024-02-01").code == 2


def test_history_tells_where_the_pointer_came_from_and_went(trained: Command) -> None:
    moved = [item for item in trained("history", "shop", "--json").json if item["kind"] == "champion.promoted"]
    assert [(item["from"], item["to"], item["epoch"], item["reasons"]) for item in moved] == [
        (1, 2, 2, ["second"]),
        (None, 1, 1, ["first"]),
    ]
    message = trained("history", "shop").out
    assert "v1 to v2" in message
    assert "none to v1" in message


def test_monitored_windows_are_reported_with_their_checks(trained: Command) -> None:
    (found,) = trained("report", "shop", "--json").json
    assert (found["model"], found["window"], found["decision"]) == ("shop", "2024-02", "hold")
    assert found["headline"] == f"{found['reasons'][0]['headline']}: hold"
    message = trained("report", "shop", "--window", "2024-02").out
    for check in ("Data quality", "Data drift", "Prediction drift", "Performance"):
        assert message.count(f"\n{check} ") >= 1
    for item in found["checks"]:
        assert item["headline"] in message
        assert all(number["name"] in message for number in item["numbers"])
    assert trained("report", "shop", "--window", "2024-03").out == "shop: window 2024-03 was not monitored\n"
    assert trained("report", "shop", "--window", "2024-03", "--json").json == []


def test_the_report_of_a_library_is_written_to_a_file(shop: Shop, trained: Command, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    keep = ("--evidently", str(file))
    message = trained("report", "shop", "--window", "2024-02", *keep)
    assert message.code == 0, message.err
    assert file.read_bytes().lstrip().lower().startswith(b"<!doctype html>")
    file.unlink()
    for arguments, name in ((("--window", "2024-03"), "MissingReport"), ((), "InvalidWindow")):
        refused = trained("report", "shop", *arguments, *keep)
        assert (refused.code, refused.err.startswith(f"error: {name}: shop")) == (1, True), refused.err
        assert not file.exists()
    unwritable = trained("report", "shop", "--window", "2024-02", "--evidently", str(tmp_path / "none" / "x.html"))
    assert "StorageFailed: cannot write" in unwritable.err


def test_verify_counts_what_it_looked_at(trained: Command) -> None:
    found = trained("verify", "shop", "--json").json
    assert (found["model"], found["versions"], found["problems"]) == ("shop", 2, [])
    assert found["artifacts"] > 4
    assert found["events"] == len(trained("history", "shop", "--limit", "999", "--json").json)


def test_verify_keeps_who_verified_up_to_which_event_and_what_was_wrong(shop: Shop, trained: Command) -> None:
    found = trained("verify", "shop", "--json").json
    with contextlib.closing(sqlite3.connect(shop.home / "registry.db", isolation_level=None)) as database:
        kept = "select upto, actor, everything, problem, (select hash from events where seq = upto) = hash"
        ((upto, actor, everything, problem, same),) = database.execute(f"{kept} from verifications").fetchall()
        assert (upto, everything, problem, same) == (found["events"], 1, "", 1)
        assert actor.startswith("os:")
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{name}"')
        database.execute("update events set actor = 'nobody' where seq = 2")
        assert trained("verify", "shop").code == 1
        *_, (_, _, _, problem, _) = database.execute(f"{kept} from verifications order by verification").fetchall()
    assert problem.startswith("AuditLogBroken: shop audit log: shop: event 2 of the audit log is not what was written")


def test_verify_finds_an_event_that_was_altered(shop: Shop, trained: Command) -> None:
    with contextlib.closing(sqlite3.connect(shop.home / "registry.db", isolation_level=None)) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{name}"')
        database.execute("update events set actor = 'nobody' where seq = 2")
    answer = trained("verify", "shop")
    assert answer.code == 1
    assert "shop audit log" in answer.err
    found = trained("verify", "shop", "--json")
    assert found.code == 1
    assert len(found.json["problems"]) == 1

"""Bad input through the command line: a named error, a cause, a remedy, exit code 1, and nothing changed."""

from __future__ import annotations

import contextlib
import resource
import signal
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.cli.conftest import Answer, Command, Shop, done, frame_of

Change = Callable[[pd.DataFrame], pd.DataFrame]


def assert_refused(answer: Answer, name: str, *message: str) -> None:
    assert answer.code == 1, answer
    assert answer.out == ""
    lines = answer.err.splitlines()
    assert len(lines) == 2, answer.err
    assert lines[0].startswith(f"error: {name}: ")
    assert lines[1].startswith("remedy: ")
    assert len(lines[1]) > len("remedy: ")
    for words in message:
        assert words in answer.err


def with_values(column: str, values: Callable[[pd.DataFrame], Any]) -> Change:
    return lambda frame: frame.assign(**{column: values(frame)})


def some(column: str, value: Any, count: int = 3) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        changed = frame.copy()
        changed.loc[changed.index[:count], column] = value
        return changed

    return change


STRUCTURE: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "missing column": ("MissingColumn", lambda frame: frame.drop(columns="visits"), ("'visits'",)),
    "extra column": ("UnexpectedColumn", with_values("refund", lambda _: 1.0), ("'refund'",)),
    "text for a number": ("WrongType", with_values("price", lambda frame: frame["price"].astype(str)), ("'price'",)),
    "number for a moment": ("WrongType", with_values("at", lambda frame: range(len(frame))), ("'at'",)),
    "empty window": ("EmptyWindow", lambda frame: frame.iloc[:0], ("2024-02",)),
    "infinite number": ("InfiniteValue", some("price", np.inf), ("'price'", "3 of 400")),
    "duplicate keys": ("DuplicateKey", some("id", "same"), ("'id'", "'same'")),
    "missing key": ("WrongType", some("id", None), ("'id'",)),
    "target beyond 0 and 1": ("InvalidTarget", some("bought", 2.0), ("'bought'",)),
    "naive event times": (
        "NaiveTimestamp",
        with_values("at", lambda frame: frame["at"].dt.tz_localize(None)),
        ("'at'",),
    ),
    "rows of another window": ("OutsideWindow", some("at", pd.Timestamp("2024-03-01", tz="UTC")), ("'at'",)),
}


CHAINS = ("train", "score")
"""The chains that refuse; the monitor watches what it can read, and alerts."""


@pytest.mark.parametrize("case", STRUCTURE)
def test_rows_of_the_wrong_structure_change_nothing(shop: Shop, windvane: Command, case: str) -> None:
    name, change, message = STRUCTURE[case]
    shop.fill("2024-02", change(shop.fill("2024-02")))
    assert windvane("models", "--json").json == []
    empty = shop.tables()
    for chain in CHAINS:
        assert_refused(windvane("run", chain, "shop", "--window", "2024-02"), name, "shop 2024-02", *message)
    assert (shop.tables(), shop.kept()) == (empty, {})
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    before, kept = shop.tables(), shop.kept()
    for chain in CHAINS:
        assert_refused(windvane("run", chain, "shop", "--window", "2024-02"), name, "shop 2024-02", *message)
    assert (shop.tables(), shop.kept()) == (before, kept)


@pytest.mark.parametrize("case", [case for case in STRUCTURE if case != "empty window"])
def test_a_monitor_alerts_about_rows_of_the_wrong_structure_and_never_retrains(
    shop: Shop, windvane: Command, case: str
) -> None:
    name, change, message = STRUCTURE[case]
    shop.fill("2024-02", change(shop.fill("2024-02")))
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    before = shop.tables()
    answer = windvane("run", "monitor", "shop", "--window", "2024-02", "--json")
    assert answer.code == 0, answer
    assert answer.json["decision"] == "alert"
    why = answer.json["reasons"][0]
    assert why["headline"].startswith(f"{name}: ")
    assert answer.json["headline"].endswith(": alert")
    assert message[0].strip("'") in why["headline"] + why["detail"]
    assert answer.json["request"] is None
    after = shop.tables()
    for table in ("versions", "promotions", "requests", "scores"):
        assert after[table] == before[table]


OUTCOMES: dict[str, tuple[str, Change, tuple[str, ...]]] = {
    "one class only": ("OneClass", with_values("bought", lambda _: 1.0), ("bought",)),
    "an empty feature": ("EmptyColumn", with_values("price", lambda _: np.nan), ("'price'",)),
    "unknown targets": ("MissingOutcomes", some("bought", np.nan, count=100), ("'bought'", "25.0")),
    "few rows": ("TooFewRows", lambda frame: frame.head(40), ("min_rows",)),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_rows_that_teach_nothing_make_no_version(shop: Shop, windvane: Command, case: str) -> None:
    name, change, message = OUTCOMES[case]
    shop.declare(more="history=1,")
    shop.fill("2024-02", change(shop.fill("2024-02")))
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    before = shop.tables()
    answer = windvane("run", "train", "shop", "--window", "2024-02")
    assert_refused(answer, name, "shop", *message)
    after = shop.tables()
    assert [after[table] for table in ("versions", "promotions")] == [
        before[table] for table in ("versions", "promotions")
    ]
    assert windvane("verify", "shop").code == 0


def test_a_window_in_the_future_is_refused(shop: Shop, windvane: Command) -> None:
    for arguments in (("--window", "2124-01"), ("--window", "2024-03", "--as-of", "2024-03-31T23:00Z")):
        for chain in CHAINS:
            assert_refused(windvane("run", chain, "shop", *arguments), "FutureWindow", arguments[1])
    assert windvane("models", "--json").json == []
    assert shop.kept() == {}


def test_a_moment_in_the_future_is_no_way_around_that(windvane: Command) -> None:
    answer = windvane("run", "train", "shop", "--window", "2124-01", "--as-of", "2124-03-01T00:00Z")
    assert_refused(answer, "FutureWindow", "--as-of")


def test_outcomes_that_are_not_due_yet_are_not_learnt_from(shop: Shop, windvane: Command) -> None:
    shop.declare(more='outcome_after="10d",')
    answer = windvane("run", "train", "shop", "--window", "2024-03", "--as-of", "2024-04-05T00:00Z")
    assert_refused(answer, "ImmatureOutcomes", "2024-03")
    assert windvane("run", "train", "shop", "--window", "2024-03", "--as-of", "2024-04-11T00:00Z").code == 0


@pytest.mark.parametrize("window", ["2024-3", "2024-13", "2024-03-01", "March", "", "2024-03\n", "../2024-03"])
def test_a_key_that_names_no_window_is_refused(windvane: Command, window: str) -> None:
    assert_refused(windvane("run", "train", "shop", "--window", window), "InvalidWindow", "2013-02")


def test_a_window_before_the_source_begins_is_refused(windvane: Command) -> None:
    assert_refused(windvane("run", "train", "shop", "--window", "2023-12"), "InvalidWindow", "2024-01")


def test_a_window_without_a_champion_is_not_scored(shop: Shop, windvane: Command) -> None:
    assert_refused(windvane("run", "score", "shop", "--window", "2024-02"), "NoChampion", "2024-02")
    assert windvane("run", "train", "shop", "--window", "2024-02").code == 0
    before = shop.tables()
    assert_refused(windvane("run", "score", "shop", "--window", "2024-02"), "NoChampion", "2024-02")
    assert shop.tables()["scores"] == before["scores"] == []


@pytest.mark.parametrize("moment", ["2024-03-01", "2024-03-01T00:00", "2024-03-01 00:00:00"])
def test_a_moment_without_a_time_zone_is_refused(windvane: Command, moment: str) -> None:
    assert_refused(windvane("run", "train", "shop", "--window", "2024-01", "--as-of", moment), "NaiveTimestamp", moment)
    if moment != "2024-03-01":  # of a champion, a date is a day in the model's own calendar
        assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
        assert_refused(windvane("champion", "shop", "--as-of", moment), "NaiveTimestamp", moment)


def test_event_times_in_another_zone_are_the_same_moments(shop: Shop, windvane: Command) -> None:
    plain = windvane("run", "train", "shop", "--window", "2024-01", "--json").json
    rows = shop.fill("2024-01")
    shop.fill("2024-01", rows.assign(at=rows["at"].dt.tz_convert("Asia/Kolkata")))
    assert windvane("run", "train", "shop", "--window", "2024-01", "--json").json == plain


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("2024-03", "2024-02-29T23:00:00Z", "2024-03-31T22:00:00Z"),
        ("2024-10", "2024-09-30T22:00:00Z", "2024-10-31T23:00:00Z"),
    ],
)
def test_months_in_which_the_clocks_change_are_whole(
    shop: Shop, windvane: Command, window: str, start: str, end: str
) -> None:
    shop.declare(timezone="Europe/Berlin")
    for filled in ("2024-01", "2024-02", "2024-03", "2024-10"):
        shop.fill(filled)
    rows = shop.fill(window)
    edges = pd.to_datetime([start, end]) - pd.to_timedelta([0, 1], unit="us")
    rows.loc[[0, len(rows) - 1], "at"] = edges.astype("datetime64[us, UTC]")
    shop.fill(window, rows)
    assert windvane("run", "train", "shop", "--window", window).code == 0
    version = windvane("show", "shop", "1", "--json").json
    assert (version["window"], version["window_start"], version["window_end"]) == (window, start, end)
    rows.loc[len(rows) - 1, "at"] = pd.Timestamp(end)
    shop.fill(window, rows)
    assert_refused(windvane("run", "train", "shop", "--window", window), "OutsideWindow", "1 of 400 rows")


def test_an_unknown_model_is_answered_with_the_nearest(shop: Shop, windvane: Command) -> None:
    answer = windvane("run", "train", "shopp", "--window", "2024-01")
    assert_refused(answer, "UnknownModel", "'shopp'", "'shop'")
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    before = shop.tables()
    for words in (
        ["show", "shopp"],
        ["show", "shopp", "1"],
        ["versions", "shopp"],
        ["history", "shopp"],
        ["champion", "shopp"],
        ["report", "shopp"],
        ["verify", "shopp"],
        ["promote", "shopp", "1", "--reason", "r"],
        ["rollback", "shopp", "1", "--reason", "r"],
    ):
        assert_refused(windvane(*words), "UnknownModel", "shopp", "shop")
    assert shop.tables() == before


def test_an_unknown_version_is_answered_with_where_to_look(shop: Shop, windvane: Command) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    before = shop.tables()
    for version in ("7", "v7", "0", "x", "1.0", "", "٣", "9" * 40):
        for words in (["show"], ["promote", "--reason", "r"], ["rollback", "--reason", "r"]):
            verb, *reason = words
            assert_refused(windvane(verb, "shop", version, *reason), "UnknownVersion", "windvane versions shop")
    assert shop.tables() == before


def test_a_corrupt_model_is_neither_scored_with_nor_gone_back_to(shop: Shop, windvane: Command) -> None:
    trained = windvane("run", "train", "shop", "--window", "2024-01", "--json").json
    digest = trained["digest"].removeprefix("sha256:")
    file = shop.home / "artifacts" / "sha256" / digest[:2] / digest[2:]
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    answer = windvane("run", "score", "shop", "--window", "2024-02")
    assert_refused(answer, "CorruptArtifact", digest)
    assert shop.tables()["scores"] == []
    answer = windvane("verify", "shop")
    assert answer.code == 1
    assert "error: CorruptArtifact: shop v1 model:" in answer.err
    file.unlink()
    assert_refused(windvane("run", "score", "shop", "--window", "2024-02"), "MissingArtifact", digest)
    file.write_bytes(whole)
    assert windvane("run", "score", "shop", "--window", "2024-02").code == 0


def test_a_full_disk_leaves_nothing_half_written(shop: Shop, windvane: Command) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    shop.fill("2024-02", frame_of(datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC), rows=20_000))
    before, kept = shop.tables(), shop.kept()

    def little_room() -> None:  # the system refuses every byte beyond, as a full disk does
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (131_072, 131_072))

    process = shop.process("run", "train", "shop", "--window", "2024-02", preexec_fn=little_room)
    assert_refused(done(process), "StorageFull")
    assert shop.tables() == before
    assert shop.kept() == kept
    assert windvane("run", "train", "shop", "--window", "2024-02").code == 0


def test_a_locked_registry_is_waited_for_and_then_named(shop: Shop, windvane: Command) -> None:
    assert windvane("run", "train", "shop", "--window", "2024-01").code == 0
    before = shop.tables()
    with contextlib.closing(sqlite3.connect(shop.home / "registry.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        answer = windvane("promote", "shop", "1", "--reason", "r")
        other.execute("rollback")
    assert_refused(answer, "RegistryLocked", "registry.db")
    assert shop.tables() == before


def test_what_is_no_registry_is_named(shop: Shop, windvane: Command) -> None:
    shop.home.mkdir()
    (shop.home / "registry.db").write_text("this is no database\n" * 100, encoding="utf-8")
    assert_refused(windvane("models"), "RegistryUnavailable", "registry.db")
    assert_refused(windvane("models", "--registry", "nonsense"), "RegistryUnavailable", "nonsense")
    assert_refused(
        windvane("models", "--registry", "sqlite:////proc/nowhere/r.db"), "RegistryUnavailable", "/proc/nowhere"
    )
    assert windvane("models", "--registry", f"sqlite:///{shop.home / 'other.db'}").code == 0


def test_two_runs_of_one_window_at_once_end_well_with_one_version(shop: Shop, windvane: Command) -> None:
    processes = [shop.process("run", "train", "shop", "--window", "2024-02", "--json") for _ in range(2)]
    answers = [done(process) for process in processes]
    assert [answer.code for answer in answers] == [0, 0], answers
    assert answers[0].json == answers[1].json
    assert [item["version"] for item in windvane("versions", "shop", "--json").json] == [1]
    assert windvane("champion", "shop", "--json").json["epoch"] == 1
    assert windvane("verify", "shop").code == 0


def test_a_source_that_raises_is_named_with_what_it_said(shop: Shop, windvane: Command) -> None:
    code = shop.folder / "include" / shop.package / "rows.py"
    code.write_text("def rows(start, end):\n    raise RuntimeError('no route to\\nthe warehouse')\n", encoding="utf-8")
    assert_refused(windvane("run", "train", "shop", "--window", "2024-01"), "SourceFailed", "no route to the warehouse")


def test_expectations_that_do_not_hold_stop_the_run(shop: Shop, windvane: Command) -> None:
    code = shop.folder / "include" / shop.package / "expected.py"
    code.write_text(
        "def expectations():\n"
        "    import great_expectations.expectations as gxe\n\n"
        "    return [gxe.ExpectColumnValuesToBeBetween(column='price', min_value=1_000)]\n",
        encoding="utf-8",
    )
    shop.declare(more=f'expect="{shop.package}.expected:expectations",')
    answer = windvane("run", "train", "shop", "--window", "2024-01")
    assert_refused(answer, "ExpectationsFailed", "price")
    assert windvane("versions", "shop", "--json").json == []


@pytest.mark.parametrize(
    "words",
    [
        ["run", "train", "shop", "--window", "2124-01"],
        ["run", "train", "shopp", "--window", "2024-01"],
        ["run", "score", "shop", "--window", "2024-01"],
        ["show", "shop", "x"],
        ["champion", "shop"],
        ["promote", "shop", "1", "--reason", "r"],
        ["models", "--registry", "nonsense"],
    ],
)
def test_with_json_an_error_is_one_object(windvane: Command, words: list[str]) -> None:
    answer = windvane(*words, "--json")
    assert answer.code == 1
    assert set(answer.json) == {"error", "cause", "remedy"}
    assert all(answer.json.values())
    assert answer.err == ""

"""`windvane status`: what is wrong, the worst first, and an exit code for those who only look at that."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Command
from windvane.stores import home


def test_an_empty_registry_has_nothing_wrong(windvane: Command) -> None:
    answer = windvane("status")
    assert (answer.code, "no model yet" in answer.out) == (0, True)
    assert windvane("status", "--json").json["level"] == "good"


def test_overdue_windows_exit_with_one_and_say_since_when(trained: Command) -> None:
    """The shop was scored for February 2024, and declares no end."""
    answer = trained("status")
    assert answer.code == 1
    assert "More than 24 windows not scored, since 2024-03" in answer.out
    assert "error: Unhealthy: shop: More than 24 windows not scored, since 2024-03" in answer.err
    found = trained("status", "shop", "--json").json
    assert (found["level"], found["airflow"]) == ("bad", False)
    assert "not_scored" in [one["kind"] for one in found["models"][0]["troubles"]]


def test_a_lost_model_file_exits_with_one_and_says_what_to_do(trained: Command) -> None:
    stored = trained("show", "shop", "2", "--json").json["digest"].removeprefix("sha256:")
    files = [path for path in Path(home()).rglob(stored[2:]) if path.is_file()]
    assert files
    for path in files:
        path.unlink()
    answer = trained("status")
    assert answer.code == 1
    assert "cannot be read" in answer.out
    assert "windvane verify shop" in answer.err
    found = trained("status", "--json")
    assert (found.code, found.json["level"]) == (1, "bad")


def test_a_model_that_is_not_there_is_named(trained: Command) -> None:
    answer = trained("status", "shpo")
    assert answer.code == 1
    assert "UnknownModel" in answer.err

"""`windvane card`, `explain`, `compare` and `withdraw`, as text, as HTML and as JSON."""

from __future__ import annotations

from tests.unit.cli.conftest import Command


def test_a_card_is_markdown_or_a_page_or_json(trained: Command) -> None:
    text = trained("card", "shop", "v1")
    assert text.code == 0
    assert text.out.startswith("# shop v1\n")
    for heading in ("Purpose", "Data", "Metrics", "Fairness", "Gate", "Approvals", "Limits"):
        assert f"\n## {heading}\n" in text.out
    page = trained("card", "shop", "1", "--html")
    assert page.out.startswith("<!doctype html>\n")
    assert "<h2>Limits</h2>" in page.out
    message = trained("card", "shop", "1", "--json").json
    assert (message["model"], message["version"]) == ("shop", 1)
    assert message["markdown"].startswith("# shop v1\n")


def test_an_explanation_is_on_the_card_since_the_training_and_the_same_again_changes_nothing(trained: Command) -> None:
    assert "What it rests on" in trained("card", "shop", "2").out
    events = [item["kind"] for item in trained("history", "shop", "--json").json]
    assert "version.explained" in events
    message = trained("explain", "shop", "2", "--json").json
    assert message["version"] == 2
    assert message["importance"][0]["low"] > 0
    assert message["importance"][0]["feature"] in trained("explain", "shop", "2").out
    assert "What it rests on" in trained("card", "shop", "2").out
    assert [item["kind"] for item in trained("history", "shop", "--json").json] == events


def test_versions_that_never_scored_the_same_window_are_told_so(trained: Command) -> None:
    answer = trained("compare", "shop", "2", "1")
    assert answer.code == 0
    assert "no matured window that both scored" in answer.out
    assert trained("compare", "shop", "2", "1", "--json").json["windows"] == []


def test_what_is_not_there_is_refused_by_name(trained: Command) -> None:
    assert trained("card", "shop", "9").err.startswith("error: UnknownVersion: ")
    assert trained("compare", "shop", "1", "9").err.startswith("error: UnknownVersion: ")
    refused = trained("withdraw", "shop", "2", "--reason", "r")
    assert (refused.code, refused.err.partition(": shop")[0]) == (1, "error: UnknownRollout")
    assert trained("withdraw", "shop", "2", "--reason", " ").err.startswith("error: IllegalMove: ")

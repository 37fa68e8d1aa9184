"""The model card: everything an auditor asks for is on it, and nothing in it is markup."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.unit.lifecycle.examples import evaluation_of, model_with, version_of
from windvane import Weights
from windvane.lifecycle.card import Dossier, card, limits
from windvane.lifecycle.document import Document, Section, Table, markdown, page
from windvane.lifecycle.escaping import escaped
from windvane.results import (
    Approval,
    Disparity,
    Estimate,
    Explanation,
    GateResult,
    Importance,
    Number,
    Promotion,
    Reason,
    Snapshot,
    Verdict,
)

AT = datetime(2020, 3, 3, 9, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    "**bold** _it_ `code` ~~gone~~",
    "[link](javascript:alert(1)) ![picture](https://example.org/x.png)",
    "https://example.org and me@example.org",
    "a | b | c",
    "# heading",
    "1. first",
    "- item\n- item",
    "&lt;b&gt; &#60;i&#62;",
    "<!-- gone -->",
    "> said",
    "\x1b[31mred\x1b[0m \u202edesrever",
    "back\\slash \\`",
    "<https://example.org>",
    "| --- | --- |",
    "[ref]: https://example.org",
]


class Texts(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Texts:
    found = Texts()
    found.feed(text)
    return found


def shown(text: str) -> str:
    """What a reader must see of a value: one line, control characters spelled out."""
    line = " ".join(text.split())
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in line)


def document_of(text: str) -> Document:
    return Document(text, (Section(text, (text,), (Table((text, "plain"), ((text, text),)),)),))


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_every_value_as_it_is_wherever_it_stands(text: str) -> None:
    """Rendered by a real CommonMark parser, tables and raw HTML on: the markup is that of a plain word."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])
    plain, found = (read(parser.render(markdown(document_of(item)))) for item in ("word", text))
    assert found.tags == plain.tags
    assert found.names == plain.names
    assert found.text.replace("word", "").count(shown(text)) >= 6


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_every_value_as_it_is_wherever_it_stands(text: str) -> None:
    plain, found = (read(page(document_of(item))) for item in ("word", text))
    assert found.tags == plain.tags
    assert found.names == plain.names
    assert found.text.count(shown(text)) >= 6
    assert "script" not in found.tags


def test_a_page_loads_nothing() -> None:
    found = read(page(document_of("word")))
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert not {"src", "href", "onclick"} & found.names


def test_escaped_text_stays_on_one_line() -> None:
    assert escaped("a\nb\r\n  c") == "a b c"


def dossier(**changes: Any) -> Dossier:
    gate = GateResult(
        model="loans",
        version=2,
        decision="needs_approval",
        reasons=(Reason(headline="every rule passed; approval=always asks for a person"),),
        verdicts=(
            Verdict(
                rule="min_rows(rows=10)",
                outcome="pass",
                headline="1,000 rows",
                numbers=(Number(name="holdout rows", value=1000, allowed="at least 10", better="higher"),),
            ),
            Verdict(
                rule="warn(size)",
                outcome="fail",
                headline="the stored model has 12 MB",
                unless_passed="warn",
                parts=(Verdict(rule="size(at_most=10)", outcome="fail", headline="12 MB, allowed 10"),),
            ),
        ),
        evaluation="sha256:e",
        expected_epoch=1,
    )
    fields: dict[str, Any] = {
        "model": model_with(
            description="Who pays back?",
            protected=("region",),
            training_weights=Weights.reweighing("region"),
            risk="high",
        ),
        "version": version_of(gate=gate, columns={"income": "number", "region": "category"}),
        "snapshots": (
            Snapshot(
                model="loans",
                window="2020-02",
                start=AT,
                end=AT,
                rows=1234,
                outcomes=1200,
                columns={},
                parts=(),
            ),
        ),
        "evaluation": evaluation_of(
            metrics=(
                Estimate(metric="log_loss", value=0.25, low=0.2, high=0.3, rows=1000),
                Estimate(metric="roc_auc", value=None, rows=1000, problem="one class"),
            ),
            baseline=(Estimate(metric="log_loss", value=0.5, rows=1000),),
            slices={"region=north": (Estimate(metric="log_loss", value=0.24, low=0.1, high=0.4, rows=400),)},
            fairness=(
                Disparity(
                    column="region",
                    measure="demographic_parity",
                    difference=0.12,
                    low=0.05,
                    high=0.19,
                    rows=1000,
                    fewest=50,
                ),
            ),
        ),
        "explanation": Explanation(
            model="loans",
            version=2,
            snapshot="sha256:s",
            metric="log_loss",
            rows=900,
            repeats=5,
            importance=(Importance(feature="income", increase=0.11, low=0.08, high=0.14),),
        ),
        "promotions": (
            Promotion(
                model="loans",
                version=2,
                epoch=2,
                at=AT,
                window="2020-02",
                window_end=AT,
                trained_until=AT,
                kind="promote",
                from_version=1,
                actor="airflow:bob",
                reason="looks right",
            ),
        ),
        "approvals": (
            Approval(
                model="loans",
                approval=7,
                version=2,
                state="void",
                requested_at=AT,
                requested_by="airflow:ada",
                evaluation="sha256:e",
                expected_epoch=1,
                deadline=AT,
                actor="airflow:ada",
                answer="approve",
                reason="mine",
                why="four eyes: airflow:ada started the run",
            ),
        ),
    }
    return Dossier(**(fields | changes))


def test_a_card_holds_what_an_auditor_asks_for() -> None:
    text = read(page(card(dossier()))).text
    for message in (
        "Who pays back?",
        "risk",
        "the chance that default is 1",
        "reweighed, so that the outcome does not depend on region",
        "1,234",
        "0.25 (0.2 to 0.3)",
        "region=north",
        "0.12 (0.05 to 0.19)",
        "needs_approval",
        "12 MB, allowed 10",
        "four eyes: airflow:ada started the run",
        "airflow:bob",
        "looks right",
        "0.11 (0.08 to 0.14)",
        "sha256:a",
    ):
        assert message in text, message


def test_limits_follow_from_the_evidence() -> None:
    message = " ".join(limits(dossier()))
    assert "roc_auc could not be measured: one class." in message
    assert "warn(size) did not pass" in message
    assert "The intervals take rows as independent" in message
    assert "The spec was changed since" in message
    bare = " ".join(limits(dossier(model=model_with(), evaluation=None, version=version_of())))
    assert "never evaluated" in bare


def test_a_model_without_protected_columns_says_so() -> None:
    text = read(page(card(dossier(model=model_with())))).text
    assert "No protected column is declared, so nothing is known about fairness." in text
    unknown = dossier(evaluation=evaluation_of())
    assert "The gate has no rule about the protected region." in read(page(card(unknown))).text


def test_a_version_that_nobody_judged_has_a_card_too() -> None:
    found = card(Dossier(model_with(), version_of()))
    assert "It was not judged" in markdown(found)
    assert "It was never champion" in markdown(found)

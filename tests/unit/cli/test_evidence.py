"""`windvane show` of a version with everything a gate can ask: one page says what stopped it and on what evidence."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from tests.unit.lifecycle.test_evidence import evaluated, lenient, rows
from windvane import Gate, rule
from windvane.cli.evidence import evaluation_blocks
from windvane.cli.reasons import verdict_blocks
from windvane.lifecycle.gate import judge
from windvane.lifecycle.rules import Case
from windvane.results import Evaluation, GateResult

SPEC = {"target": "late"}


def drawn(blocks: list[Any]) -> str:
    out = StringIO()
    console = Console(file=out, width=2000)
    for block in blocks:
        console.print(block)
    return out.getvalue()


def judged() -> tuple[Evaluation, GateResult]:
    from tests.unit.lifecycle.test_evidence import VERSION

    gate = Gate(
        rule.any_of(rule.min_rows(9_999), rule.bound("roc_auc", at_least=0.5)),
        rule.warn(rule.training_rows(10_000)),
        rule.ask(rule.fairness("region", at_most=0.01)),
        rule.robustness(missing=["debt"], margin=0.5),
        rule.per_slice("region", against="baseline"),
    )
    model = lenient(gate=gate, protected=("region",), block="1d")
    found = evaluated(model, rows())
    return found, judge(Case(model=model, version=VERSION, evaluation=found), "sha256:e")


def test_the_page_shows_every_kind_of_evidence() -> None:
    found, result = judged()
    message = drawn([*verdict_blocks(result.verdicts), *evaluation_blocks(found, SPEC)])
    for words in (
        "ask (asks a person)",
        "warn (warns only)",
        "  min_rows(rows=9999)",
        "needed 9,999",
        "intervals take rows within one 1d as dependent (28 groups)",
        "fairness: demographic parity by region",
        "decided positive",
        "region=north",
        "without debt",
    ):
        assert words in message, words
    assert result.decision == "needs_approval"


def test_what_is_no_evidence_stands_first() -> None:
    found, _ = judged()
    message = drawn(evaluation_blocks(found.model_copy(update={"problems": ("the weights sum to zero",)}), SPEC))
    assert "no evidence: the weights sum to zero" in message

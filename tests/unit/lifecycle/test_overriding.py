"""Who overrode the gate is told from the verdict and the moves, and of nobody who did not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.stores.examples import draft_of, gate_of
from windvane.lifecycle.overriding import overridden_by, refused_by
from windvane.results import Promotion, Verdict, Version

AT = datetime(2014, 1, 1, tzinfo=UTC)
FAILED = Verdict(rule="fairness", outcome="fail", headline="Unfair")
WARNED = Verdict(rule="min_rows", outcome="fail", headline="Few rows", unless_passed="warn")
PASSED = Verdict(rule="bound", outcome="pass", headline="Good")
ALL = Verdict(rule="all_of", outcome="fail", headline="Not all", parts=(PASSED, FAILED, WARNED))


def version(decision: str | None) -> Version:
    gate = gate_of(3, decision).model_copy(update={"verdicts": (ALL,)}) if decision else None
    about = {"version": 3, "state": "champion", "created_at": AT, "actor": "schedule", "gate": gate}
    return Version.model_validate({**draft_of(6).model_dump(), **about})


def move(**changed: Any) -> Promotion:
    about = {"model": "loans", "version": 3, "epoch": 2, "at": AT, "window": "2013-06", "window_end": AT}
    more = {"trained_until": AT, "kind": "promote", "from_version": 2, "actor": "airflow:ada", "reason": "I know"}
    return Promotion.model_validate({**about, **more, **changed})


@pytest.mark.parametrize(
    ("decision", "changed", "overridden"),
    [
        ("reject", {}, True),
        ("reject", {"actor": "cli:ada"}, True),
        ("reject", {"actor": "schedule"}, False),
        ("reject", {"kind": "rollback"}, False),
        ("reject", {"version": 2}, False),
        ("promote", {}, False),
        ("needs_approval", {}, False),
        (None, {}, False),
    ],
)
def test_a_gate_is_overridden_by_a_persons_promotion_of_what_it_refused(
    decision: str | None, changed: dict[str, Any], overridden: bool
) -> None:
    found = overridden_by(version(decision), [move(**changed)])
    assert (found is not None) == overridden


def test_what_the_gate_refused_for_are_the_rules_that_had_to_pass() -> None:
    assert refused_by(version("reject")) == (FAILED,)
    assert refused_by(version("promote")) == refused_by(version(None)) == ()


def test_without_a_move_nobody_overrode_anything() -> None:
    assert overridden_by(version("reject"), []) is None

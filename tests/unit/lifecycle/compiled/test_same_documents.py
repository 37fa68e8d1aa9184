"""Expectations answered here: the document that Great Expectations writes, and a word on every kind that it knows."""

from __future__ import annotations

import logging
import pkgutil
from pathlib import Path
from typing import Any

import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
import pytest
from great_expectations.expectations import core

from benchmarks.same_documents import MODEL, WINDOW, compared
from windvane.lifecycle.compiled import COMPILED, KINDS, FrameColumns, answered, each_value
from windvane.lifecycle.expectations import run_expectations
from windvane.lifecycle.suites import Suite, expected

FRAME = pd.DataFrame({"number": [1.0, 2.0, np.nan], "text": pd.Series(["a", "b", "b"], dtype="str")})


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_random_suites_over_odd_rows_give_the_same_document(first: int) -> None:
    found = [compared(seed) for seed in range(first, first + 10)]
    assert [text for differences, _, _ in found for text in differences] == []
    assert sum(sum(here.values()) for _, _, here in found) > 5  # a frame without rows has none


def test_every_core_expectation_is_answered_here_or_passed_on_with_a_reason() -> None:
    installed = {module.name for module in pkgutil.iter_modules(core.__path__) if "expect" in module.name}
    assert set(KINDS) == installed
    assert {kind for kind, reason in KINDS.items() if not reason} == set(COMPILED)


def test_a_wrong_answer_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(each_value, "_mostly", lambda given: 0.5)
    assert any(compared(seed)[0] for seed in range(60))


@pytest.mark.parametrize(
    "configuration",
    [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "number", "min_value": float("inf")}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "number", "min_value": 2, "max_value": 1}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "text", "min_value": 2}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "number", "row_condition": "x > 1"}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "gone"}},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "text", "value_set": ["a", 1]}},
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "text", "min_value": 1}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "text", "regex": "("}},
    ],
)
def test_what_is_not_plain_gets_no_answer_here(configuration: dict[str, Any]) -> None:
    assert answered(configuration, FrameColumns(FRAME)) is None


def test_what_great_expectations_answers_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    suite = [
        gxe.ExpectColumnValuesToNotBeNull(column="text"),
        gxe.ExpectColumnMostCommonValueToBeInSet(column="text", value_set=["b"]),
    ]
    found, _ = run_expectations(FRAME, suite, MODEL, WINDOW, "sha256:0")
    assert [item.success for item in found.results] == [True, True]
    assert "answers 1 of 2: ExpectColumnMostCommonValueToBeInSet" in caplog.text


def test_two_that_differ_in_severity_alone_keep_their_own() -> None:
    suite = [
        gxe.ExpectColumnMostCommonValueToBeInSet(column="text", value_set=["x"], severity=severity)  # type: ignore[arg-type]  # its enumeration takes text
        for severity in ("critical", "warning")
    ]
    found, _ = run_expectations(FRAME, suite, MODEL, WINDOW, "sha256:0")
    assert [item.severity for item in found.results] == ["critical", "warning"]


def test_a_kept_suite_is_answered_as_its_objects_are() -> None:
    suite = [gxe.ExpectColumnValuesToBeUnique(column="text", mostly=0.2), gxe.ExpectColumnToExist(column="gone")]
    kept = Suite(tuple(item.configuration or {} for item in expected(suite, MODEL)))
    same = [run_expectations(FRAME, one, MODEL, WINDOW, "sha256:0") for one in (suite, kept)]
    assert same[0] == same[1]


def test_the_page_says_of_every_kind_who_answers() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "cost.md").read_text(encoding="utf-8")
    rows = [f"| `{kind}` | {f'Great Expectations: {reason}' if reason else 'here'} |" for kind, reason in KINDS.items()]
    assert [row for row in rows if row not in page] == []

"""A snapshot looked at column by column gives what it gives in memory."""

from __future__ import annotations

import json

import pytest

from tests.unit.stores.examples import month, spec_of
from tests.unit.stores.test_spill import rows
from windvane.errors import CorruptArtifact
from windvane.lifecycle.expectations import run_expectations
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.suites import Suite
from windvane.steps import expecting
from windvane.stores import MemoryArtifacts, datasets
from windvane.stores.datasets import write_snapshot

JANUARY = month(1)
MODEL = spec_of(carry=("branch", "paid", "since"))
WANTED = Suite(
    tuple(
        {"type": f"expect_{kind}", "kwargs": arguments, "meta": {}, "severity": "critical"}
        for kind, arguments in (
            ("column_values_to_not_be_null", {"column": "branch"}),
            ("column_mean_to_be_between", {"column": "income", "min_value": 0}),
            ("column_values_to_be_unique", {"column": "id"}),
            ("column_values_to_be_in_set", {"column": "zip", "value_set": ["007"]}),
            ("column_values_to_be_null", {"column": "paid", "mostly": 0.4}),
            ("compound_columns_to_be_unique", {"column_list": ["id", "zip"]}),
            ("column_values_to_not_be_null", {"column": "since", "mostly": 0.1}),
            ("column_most_common_value_to_be_in_set", {"column": "zip", "value_set": ["007"]}),
            ("table_row_count_to_equal", {"value": 500}),
        )
    )
)


def test_columns_that_go_through_the_disk_give_the_same_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "PART_ROWS", 60)
    artifacts = MemoryArtifacts()
    frame = check_frame(rows(500), MODEL, JANUARY)
    taken = write_snapshot(frame, MODEL, JANUARY, artifacts)
    assert len(taken.parts) > 5
    documents = []
    for limit in (0, 10**9):
        monkeypatch.setattr(expecting, "IN_MEMORY", limit)
        with expecting.snapshot_columns(taken, artifacts) as columns:
            documents.append(run_expectations(columns, WANTED, MODEL, JANUARY, taken.digest))
    assert documents[0] == documents[1]
    assert len(json.loads(documents[0][1])["results"]) == len(WANTED.configurations)


def test_a_part_that_is_no_parquet_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expecting, "IN_MEMORY", 0)
    artifacts = MemoryArtifacts()
    taken = write_snapshot(check_frame(rows(50), MODEL, JANUARY), MODEL, JANUARY, artifacts)
    wrong = taken.parts[0].model_copy(update={"digest": artifacts.put(b"no rows"), "bytes": 7})
    broken = taken.model_copy(update={"parts": (wrong,)})
    with (
        pytest.raises(CorruptArtifact, match="no readable Parquet"),
        expecting.snapshot_columns(broken, artifacts) as columns,
    ):
        run_expectations(columns, WANTED, MODEL, JANUARY, taken.digest)

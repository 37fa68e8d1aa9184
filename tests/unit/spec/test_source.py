"""Sources: what may be declared, and every mistake told with what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from windvane import Source
from windvane.errors import SpecError

QUERY = "SELECT * FROM loans WHERE at >= :start AND at < :end"


SQL: Any = Source.sql


@pytest.mark.parametrize(
    ("source", "kind", "path"),
    [
        (Source.s3("s3://bucket/a/*.parquet"), "parquet", "s3://bucket/a/*.parquet"),
        (Source.s3("s3://bucket/**/x?.csv.gz", connection="lake"), "csv", "s3://bucket/**/x?.csv.gz"),
        (Source.sql("warehouse", table="risk.loans"), "table", "risk.loans"),
        (Source.sql("warehouse", query=QUERY), "query", QUERY),
        (Source.sql("warehouse", query=f"-- all\n/* of them */ WITH x AS (SELECT 1) {QUERY};"), "query", None),
        (Source.sql("w", query=QUERY.replace("*", "at::date, '12:30' AS noon, x")), "query", None),
    ],
)
def test_each_place_has_its_kind(source: Source, kind: str, path: str | None) -> None:
    assert source.kind == kind
    assert path in (None, source.path)
    assert Source(**source.model_dump()) == source


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "sql takes one of table and query"),
        ({"table": "loans", "query": QUERY}, "sql takes one of table and query"),
        ({"table": "a.b.c"}, "'a.b.c' is no table"),
        ({"table": "lo\nans"}, "is no table"),
        ({"query": "DELETE FROM loans WHERE at > :start"}, "is not one SELECT"),
        ({"query": f"{QUERY}; DROP TABLE loans"}, "is not one SELECT"),
        ({"query": "SELECT * FROM loans"}, "does not use :end, :start; cut it to the window"),
        (
            {"query": QUERY.replace(":start", ":strat")},
            "unknown parameter ':strat'; did you mean 'start'? Known: end, start",
        ),
    ],
)
def test_a_database_source_that_cannot_work_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Source.sql("warehouse", **fields)
    assert message in caught.value.cause


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda: Source.of("csv", "a.csv", seperator=";"), "unknown option 'seperator'; did you mean 'separator'?"),
        (lambda: Source.of("parquet", "a.parquet", separator=";"), "parquet: unknown option 'separator'"),
        (lambda: Source.csv("a.csv", zone="Mars"), "'Mars' is no time zone"),
        (lambda: Source.csv("a.csv", encoding="base64"), "unknown encoding 'base64'"),
        (lambda: Source.csv("a.csv", separator=";;"), "';;' is not one character"),
        (lambda: Source.csv("a.csv", decimal=",", thousands=","), "decimal and thousands are both ','"),
        (lambda: Source.csv("a.csv", decimal=",", quote=""), "separator and decimal are both ','"),
        (lambda: Source.csv("a.csv", unit="s", format="%Y"), "give one of the two"),
        (lambda: Source.csv("a.csv", format="iso"), "names no part of a moment"),
        (lambda: Source.csv("a.csv", optional="x"), "give a list, ['x']"),
        (lambda: Source.csv("a.csv", optional=["x"], defaults={"x": 1}), "x has a default already"),
        (lambda: Source.csv("a.csv", columns={"a": "x", "b": "x"}), "two columns would be named 'x'"),
        (lambda: SQL("w", table="t", hive=True), "unknown option 'hive'"),
    ],
)
def test_a_way_of_reading_that_cannot_be_is_refused(source: Callable[[], Source], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        source()
    assert message in caught.value.cause


def test_what_is_not_said_of_the_reading_leaves_no_trace() -> None:
    assert "options" not in Source.csv("a.csv", separator=None).model_dump()
    assert Source.csv("a.csv", separator=";") == Source.of("csv", "a.csv", separator=";")


@pytest.mark.parametrize(
    "connection", ["postgresql://me:the-password@host/db", "me:the-password@host", "", "ware house", "../x", "a\n"]
)
def test_a_connection_is_a_name_and_never_a_secret(connection: str) -> None:
    with pytest.raises(SpecError, match="connection") as caught:
        Source.sql(connection, table="loans")
    assert "the-password" not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("bucket/a.csv", "begins with s3://"),
        ("s3://bucket/a.parquett", "did you mean '.parquet'"),
        ("s3://bucket/a", "Known: .arrow, .csv, .csv.gz, .feather, .json, .jsonl"),
        ("s3://key:the-secret@bucket/a.csv", "credentials do not belong in a URL"),
        ("s3://B/a.csv", "no name of a bucket"),
        ("s3://bucket/../a.csv", "cannot be part of a key"),
    ],
)
def test_a_pattern_of_objects_that_cannot_work_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Source.s3(pattern)
    assert message in caught.value.cause
    assert "the-secret" not in str(caught.value)


def test_a_source_without_a_connection_is_told_when_it_needs_one_and_when_it_has_none() -> None:
    with pytest.raises(SpecError, match="name the connection of the database"):
        Source(kind="table", path="loans")
    with pytest.raises(SpecError, match="a csv source has none"):
        Source(kind="csv", path="*.csv", connection="warehouse")
    with pytest.raises(SpecError, match="the file pattern is empty"):
        Source.parquet(" ")
    with pytest.raises(SpecError, match="is not an import path"):
        Source.callable("no path")

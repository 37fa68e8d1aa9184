"""Sources on S3: the objects that match, each as it was when it was listed, and no other."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import Any

import pandas as pd
import pytest

from tests.servers.s3 import S3Server
from tests.unit.stores.conftest import settings_of
from tests.unit.stores.examples import month, spec_of
from windvane import Source
from windvane.errors import SourceFailed, StorageRefused
from windvane.stores.datasets import read_source
from windvane.stores.places import _expression, place_of
from windvane.stores.s3_client import S3Settings

JANUARY = month(1)


class Lake:
    """Connections of which `lake` is the server's bucket, and any other name is not let in."""

    def __init__(self, server: S3Server) -> None:
        self.server = server

    def database(self, name: str) -> str:
        raise AssertionError(name)

    def s3(self, name: str | None) -> S3Settings:
        return settings_of(self.server, **({} if name == "lake" else {"secret_key": "another"}))


@pytest.fixture
def folder(s3: S3Server) -> str:
    """Two days in Parquet, one of them of February too, the same two in CSV, and things that match nothing."""
    name = secrets.token_hex(8)
    moments = [pd.Timestamp("2013-01-05", tz="UTC"), pd.Timestamp("2013-02-05", tz="UTC")]
    frame = pd.DataFrame({"id": [1, 2], "at": moments, "income": [1.0, 2.0], "zip": ["007", "008"], "late": [0, 1]})
    objects = {
        "day=1/a.parquet": frame.to_parquet(),
        "day=2/b.parquet": frame.assign(id=[3, 4]).to_parquet(),
        "day=1/a.csv": frame.to_csv(index=False).encode(),
        "day=2/b.csv": frame.assign(id=[3, 4]).to_csv(index=False).encode(),
        "day=1/_SUCCESS": b"",
        "other/c.parquet": b"no Parquet",
    }
    with closing(s3.client()) as client:
        for key, content in objects.items():
            client.put_object(Bucket=s3.bucket, Key=f"{name}/{key}", Body=content)
    return f"s3://{s3.bucket}/{name}"


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_window_takes_its_rows_from_the_objects_that_match(s3: S3Server, folder: str, suffix: str) -> None:
    model = spec_of(source=Source.s3(f"{folder}/day=*/?.{suffix}", connection="lake"))
    frame = read_source(model, JANUARY, connections=Lake(s3))
    assert [str(key) for key in frame["id"]] == ["1", "3"]
    assert frame["zip"].tolist() == ["007", "007"]


def test_patterns_that_match_nothing_and_objects_that_are_broken_are_named(s3: S3Server, folder: str) -> None:
    for pattern, message in (
        ("none/*.parquet", "no file matches s3://"),
        ("other/*.parquet", r"cannot read s3://.*c\.parquet"),
    ):
        with pytest.raises(SourceFailed, match=message):
            read_source(spec_of(source=Source.s3(f"{folder}/{pattern}", "lake")), JANUARY, connections=Lake(s3))


def test_credentials_that_are_refused_are_named(s3: S3Server, folder: str) -> None:
    with pytest.raises(StorageRefused, match="cannot list s3://"):
        read_source(spec_of(source=Source.s3(f"{folder}/*.parquet", "sea")), JANUARY, connections=Lake(s3))


def test_an_object_that_was_changed_since_it_was_listed_is_not_read(s3: S3Server, folder: str) -> None:
    model = spec_of(source=Source.s3(f"{folder}/day=1/a.csv", "lake"))
    place = place_of(model, JANUARY, Any, Lake(s3))  # type: ignore[arg-type]  # a bucket has no base
    (name,) = place.names()
    with closing(s3.client()) as client:
        client.put_object(Bucket=s3.bucket, Key=name.removeprefix(f"s3://{s3.bucket}/"), Body=b"other")
    with pytest.raises(SourceFailed, match="changed or removed while it was read"), place.opened(name):
        pass


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("a/*.csv", "a/b.csv", True),
        ("a/*.csv", "a/b/c.csv", False),
        ("a/**/*.csv", "a/b/c/d.csv", True),
        ("a/**/*.csv", "a/d.csv", True),
        ("a/?.csv", "a/bc.csv", False),
        ("a/[0-9].csv", "a/7.csv", True),
        ("a/[!0-9].csv", "a/7.csv", False),
        ("a/x.csv", "a/xxcsv", False),
        ("a+(b)/x^y$.csv", "a+(b)/x^y$.csv", True),
    ],
)
def test_a_pattern_means_what_it_means_of_files(pattern: str, key: str, matches: bool) -> None:
    assert bool(_expression(pattern).fullmatch(key)) is matches

"""Places for signed statements: written once, listed in order, in a folder and in a bucket."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.servers.s3 import S3Server
from tests.unit.stores.conftest import settings_of
from windvane.errors import StorageFailed, StorageRefused
from windvane.stores.witnesses import Place, S3Place, open_place

FIRST, SECOND = (f"loans/{number:012}-{'a' * 16}.json" for number in (9, 10))


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Each kind of place, empty."""
    if request.param == "folder":
        return open_place(f"file://{tmp_path / 'place'}")
    server = request.getfixturevalue("s3")
    return open_place(f"s3://{server.bucket}/{secrets.token_hex(8)}", lambda: settings_of(server))


def test_a_statement_is_written_once(place: Place) -> None:
    assert place.names("loans") == []
    place.put(SECOND, b"second")
    place.put(FIRST, b"first")
    place.put(FIRST, b"another first")
    place.put(f"houses/{1:012}-{'b' * 16}.json", b"of another model")
    assert place.names("loans") == [FIRST, SECOND]
    assert [place.get(name) for name in place.names("loans")] == [b"first", b"second"]
    with pytest.raises(StorageFailed):
        place.get(f"loans/{11:012}-{'a' * 16}.json")
    for name in ("loans/1.json", "../x", "loans/../../x", ""):
        with pytest.raises(StorageFailed, match="no name of a statement"):
            place.put(name, b"")


def test_a_bucket_that_refuses_is_named(s3: S3Server) -> None:
    place = S3Place(s3.bucket, "x", lambda: settings_of(s3, access_key="somebody"))
    with pytest.raises(StorageRefused):
        place.put(FIRST, b"")

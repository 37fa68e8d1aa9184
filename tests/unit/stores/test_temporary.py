"""What goes wrong with a temporary file has the name of a store's error."""

from __future__ import annotations

import pytest

from windvane.errors import StorageFailed, StorageFull
from windvane.stores.references import Reference, References
from windvane.stores.temporary import temporary_folder, unkept


def test_references_that_find_no_more_room_are_named() -> None:
    many = (Reference(f"sha256:{number:064}", "model", "loans v1", {}) for number in range(10_000))
    with References() as named:
        named._kept.execute("PRAGMA max_page_count = 9")  # a disk of nine pages
        with pytest.raises(StorageFull, match=r"cannot keep what the registry refers to .*: database or disk is full"):
            named.add(many)


def test_a_digest_that_cannot_be_noted_is_named() -> None:
    with References() as named:
        named._kept.execute("PRAGMA query_only = ON")
        with pytest.raises(StorageFailed, match="readonly"):
            named.note_stored(["sha256:1"])


def test_the_folder_goes_with_the_block() -> None:
    with temporary_folder() as folder:
        (folder / "file").touch()
    assert not folder.exists()


def test_an_error_names_the_file() -> None:
    with pytest.raises(StorageFailed, match=r"cannot keep rows: Input/output error \(/srv/rows\)"), unkept("keep rows"):
        raise OSError(5, "Input/output error", "/srv/rows")

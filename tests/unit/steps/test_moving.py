"""A whole history moves to another registry and back, digests intact; a file that is not as written changes nothing."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import s3_server
from tests.unit.steps.conftest import open_home
from tests.unit.stores.conftest import bucket_of
from tests.unit.stores.sql.test_migrations import NEXT
from windvane import Estimator, steps
from windvane.errors import (
    AuditLogBroken,
    CorruptArtifact,
    DamagedExport,
    ModelExists,
    SchemaTooNew,
    StorageFailed,
    UntrustedModel,
    WindvaneError,
    WouldOverwrite,
)
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, importing
from windvane.stores.archive import ExportWriter, Header
from windvane.stores.archive_reading import ExportReader
from windvane.stores.registry import Row
from windvane.stores.sql import SqlRegistry, schema


@pytest.fixture
def file(lived: Stores, tmp_path: Path) -> Path:
    steps.export_model("loans", tmp_path / "loans.tar", lived)
    return tmp_path / "loans.tar"


def everything(stores: Stores) -> tuple[list[Row], set[str]]:
    known = [row.name for row in stores.registry.models.all()]
    return [row for name in known for row in stores.registry.audit.rows(name)], set(stores.artifacts.digests())


def test_a_history_arrives_as_it_was(lived: Stores, stores: Stores, file: Path, tmp_path: Path) -> None:
    found = steps.import_model(file, stores)
    assert not found.known
    assert list(stores.registry.audit.rows("loans")) == list(lived.registry.audit.rows("loans"))
    assert steps.verify("loans", stores, everything=True).problems == ()
    assert stores.registry.champions.current("loans") == lived.registry.champions.current("loans")
    steps.export_model("loans", tmp_path / "again.tar", stores)
    assert (tmp_path / "again.tar").read_bytes() == file.read_bytes()


def test_life_goes_on_where_it_arrived(stores: Stores, file: Path, lived_in: Path, run: Run) -> None:
    from windvane import Model

    steps.import_model(file, stores)
    model = Model.model_validate(stores.registry.models.get("loans").spec)
    before = stores.registry.versions.all("loans")[0].version
    found = runner.run_train(model, model.cadence.window("2020-08"), stores, run)
    assert found.version == before + 1
    assert steps.verify("loans", stores).problems == ()
    with pytest.raises(ModelExists, match="is known with another history"):
        steps.import_model(file, stores)


def test_it_moves_from_sqlite_and_a_folder_to_postgresql_and_s3_and_back(
    lived: Stores, stores: Stores, file: Path, tmp_path: Path
) -> None:
    with PostgresServer() as server, s3_server() as s3:
        there = Stores(SqlRegistry(server.database()), bucket_of(s3))
        steps.import_model(file, there)
        assert list(there.registry.audit.rows("loans")) == list(lived.registry.audit.rows("loans"))
        assert steps.verify("loans", there, everything=True).problems == ()
        orphan = there.artifacts.put(b"a crashed attempt left this")
        swept = list(steps.sweep(there, datetime.now(UTC) + timedelta(hours=1), remove=True))
        assert [(item.name, item.removed) for item in swept if item.kind == "artifact"] == [(orphan, True)]
        steps.export_model("loans", tmp_path / "back.tar", there)
        there.registry.close()
    assert (tmp_path / "back.tar").read_bytes() == file.read_bytes()
    steps.import_model(tmp_path / "back.tar", stores)
    assert everything(stores)[0] == everything(lived)[0]


def test_the_same_again_changes_nothing_and_mends_what_is_missing(stores: Stores, file: Path) -> None:
    steps.import_model(file, stores)
    before = everything(stores)
    lost = Path(stores.artifacts.url) / "sha256" / min(before[1])[7:9] / min(before[1])[9:]
    lost.unlink()
    assert steps.import_model(file, stores).known
    assert everything(stores) == before


@pytest.mark.parametrize("after", [0, 5, 10**6])
def test_an_import_that_was_cut_short_is_completed_by_doing_it_again(
    stores: Stores, file: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    puts = 0
    put = stores.artifacts.put

    def dying(data: bytes) -> str:
        nonlocal puts
        puts += 1
        if puts > after:
            raise KeyboardInterrupt
        return put(data)

    def no_rows(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stores.artifacts, "put", dying)
        patch.setattr(stores.registry.audit, "receive", no_rows)
        with pytest.raises(KeyboardInterrupt):
            steps.import_model(file, stores)
    assert stores.registry.models.all() == []
    steps.import_model(file, stores)
    assert steps.verify("loans", stores, everything=True).problems == ()


def test_an_export_is_there_whole_or_not_at_all(lived: Stores, tmp_path: Path) -> None:
    version = lived.registry.versions.get("loans", 1)
    name = version.artifact[7:]
    model = Path(lived.artifacts.url) / "sha256" / name[:2] / name[2:]
    model.write_bytes(b"\0" + model.read_bytes()[1:])
    with pytest.raises(CorruptArtifact):
        steps.export_model("loans", tmp_path / "loans.tar", lived)
    assert [item.name for item in tmp_path.iterdir() if "tar" in item.name] == []
    with pytest.raises(StorageFailed, match="cannot be written: No such file or directory"):
        steps.export_model("loans", tmp_path / "nowhere" / "loans.tar", lived)


def test_no_file_is_overwritten(lived: Stores, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(WouldOverwrite):
        steps.export_model("loans", file, lived)
    assert file.read_bytes() == before


def test_one_flipped_bit_anywhere_in_a_file_is_found(stores: Stores, file: Path) -> None:
    whole, draw = file.read_bytes(), np.random.default_rng(7)
    for position in [*draw.integers(len(whole), size=25), 0, 100, len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[position] ^= 1 << int(draw.integers(8))
        file.write_bytes(damaged)
        with pytest.raises(WindvaneError) as refused:
            steps.import_model(file, stores)
        assert refused.type in (DamagedExport, AuditLogBroken), position
    assert everything(stores) == ([], set())


def test_a_file_that_was_cut_is_refused(stores: Stores, file: Path) -> None:
    whole = file.read_bytes()
    for length in [0, 1, 511, 512, 1024, 5000, len(whole) // 2, len(whole) - 1024, len(whole) - 512, len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedExport):
            steps.import_model(file, stores)
    file.write_bytes(whole + b"\0" * 512)
    with pytest.raises(DamagedExport, match="something stands after its end"):
        steps.import_model(file, stores)
    assert everything(stores) == ([], set())
    with pytest.raises(StorageFailed, match="No such file"):
        steps.import_model(file.with_name("other.tar"), stores)


Entries = list[tuple[tarfile.TarInfo, bytes]]


def entries(file: Path) -> Entries:
    with tarfile.open(file) as archive:
        return [(item, archive.extractfile(item).read()) for item in archive]  # type: ignore[union-attr]  # files only


def entry(name: str, data: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


HOSTILE: dict[str, Callable[[Entries], Entries]] = {
    "a path out of the folder": lambda kept: [kept[0], entry("../../etc/passwd", b"x"), *kept[1:]],
    "an absolute path": lambda kept: [kept[0], entry("/etc/passwd", b"x"), *kept[1:]],
    "a link": lambda kept: [kept[0], entry("rows/00000001.jsonl", type=tarfile.SYMTYPE, linkname="/etc/passwd")],
    "a device": lambda kept: [kept[0], entry("rows/00000001.jsonl", type=tarfile.CHRTYPE)],
    "a folder": lambda kept: [kept[0], entry("rows", type=tarfile.DIRTYPE), *kept[1:]],
    "a sparse file that says it is huge": lambda kept: [
        kept[0],
        entry("rows/00000001.jsonl", type=tarfile.GNUTYPE_SPARSE),
    ],
    "an extended header": lambda kept: [entry("x", b"30 path=rows/00000001.jsonl\n", type=tarfile.XHDTYPE), *kept],
    "an entry twice": lambda kept: [*kept[:3], kept[2], *kept[3:]],
    "artifacts in another order": lambda kept: [*kept[:2], *kept[-2:1:-1], kept[-1]],
    "rows out of sequence": lambda kept: [kept[0], entry("rows/00000002.jsonl", b""), *kept[1:]],
    "a pickle under another name": lambda kept: [*kept[:-1], entry("artifacts/model.pkl", b"cos\nsystem\n"), kept[-1]],
    "no head": lambda kept: kept[1:],
    "a head that is none": lambda kept: [entry("windvane.json", b"[]"), *kept[1:]],
    "a later format": lambda kept: [
        entry("windvane.json", kept[0][1].replace(b'"format":1', b'"format":2')),
        *kept[1:],
    ],
    "a head without end": lambda kept: [entry("windvane.json", b" " * 100_000), *kept[1:]],
    "numbers that do not end": lambda kept: [
        kept[0],
        entry("rows/00000001.jsonl", b'["models",{"seq":' + b"9" * 9999 + b"}]\n"),
    ],
    "brackets that do not end": lambda kept: [kept[0], entry("rows/00000001.jsonl", b"[" * 200_000 + b"\n")],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_and_nothing_of_it_kept(stores: Stores, file: Path, case: str) -> None:
    written = io.BytesIO()
    for info, data in HOSTILE[case](entries(file)):
        written.write(info.tobuf(tarfile.GNU_FORMAT) + data + b"\0" * (-len(data) % 512))
    file.write_bytes(written.getvalue() + b"\0" * 1024)
    with pytest.raises(DamagedExport):
        steps.import_model(file, stores)
    assert everything(stores) == ([], set())


def test_a_size_beyond_the_file_is_refused_before_it_is_read(stores: Stores, file: Path) -> None:
    head, *_ = entries(file)
    info, _ = entry("rows/00000001.jsonl")
    info.size = 2**60
    block = head[0].tobuf(tarfile.GNU_FORMAT) + head[1] + b"\0" * (-len(head[1]) % 512)
    file.write_bytes(block + info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(DamagedExport, match="says it is longer than the file"):
        steps.import_model(file, stores)


def sealed(file: Path, change: Callable[[list[Row]], Iterator[Row]], **head: Any) -> None:
    """Write the file again with other rows and a seal that holds: what somebody could who knows the format."""
    with file.open("rb") as opened:
        reader = ExportReader(opened, "x")
        header, rows, kept = reader.header, list(reader.rows()), list(reader.check())
        bytes_of = dict(zip(kept, reader.artifacts(), strict=True))
    with file.open("wb") as again:
        writer = ExportWriter(again)
        writer.head(Header.model_validate(header.model_dump() | head))
        writer.write_rows(change(rows))
        for digest, data in sorted(bytes_of.items()):
            writer.write_artifact(digest, data)
        writer.end()


def edited(table: str, column: str, value: Any) -> Callable[[list[Row]], Iterator[Row]]:
    def change(rows: list[Row]) -> Iterator[Row]:
        for row in rows:
            yield Row(row.table, {**row.values, column: value}) if row.table == table else row

    return change


FORGED: dict[str, tuple[Callable[[list[Row]], Iterator[Row]], type[WindvaneError]]] = {
    "another approver": (edited("promotions", "actor", "cli:mallory"), AuditLogBroken),
    "another champion": (edited("promotions", "version", 1), WindvaneError),
    "other words": (edited("events", "actor", "cli:mallory"), AuditLogBroken),
    "another model's row": (edited("snapshots", "model", "other"), DamagedExport),
    "a column more": (edited("models", "extra", 1), DamagedExport),
    "a moment that is none": (edited("models", "registered_at", "yesterday"), DamagedExport),
    "a text for a number": (edited("versions", "version", "1"), DamagedExport),
    "a table that is none": (lambda rows: iter([*rows, Row("sqlite_master", {"name": "loans"})]), DamagedExport),
    "a row less": (lambda rows: iter(rows[:-1]), AuditLogBroken),
    "no rows": (lambda _: iter([]), WindvaneError),
}


@pytest.mark.parametrize("case", FORGED)
def test_rows_that_their_trail_does_not_vouch_for_are_refused(stores: Stores, file: Path, case: str) -> None:
    change, error = FORGED[case]
    sealed(file, change)
    with pytest.raises(error):
        steps.import_model(file, stores)
    assert everything(stores) == ([], set())


def test_a_file_without_an_artifact_or_with_one_too_many_is_refused(lived: Stores, stores: Stores, file: Path) -> None:
    with file.open("rb") as opened:
        reader = ExportReader(opened, "x")
        header, rows, kept = (
            reader.header,
            list(reader.rows()),
            dict(zip(reader.check(), reader.artifacts(), strict=True)),
        )
    more = {lived.artifacts.put(b"nobody asked for this"): b"nobody asked for this"}
    without = [{other: data for other, data in kept.items() if other != digest} for digest in kept]
    for chosen, message in ((kept | more, "no row refers to it"), *((less, "is not in the file") for less in without)):
        with file.open("wb") as again:
            writer = ExportWriter(again)
            writer.head(header)
            writer.write_rows(rows)
            for digest, data in sorted(chosen.items()):
                writer.write_artifact(digest, data)
            writer.end()
        with pytest.raises(DamagedExport, match=message):
            steps.import_model(file, stores)
    assert everything(stores) == ([], set())


def test_types_that_the_files_author_trusted_are_not_trusted_here_unasked(
    make: Callable[..., Any], stores: Stores, run: Run, tmp_path: Path
) -> None:
    model = make(estimator=Estimator("sklearn.linear_model:LogisticRegression", trusted=("builtins.eval",)))
    runner.run_train(model, model.cadence.window("2020-02"), stores, run)
    steps.export_model("loans", tmp_path / "loans.tar", stores)
    there = open_home(tmp_path / "there")
    with pytest.raises(UntrustedModel, match=r"types of its own: builtins\.eval"):
        steps.import_model(tmp_path / "loans.tar", there)
    assert everything(there) == ([], set())
    assert not steps.import_model(tmp_path / "loans.tar", there, trust_types=True).known


def test_rows_of_a_later_schema_are_refused(stores: Stores, file: Path) -> None:
    sealed(file, iter, revision="9999")
    with pytest.raises(SchemaTooNew):
        steps.import_model(file, stores)


def test_rows_of_an_older_schema_are_brought_up_to_date(
    lived: Stores, stores: Stores, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = f"{int(schema.HEAD) + 1:04}"
    folder = tmp_path / "migrations"
    shutil.copytree(schema._FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v9999_next.py").write_text(NEXT)
    monkeypatch.setattr(schema, "_FOLDER", folder)
    monkeypatch.setattr(schema, "HEAD", following)
    monkeypatch.setattr(importing, "HEAD", following)
    steps.import_model(file, stores)
    assert steps.verify("loans", stores, everything=True).problems == ()
    assert stores.registry.versions.all("loans") == lived.registry.versions.all("loans")
    assert stores.registry.champions.promotions("loans") == lived.registry.champions.promotions("loans")
    assert stores.registry.audit.events("loans") == lived.registry.audit.events("loans")


def test_rows_of_no_schema_are_refused(stores: Stores, file: Path) -> None:
    sealed(file, iter, revision="0000x")
    with pytest.raises(DamagedExport, match="is no schema"):
        steps.import_model(file, stores)

"""100,000 versions and 1,000,000 events: what a question costs, and the memory that verify takes.

Run: `python -m benchmarks.registry_scale [--versions N] [--database sqlite|postgresql] [--no-verify]`. Ten events a
version. It fails when the median of 50 questions takes more than 50 ms, or when memory of verify grows with the log.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.unit.stores.examples import SCHEDULE, draft_of, scores_of, snapshot_of
from windvane.results import Event
from windvane.spec import canonical_json
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.audit_log import about, hash_of
from windvane.stores.sql.guards import put_up, take_down
from windvane.stores.sql.rows import digest_of, key_of
from windvane.stores.sql.tables import builds, events, metadata, models, promotions, scores, snapshots, versions

MODEL = "loans"
LIMIT_MS = 50.0
START = datetime(2020, 1, 1, tzinfo=UTC)


def main() -> int:
    """Fill, ask, verify; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--no-verify", action="store_true", help="ask only: verify takes minutes")
    given = parser.parse_args()
    missed = 0
    for database in given.database or ("sqlite", "postgresql"):
        with _place(database) as url:
            missed += _measure(database, url, given.versions, not given.no_verify)
    return int(missed > 0)


@contextmanager
def _place(database: str) -> Iterator[str]:
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'registry.db'}"
    else:
        with PostgresServer() as server:
            yield server.database()


def _measure(database: str, url: str, count: int, verifying: bool) -> int:
    registry = SqlRegistry(url)
    peaks = []
    made = 0
    for part in (count // 10, count):
        started = time.monotonic()
        fill(registry, made, part)
        made = part
        print(f"{database}: {part:,} versions, {part * 10:,} events ({time.monotonic() - started:.0f} s to fill)")
        if not verifying:
            continue
        peaks.append(_verified(url))
        print(f"  verify: {peaks[-1][0]:.1f} s, peak RSS {peaks[-1][1]:.0f} MB")
    random = Random(7)  # noqa: S311 (which versions are asked for is no secret)
    questions: dict[str, Callable[[], Any]] = {
        "show (version)": lambda: registry.versions.get(MODEL, random.randint(1, count)),
        "champion --as-of": lambda: registry.champions.current(
            MODEL, START + timedelta(seconds=random.randint(100, count * 10))
        ),
        "champion --for-window": lambda: registry.champions.at(
            MODEL, START + timedelta(hours=random.randint(10, count))
        ),
        "history --limit 20": lambda: registry.audit.events(MODEL, limit=20),
        "moves, page 100": lambda: registry.champions.promotions(MODEL, limit=20, offset=2000),
        "versions, first page": lambda: registry.versions.all(MODEL, limit=50),
    }
    missed = 0
    for name, ask in questions.items():
        took, own = zip(*(_timed(ask) for _ in range(50)), strict=True)
        missed += statistics.median(took) > LIMIT_MS
        message = f"median {statistics.median(took):.1f} ms, slowest of 50 {max(took):.1f} ms"
        print(f"  {name}: {message}; {statistics.median(own):.1f} ms of this process's own time")
    if not verifying:
        return missed
    growth = peaks[1][1] / peaks[0][1]
    print(f"  verify's memory at ten times the events: {growth:.2f} times")
    return missed + (growth > 1.25)


def _timed(ask: Callable[[], Any]) -> tuple[float, float]:
    """Return the milliseconds that a question takes, and those of them that this process worked."""
    started, worked = time.perf_counter(), time.process_time()
    assert ask() is not None
    return (time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000


def _verified(url: str) -> tuple[float, float]:
    """Verify in a process of its own; return its seconds and its peak memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_verify, (url,))


def _verify(url: str) -> tuple[float, float]:
    started = time.monotonic()
    SqlRegistry(url).audit.verify(MODEL)
    return time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill(registry: SqlRegistry, start: int, end: int) -> None:
    """Write versions `start + 1` to `end` with ten events each, as the registry would have, but in bulk."""
    registry.models.register(MODEL, "sha256:1", {}, SCHEDULE)
    with registry.database.writing() as connection:
        take_down(connection)
        writer = Writer(connection)
        for number in range(start + 1, end + 1):
            writer.version(number)
            if number % 500 == 0 or number == end:
                writer.flush()
        put_up(connection)


class Writer:
    """Appends events in bulk; a row is written once, with the digest that its last event vouches for."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        end = connection.execute(sa.select(models)).one()
        self.seq, self.previous = end.audit_seq, end.audit_hash
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def version(self, number: int) -> None:
        """Write all that happens around one version."""
        window_end, at = START + timedelta(hours=number), START + timedelta(seconds=number * 10)
        draft = draft_of(1 + number % 12, str(number)).model_copy(update={"window_end": window_end})
        snapshot = snapshot_of(1 + number % 12, number)
        promoted = number % 10 == 0
        version = {
            "model": MODEL, "version": number, "fingerprint": draft.fingerprint, "window": draft.window,
            "window_end": window_end, "trained_until": window_end, "created_at": at, "actor": "schedule", "run_id": "r",
            "state": "archived" if promoted else "rejected", "draft": draft.to_json(), "evaluation": "sha256:e",
            "gate": None, "decision": None, "decided": None, "dag_run": "r", "rows": draft.rows,
            "attempt": 1, "reason": "", "eligible": self.seq + 6 if promoted else None,
        }  # fmt: skip
        build = {
            "model": MODEL, "fingerprint": draft.fingerprint, "window": draft.window, "begun_at": at,
            "actor": "schedule", "run_id": "r", "attempt": 1, "reason": "", "version": number,
        }  # fmt: skip
        found = scores_of(1, number)
        scored = {key: getattr(found, key) for key in ("model", "window", "version", "artifact")}
        self.tell("snapshot.recorded", at, number, (snapshots, {
            "model": MODEL, "digest": snapshot.digest, "window": snapshot.window, "mature": True,
            "recorded": self.seq + 1, "manifest": snapshot.to_json(),
        }))  # fmt: skip
        self.tell("version.begun", at, number)
        self.tell("version.built", at, number, (builds, build))
        self.tell("version.evaluated", at, number)
        self.tell("version.judged", at, number, *([] if promoted else [(versions, version)]))
        if promoted:
            before = number - 10 or None
            promotion = {
                "model": MODEL, "epoch": number // 10, "version": number, "kind": "promote", "from_version": before,
                "at": at, "actor": "schedule", "actor_kind": "automation", "run_id": "r", "reason": "passed",
            }  # fmt: skip
            message = {"epoch": number // 10, "from_version": before, "reason": "passed"}
            self.tell("champion.promoted", at, number, (promotions, promotion), (versions, version), **message)
        else:
            self.tell("version.rejected", at, number)
        published = {"published": self.seq + 1, "scores": found.to_json()}
        self.tell("scores.published", at, number, (scores, scored | published))
        for _ in range(3):
            self.tell("window.reported", at, number)

    def tell(
        self, kind: str, at: datetime, number: int, *written: tuple[sa.Table, dict[str, Any]], **said: Any
    ) -> None:
        """Append one event, and the rows it writes."""
        self.seq += 1
        message: dict[str, dict[str, str]] = {}
        for table, row in written:
            full = row | {"seq": self.seq}
            self.rows.setdefault(table.name, []).append(full)
            message.setdefault(table.name, {})[key_of(table, full)] = digest_of(table, full)
        event = Event(
            model=MODEL, seq=self.seq, at=at, kind=kind, actor="schedule", run_id="r", rows=message, hash="",
            payload={"version": number, **said}, previous=self.previous,
        )  # fmt: skip
        event = event.model_copy(update={"hash": hash_of(event)})
        self.previous, self.at = event.hash, at
        texts = {"payload": canonical_json(event.payload), "rows": canonical_json(event.rows)}
        self.rows.setdefault(events.name, []).append({**dict(event), **texts, **about(event.payload)})

    def flush(self) -> None:
        """Write what has come together."""
        for table in metadata.sorted_tables:
            if rows := self.rows.pop(table.name, None):
                self.connection.execute(sa.insert(table), rows)
        self.connection.execute(
            sa.update(models).values(audit_seq=self.seq, audit_hash=self.previous, audit_at=self.at)
        )


if __name__ == "__main__":
    sys.exit(main())

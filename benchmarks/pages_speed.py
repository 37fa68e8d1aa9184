"""What a page costs the server with 1,000 models, 20,000 versions and 500,000 checks, in SQLite and in PostgreSQL.

Run: `python -m benchmarks.pages_speed [share] [page]`; a share below 1 makes everything smaller, a page is how the
names of those begin that are asked for. Each is asked for through the ASGI app, drawn and all; printed are the median
and 95th percentile of its time, the latter of its processor time too, its queries, and its bytes.
The bar: 200 ms at the 95th percentile, 12 queries, and 150 kB for a first visit with all its files.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.servers.postgres import PostgresServer
from tests.unit.stores.examples import spec_of
from windvane.results import CheckResult, Estimate, Evaluation, GateResult, MonitorResult, Reason, Verdict, VersionDraft
from windvane.spec import canonical_json, sha256_of
from windvane.stores import open_stores
from windvane.stores.sql.guards import put_up, take_down
from windvane.stores.sql.tables import events, models, monitoring, promotions, versions, windows
from windvane.web.app import create_app
from windvane.web.host import Host, OpenToRead
from windvane.web.render import assets

MODELS, VERSIONS, WINDOWS, VISITS = 1000, 20, 100, 30
START = datetime(2020, 1, 1, tzinfo=UTC)
BAR_MS, BAR_QUERIES, BAR_BYTES = 200.0, 12, 150_000
COLUMNS = [f"column_{number}" for number in range(12)]


def main() -> int:
    """Fill both databases, ask for every page, and return 1 when one misses the bar."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    met = []
    with tempfile.TemporaryDirectory() as home:
        met.append(_measured("SQLite", f"sqlite:///{home}/registry.db", home, share, only))
        with PostgresServer() as server:
            met.append(_measured("PostgreSQL", server.database(), home, share, only))
    return 0 if all(met) else 1


def _measured(name: str, url: str, home: str, share: float, only: str) -> bool:
    stores = open_stores(url, f"{home}/{name}", visited=True)
    begin = time.perf_counter()
    evaluation = stores.artifacts.put(_evaluation().to_json().encode())
    count = max(1, round(MODELS * share))
    with stores.registry.database.writing() as connection:  # type: ignore[attr-defined]  # the benchmark writes rows as they end
        take_down(connection)
        for number in range(count):
            fill(connection, f"model_{number:03}", number, share, evaluation)
        put_up(connection)
    if name == "PostgreSQL":
        with stores.registry.database.writing() as connection:  # type: ignore[attr-defined]  # as above
            connection.exec_driver_sql("ANALYZE")
    print(f"{name}: {count} models filled in {time.perf_counter() - begin:.0f} s")
    engine = stores.registry.database.backend.engine  # type: ignore[attr-defined]  # of the SQL one
    said: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *message: said.append(message[2]))
    chance, good = random.Random(0), True  # noqa: S311 (no secret)
    with TestClient(create_app(Host(lambda: stores, OpenToRead()))) as client:
        for page, path in _paths(count, share):
            if not page.startswith(only):
                continue
            times, worked, queries, size = list[float](), list[float](), 0, 0
            for _ in range(VISITS):
                said.clear()
                begin, before = time.perf_counter(), time.process_time()
                answer = client.get(path(chance))
                times.append(1000 * (time.perf_counter() - begin))
                worked.append(1000 * (time.process_time() - before))
                assert answer.status_code == 200, answer.text
                queries = max(queries, sum(not text.startswith(("BEGIN", "SET", "SELECT pg_")) for text in said))
                size = max(size, len(answer.content))
            slow, work = (statistics.quantiles(one[1:], n=20)[-1] for one in (times, worked))
            fits = slow < BAR_MS and queries <= BAR_QUERIES
            good &= fits
            took = f"median {statistics.median(times):6.1f} ms, p95 {slow:6.1f} ms ({work:5.1f} of processor)"
            message = f"{took}, {queries:2} queries, {size:7,} bytes"
            print(f"  {page:22} {message}  {'met' if fits else 'MISSED'}")
        first = len(client.get("/").content) + sum(len(asset.body) for asset in assets().values())
    print(f"  first visit with all files: {first:,} bytes  {_word(first < BAR_BYTES)}")
    stores.registry.close()
    return good and first < BAR_BYTES


def _word(fits: bool) -> str:
    return "met" if fits else "MISSED"


def _paths(count: int, share: float) -> Iterator[tuple[str, Any]]:
    last = max(2, round(WINDOWS * share))

    def model(chance: random.Random) -> str:
        return f"/models/model_{chance.randrange(count):03}"

    yield "overview", lambda chance: f"/?models.page={chance.randrange(1, 1 + max(1, count // 25))}"
    yield "overview, sorted", lambda _: "/?models.sort=-loss&models.health=good,bad"
    yield "overview, by owner", lambda _: "/?group=owner"
    yield "overview, by tag", lambda chance: f"/?group=tag&models.owner=team+{chance.randrange(9)}"
    yield "health", lambda _: "/health"
    yield "model", model
    yield "model, windows sorted", lambda chance: f"{model(chance)}?windows.sort=-loss&windows.page=3"
    yield "over time", lambda chance: f"{model(chance)}/over-time"
    yield "window", lambda chance: f"{model(chance)}/windows/{_key(chance.randrange(last))}"
    yield "version", lambda chance: f"{model(chance)}/versions/{chance.randrange(1, max(2, round(VERSIONS * share)))}"
    yield "approvals", lambda _: "/approvals"
    yield "trail of all", lambda _: "/audit-log"
    yield "trail of all, by kind", lambda _: "/audit-log?events.kind=champion.promoted"
    yield "trail of a model", lambda chance: f"{model(chance)}/audit-log?events.kind=window.monitored"
    yield "compare", lambda chance: f"{model(chance)}/compare"


def _key(number: int) -> str:
    return (START + timedelta(days=number)).strftime("%Y-%m-%d")


def fill(connection: sa.Connection, model: str, number: int, share: float, evaluation: str) -> None:
    """Write a model's history as it ends: a window a day, a version every fifth."""
    chance = random.Random(number)  # noqa: S311 (no secret)
    last = max(2, round(WINDOWS * share))
    end = {"audit_seq": 3 * last, "audit_hash": "sha256:x", "audit_at": START + timedelta(days=last), "seq": 1}
    about = {"owner": f"team {number % 9}", "description": "made up", "task": "binary", "spec_digest": "sha256:1"}
    tags = [f"tag {number % 5}", f"tag {number % 7}"]
    spec = canonical_json(spec_of(name=model, window="day", tags=tags).model_dump(mode="json"))
    connection.execute(sa.insert(models).values(name=model, **about, spec=spec, registered_at=START, **end))
    rows: dict[sa.Table, list[dict[str, Any]]] = {
        table: [] for table in (events, versions, promotions, monitoring, windows)
    }
    for day in range(last):
        at = START + timedelta(days=day, seconds=number)
        result = _conclusion(model, day, chance, at)
        seq = 3 * day + 1
        rows[events] += [_event(model, seq + more, at, kind) for more, kind in enumerate(_KINDS)]
        rows[monitoring].append(
            {
                "model": model,
                "window": result.window,
                "recorded": seq,
                "evidence": f"sha256:{day}",
                "decision": result.decision,
            }
            | {"request": None, "result": result.to_json(), "seq": seq}
        )
        rows[windows].append(
            {"model": model, "window": result.window, "recorded": seq, "decision": result.decision, "at": at}
            | {"reason": result.reasons[0].headline, "version": result.version, "loss": result.loss}
            | {"first_loss": result.first_loss, "previous_loss": None, "checks": 5, "found": 1}
        )
    for place in range(1, max(2, round(VERSIONS * share)) + 1):
        at = START + timedelta(days=5 * place)
        draft = _draft(model, place, at)
        newest = place == max(2, round(VERSIONS * share))
        state = "evaluated" if newest and number % 7 == 0 else "archived"
        gate = _gate(model, place, evaluation, "needs_approval" if state == "evaluated" else "promote")
        made = {"model": model, "version": place, "fingerprint": draft.fingerprint, "window": draft.window}
        made |= {"window_end": draft.window_end, "trained_until": draft.trained_until, "state": state, "attempt": 1}
        made |= {"created_at": at, "actor": "schedule", "run_id": f"{model}_train/{place}", "draft": draft.to_json()}
        made |= {"dag_run": str(place), "rows": draft.rows, "decision": gate.decision, "decided": gate.headline}
        rows[versions].append(made | {"evaluation": evaluation, "gate": gate.to_json(), "reason": "", "seq": 1})
        if state == "archived":
            moved = {
                "model": model,
                "epoch": place,
                "version": place,
                "kind": "promote",
                "from_version": place - 1 or None,
            }
            rows[promotions].append(
                moved
                | {
                    "at": at,
                    "actor": "schedule",
                    "actor_kind": "automation",
                    "run_id": "",
                    "reason": "better",
                    "seq": 1,
                }
            )
    for table, batch in rows.items():
        connection.execute(sa.insert(table), batch)


_KINDS = ("window.monitored", "scores.published", "champion.promoted")


def _event(model: str, seq: int, at: datetime, kind: str) -> dict[str, Any]:
    about = {"version": 1, "window": _key(seq // 3)}
    payload = json.dumps({**about, "reason": "better by 0.1"})
    who = {"actor": "schedule", "run_id": f"{model}_monitor/{seq}", "previous": "sha256:x", "hash": "sha256:y"}
    return {"model": model, "seq": seq, "at": at, "kind": kind, "payload": payload, "rows": "{}", **who, **about}


def _conclusion(model: str, day: int, chance: random.Random, at: datetime) -> MonitorResult:
    message = {name: {"effect": chance.random() / 5, "p_value": 0.01, "adjusted": 0.05} for name in COLUMNS}
    checks = [
        CheckResult(
            check="data_drift", outcome="finding", headline="Inputs moved", effect=0.2, details={"columns": message}
        )
    ]
    checks += [CheckResult(check=f"check_{other}", outcome="ok", headline="Nothing moved") for other in range(4)]
    return MonitorResult(
        model=model,
        window=_key(day),
        decision="alert" if chance.random() < 0.02 else "hold",
        reasons=(Reason(headline="Data drift found; retraining would gain nothing (needs 2 %)"),),
        checks=tuple(checks),
        version=1 + day // 5 if day < 5 * VERSIONS - 5 else 1,
        loss=0.4 + chance.random() / 10,
        first_loss=0.45 + chance.random() / 10,
        at=at,
    )


def _draft(model: str, place: int, at: datetime) -> VersionDraft:
    return VersionDraft(
        model=model,
        window=_key(5 * place),
        window_start=at,
        window_end=at + timedelta(days=1),
        trained_until=at,
        fingerprint=sha256_of([model, place]),
        artifact=sha256_of("model"),
        artifact_bytes=1000,
        snapshots=tuple(sha256_of(item) for item in range(12)),
        rows=100_000,
        profile=sha256_of("profile"),
        spec_digest=sha256_of("spec"),
        training_digest=sha256_of("training"),
        code_digest=sha256_of("code"),
        environment={"python": "3.11"},
        seed=0,
        columns=dict.fromkeys(COLUMNS, "number"),
    )


def _evaluation() -> Evaluation:
    metrics = tuple(Estimate(metric=f"metric_{item}", value=0.4, low=0.3, high=0.5, rows=9000) for item in range(6))
    slices = {f"region={item}": metrics[:1] for item in range(30)}
    span = {"holdout_start": START, "holdout_end": START + timedelta(days=1), "rows": 9000, "slices": slices}
    return Evaluation(model="m", version=1, snapshot="sha256:1", metrics=metrics, baseline=metrics, **span)


def _gate(model: str, place: int, evaluation: str, decision: Any) -> GateResult:
    verdicts = tuple(Verdict(rule=f"rule_{item}", outcome="pass", headline="better by 0.1") for item in range(6))
    about = {"model": model, "version": place, "evaluation": evaluation, "expected_epoch": place - 1}
    return GateResult(decision=decision, reasons=(Reason(headline="better by 0.1"),), verdicts=verdicts, **about)


if __name__ == "__main__":
    sys.exit(main())

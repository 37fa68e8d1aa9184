"""What a registry refers to: every artifact that some row names, so that none is forgotten by who walks them all.

`verify` re-hashes what is referred to, `sweep` removes what is not, `export` moves it: all three ask here. A digest in
a place that is known by name is a reference of its kind. A digest anywhere else in any row, such as one that a newer
record holds, is a mention: it need not be an artifact, but if there is one, it stays and moves along.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple, Self

from windvane.results import Approval, LiveResult, MonitorResult, Scores, Snapshot, Validation, VersionDraft
from windvane.stores.registry import Row
from windvane.stores.temporary import unkept

MENTION = "mention"
"""The kind that need not be there: a digest of something else, or of what older versions of Windvane did not keep."""

ERASED = "erased"
"""The kind of what is gone on purpose, and need not be there any more."""

MODELS = ("model", "judged model")
"""Kinds that are stored estimators: the one that scores, and the one that was judged where that is another."""

RETIRED = "retired"
"""The kind of what went for its age, and may be there again."""

COUNTED = ("snapshot part", "scores")
"""Kinds whose rows are counted."""

_GONE = "SELECT digest FROM refs WHERE kind = 'erased'"
_OLD = "SELECT digest FROM refs WHERE kind = 'retired'"
_ARTIFACTS = (
    "SELECT DISTINCT digest FROM refs WHERE (kind <> ? OR digest IN (SELECT digest FROM stored))"  # noqa: S608 (constants)
    f" AND digest NOT IN ({_GONE}) AND (digest NOT IN ({_OLD}) OR digest IN (SELECT digest FROM stored))"
)
_KEEPING = "keep what the registry refers to in a temporary file"
_OTHERS = ("hash", "previous", "rows")
"""Columns whose digests are those of events and rows."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TOLD = {
    "artifact": {
        "version.built": "model",
        "version.received": "model",
        "scores.published": "scores",
        "scores.shadowed": "scores",
    },
    "evaluation": {
        "version.evaluated": "evaluation",
        "version.judged": "evaluation",
        "approval.requested": "evaluation",
    },
    "document": {"snapshot.validated": "validation document"},
    "explanation": {"version.explained": "explanation"},
    "report": {"window.reported": "report"},
    "replay": {"model.replayed": "replay"},
}
"""Where events name artifacts: the payload's word, the event's kind, and the artifact's."""
_CLAIMED = ("version", "staged", "window")
"""What else events say of them."""


class Reference(NamedTuple):
    """One artifact, as one row names it."""

    digest: str
    kind: str
    """`model`, `judged model`, `profile`, `evaluation`, `spec`, `code`, `environment`, `explanation`, `snapshot part`,
    `validation document`, `scores`, `report`, `replay`; or `mention`."""
    where: str
    """The row, as a person would say it: `loans v3`."""
    claim: dict[str, Any]
    """What the row says of the artifact."""


def references(rows: Iterable[Row]) -> Iterator[Reference]:
    """Yield every artifact that rows of a registry refer to or mention, as often as they do.

    Raises:
        ValueError: A row's document is not what was written.
    """
    for row in rows:
        named = set()
        if row.table in _KNOWN:
            for reference in _KNOWN[row.table](row.values):
                named.add(reference.digest)
                yield reference
        for name, value in row.values.items():
            if isinstance(value, str) and name not in _OTHERS:
                for digest in _DIGEST.findall(value):
                    if digest not in named:
                        named.add(digest)
                        yield Reference(digest, MENTION, f"{row.values.get('model', '')} {row.table}", {})


def _of_snapshot(row: dict[str, Any]) -> Iterator[Reference]:
    manifest = Snapshot.from_json(row["manifest"])
    for number, part in enumerate(manifest.parts, start=1):
        where = f"{manifest.model} {manifest.window}: part {number} of snapshot {row['digest']}"
        claim = {"rows": part.rows, "bytes": part.bytes, "columns": manifest.columns}
        yield Reference(part.digest, "snapshot part", where, claim)


def _of_validation(row: dict[str, Any]) -> Iterator[Reference]:
    found = Validation.from_json(row["validation"])
    if found.document:
        yield Reference(found.document, "validation document", f"{row['model']}: validation of {found.snapshot}", {})


def _of_version(row: dict[str, Any]) -> Iterator[Reference]:
    draft, number = VersionDraft.from_json(row["draft"]), row["version"]
    where = f"{row['model']} v{number}"
    yield Reference(
        draft.artifact, "model", where, {"version": number, "bytes": draft.artifact_bytes, "format": draft.format}
    )
    if draft.refit:
        claim = {"version": number, "bytes": draft.refit.judged_bytes, "format": draft.refit.judged_format}
        yield Reference(draft.refit.judged, "judged model", where, claim)
    trained_on = draft.elsewhere.window if draft.elsewhere else draft.window
    claim = {"model": row["model"], "window": trained_on, "rows": draft.rows, "columns": list(draft.columns)}
    yield Reference(draft.profile, "profile", where, claim)
    # Versions from before their code was kept may lack their spec as well.
    yield Reference(draft.spec_digest, "spec" if draft.code else MENTION, where, {"model": row["model"]})
    if draft.code:
        yield Reference(draft.code, "code", where, {})
    if draft.environment_lock:
        yield Reference(draft.environment_lock, "environment", where, {})
    if row["evaluation"]:
        claim = {"model": row["model"], "version": number, "snapshot": draft.snapshots[-1]}
        yield Reference(row["evaluation"], "evaluation", where, claim)
    if row["gate"]:
        judged = json.loads(row["gate"])["evaluation"]
        yield Reference(judged, "evaluation", f"{where}, its gate", {"model": row["model"], "version": number})


def _of_scores(row: dict[str, Any]) -> Iterator[Reference]:
    found = Scores.from_json(row["scores"])
    claim = {"rows": found.rows, "version": found.version, "staged": found.staged, "mean_score": found.mean_score}
    yield Reference(found.artifact, "scores", f"{found.model} {found.window}: scores of v{found.version}", claim)


def _of_live(row: dict[str, Any]) -> Iterator[Reference]:
    found = LiveResult.from_json(row["result"])
    where = f"{found.model} {found.window}: v{found.version} beside v{found.champion}"
    for digest in (found.scores, found.champion_scores):
        yield Reference(digest, "scores", where, {})


def _of_monitoring(row: dict[str, Any]) -> Iterator[Reference]:
    found = MonitorResult.from_json(row["result"])
    where = f"{found.model} {found.window}: monitoring"
    if found.profile:
        yield Reference(found.profile, "profile", where, {"model": found.model, "window": found.window})
    if found.scores:
        yield Reference(found.scores, "scores", where, {})  # the row that published them says whose they are


def _of_explanation(row: dict[str, Any]) -> Iterator[Reference]:
    yield Reference(row["artifact"], "explanation", f"{row['model']} v{row['version']}", {})


def _of_approval(row: dict[str, Any]) -> Iterator[Reference]:
    requested = Approval.from_json(row["record"])
    where, claim = (
        f"{row['model']} v{requested.version}, an approval",
        {"model": row["model"], "version": requested.version},
    )
    yield Reference(requested.evaluation, "evaluation", where, claim)


def _of_event(row: dict[str, Any]) -> Iterator[Reference]:
    payload = json.loads(row["payload"])
    for word, kinds in _TOLD.items():
        digest, kind = payload.get(word), kinds.get(row["kind"])
        if kind and digest:
            claim = {"model": row["model"]} | {
                word: payload[word] for word in ("version", "staged", "window") if word in payload
            }
            yield Reference(digest, kind, f"{row['model']}: event {row['seq']}, {row['kind']}", claim)


def _of_erased(row: dict[str, Any]) -> Iterator[Reference]:
    if row["successor"] == row["digest"]:
        yield Reference(row["digest"], RETIRED, f"{row['model']}: {row['kind']}", {})
        return
    where = f"{row['model']}: what is left of {row['kind']} {row['digest']}"
    claim = {name: row[name] for name in ("kind", "successor", "removed", "remaining", "seq")}
    yield Reference(row["digest"], ERASED, f"{row['model']}: {row['kind']}", claim)
    if row["successor"] and row["kind"] != "snapshot":  # the manifest of one is a row of its own
        rows = {"rows": row["remaining"]} if row["kind"] in COUNTED else {}
        yield Reference(row["successor"], row["kind"], where, rows)


_KNOWN: dict[str, Callable[[dict[str, Any]], Iterator[Reference]]] = {
    "approvals": _of_approval,
    "erased": _of_erased,
    "events": _of_event,
    "explanations": _of_explanation,
    "live": _of_live,
    "monitoring": _of_monitoring,
    "scores": _of_scores,
    "shadow_scores": _of_scores,
    "snapshots": _of_snapshot,
    "validations": _of_validation,
    "versions": _of_version,
}


class References:
    """References put aside in a temporary file, so that memory stays small however many there are.

    Args:
        found: The references.
    """

    def __init__(self, found: Iterable[Reference] = ()) -> None:
        self._kept = sqlite3.connect("")  # SQLite's own temporary file, gone when it is closed
        self._kept.executescript(
            "CREATE TABLE refs (digest TEXT, kind TEXT, said TEXT, PRIMARY KEY (digest, kind, said)) WITHOUT ROWID;"
            "CREATE TABLE stored (digest TEXT PRIMARY KEY) WITHOUT ROWID"
        )
        self.add(found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    def add(self, found: Iterable[Reference]) -> None:
        """Put more aside."""
        rows = ((item.digest, item.kind, json.dumps([item.where, item.claim])) for item in found)
        with unkept(_KEEPING):
            self._kept.executemany("INSERT OR IGNORE INTO refs VALUES (?, ?, ?)", rows)

    def note_stored(self, digests: Iterable[str]) -> None:
        """Note what is in a store: of what is only mentioned, the rest is no artifact."""
        with unkept(_KEEPING):
            self._kept.executemany("INSERT OR IGNORE INTO stored VALUES (?)", ((digest,) for digest in digests))

    def __contains__(self, digest: str) -> bool:
        return self._kept.execute("SELECT 1 FROM refs WHERE digest = ? LIMIT 1", (digest,)).fetchone() is not None

    def artifacts(self) -> Iterator[tuple[str, list[Reference]]]:
        """Yield each artifact, sorted by its digest, with all references to and mentions of it.

        What need not be there is left out unless it is stored.
        """
        query = f"SELECT digest, kind, said FROM refs JOIN ({_ARTIFACTS}) USING (digest) "  # noqa: S608 (constants)
        query += "WHERE kind <> 'retired' ORDER BY digest, kind, said"
        with closing(self._kept.cursor()) as rows:
            rows.execute(query, (MENTION,))
            for digest, group in groupby(rows, key=lambda row: row[0]):
                yield digest, [Reference(digest, kind, *json.loads(said)) for _, kind, said in group]

    def erased(self) -> Iterator[tuple[str, bool, list[Reference]]]:
        """Yield each artifact that is gone on purpose, whether it is stored all the same, and all that refer to it."""
        query = f"SELECT digest, kind, said FROM refs WHERE digest IN ({_GONE}) ORDER BY digest, kind, said"  # noqa: S608 (constants)
        with closing(self._kept.cursor()) as rows:
            rows.execute(query)
            for digest, group in groupby(rows, key=lambda row: row[0]):
                found = [Reference(digest, kind, *json.loads(said)) for _, kind, said in group]
                stored = self._kept.execute("SELECT 1 FROM stored WHERE digest = ?", (digest,)).fetchone()
                yield digest, stored is not None, found

    def missing(self) -> Reference | None:
        """Return the first reference to an artifact that is not stored, if there is one."""
        query = "SELECT digest, kind, said FROM refs WHERE kind <> ? AND digest NOT IN (SELECT digest FROM stored)"
        query += f" AND digest NOT IN ({_GONE}) AND digest NOT IN ({_OLD})"
        row = self._kept.execute(query + " LIMIT 1", (MENTION,)).fetchone()
        return Reference(row[0], row[1], *json.loads(row[2])) if row else None

    def unnamed(self) -> str | None:
        """Return the first stored artifact that nothing refers to or mentions, if there is one."""
        query = "SELECT digest FROM stored WHERE digest NOT IN (SELECT digest FROM refs)"
        query += f" OR digest IN ({_GONE}) LIMIT 1"  # what was erased comes back with no file
        row = self._kept.execute(query).fetchone()
        return str(row[0]) if row else None

    def count(self) -> int:
        """Return how many artifacts there are to yield."""
        return int(self._kept.execute(f"SELECT count(*) FROM ({_ARTIFACTS})", (MENTION,)).fetchone()[0])  # noqa: S608 (constants)

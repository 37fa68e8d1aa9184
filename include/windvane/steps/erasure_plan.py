"""What an erasure is to do: which files hold rows with some keys, and what takes their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from windvane.results import Explanation, Part, Profile, Scores, Snapshot, Tombstone
from windvane.spec import Model
from windvane.stores import Stores
from windvane.stores.artifacts import digest_of
from windvane.stores.references import MENTION, Reference, references

if TYPE_CHECKING:
    import pandas as pd

LEAST = 5
"""Rows that a value of a category must have for its name to stay in a profile of rows that lost some."""
_PARQUET = b"PAR1"


class Rewritten(NamedTuple):
    """What a file is without the rows that go; the file itself is not held in memory.

    Args:
        digest: Its digest.
        bytes: Its length.
        removed: How many rows went.
        remaining: How many are left.
        outcomes: How many of those that went had an outcome.
        mean: The mean of the column `score`, where there is one.
    """

    digest: str
    bytes: int
    removed: int
    remaining: int
    outcomes: int
    mean: float | None


@dataclass
class Plan:
    """What goes, and what takes its place.

    Args:
        model: The model.
        present: Digest of the manifest of each snapshot that is left after it.
    """

    model: str
    tombstones: list[Tombstone] = field(default_factory=list)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    scores: list[Scores] = field(default_factory=list)
    windows: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()
    unreferenced: list[str] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    rows: int = 0


def planned(
    spec: Model,
    keys: Sequence[str],
    stores: Stores,
    known: dict[str, Rewritten | None],
    *,
    write: bool,
    say: Callable[[str], None],
) -> Plan:
    """Return what is to go, as of now.

    Args:
        spec: The model, under the name that its records have.
        keys: Whose rows go.
        stores: Registry and artifacts.
        known: Files that were looked at before, by their digests.
        write: Keep what takes the place of the files.
        say: Told what is being done.
    """
    return _Planner(spec, keys, stores, known, write, say).plan()


class _Planner:
    def __init__(
        self,
        spec: Model,
        keys: Sequence[str],
        stores: Stores,
        known: dict[str, Rewritten | None],
        write: bool,
        say: Callable[[str], None],
    ) -> None:
        self._spec, self._keys, self._stores = spec, keys, stores
        self._known, self._write, self._say = known, write, say
        self._old = {item.digest: item for item in stores.registry.erasures.all(spec.name)}
        self._groups: dict[str, list[Reference]] = defaultdict(list)
        for row in stores.registry.audit.rows(spec.name):
            for reference in references([row]):
                self._groups[reference.digest].append(reference)
        self._plan = Plan(spec.name)

    def plan(self) -> Plan:
        """Return what is to go."""
        taken = self._snapshots()
        self._scores()
        self._explanations()
        self._about(taken)
        self._unreferenced()
        plan = self._plan
        before = {item.digest: item.kind for item in self._old.values() if item.how == "erased"}
        erased = {*taken, *(digest for digest, kind in before.items() if kind == "snapshot")}
        plan.versions = tuple(
            sorted(
                item.version
                for item in self._stores.registry.versions.all(self._spec.name)
                if erased.intersection(item.snapshots)
            )
        )
        plan.windows = tuple(sorted({*(item.window for item in taken.values()), *(one.window for one in plan.scores)}))
        was = before.keys() | {item.digest for item in plan.tombstones}
        every = self._stores.registry.scores.publications(self._spec.name)
        plan.published = tuple(sorted({item.window for item in every if item.artifact in was}))
        return plan

    def _of(self, *kinds: str) -> Iterator[tuple[str, list[Reference]]]:
        """Yield what rows refer to as one of some kinds, and is not erased."""
        for digest, group in sorted(self._groups.items()):
            if digest not in self._old and any(item.kind in kinds for item in group):
                yield digest, group

    def _without(self, digest: str) -> Rewritten | None:
        """Return what a file is without the rows that go; None where it has none of them, or is none of rows."""
        from windvane.stores.datasets import without_keys

        if digest not in self._known:
            data = self._stores.artifacts.get(digest)
            found = without_keys(data, self._spec.key, self._keys) if data.startswith(_PARQUET) else None
            self._known[digest] = self._rewritten(digest, *found) if found else None
        return self._known[digest]

    def _rewritten(self, digest: str, data: bytes, gone: pd.DataFrame, left: pd.DataFrame) -> Rewritten:
        """Keep what takes the place of a file that rows refer to, and return what is to be known of it."""
        if self._write and digest in self._groups:
            self._stores.artifacts.put(data)
        outcomes = int(gone[self._spec.target].notna().sum()) if self._spec.target in gone else 0
        mean = float(left["score"].mean()) if "score" in left and len(left) else None
        return Rewritten(digest_of(data), len(data), len(gone), len(left), outcomes, mean)

    def _replace(self, digest: str, kind: str, data: bytes) -> None:
        """Let a record take the place of one that tells of such rows."""
        if self._write:
            self._stores.artifacts.put(data)
        self._bury(digest, kind, digest_of(data))

    def _bury(self, digest: str, kind: str, successor: str = "", removed: int = 0, remaining: int = 0) -> None:
        """Let a file go, and another one take its place, or nothing."""
        told = {"removed": removed, "remaining": remaining}
        self._plan.tombstones.append(
            Tombstone(model=self._spec.name, digest=digest, kind=kind, successor=successor, **told)
        )
        self._plan.rows += removed if kind != "snapshot" else 0  # its parts are counted

    def _snapshots(self) -> dict[str, Snapshot]:
        """Plan the snapshots; return those that lose rows, by their digests."""
        taken: dict[str, Snapshot] = {}
        parts: dict[str, Part] = {}
        outcomes: dict[str, int] = {}
        for digest, group in self._of("snapshot part"):
            self._say(f"looking into {group[0].where}")
            found = self._without(digest)
            if found is not None:
                self._bury(digest, "snapshot part", found.digest, found.removed, found.remaining)
                parts[digest] = Part(digest=found.digest, rows=found.remaining, bytes=found.bytes)
                outcomes[digest] = found.outcomes
        for row in self._stores.registry.audit.rows(self._spec.name):
            if row.table != "snapshots":
                continue
            manifest = Snapshot.from_json(row.values["manifest"])
            if not any(part.digest in parts for part in manifest.parts):
                if manifest.digest not in self._old:
                    self._plan.present.add(manifest.digest)
                continue
            new = tuple(parts.get(part.digest, part) for part in manifest.parts)
            rows = sum(part.rows for part in new)
            gone = sum(outcomes.get(part.digest, 0) for part in manifest.parts)
            update = {"parts": new, "rows": rows, "outcomes": manifest.outcomes - gone}
            successor_of = manifest.model_copy(update=update)
            self._bury(manifest.digest, "snapshot", successor_of.digest, manifest.rows - rows, rows)
            taken[manifest.digest] = manifest
            self._plan.snapshots[manifest.digest] = successor_of
            self._plan.present.add(successor_of.digest)
        return taken

    def _current(self) -> list[Scores]:
        """Return the current publication of each window."""
        current: dict[str, Scores] = {}
        for item in self._stores.registry.scores.publications(self._spec.name):
            current.setdefault(item.window, item)
        return list(current.values())

    def _scores(self) -> None:
        """Plan the scores: each file that holds such rows, and a publication in place of each current one."""
        found = {}
        for digest, group in self._of("scores"):
            self._say(f"looking into {group[0].where}")
            rewritten = self._without(digest)
            if rewritten is not None:
                self._bury(digest, "scores", rewritten.digest, rewritten.removed, rewritten.remaining)
                found[digest] = rewritten
        for item in self._current():
            if item.artifact not in found:
                continue
            new, taken = found[item.artifact], self._plan.snapshots.get(item.snapshot)
            update = {
                "artifact": new.digest,
                "rows": new.remaining,
                "mean_score": new.mean if item.mean_score is not None else None,
                "snapshot": taken.digest
                if taken
                else self._stores.registry.erasures.present(item.model, item.snapshot),
            }
            kept = {name: getattr(item, name) for name in Scores.model_fields}
            self._plan.scores.append(Scores(**(kept | update)))

    def _explanations(self) -> None:
        """Plan the explanations: the rows that two versions score differently are told with their keys."""
        keys = set(self._keys)
        for digest, _ in self._of("explanation"):
            found = Explanation.from_json(self._stores.artifacts.get(digest))
            left = tuple(item for item in found.disagreements if item.key not in keys)
            if len(left) < len(found.disagreements):
                data = found.model_copy(update={"disagreements": left}).to_json().encode()
                self._replace(digest, "explanation", data)

    def _about(self, taken: dict[str, Snapshot]) -> None:
        """Plan what tells of the rows of a snapshot: documents and reports go, profiles lose the names of rare values.

        A document has examples of values that were not expected. A report may be drawn again, of what is left.
        """
        snapshots = self._stores.registry.snapshots
        documents = {one.document for digest in taken for one in snapshots.validations(self._spec.name, digest)}
        profiles, windows = self._told_of(taken)
        for digest, group in self._of("validation document", "report") if taken else ():
            if digest in documents or any(item.claim.get("window") in windows for item in group):
                self._bury(digest, next(item.kind for item in group if item.kind != MENTION))
        for digest, _ in self._of("profile") if taken else ():
            if digest in profiles:
                profile = Profile.from_json(self._stores.artifacts.get(digest))
                folded = without_rare(profile)
                if folded != profile:
                    self._replace(digest, "profile", folded.to_json().encode())

    def _told_of(self, taken: dict[str, Snapshot]) -> tuple[set[str], set[str]]:
        """Return the profiles of the rows of some snapshots, and the windows whose reports show them."""
        registry, model = self._stores.registry, self._spec.name
        windows = {item.window for item in taken.values()}
        versions = {item.version: item for item in registry.versions.all(model)}
        profiles = {item.profile for item in versions.values() if taken.keys() & set(item.snapshots)}
        for result in registry.monitoring.results(model):
            if result.snapshot in taken and result.profile:
                profiles.add(result.profile)
            version = versions.get(result.version or 0)
            if version is not None and version.snapshots[-1] in taken:
                windows.add(result.window)  # a report shows the version's newest training window too
        return profiles, windows

    def _unreferenced(self) -> None:
        """Find files of rows that no row of any model refers to: what a run that ended early left."""
        named = {*self._groups, *(item.successor for item in self._plan.tombstones)}
        for other in self._stores.registry.models.all():
            if other.name != self._spec.name:
                named |= {item.digest for item in references(self._stores.registry.audit.rows(other.name))}
        for entry in self._stores.artifacts.entries():
            forgotten = entry.digest not in named and entry.digest not in self._old
            if forgotten and self._without(entry.digest) is not None:
                self._plan.unreferenced.append(entry.digest)


def without_rare(profile: Profile) -> Profile:
    """Return a profile that names no value of fewer than `LEAST` rows: these count among the others."""
    columns = {}
    for name, column in profile.columns.items():
        rare = {value for value, count in column.categories.items() if count < LEAST and not column.hashed}
        other = column.other + sum(column.categories[value] for value in rare)
        kept = {value: count for value, count in column.categories.items() if value not in rare}
        columns[name] = column.model_copy(update={"categories": kept, "other": other, "new": ()})
    decisions = {
        name: {group: counts for group, counts in groups.items() if counts[0] >= LEAST}
        for name, groups in profile.decisions.items()
    }
    return profile.model_copy(update={"columns": columns, "decisions": decisions})

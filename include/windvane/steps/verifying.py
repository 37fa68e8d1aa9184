"""Steps that prove: a model's rows and artifacts are what was once written, and agree with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from windvane.errors import AuditLogBroken, CorruptArtifact, NotErased, Unguarded, VersionMismatch, WindvaneError
from windvane.results import Finding, Run, Tombstone, Verified
from windvane.steps.pointing import astray
from windvane.stores import Stores
from windvane.stores.contents import Contents
from windvane.stores.opening import opened
from windvane.stores.references import COUNTED, ERASED, MENTION, MODELS, Reference, References, references
from windvane.stores.registry import Row

Progress = Callable[[str], None]

_RESTORE = "restore the registry from a backup, and find out who"
_TRAIL = "what the registry says of this model cannot be trusted from there on"
_GUARDS = "nothing but Windvane itself holds this rule: other SQL may have broken it, or may yet"
_ASTRAY = "who reads the window's scores by their stable path reads others than are current"
_MEANS = {
    "model": "this version can neither score nor be gone back to",
    "judged model": "neither this version nor later ones beside it can be judged again",
    "profile": "windows cannot be held against what this version was trained on",
    "evaluation": "nobody can show any more what the gate decided on",
    "snapshot part": "what was trained on these rows cannot be made, judged or explained again",
    "validation document": "the expectations' full result cannot be shown; its outcome still stands in the registry",
    "scores": "the window's predictions can neither be traced nor monitored",
    "code": "the version cannot be scored any more once the project has other code than it was made with",
    "environment": "nobody can tell any more with which distributions the version was trained",
    "explanation": "what the version's scores rest on cannot be shown; no decision rests on it",
    "replay": "what other plans would have come to cannot be shown; no decision rests on it",
    "report": "the report cannot be opened; no decision rests on it",
    "spec": "the version cannot be made again from what was declared at its time",
    ERASED: "rows that somebody asked to erase, or that are too old to be kept, can still be read",
    MENTION: "a record names these bytes, and they are not what they were",
}


def verify(model: str, stores: Stores, *, everything: bool = False, progress: Progress | None = None) -> Verified:
    """Prove that a model's audit log, rows and artifacts are what was written.

    The audit log's chain is walked and the rows are held against it; then every artifact that any row refers to is
    hashed anew, read as what it is, and held against the row. Each is read once, whoever refers to it, and memory is
    bounded by one artifact. Writers are not held up: what they add meanwhile is seen whole or not at all.

    Args:
        model: Its name.
        stores: Registry and artifacts.
        everything: Go on after the first problem.
        progress: Told what is being done.

    Raises:
        UnknownModel: There is none.
    """
    model = stores.registry.models.recorded(model)
    say = progress or _silent
    trusted = _trusted(model, stores)
    counts: Counter[str] = Counter()
    found: list[Finding] = []
    say("walking the audit log")
    with References() as named:
        found += _rows_problems(model, stores, named, counts)
        named.note_stored(stores.artifacts.digests())
        total = named.count()
        for _, group in named.artifacts():
            if found and not everything:
                break
            counts["artifacts"] += 1
            say(f"artifact {counts['artifacts']:,} of {total:,}")
            wrong = list(_artifact_problems(model, group, stores, trusted))
            gone = stores.registry.erasures.find(group[0].digest) if wrong else None
            if gone is None or (gone.how == "retired" and stores.artifacts.has(gone.digest)):  # else it went meanwhile
                found += wrong
        if not found or everything:
            found += _erasure_problems(model, named, stores)
    if not found or everything:
        found += _pointer_problems(model, stores)
    return Verified(
        model=model,
        upto=counts["verified"],
        versions=counts["versions"],
        artifacts=counts["artifacts"],
        events=counts["events"],
        problems=tuple(found if everything else found[:1]),
        erased=tuple(_erasures(stores.registry.erasures.all(model))),
    )


def note_verified(found: Verified, stores: Stores, run: Run) -> str:
    """Keep who verified a model, up to which event, and the first problem; return why that could not be kept, if so.

    Who may read alone, verifies all the same: nothing of what was found depends on it.
    """
    problem = f"{found.problems[0].error}: {found.problems[0].cause}" if found.problems else ""
    try:
        stores.registry.audit.note_verified(found.model, found.upto, run, everything=True, problem=problem)
    except WindvaneError as error:
        return f"{error.name}: {error.cause}"
    return ""


def _rows_problems(model: str, stores: Stores, named: References, counts: Counter[str]) -> Iterator[Finding]:
    """Yield what is wrong with a model's rows; put aside what they refer to, and count them."""
    try:
        counts["verified"] = stores.registry.audit.verify(model).events
    except WindvaneError as error:
        yield _finding(model, type(error)(f"{model} audit log: {error.cause}", error.remedy), _TRAIL)
    except ValueError as error:
        yield _finding(
            model, AuditLogBroken(f"{model} audit log: a row is no record any more: {error}", _RESTORE), _TRAIL
        )
    try:
        stores.registry.audit.verify_guards()
    except Unguarded as error:
        yield _finding(model, error, _GUARDS)
    try:
        named.add(references(_counted(stores.registry.audit.rows(model), counts)))
    except ValueError as error:
        cause = f"{model}: a row after {sum(counts.values()):,} others is no record any more: {error}"
        yield _finding(model, AuditLogBroken(cause, _RESTORE), _TRAIL)


def _counted(rows: Iterable[Row], counts: Counter[str]) -> Iterator[Row]:
    for row in rows:
        yield row
        counts[row.table] += 1


def _artifact_problems(
    model: str, group: list[Reference], stores: Stores, trusted: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield what is wrong with one artifact, in the eyes of each row that refers to it."""
    first = next((item for item in group if item.kind != MENTION), group[0])
    try:
        with opened(stores.artifacts, first.digest) as content:
            contents = Contents(content, trusted, _is_foreign(model, group, stores))
            for item in group:
                message = contents.disagreement(item)
                if message is not None:
                    cause = f"{item.where}: {item.kind} {item.digest} {message}"
                    yield _finding(model, CorruptArtifact(cause, _remedy(item)), _MEANS[item.kind])
    except WindvaneError as error:
        elsewhere = isinstance(error, VersionMismatch)  # nothing is damaged: it is this machine that lacks something
        remedy = error.remedy if elsewhere else _remedy(first)
        named = type(error)(f"{first.where} {first.kind}: {error.cause}", remedy)
        yield _finding(model, named, _MEANS[first.kind])


def _is_foreign(model: str, group: list[Reference], stores: Stores) -> bool:
    """Return whether a stored model is one that this registry did not train: then it is looked at in the box."""
    numbers = [item.claim["version"] for item in group if item.kind in MODELS]
    return bool(numbers) and (
        stores.isolate or any(stores.registry.versions.is_foreign(model, number) for number in numbers)
    )


def _pointer_problems(model: str, stores: Stores) -> Iterator[Finding]:
    """Yield the stable paths that lead elsewhere than to what is current; one that is missing misleads nobody."""
    for item in astray(model, stores):
        if not item.missing:
            cause = f"{item.name}: {item.cause}"
            yield _finding(model, CorruptArtifact(cause, "write it anew: `windvane sweep --yes`"), _ASTRAY)


def _erasure_problems(model: str, named: References, stores: Stores) -> Iterator[Finding]:
    """Yield what was erased and is still there, and files whose rows are not those before less those that went."""
    from windvane.steps.erasing import needed_elsewhere

    still = []
    for digest, stored, group in named.erased():
        told = next(item for item in group if item.kind == ERASED)
        rows = told.claim["removed"] + told.claim["remaining"]
        for item in group:
            said = item.claim.get("rows", rows)
            if item.kind in COUNTED and told.claim["kind"] in COUNTED and said != rows:
                cause = f"{item.where}: {item.kind} {digest} had {said:,} rows, and its erasure tells of {rows:,}"
                yield _finding(model, CorruptArtifact(cause, _RESTORE), _TRAIL)
        if stored:
            still.append(digest)
    shared = needed_elsewhere(model, still, stores)
    for digest in still:
        if digest not in shared:
            gone = stores.registry.erasures.find(digest)
            retired = gone is not None and gone.how == "retired"
            cause = f"{model}: {digest} was {'removed by retention' if retired else 'erased'}, and is still stored"
            again = "`windvane sweep --yes`" if retired else "the same `windvane erase`"
            remedy = f"run {again} again; what was restored from a backup has to go again"
            yield _finding(model, NotErased(cause, remedy), _MEANS[ERASED])


def _erasures(tombstones: Iterable[Tombstone]) -> Iterator[str]:
    """Yield in words what each erasure took away."""
    counts: dict[str, Counter[str]] = {}
    for item in tombstones:
        counts.setdefault(item.told, Counter())[item.kind] += 1
        counts[item.told]["rows"] += item.removed if item.kind == "snapshot" else 0
    for told, count in counts.items():
        files = sum(number for kind, number in count.items() if kind not in ("rows", "snapshot"))
        yield f"{count['rows']:,} rows of {count['snapshot']:,} snapshots, and {files:,} files, {told}"


def _remedy(reference: Reference) -> str:
    again = {"scores": ", or score the window again", "report": ", or monitor the window again"}
    return f"restore it from a backup{again.get(reference.kind, '')}; see the runbook corrupt-artifact"


def _finding(model: str, error: WindvaneError, means: str) -> Finding:
    return Finding(error=error.name, model=model, cause=error.cause, means=means, remedy=error.remedy)


def _trusted(model: str, stores: Stores) -> tuple[str, ...]:
    """Return the types that the model's spec allows; none when its row is no record any more, which is found below."""
    try:
        spec = stores.registry.models.get(model).spec
    except ValueError:
        return ()
    return tuple(spec.get("estimator", {}).get("trusted", ()))


def _silent(message: str) -> None:
    """Say nothing."""

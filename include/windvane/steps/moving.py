"""Steps that move a model's whole history to another registry: out into one file, and in from it, digests intact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from windvane import __version__
from windvane.errors import (
    CorruptArtifact,
    DamagedExport,
    KindError,
    MissingExtra,
    ModelError,
    ModelExists,
    StorageFailed,
    UntrustedModel,
    VersionMismatch,
)
from windvane.results import Moved, Run
from windvane.steps.pointing import point_all
from windvane.steps.witnessing import statement
from windvane.stores import Stores
from windvane.stores.archive import FORMAT, ExportWriter, Header, new_file
from windvane.stores.archive_reading import ExportReader
from windvane.stores.references import MODELS, References, references
from windvane.stores.registry import Registry, Row
from windvane.stores.signed_files import beside, file_digest, signer_of
from windvane.stores.signing import Keys, Signer
from windvane.stores.temporary import temporary_folder

Progress = Callable[[str], None]


def export_model(
    model: str,
    path: Path,
    stores: Stores,
    progress: Progress | None = None,
    signer: Signer | None = None,
    run: Run | None = None,
) -> Moved:
    """Write a model's whole history into one new file, once its audit log and rows are shown to hold.

    The rows are those of one moment; the artifacts are those that they refer to, each verified as it is copied.

    Args:
        model: Its name.
        path: The file; it is there under that name only when it is whole.
        stores: Registry and artifacts.
        progress: Told what is being done.
        signer: Who vouches for the file, by a statement beside it, `FILE.sig`; None leaves it unsigned.
        run: Who asks, for the statement.

    Raises:
        AuditLogBroken, MissingArtifact, CorruptArtifact: Something is not what was written; nothing is exported then.
        WouldOverwrite, StorageFull, StorageFailed: The file is there, or cannot be written.
    """
    model = stores.registry.models.recorded(model)
    say = progress or _silent
    registry, artifacts = stores.registry, stores.artifacts
    say("walking the audit log")
    registry.audit.verify(model)
    with References() as named, new_file(path) as file:
        rows = registry.audit.rows(model)
        first = next(rows)  # the model's own, which says where the audit log ends at that moment
        end = {"seq": first.values["audit_seq"], "hash": first.values["audit_hash"]}
        writer = ExportWriter(file)
        writer.head(Header(format=FORMAT, model=model, windvane=__version__, revision=registry.schema, **end))
        say("writing the rows")
        writer.write_rows(_noting(chain([first], rows), named))
        named.note_stored(artifacts.digests())
        total = named.count()
        for number, (digest, _) in enumerate(named.artifacts(), start=1):
            say(f"writing artifact {number:,} of {total:,}")
            writer.write_artifact(digest, artifacts.get(digest))
        writer.end()
    if signer is not None and run is not None:
        said = statement(model, signer, stores, run, file=file_digest(path))
        with new_file(beside(path)) as file:
            file.write(said.to_json().encode() + b"\n")
    return Moved(
        model=model,
        rows=writer.rows,
        artifacts=writer.artifacts,
        bytes=writer.bytes,
        digest=end["hash"],
        signer=signer.id if signer else "",
    )


def import_model(
    path: Path,
    stores: Stores,
    *,
    trust_types: bool = False,
    progress: Progress | None = None,
    keys: Keys | None = None,
    unsigned: bool = False,
) -> Moved:
    """Take in what `export_model` wrote, all or nothing.

    A file that is signed by a key that counts has an author who is trusted: the statement beside it, `FILE.sig`, holds
    the file's digest.

    The file is read whole before anything is kept: its seal, each artifact's digest, and its rows in a registry of
    their own in a temporary folder, whose audit log must hold and whose artifacts must all be in the file. Then the
    artifacts are put, which changes nothing for those that are there; then the rows come in one transaction. When it
    is cut short, doing it again completes it.

    Args:
        path: The file.
        stores: Where to.
        trust_types: Trust the file's author: accept a spec that allows types of its own in stored estimators
            (`Estimator(trusted=…)`), which are constructed here whenever such a version is loaded; and run the code
            that was kept with its versions, where the project's own is another.
        progress: Told what is being done.
        keys: Whose signatures count; None where nobody said.
        unsigned: Take in a file that nobody signed whose signature counts, as one of an unknown author.

    Raises:
        UnknownSigner: Nobody signed it whose signature counts, and nobody said that it may come in all the same; or
            the file is not the one that was signed.
        DamagedExport, AuditLogBroken: The file is not what was written.
        SchemaTooNew: A newer Windvane wrote it.
        ModelExists: The registry has a model of that name, with another history.
        UntrustedModel: Its spec allows types of its own, and `trust_types` does not.
        ModelMisbehaved, CorruptArtifact: A stored model of it cannot be loaded in the box; not looked at where
            `trust_types` says that the author is trusted.
    """
    say = progress or _silent
    try:
        with path.open("rb") as file, temporary_folder() as folder:
            signer = signer_of(path, keys, allowed=trust_types or unsigned)
            trusted = trust_types or bool(signer)
            found = _imported(ExportReader(file, path.name), folder, stores, trusted, say)
            return found.model_copy(update={"signer": signer})
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror or error}", "name a file that is there") from error


def _imported(reader: ExportReader, folder: Path, stores: Stores, trust_types: bool, say: Progress) -> Moved:
    from windvane.stores.importing import staged

    model, registry = reader.header.model, stores.registry
    known = any(row.name == model for row in registry.models.all())
    with References() as named:
        say("reading the file")
        named.note_stored(reader.check())
        say("verifying its rows")
        with closing(staged(folder, reader.header.revision, model, reader.rows)) as staging:
            staging.audit.verify(model)
            refuse_incomplete(named, staging, model)
            if not trust_types:
                _refuse_types(model, staging)
            _refuse_taken(model, registry, staging)
            if known:
                _refuse_other(model, registry, staging)
            if not trust_types and not known:
                _refuse_misbehaving(reader, named, say)
            count = 0
            for count, data in enumerate(reader.artifacts(), start=1):
                say(f"keeping artifact {count:,}")
                stores.artifacts.put(data)
            if not known:
                say("keeping the rows")
                registry.audit.receive(model, lambda: staging.audit.rows(model), trust_types)
        registry.audit.verify(model)
    point_all(model, stores)
    last = registry.audit.events(model, limit=1)[0]
    return Moved(model=model, rows=reader.count, artifacts=count, bytes=reader.length, digest=last.hash, known=known)


def refuse_incomplete(named: References, staging: Registry, model: str) -> None:
    """Refuse a file that lacks artifacts which its rows refer to, or holds others."""
    remedy = "export the model again; nothing was imported"
    try:
        named.add(references(staging.audit.rows(model)))
    except ValueError as error:
        raise DamagedExport(f"{model}: a row is no record: {error}", remedy) from error
    missing, foreign = named.missing(), named.unnamed()
    if missing is not None:
        raise DamagedExport(f"{model}: artifact {missing.digest} of {missing.where} is not in the file", remedy)
    if foreign is not None:
        raise DamagedExport(f"{model}: artifact {foreign} is in the file, and no row refers to it", remedy)


def _refuse_types(model: str, staging: Registry) -> None:
    """Refuse a spec that lets stored estimators hold types that Windvane does not know to be harmless."""
    types = staging.models.get(model).spec.get("estimator", {}).get("trusted", ())
    if types:
        cause = f"{model}: its spec lets stored estimators hold types of its own: {', '.join(map(str, types))}"
        raise UntrustedModel(cause, "if you trust the file's author, import it with --trust-types")


def _refuse_misbehaving(reader: ExportReader, named: References, say: Progress) -> None:
    """Refuse a file with a stored model that cannot be loaded in the box; one that lacks something here is kept."""
    from windvane.stores.model_formats import DEFAULT

    said = [(item.claim.get("format", ""), item) for _, group in named.artifacts() for item in group]
    models = {
        item.digest: (form or DEFAULT, item)
        for form, item in sorted(said, key=lambda pair: pair[0])
        if item.kind in MODELS
    }
    for digest, data in reader.some_artifacts(models):
        form, item = models[digest]
        say(f"looking at {item.where} in the box")
        look_at(data, form, item.where)


def look_at(data: bytes, form: str, where: str) -> None:
    """Refuse a stored model that cannot be loaded in the box; one that lacks something here may be whole.

    Args:
        data: Its bytes.
        form: Its format.
        where: Whose it is, for errors.

    Raises:
        ModelMisbehaved, UntrustedModel, CorruptArtifact: It cannot be loaded.
    """
    from windvane.stores.contents import audited

    try:
        audited(data, form, (), isolate=True)
    except (VersionMismatch, MissingExtra, KindError):
        return  # what is missing here is named when it is used
    except ModelError as error:
        raise type(error)(f"{where}: {error.cause}", f"{error.remedy}; nothing was imported") from None
    except CorruptArtifact as error:
        raise CorruptArtifact(f"{where}: {error.cause}", "nothing was imported; ask who made the file") from None


def _refuse_taken(model: str, registry: Registry, staging: Registry) -> None:
    """Refuse a model one of whose names is another model's here."""
    known = {row.name for row in registry.models.all()}
    names = {row.values["name"] for row in staging.audit.rows(model) if row.table in ("models", "names")}
    for name in sorted(names):
        owner = registry.models.recorded(name)
        if owner != model and (owner != name or owner in known):
            cause = f"{model}: it is, or was, called {name}, and that is the name of another model here"
            raise ModelExists(cause, "import it into another registry; nothing was imported")


def _refuse_other(model: str, registry: Registry, staging: Registry) -> None:
    """Refuse a model that is known with another history; of the same, the audit logs end with the same hash."""
    registry.audit.verify(model)
    here, there = (item.audit.events(model, limit=1)[0] for item in (registry, staging))
    if here.hash != there.hash:
        cause = f"{model} is known with another history: {here.seq} events to {here.hash}, the file has {there.seq}"
        raise ModelExists(f"{cause} to {there.hash}", "import it into another registry; nothing was imported")


def _noting(rows: Iterable[Row], named: References) -> Iterator[Row]:
    """Pass rows on, and put aside what they refer to."""
    for row in rows:
        named.add(references([row]))
        yield row


def _silent(message: str) -> None:
    """Say nothing."""

"""Files that are vouched for by a signed statement beside them, `FILE.sig`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from windvane.errors import UnknownSigner
from windvane.results.checkpoints import Checkpoint
from windvane.stores.signing import Keys

_LONGEST = 10_000


def signer_of(path: Path, keys: Keys | None, *, allowed: bool) -> str:
    """Return who signed a file, by the name of a key that counts; empty where that is nobody, and allowed.

    Raises:
        UnknownSigner: Nobody did whose signature counts, and that is not allowed; or the file is not what was signed.
    """
    remedy = "import it with --unsigned as a file of an unknown author, or name the author's key with --trust"
    statement = beside(path)
    if not statement.is_file():
        if keys is None or allowed:
            return ""
        raise UnknownSigner(f"{path.name}: nobody signed it, there is no {statement.name}", remedy)
    try:
        said = Checkpoint.from_json(_head(statement))
    except ValueError as error:
        raise UnknownSigner(f"{statement.name} is no statement", "ask its author for both files again") from error
    if said.file != file_digest(path):
        cause = f"{path.name} is not the file that {said.signer} signed"
        raise UnknownSigner(cause, "ask its author for both files again")
    name = keys.name(said.signer) if keys else None
    if name is None:
        if allowed:
            return ""
        raise UnknownSigner(f"{path.name}: {said.signer} signed it, whose signatures do not count here", remedy)
    assert keys is not None  # it has that name
    if not keys.vouch(said.signer, said.signature, said.signed):
        raise UnknownSigner(f"{path.name}: its signature is not one of {name}", "ask its author for both files again")
    return name


def beside(path: Path) -> Path:
    """Return where the statement about a file is."""
    return path.with_name(f"{path.name}.sig")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read a block at a time."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LONGEST)

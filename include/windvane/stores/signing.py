"""Keys that vouch: Ed25519, in PEM files as `openssl genpkey -algorithm ed25519` makes them."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from windvane.errors import UnusableKey

KEY, TRUSTED = "WINDVANE_SIGNING_KEY", "WINDVANE_TRUSTED_KEYS"
"""Where the environment says which key signs, and whose signatures count."""

_MAKE = "make one: `openssl genpkey -algorithm ed25519 -out key.pem`"
_PUBLISH = "write it so: `openssl pkey -in key.pem -pubout -out name.pem`"
_LONGEST = 10_000


@dataclass(frozen=True)
class Signer:
    """Who signs.

    Args:
        private: The key.
    """

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def load(cls, given: str) -> Signer:
        """Read a private key: a file's path, or the PEM text itself.

        Raises:
            UnusableKey: It cannot be read, or is no Ed25519 key without a passphrase.
        """
        where, data = _read(given, _MAKE)
        try:
            key = load_pem_private_key(data, password=None)
        except (ValueError, TypeError) as error:
            raise UnusableKey(f"{where} is no private key without a passphrase", _MAKE) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UnusableKey(f"{where} is a key of another kind than Ed25519", _MAKE)
        return cls(key)

    @property
    def id(self) -> str:
        """The public key, shortened to what tells it from others."""
        return _id(self.private.public_key())

    @property
    def public(self) -> Keys:
        """Its public key, under the name `own key`."""
        return Keys({self.id: ("own key", self.private.public_key())})

    def sign(self, data: bytes) -> str:
        """Return the signature, as text."""
        return base64.b64encode(self.private.sign(data)).decode()


@dataclass(frozen=True)
class Keys:
    """Whose signatures count.

    Args:
        known: Name and public key, by the key's id.
    """

    known: Mapping[str, tuple[str, Ed25519PublicKey]]

    @classmethod
    def load(cls, place: str) -> Keys:
        """Read public keys: one PEM file, or every `*.pem` of a folder. A key is named by its file.

        Raises:
            UnusableKey: There is none, or one cannot be read.
        """
        path = Path(place).expanduser()
        files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
        if not files:
            raise UnusableKey(f"{path} holds no file *.pem", _PUBLISH)
        return cls(dict(_public(file) for file in files))

    def __or__(self, other: Keys) -> Keys:
        return Keys({**other.known, **self.known})

    def name(self, key: str) -> str | None:
        """Return what a key is called; None for one that nobody trusts."""
        return self.known[key][0] if key in self.known else None

    def vouch(self, key: str, signature: str, data: bytes) -> bool:
        """True when this key made this signature of these bytes."""
        if key not in self.known:
            return False
        try:
            self.known[key][1].verify(base64.b64decode(signature, validate=True), data)
        except (InvalidSignature, ValueError):
            return False
        return True


def trusted_keys(given: str | None = None) -> Keys | None:
    """Return whose signatures count: the given file or folder, or the environment's; None when nobody said.

    Raises:
        UnusableKey: See `Keys.load`.
    """
    place = given or os.environ.get(TRUSTED)
    return Keys.load(place) if place else None


def own_signer(given: str | None = None) -> Signer | None:
    """Return who signs: the given key, or the environment's; None when nobody said.

    Raises:
        UnusableKey: See `Signer.load`.
    """
    key = given or os.environ.get(KEY)
    return Signer.load(key) if key else None


def _public(file: Path) -> tuple[str, tuple[str, Ed25519PublicKey]]:
    where, data = _read(str(file), _PUBLISH)
    try:
        key = load_pem_public_key(data)
    except (ValueError, TypeError) as error:
        raise UnusableKey(f"{where} is no public key", _PUBLISH) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey(f"{where} is a key of another kind than Ed25519", _PUBLISH)
    return _id(key), (file.stem, key)


def _read(given: str, remedy: str) -> tuple[str, bytes]:
    """Return how a key is called in errors, and its bytes; never what it says."""
    if given.lstrip().startswith("-----BEGIN"):
        return "the signing key", given.encode()
    path = Path(given).expanduser()
    try:
        if not path.is_file():
            raise UnusableKey(f"{path} is no file", remedy)
        return str(path), b"".join(_bounded(path))
    except OSError as error:
        raise UnusableKey(f"{path} cannot be read: {error.strerror or error}", remedy) from error


def _bounded(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.read(_LONGEST)


def _id(key: Ed25519PublicKey) -> str:
    return f"ed25519:{hashlib.sha256(key.public_bytes_raw()).hexdigest()[:32]}"

"""An S3 server behind a bad network: what comes back are the right bytes, or a named error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from tests.servers.s3 import S3Server
from tests.servers.s3_proxy import FAULTS, Fault, S3Proxy
from tests.torture.outcome import Outcome, tried
from windvane.errors import WindvaneError
from windvane.stores.artifacts import digest_of
from windvane.stores.s3 import S3Artifacts
from windvane.stores.s3_client import S3Settings

FAULT = "S3: 503s, resets before and after the work, truncated and other bodies, silence, wrong ETags, expired keys"
MUST_HOLD = "right bytes or a named error; what was put is whole or not there; once it is over, all works"
_PART = 5 * 2**20
_SIZES = (0, 1, 1_000, 100_000, 1_000_000, _PART + 1, 2 * _PART + 77)
_OPERATIONS = ("put", "put again", "get", "has", "digests")


def run(trials: Sequence[int], seed: int, server: S3Server) -> Outcome:
    """Spoil the requests of one operation after the other.

    Args:
        trials: Their numbers.
        seed: Of the operations, bytes and faults.
        server: The real one.
    """
    chosen: list[Fault] = []

    def choose(method: str, path: str) -> Fault:
        return chosen.pop(0) if chosen else "none"

    with S3Proxy(server.endpoint, choose) as proxy:

        def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
            store = _store(server, proxy.endpoint, trial, random)
            data = random.randbytes(random.choice(_SIZES))
            operation, fault = _OPERATIONS[trial % len(_OPERATIONS)], random.choice(FAULTS)
            if operation != "put":
                store.put(data)
            spared = random.choice([0, 0, 1, 2]) if operation == "put" and len(data) > _PART else 0
            spoilt = random.choice([1, 1, 2, 3, 100])
            chosen.extend("none" for _ in range(spared))
            chosen.extend(fault for _ in range(spoilt))
            before = len(proxy.met)
            message = f"{operation} of {len(data):,} bytes, {fault} after {spared} for {spoilt} requests"
            ended = _ended(lambda: _DO[operation](store, data))
            chosen.clear()
            if all(kind == "none" for kind, *_ in proxy.met[before:]):
                yield f"{message}: no request met it"
            counts[f"{fault}: {'WRONG' if ended.startswith('wrong') else ended}"] += 1
            if ended.startswith("wrong"):
                yield f"{message}: {ended}"
            yield from (f"{message}, afterwards: {item}" for item in _afterwards(store, data))

        return tried(FAULT, MUST_HOLD, trials, seed, attempt)


def _store(server: S3Server, endpoint: str, trial: int, random: Random) -> S3Artifacts:
    """Return the store of a trial, at the proxy; its patience is short, and once in a while shorter than a silence."""
    settings = S3Settings(
        endpoint=endpoint,
        region="us-east-1",
        access_key=server.access_key,
        secret_key=server.secret_key,
        read_seconds=random.choice([0.5, 30]),
        total_seconds=2,
    )
    return S3Artifacts(server.bucket, f"trial-{trial}", lambda: settings, part_bytes=_PART)


def _ended(work: Callable[[], str]) -> str:
    try:
        return work()
    except WindvaneError as error:
        return error.name
    except Exception as error:  # noqa: BLE001 (anything else is what must not happen)
        return f"wrong: {type(error).__name__}: {error}"


def _put(store: S3Artifacts, data: bytes) -> str:
    return "right" if store.put(data) == digest_of(data) else "wrong digest"


def _get(store: S3Artifacts, data: bytes) -> str:
    return "right" if store.get(digest_of(data)) == data else "wrong bytes"


def _has(store: S3Artifacts, data: bytes) -> str:
    return "right" if store.has(digest_of(data)) else "wrong: it is said not to be there"


def _digests(store: S3Artifacts, data: bytes) -> str:
    found = list(store.digests())
    return "right" if found == [digest_of(data)] else f"wrong: {found}"


_DO: dict[str, Callable[[S3Artifacts, bytes], str]] = {
    "put": _put,
    "put again": _put,
    "get": _get,
    "has": _has,
    "digests": _digests,
}


def _afterwards(store: S3Artifacts, data: bytes) -> Iterator[str]:
    """Yield what is wrong once the network is well again: something half, or something that does not work."""
    digest = digest_of(data)
    there: Any = _ended(lambda: "there" if store.has(digest) else "not there")
    if there == "there" and (ended := _ended(lambda: _get(store, data))) != "right":
        yield f"it is there, and a get ended with {ended}"
    for work in (_put, _get, _has, _digests):
        if (ended := _ended(lambda work=work: work(store, data))) != "right":  # type: ignore[misc]  # bound in time
            yield f"{work.__name__.strip('_')} ended with {ended}"

"""What an artifact holds, held against what the registry says it holds."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from windvane.errors import CorruptArtifact, WindvaneError
from windvane.results import Evaluation, Profile, Replay
from windvane.stores.references import MODELS, Reference

_LARGEST_JSON = 64 * 2**20
"""A record or document of more bytes is not read."""


class Contents:
    """An artifact's content, read as each kind at most once, however many rows refer to it.

    Args:
        content: Its bytes, whose digest was verified.
        trusted: Types that the model's spec allows in a stored estimator.
        isolate: Load a stored estimator in the box: it came from elsewhere.
    """

    def __init__(self, content: IO[bytes], trusted: Sequence[str] = (), isolate: bool = False) -> None:
        self._content, self._trusted, self._isolate = content, trusted, isolate
        self._known: dict[str, dict[str, Any] | WindvaneError] = {}

    def disagreement(self, reference: Reference) -> str | None:
        """Return how the content contradicts a row that refers to it; None when the two agree."""
        kind = reference.kind
        if kind not in _READERS:
            return None
        if kind not in self._known:
            self._known[kind] = self._read(kind, reference.claim)
        found = self._known[kind]
        if isinstance(found, WindvaneError):
            return found.cause
        return _COMPARED.get(kind, _differ)(reference.claim, found)

    def _read(self, kind: str, claim: Mapping[str, Any]) -> dict[str, Any] | WindvaneError:
        self._content.seek(0)
        try:
            if kind in MODELS:
                from windvane.stores.model_formats import DEFAULT

                audited(self._content.read(), claim.get("format", DEFAULT), self._trusted, self._isolate)
            return _READERS[kind](self._content)
        except WindvaneError as error:
            return error
        except Exception as error:  # noqa: BLE001 (whatever a file of another kind makes its reader raise)
            message = f"cannot be read as a {kind}: {type(error).__name__}: {error}"
            return CorruptArtifact(message, "restore it from a backup")


def audited(data: bytes, form: str, trusted: Sequence[str], isolate: bool) -> None:
    """Load a stored estimator, and let it go.

    Raises:
        ModelMisbehaved: It crashed, hung, or asked for too much in the box.
        UntrustedModel, CorruptArtifact, VersionMismatch: It cannot be loaded.
    """
    from windvane.stores.box import boxed
    from windvane.stores.model_formats import load

    if isolate:
        boxed(data, form, trusted, named="this model").close()
    else:
        load(data, form, trusted)


def _differ(said: dict[str, Any], found: dict[str, Any]) -> str | None:
    """Name the first of what is said that is found to be otherwise."""
    for name, value in said.items():
        if name in found and found[name] != value:
            return f"says {name} {found[name]!r:.90}, the registry {value!r:.90}"
    return None


def _model(content: IO[bytes]) -> dict[str, Any]:
    return {"bytes": content.seek(0, io.SEEK_END)}


def _profile(content: IO[bytes]) -> dict[str, Any]:
    found = Profile.from_json(content.read(_LARGEST_JSON))
    return {**found.model_dump(include={"model", "window", "rows"}), "columns": list(found.columns)}


def _evaluation(content: IO[bytes]) -> dict[str, Any]:
    found = Evaluation.from_json(content.read(_LARGEST_JSON))
    return found.model_dump(include={"model", "version", "snapshot"})


def _spec(content: IO[bytes]) -> dict[str, Any]:
    return {"model": json.loads(content.read(_LARGEST_JSON))["name"]}


def _replay(content: IO[bytes]) -> dict[str, Any]:
    return Replay.from_json(content.read(_LARGEST_JSON)).model_dump(include={"model"})


def _document(content: IO[bytes]) -> dict[str, Any]:
    json.loads(content.read(_LARGEST_JSON))
    return {}


def _part(content: IO[bytes]) -> dict[str, Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(content, pre_buffer=False) as file:
        schema = {field.name: str(field.type) for field in file.schema_arrow}
        rows = file.metadata.num_rows
    return {"rows": rows, "bytes": content.seek(0, io.SEEK_END), "columns": schema}


def _scores(content: IO[bytes]) -> dict[str, Any]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    versions: set[int] = set()
    rows, total = 0, 0.0
    with pq.ParquetFile(content, pre_buffer=False) as file:
        single = "score" in file.schema_arrow.names[2:]  # the first two are the key and the event time
        for batch in file.iter_batches(columns=["version", *(["score"] if single else [])]):
            rows += len(batch)
            versions |= set(pc.unique(batch["version"]).to_pylist())
            total += (pc.sum(batch["score"]).as_py() or 0.0) if single else 0.0
    return {"rows": rows, "versions": versions, "mean": total / max(rows, 1) if single else None}


def _scores_differ(said: dict[str, Any], found: dict[str, Any]) -> str | None:
    version = said.get("version")
    others = found["versions"] - {version, said.get("staged")}
    if version is not None and others:
        return f"holds scores of v{min(others)}, the registry says v{version}"
    message, mean = said.get("mean_score"), found["mean"]
    if message is not None and mean is not None and not math.isclose(mean, message, rel_tol=1e-9, abs_tol=1e-12):
        return f"has the mean score {mean:.9g}, the registry says {message:.9g}"
    return _differ({"rows": said["rows"]} if "rows" in said else {}, found)


_READERS: dict[str, Callable[[IO[bytes]], dict[str, Any]]] = {
    "evaluation": _evaluation,
    "explanation": _document,
    **dict.fromkeys(MODELS, _model),
    "profile": _profile,
    "replay": _replay,
    "scores": _scores,
    "snapshot part": _part,
    "spec": _spec,
    "validation document": _document,
}
_COMPARED: dict[str, Callable[[dict[str, Any], dict[str, Any]], str | None]] = {"scores": _scores_differ}
"""How what is said is held against what is found, where equal names and values are not all of it."""

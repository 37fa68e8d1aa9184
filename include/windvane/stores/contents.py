"""What an artifact holds, held against what the registry says it holds."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Sequence
from typing import IO, Any

from windvane.errors import CorruptArtifact, WindvaneError
from windvane.results import Evaluation, Profile
from windvane.stores.references import Reference

_LARGEST_JSON = 64 * 2**20
"""A record or document of more bytes is not read."""


def disagreement(reference: Reference, content: IO[bytes], trusted: Sequence[str] = ()) -> str | None:
    """Return how an artifact's content contradicts a row that refers to it; None when the two agree.

    Args:
        reference: What a row says of it.
        content: Its bytes, whose digest was verified.
        trusted: Types that the model's spec allows in a stored estimator.
    """
    if reference.kind not in _LOOKS:
        return None
    content.seek(0)
    try:
        return _looked(reference, content, trusted)
    except WindvaneError as error:
        return error.cause


def _looked(reference: Reference, content: IO[bytes], trusted: Sequence[str]) -> str | None:
    try:
        if reference.kind == "model":
            from windvane.stores.models import load_model

            load_model(content.read(), trusted)
        return _LOOKS[reference.kind](content, reference.claim)
    except WindvaneError:
        raise
    except Exception as error:  # whatever a file of another kind makes its reader raise
        told = f"cannot be read as a {reference.kind}: {type(error).__name__}: {error}"
        raise CorruptArtifact(told, "restore it from a backup") from error


def _differ(said: dict[str, Any], found: dict[str, Any]) -> str | None:
    """Name the first of what is said that is found to be otherwise."""
    for name, value in said.items():
        if name in found and found[name] != value:
            return f"says {name} {found[name]!r:.90}, the registry {value!r:.90}"
    return None


def _model(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    return _differ(claim, {"bytes": content.seek(0, io.SEEK_END)})


def _profile(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    found = Profile.from_json(content.read(_LARGEST_JSON))
    return _differ(claim, {**found.model_dump(include={"model", "window", "rows"}), "columns": list(found.columns)})


def _evaluation(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    found = Evaluation.from_json(content.read(_LARGEST_JSON))
    return _differ(claim, found.model_dump(include={"model", "version", "snapshot"}))


def _spec(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    found = json.loads(content.read(_LARGEST_JSON))
    return _differ({"model": claim.get("model")}, {"model": found["name"]})


def _document(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    json.loads(content.read(_LARGEST_JSON))
    return _differ(claim, {})


def _part(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(content, pre_buffer=False) as file:
        schema = {field.name: str(field.type) for field in file.schema_arrow}
        rows = file.metadata.num_rows
    return _differ(claim, {"rows": rows, "bytes": content.seek(0, io.SEEK_END), "columns": schema})


def _scores(content: IO[bytes], claim: dict[str, Any]) -> str | None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    versions: set[int] = set()
    rows, total = 0, 0.0
    with pq.ParquetFile(content, pre_buffer=False) as file:
        single = "score" in file.schema_arrow.names
        for batch in file.iter_batches(columns=["version", *(["score"] if single else [])]):
            rows += len(batch)
            versions |= set(pc.unique(batch["version"]).to_pylist())
            total += (pc.sum(batch["score"]).as_py() or 0.0) if single else 0.0
    said = claim.get("version")
    others = versions - {said, claim.get("staged")}
    if said is not None and others:
        return f"holds scores of v{min(others)}, the registry says v{said}"
    mean = claim.get("mean_score")
    if mean is not None and single and not math.isclose(total / max(rows, 1), mean, rel_tol=1e-9, abs_tol=1e-12):
        return f"has the mean score {total / max(rows, 1):.9g}, the registry says {mean:.9g}"
    return _differ(claim, {"rows": rows})


_LOOKS: dict[str, Callable[[IO[bytes], dict[str, Any]], str | None]] = {
    "evaluation": _evaluation,
    "explanation": _document,
    "model": _model,
    "profile": _profile,
    "scores": _scores,
    "snapshot part": _part,
    "spec": _spec,
    "validation document": _document,
}

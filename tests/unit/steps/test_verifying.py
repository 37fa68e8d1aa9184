"""Whatever is not as it was written is found and named, and nothing that is stored is forgotten."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from windvane import steps
from windvane.results import Evaluation, Run
from windvane.stores import Stores
from windvane.stores.references import MENTION, Reference, References, references

KINDS = {
    "model",
    "profile",
    "evaluation",
    "spec",
    "code",
    "environment",
    "snapshot part",
    "validation document",
    "scores",
    "report",
    "replay",
    "explanation",
}


def file_of(stores: Stores, digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return Path(stores.artifacts.url) / "sha256" / name[:2] / name[2:]


def named(stores: Stores) -> dict[str, list[Reference]]:
    with References(references(stores.registry.audit.rows("loans"))) as found:
        found.note_stored(stores.artifacts.digests())
        return dict(found.artifacts())


def some_of_each_kind(stores: Stores) -> dict[str, str]:
    return {item.kind: digest for digest, group in named(stores).items() for item in group if item.kind != MENTION}


def test_a_whole_life_is_as_it_was_written(lived: Stores) -> None:
    found = steps.verify("loans", lived, everything=True)
    assert found.problems == ()
    assert found.versions == len(lived.registry.versions.all("loans")) >= 3
    assert found.events == lived.registry.audit.events("loans", limit=1)[0].seq
    assert found.artifacts == len(named(lived))


def test_nothing_that_is_stored_is_forgotten(lived: Stores) -> None:
    """All that a life leaves is referred to by rows, but for the records that tasks hand to each other on the way."""
    referred = named(lived)
    assert {item.kind for group in referred.values() for item in group} - {MENTION} == KINDS
    for digest in lived.artifacts.digests():
        if not any(item.kind != MENTION for item in referred.get(digest, [])):
            assert set(json.loads(lived.artifacts.get(digest))) == set(steps.Checked.model_fields), digest


def test_no_artifact_is_held_by_another_artifact_alone(lived: Stores) -> None:
    referred, stored = named(lived), set(lived.artifacts.digests())
    for digest in referred:
        inside = set(re.findall(rb"sha256:[0-9a-f]{64}", lived.artifacts.get(digest)))
        assert {item.decode() for item in inside} & stored <= set(referred)


def test_a_guard_that_was_taken_down_is_named_after_a_trail_that_holds(lived: Stores) -> None:
    with closing(sqlite3.connect(lived.registry.url.removeprefix("sqlite:///"))) as connection:
        connection.execute("DROP TRIGGER windvane_promotions_epoch")
        connection.commit()
    (problem,) = steps.verify("loans", lived).problems
    assert problem.error == "Unguarded"
    assert "guard windvane_promotions_epoch is missing" in problem.cause


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_one_flipped_bit_of_any_kind_of_artifact_is_found(lived: Stores, kind: str) -> None:
    digest = some_of_each_kind(lived)[kind]
    file = file_of(lived, digest)
    whole = bytearray(file.read_bytes())
    draw = np.random.default_rng(sorted(KINDS).index(kind))
    whole[draw.integers(len(whole))] ^= 1 << int(draw.integers(8))
    file.write_bytes(whole)
    (problem,) = steps.verify("loans", lived).problems
    assert problem.error == "CorruptArtifact"
    assert digest in problem.cause
    assert f" {kind}: " in problem.cause
    assert problem.means
    assert "runbook corrupt-artifact" in problem.remedy


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_absent_artifact_is_found(lived: Stores, kind: str) -> None:
    digest = some_of_each_kind(lived)[kind]
    file_of(lived, digest).unlink()
    (problem,) = steps.verify("loans", lived, everything=True).problems
    assert (problem.error, digest in problem.cause) == ("MissingArtifact", True)


def test_everything_is_told_when_it_is_asked_for(lived: Stores) -> None:
    chosen = some_of_each_kind(lived)
    for kind in ("model", "scores", "report"):
        file_of(lived, chosen[kind]).unlink()
    assert len(steps.verify("loans", lived).problems) == 1
    assert len(steps.verify("loans", lived, everything=True).problems) == 3


def test_an_artifact_of_another_version_is_found_though_bytes_and_rows_are_whole(lived: Stores, run: Run) -> None:
    first, second = lived.registry.versions.get("loans", 1), lived.registry.versions.get("loans", 2)
    assert second.evaluation
    wrong = Evaluation.from_json(lived.artifacts.get(second.evaluation))
    lived.registry.versions.add_evaluation("loans", first.version, second.evaluation, wrong, run)
    problems = steps.verify("loans", lived, everything=True).problems
    assert any(
        "loans v1: evaluation" in item.cause and "says version 2, the registry 1" in item.cause for item in problems
    )


def test_bytes_of_another_kind_are_found(lived: Stores, run: Run) -> None:
    version = lived.registry.versions.get("loans", 1)
    digest = lived.artifacts.put(b"neither Parquet nor JSON")
    scores = lived.registry.scores.publications("loans")[0]
    wrong = {"artifact": digest, "version": version.version, "replaces": scores.publication}
    lived.registry.scores.add(scores.model_copy(update=wrong), run)
    (problem, *_) = steps.verify("loans", lived).problems
    assert "cannot be read as a scores" in problem.cause


def test_progress_tells_how_far_it_is(lived: Stores) -> None:
    message: list[str] = []
    found = steps.verify("loans", lived, progress=message.append)
    assert message[-1] == f"artifact {found.artifacts} of {found.artifacts}"

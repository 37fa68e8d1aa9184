"""The one door of stored models: what came in a file is loaded, looked at and scored with in the box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from windvane import steps
from windvane.errors import CorruptArtifact, ModelMisbehaved
from windvane.results import Run
from windvane.steps.carrying import contender
from windvane.steps.scoring import score_frame
from windvane.stores import Stores, box
from windvane.stores.box import Boxed
from windvane.stores.datasets import read_snapshot
from windvane.stores.sql.versions import SqlVersions


@pytest.fixture
def file(lived: Stores, tmp_path: Path) -> Path:
    steps.export_model("loans", tmp_path / "loans.tar", lived)
    return tmp_path / "loans.tar"


def spec_of(stores: Stores) -> Any:
    from windvane.cli.home import registered

    return registered("loans", stores)


def test_a_version_that_came_in_a_file_is_scored_with_in_the_box_to_the_same_scores(
    lived: Stores, stores: Stores, file: Path
) -> None:
    steps.import_model(file, stores)
    model = spec_of(stores)
    for version in stores.registry.versions.all("loans"):
        rows = read_snapshot(stores.registry.snapshots.get("loans", version.snapshots[-1]), stores.artifacts)
        assert isinstance(contender(model, version, stores).estimator, Boxed)
        assert not isinstance(contender(model, version, lived).estimator, Boxed)
        there, here = (score_frame(model, version, rows, one)[0] for one in (stores, lived))
        assert np.array_equal(there["score"], here["score"])


def test_a_registrys_own_versions_go_to_the_box_where_that_is_asked_for(
    lived: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, version = spec_of(lived), lived.registry.versions.get("loans", 1)
    assert isinstance(contender(model, version, replace(lived, isolate=True)).estimator, Boxed)
    monkeypatch.setenv("WINDVANE_ISOLATE", "1")
    assert Stores(lived.registry, lived.artifacts).isolate


def test_an_author_that_is_trusted_is_not_boxed(stores: Stores, file: Path) -> None:
    steps.import_model(file, stores, trust_types=True)
    version = stores.registry.versions.get("loans", 1)
    assert not isinstance(contender(spec_of(stores), version, stores).estimator, Boxed)


def misbehaves(*_: object, **__: object) -> Any:
    raise ModelMisbehaved("this model crashed its process (SIGSEGV) while it was loaded", "do not score with it")


def test_a_file_with_a_model_that_misbehaves_is_refused_and_nothing_is_kept(
    stores: Stores, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "boxed", misbehaves)
    with pytest.raises(ModelMisbehaved, match=r"loans v\d+: this model crashed its process"):
        steps.import_model(file, stores)
    assert stores.registry.models.all() == []
    assert list(stores.artifacts.digests()) == []


def test_a_file_with_a_model_that_is_none_is_refused(
    stores: Stores, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*_: object, **__: object) -> Any:
        raise CorruptArtifact("a stored model is not sound", "restore it")

    monkeypatch.setattr(box, "boxed", other)
    with pytest.raises(CorruptArtifact, match=r"loans v\d+: a stored model is not sound"):
        steps.import_model(file, stores)


def test_verify_looks_at_foreign_models_in_the_box(
    lived: Stores, stores: Stores, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.import_model(file, stores)
    monkeypatch.setattr(box, "boxed", misbehaves)
    found = steps.verify("loans", stores, everything=True).problems
    assert found
    assert all("crashed its process" in item.cause for item in found)
    assert steps.verify("loans", lived, everything=True).problems == ()


def test_a_model_that_misbehaves_while_it_scores_is_named(
    lived: Stores, run: Run, make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqlVersions, "is_foreign", lambda *_: True)
    monkeypatch.setattr(Boxed, "predict_proba", misbehaves)
    model, version = spec_of(lived), lived.registry.versions.get("loans", 1)
    rows = read_snapshot(lived.registry.snapshots.get("loans", version.snapshots[-1]), lived.artifacts)
    with pytest.raises(ModelMisbehaved, match="crashed its process"):
        score_frame(model, version, rows, lived)
